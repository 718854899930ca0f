// Where a stream's term stands between its open hook and its close hook. Pure: instants are handed in.
//
//   away --open()--> wanted --begin_open--> opening --opened(true)--> here --begin_close--> leaving --> gone
//                      ^---- opened(false), after a pause ----|
//
// Without hooks a term is always ready and never in the way.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <weir/boot_clock.hpp>

namespace weir::runner {

class session_term {
 public:
  /// After an open hook that threw, doubled from the first value to the second: a partner that bears one login
  /// bears few attempts, too.
  static constexpr std::chrono::milliseconds first_pause{1000}, longest_pause{60'000};

  explicit session_term(bool hooked) : at_(hooked ? state::away : state::none) {}

  /// The stream has come; said again, or without hooks: nothing.
  void want() {
    if (at_ == state::away) at_ = state::wanted;
  }
  /// True if tasks may run.
  bool ready() const { return at_ == state::none || at_ == state::here; }
  bool open_due(boot_time now) const { return at_ == state::wanted && now >= next_try_; }
  bool close_due() const { return at_ == state::here; }
  /// A hook is being called now.
  bool in_hook() const { return at_ == state::opening || at_ == state::leaving; }
  /// When open_due turns true by itself; max() for never.
  boot_time next_try() const { return at_ == state::wanted ? next_try_ : boot_time::max(); }

  void begin_open() { at_ = state::opening; }
  void opened(bool well, boot_time now) {
    at_ = well ? state::here : state::wanted;
    if (well) return;
    pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
    next_try_ = now + pause_;
  }
  void begin_close() { at_ = state::leaving; }
  void closed() { at_ = state::gone; }

 private:
  enum class state : std::uint8_t { none, away, wanted, opening, here, leaving, gone };

  state at_;
  std::chrono::milliseconds pause_{0};
  boot_time next_try_{};
};

}  // namespace weir::runner
