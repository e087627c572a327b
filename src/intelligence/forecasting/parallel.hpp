// Work on many series by several threads, in blocks; which thread does what must not matter.
#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "base/cancel.hpp"
#include "base/result.hpp"

namespace sinan::forecasting {

// Runs `work(worker, i)` for all i < count, worker < threads. `progress`, where there is one, hears how many are done.
template <typename Work>
Status in_parallel(std::size_t count, int threads, const CancelToken* cancel, const Progress& progress, const Work& work) {
  constexpr std::size_t kBlock = 64;  // that a thread takes at once
  std::atomic<std::size_t> next = 0;
  std::size_t done = 0;
  std::mutex mutex;
  auto run = [&](std::size_t worker) {
    while (true) {
      std::size_t from = next.fetch_add(kBlock);
      if (from >= count || (cancel && cancel->cancelled())) return;
      std::size_t to = std::min(count, from + kBlock);
      for (std::size_t i = from; i < to; ++i) work(worker, i);
      if (!progress) continue;
      std::scoped_lock lock(mutex);
      done += to - from;
      progress(done, count);
    }
  };
  std::vector<std::jthread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(run, static_cast<std::size_t>(t));
  run(0);
  others.clear();
  if (cancel) return cancel->check();
  return {};
}

}  // namespace sinan::forecasting
