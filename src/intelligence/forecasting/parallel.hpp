// Work on many series by several threads; which thread does what must not matter.
#pragma once

#include <mutex>

#include "base/parallel.hpp"
#include "base/result.hpp"

namespace sinan::forecasting {

// Runs `work(worker, i)` for all i < count, worker < threads. `progress`, where there is one, hears how many are done.
template <typename Work>
Status in_parallel(std::size_t count, int threads, const CancelToken* cancel, const Progress& progress, const Work& work) {
  constexpr std::size_t kBlock = 64;  // that a thread takes at once
  std::size_t done = 0;
  std::mutex mutex;
  in_blocks(count, kBlock, threads, cancel, [&](std::size_t worker, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) work(worker, i);
    if (!progress) return;
    std::scoped_lock lock(mutex);
    done += last - first;
    progress(done, count);
  });
  if (cancel) return cancel->check();
  return {};
}

}  // namespace sinan::forecasting
