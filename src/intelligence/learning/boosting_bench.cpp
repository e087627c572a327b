// How fast trees answer for the rows of a series, 42 periods ahead that differ in five of forty columns, and for rows that have nothing in
// common. Budget: not slower than the library for those, five times as fast for these.
#include <benchmark/benchmark.h>

#include <random>

#include "intelligence/learning/boosting.hpp"

namespace sinan::learning {
namespace {

constexpr std::size_t kWidth = 40;
constexpr std::size_t kDiffer = 5;
constexpr std::size_t kRows = 42;

struct Asked {
  Table table;
  std::vector<float> target;
  std::vector<float> alike;

  Asked() {
    std::mt19937_64 random(5);
    std::normal_distribution<float> normal;
    for (std::size_t c = 0; c < kWidth; ++c) table.columns.push_back(fmt::format("c{}", c));
    for (int row = 0; row < 25'000; ++row) {
      float sum = normal(random);
      for (std::size_t c = 0; c < kWidth; ++c) {
        table.cells.push_back(normal(random));
        sum += table.cells.back() * static_cast<float>(c % 7);
      }
      target.push_back(sum);
    }
    for (std::size_t row = 0; row < kRows; ++row)
      for (std::size_t c = 0; c < kWidth; ++c) alike.push_back(c < kDiffer ? normal(random) : table.cells[c]);
  }
};

const Asked& asked() {
  static const Asked kAsked;
  return kAsked;
}
const Trees& trees() {
  static const Trees kTrees = *Trees::train(asked().table, asked().target, {.loss = Loss::kAbsolute, .rounds = 100});
  return kTrees;
}

template <typename Ask>
void answer(benchmark::State& state, std::span<const float> cells, const Ask& ask) {
  std::vector<double> out(kRows);
  trees();  // learnt before the time is taken
  for (auto _ : state) {
    if (!ask(cells, out)) std::abort();
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}

auto fast() {
  return [](std::span<const float> cells, std::span<double> out) { return trees().predict(cells, out); };
}
auto slow() {
  return [](std::span<const float> cells, std::span<double> out) { return trees().predict_slowly(cells, out); };
}

void alike(benchmark::State& state) { answer(state, asked().alike, fast()); }
void alike_by_the_library(benchmark::State& state) { answer(state, asked().alike, slow()); }
void different(benchmark::State& state) { answer(state, std::span(asked().table.cells).first(kRows * kWidth), fast()); }
void different_by_the_library(benchmark::State& state) { answer(state, std::span(asked().table.cells).first(kRows * kWidth), slow()); }

BENCHMARK(alike);
BENCHMARK(alike_by_the_library);
BENCHMARK(different);
BENCHMARK(different_by_the_library);

}  // namespace
}  // namespace sinan::learning
