// The hints on their way to one node: one message under way at a time, what comes meanwhile gathers in the next.
//
// The answer to a message is the credit for the next one, so nothing piles up before a peer that is slow, and a
// peer that answers nothing is known to be silent. No clock, no CAF.
#pragma once

#include <chrono>
#include <optional>
#include <set>

#include <weir/boot_clock.hpp>

#include "cluster/hints.hpp"

namespace weir::cluster {

/// An empty message is sent after this long without another: it asks "are you there?" of the peer's actors, which a
/// heartbeat of the connection could not.
inline constexpr std::chrono::milliseconds hint_pulse{1000};
/// A message unanswered for this long: the peer is gone, stopped or hopelessly behind. Below the ttl.
inline constexpr std::chrono::milliseconds hint_silence{5000};
/// Partitions named in one message, of each kind; the rest goes with the next one.
inline constexpr std::size_t hint_parts_max = 1000;

class hint_line {
 public:
  explicit hint_line(boot_time now) : sent_(now - hint_pulse) {}

  void add(const hints& more);
  /// What to send now; it is answered by on_answer.
  std::optional<hints> next(boot_time now);
  void on_answer() { under_way_ = false; }
  bool silent(boot_time now) const { return under_way_ && now - sent_ >= hint_silence; }
  /// When to ask next() and silent() again if nothing happens before.
  boot_time next_step() const { return sent_ + (under_way_ ? hint_silence : hint_pulse); }

 private:
  bool look_ = false;
  std::set<part_id> freed_, fed_;
  bool under_way_ = false;
  boot_time sent_;
};

}  // namespace weir::cluster
