// What trees that learn from drivers add to regular series: to the median of their own models, as far as that made its errors at earlier
// origins smaller, in quarters, none where it gains less than 1 %; and how far a forecast may err, where that made these errors more
// likely.
#pragma once

#include "intelligence/forecasting/run.hpp"
#include "intelligence/forecasting/warm.hpp"

namespace sinan::forecasting {

// Mixes in trees, and fills the widths of errors. Drivers must be given. Returns their shares by Run::group_of(); none: they were of no
// use.
Result<std::vector<float>> blend_trees(Run& run, const CancelToken* cancel);
// The same with the trees of an earlier night, used as then. Series that go on from it have them mixed into their errors already, and have
// their widths; of those that are learnt anew the trees are in the median, and no more.
Status blend_known_trees(Run& run, const WarmState& state, const CancelToken* cancel);

}  // namespace sinan::forecasting
