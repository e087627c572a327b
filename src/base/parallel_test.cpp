// Work on several threads: all of it is done once, and what one throws reaches the caller.
#include "base/parallel.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "base/result.hpp"

namespace sinan {
namespace {

TEST(Parallel, EveryBlockIsDoneOnceAtAnyNumberOfThreads) {
  for (int threads : {0, 1, 2, 7})
    for (std::size_t count : {0, 1, 63, 64, 65, 1'000}) {
      std::vector<std::atomic<int>> done(count);
      in_blocks(count, 64, threads, nullptr, [&](std::size_t worker, std::size_t first, std::size_t last) {
        EXPECT_LT(worker, static_cast<std::size_t>(std::max(1, threads)));
        EXPECT_LE(last - first, 64U);
        for (std::size_t i = first; i < last; ++i) ++done[i];
      });
      for (const auto& times : done) EXPECT_EQ(times, 1);
    }
}

TEST(Parallel, WhatAnyThreadThrowsReachesTheCallerWhenAllHaveEnded) {
  for (std::size_t thrower : {0, 1, 2}) {
    std::atomic<int> ended = 0;
    EXPECT_THROW(on_threads(3,
                            [&](std::size_t worker) {
                              if (worker == thrower) broken("one of three");
                              ++ended;
                            }),
                 std::logic_error);
    EXPECT_EQ(ended, 2);
  }
  std::atomic<std::size_t> begun = 0;
  EXPECT_THROW(in_blocks(1'000'000, 1, 2, nullptr,
                         [&](std::size_t, std::size_t first, std::size_t) {
                           ++begun;
                           if (first == 10) broken("the eleventh");
                         }),
               std::logic_error);
  EXPECT_LT(begun, 1'000'000U) << "the rest is left";
}

TEST(Parallel, ACancelledOneEndsEarly) {
  CancelToken cancel;
  std::atomic<std::size_t> begun = 0;
  in_blocks(1'000'000, 1, 2, &cancel, [&](std::size_t, std::size_t, std::size_t) {
    if (++begun == 10) cancel.cancel();
  });
  EXPECT_LT(begun, 1'000'000U);
}

}  // namespace
}  // namespace sinan
