#include "intelligence/forecasting/sparse/sparse_view.hpp"

#include <algorithm>

namespace sinan::forecasting {
namespace {

constexpr std::size_t kMostCompared = 20'000;  // sparse series that are compared with the season of all

std::int64_t end_of(const Run& run, std::size_t i, std::size_t away) {
  return std::min(run.panel.end_of(i), run.panel.latest_end() - static_cast<std::int64_t>(away));
}

bool clean_sparse(const Run& run, std::size_t i, std::size_t away, SparseView& out) {
  const auto cut = static_cast<std::size_t>(run.panel.end_of(i) - end_of(run, i, away));
  const std::size_t length = run.panel.series(i).size();
  if (cut >= length) return false;
  out.length = length - cut;
  const std::span<const std::uint8_t> lost = run.panel.lost_of(i);
  clean(run.panel.series(i).first(out.length), lost.empty() ? lost : lost.first(out.length), run.out.seasons[i], out.cleaned);
  return std::ranges::any_of(out.cleaned.y, [](float v) { return v != 0; });
}

SharedSeason::Series counts(const Run& run, std::size_t i, std::size_t away, const SparseView& view) {
  const Counting counting = counting_of(view.cleaned.y, {});
  return {end_of(run, i, away), view.cleaned.y, counting.unit * counting.dispersion};
}

}  // namespace

SparseSeasons learn_sparse_seasons(const Run& run, std::size_t away) {
  SparseSeasons out;
  std::vector<std::size_t> order;
  for (std::size_t i : run.order)
    if (run.facts[i].sparse && run.past.sampled(i)) order.push_back(i);
  const std::int64_t latest = run.panel.size() > 0 ? run.panel.latest_end() - static_cast<std::int64_t>(away) : 0;
  SparseView view;
  for (std::size_t i : order) {
    const int known = run.known_season(i);
    const std::span<const int> candidates = known > 0 ? std::span(&known, 1) : std::span(run.options.seasons);
    auto [group, is_new] = out.try_emplace(known, candidates, latest);
    if (clean_sparse(run, i, away, view)) group->second.add(counts(run, i, away, view));
  }
  for (auto& [known, group] : out) group.finish();
  const std::size_t stride = order.size() / kMostCompared + 1;
  for (std::size_t at = 0; at < order.size(); at += stride) {
    const std::size_t i = order[at];
    SharedSeason& group = out.at(run.known_season(i));
    if (clean_sparse(run, i, away, view))
      group.compare(counts(run, i, away, view), group.season() > 1 ? group.season() : run.out.seasons[i]);
  }
  for (auto& [known, group] : out) group.finish_comparing();
  return out;
}

bool look_at(const Run& run, const SparseSeasons& seasons, std::size_t i, std::size_t away, SparseView& out) {
  out.indices.clear();
  out.season = 1;
  if (!clean_sparse(run, i, away, out)) return false;
  auto group = seasons.find(run.known_season(i));
  if (group == seasons.end()) return true;
  out.season = group->second.season() > 1 ? group->second.season() : run.out.seasons[i];
  if (out.season <= 1) return true;
  out.indices.resize(static_cast<std::size_t>(out.season));
  group->second.indices_of(counts(run, i, away, out), out.indices);
  return true;
}

}  // namespace sinan::forecasting
