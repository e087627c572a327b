// The present of a workspace: the real time, a time that was given, or the day after its newest data.
#pragma once

#include <atomic>

#include "base/time.hpp"

namespace sinan::runtime {

// Thread-safe.
class WorkspaceClock final : public Clock {
 public:
  Instant now() const override {
    std::int64_t fixed = fixed_us_;
    return fixed == kRunning ? system_.now() : Instant{std::chrono::microseconds{fixed}};
  }
  std::chrono::duration<double> elapsed() const override { return system_.elapsed(); }

  bool stands() const { return fixed_us_ != kRunning; }
  void stop_at(Instant at) { fixed_us_ = at.time_since_epoch().count(); }

 private:
  static constexpr std::int64_t kRunning = INT64_MIN;
  std::atomic<std::int64_t> fixed_us_ = kRunning;
  SystemClock system_;
};

}  // namespace sinan::runtime
