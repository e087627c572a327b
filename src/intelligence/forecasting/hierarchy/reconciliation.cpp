#include "intelligence/forecasting/hierarchy/reconciliation.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.hpp"

namespace sinan::forecasting {
namespace {

constexpr int kRounds = 10;              // of holding parts at zero
constexpr std::size_t kMostSteps = 500;  // of conjugate gradients
constexpr double kPrecise = 1e-9;        // residual to right side
constexpr double kLeastVariance = 1e-9;  // of a sum, to the variances of its parts

constexpr std::array<std::pair<std::string_view, Reconciliation>, 3> kNames{
    {{"wls", Reconciliation::kWls}, {"top_down", Reconciliation::kTopDown}, {"bottom_up", Reconciliation::kBottomUp}}};

double product(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Calls `work(part, sum)` for each part of each sum.
template <typename Work>
void each(const Sums& of, const Work& work) {
  std::size_t first = 0;
  for (const Sums::Level& level : of.levels) {
    for (std::size_t i = 0; i < of.parts; ++i)
      if (level.group_of[i] != Sums::kNone) work(i, first + level.group_of[i]);
    first += level.groups;
  }
}

}  // namespace

std::string_view name(Reconciliation how) {
  return std::ranges::find(kNames, how, &std::pair<std::string_view, Reconciliation>::second)->first;
}

Result<Reconciliation> parse_reconciliation(std::string_view name) {
  for (const auto& [known, how] : kNames)
    if (name == known) return how;
  return fail(ErrorCode::kInvalidInput, fmt::format("forecasts are reconciled by wls, top_down or bottom_up, not by '{}'", visible(name)));
}

std::size_t Sums::size() const {
  std::size_t out = 0;
  for (const Level& level : levels) out += level.groups;
  return out;
}

void Sums::add_up(std::span<const double> values, std::span<double> out) const {
  std::ranges::fill(out, 0.0);
  each(*this, [&](std::size_t part, std::size_t sum) { out[sum] += values[part]; });
}

void Reconciler::reconcile(const Sums& of, const Base& base, Reconciliation how, bool non_negative, std::span<double> parts,
                           std::span<double> sums) {
  std::ranges::copy(base.parts, parts.begin());
  if (how == Reconciliation::kTopDown) top_down(of, base, parts);
  if (how == Reconciliation::kWls) {
    weights_.assign(base.part_variances.begin(), base.part_variances.end());
    for (int round = 0; round < kRounds; ++round) {
      wls(of, base, parts);
      if (!non_negative) break;
      bool negative = false;
      for (std::size_t i = 0; i < of.parts; ++i) {
        if (!(parts[i] < 0)) continue;
        parts[i] = weights_[i] = 0;
        negative = true;
      }
      if (!negative) break;
    }
  }
  of.add_up(parts, sums);
}

// From the base forecasts, or zero where a part is held there.
void Reconciler::wls(const Sums& of, const Base& base, std::span<double> parts) {
  for (std::size_t i = 0; i < of.parts; ++i)
    if (weights_[i] > 0) parts[i] = base.parts[i];
  residual_.resize(of.size());
  of.add_up(parts, residual_);
  for (std::size_t s = 0; s < residual_.size(); ++s) residual_[s] = base.sums[s] - residual_[s];
  solve(of, base.sum_variances);
  spread_.assign(of.parts, 0);
  each(of, [&](std::size_t part, std::size_t sum) { spread_[part] += solution_[sum]; });
  for (std::size_t i = 0; i < of.parts; ++i) parts[i] += weights_[i] * spread_[i];
}

// (W_a + A W_b Aᵀ) solution_ = residual_, by conjugate gradients with the diagonal as preconditioner.
void Reconciler::solve(const Sums& of, std::span<const double> sum_variances) {
  const std::size_t n = residual_.size();
  diagonal_.assign(n, 0);
  each(of, [&](std::size_t part, std::size_t sum) { diagonal_[sum] += weights_[part]; });
  own_.resize(n);
  for (std::size_t s = 0; s < n; ++s) {
    own_[s] = std::max(sum_variances[s], kLeastVariance * diagonal_[s]);
    diagonal_[s] += own_[s];
    if (diagonal_[s] <= 0) residual_[s] = 0;  // nothing can move
  }
  auto divided = [&](std::size_t s) { return diagonal_[s] > 0 ? residual_[s] / diagonal_[s] : 0; };
  solution_.assign(n, 0);
  direction_.resize(n);
  image_.resize(n);
  double size = 0;
  for (std::size_t s = 0; s < n; ++s) {
    direction_[s] = divided(s);
    size += residual_[s] * direction_[s];
  }
  const double enough = kPrecise * kPrecise * size;
  for (std::size_t step = 0; step < kMostSteps && size > enough; ++step) {
    spread_.assign(of.parts, 0);
    each(of, [&](std::size_t part, std::size_t sum) { spread_[part] += direction_[sum]; });
    for (std::size_t i = 0; i < of.parts; ++i) spread_[i] *= weights_[i];
    of.add_up(spread_, image_);
    for (std::size_t s = 0; s < n; ++s) image_[s] += own_[s] * direction_[s];
    const double along = product(direction_, image_);
    if (!(along > 0)) break;
    const double length = size / along;
    double next = 0;
    for (std::size_t s = 0; s < n; ++s) {
      solution_[s] += length * direction_[s];
      residual_[s] -= length * image_[s];
      next += residual_[s] * divided(s);
    }
    for (std::size_t s = 0; s < n; ++s) direction_[s] = divided(s) + next / size * direction_[s];
    size = next;
  }
}

void Reconciler::top_down(const Sums& of, const Base& base, std::span<double> parts) {
  if (of.levels.empty()) return;
  const Sums::Level& top = of.levels.front();
  std::vector<double> forecast(top.groups), members(top.groups);
  for (std::size_t i = 0; i < of.parts; ++i)
    if (top.group_of[i] != Sums::kNone) forecast[top.group_of[i]] += parts[i], members[top.group_of[i]] += 1;
  for (std::size_t i = 0; i < of.parts; ++i) {
    const std::uint32_t g = top.group_of[i];
    if (g == Sums::kNone) continue;
    parts[i] = forecast[g] != 0 ? parts[i] / forecast[g] * base.sums[g] : base.sums[g] / members[g];
  }
}

}  // namespace sinan::forecasting
