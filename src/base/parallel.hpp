// Work on several threads at once. What one of them throws is thrown on the calling thread, after all have ended, so that a broken
// invariant or want of memory in one is met where those of the caller are.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/cancel.hpp"

namespace sinan {

// Runs `work(worker)` for worker = 0 … threads − 1; 0 on the calling thread, which is the only one where threads ≤ 1.
template <typename Work>
void on_threads(int threads, const Work& work) {
  std::exception_ptr thrown;
  std::mutex mutex;
  auto guarded = [&](int worker) {
    try {
      work(static_cast<std::size_t>(worker));
    } catch (...) {
      std::scoped_lock lock(mutex);
      if (!thrown) thrown = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    for (int worker = 1; worker < threads; ++worker) others.emplace_back(guarded, worker);
    guarded(0);
  }
  if (thrown) std::rethrow_exception(thrown);
}

// Runs `work(worker, first, last)` for all of 0 … count − 1 in blocks of `block`; whichever thread is free takes the next. Ends early when
// cancelled or when one throws; the caller asks the token.
template <typename Work>
void in_blocks(std::size_t count, std::size_t block, int threads, const CancelToken* cancel, const Work& work) {
  std::atomic<std::size_t> next = 0;
  const std::size_t blocks = (count + block - 1) / block;
  on_threads(static_cast<int>(std::min(blocks, static_cast<std::size_t>(std::max(threads, 1)))), [&](std::size_t worker) {
    while (true) {
      const std::size_t taken = next.fetch_add(1);
      if (taken >= blocks || (cancel && cancel->cancelled())) return;
      try {
        work(worker, taken * block, std::min(count, (taken + 1) * block));
      } catch (...) {
        next = blocks;
        throw;
      }
    }
  });
}

}  // namespace sinan
