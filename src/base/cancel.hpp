// Asking long work to stop, and telling how far it is. Both are handed in by the caller; neither is a global.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "base/result.hpp"

namespace sinan {

// Set from any thread or a signal handler; work checks it at least a few times a second.
class CancelToken {
 public:
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  Status check() const {
    if (cancelled()) return fail(ErrorCode::kCancelled, "cancelled");
    return {};
  }

 private:
  std::atomic<bool> cancelled_ = false;
};

// Called with the work done and the whole, from one thread at a time; an empty function is allowed.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

}  // namespace sinan
