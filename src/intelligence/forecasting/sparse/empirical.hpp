// The empirical distribution of demand over a lead time: of the sums of so many consecutive periods of the recent past, which overlap
// (Porras & Dekker 2008; Boylan & Babai 2016). It knows nothing of what did not happen lately, and follows any shape.
#pragma once

#include <span>
#include <vector>

namespace sinan::forecasting {

// The smallest sums of `lead` consecutive values of y that at least so many of them reach, for increasing `quantiles`. What is longer
// than y is y's mean times the lead. O(n log n). `sums` is scratch; y must not be empty.
void empirical_quantiles(std::span<const float> y, std::size_t lead, std::span<const double> quantiles, std::vector<double>& sums,
                         std::span<double> out);

}  // namespace sinan::forecasting
