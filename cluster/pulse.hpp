// The beat: one step a second that says "alive", learns everything a node must know, and moves its deadline.
//
// Runs on a thread and a session that do nothing else: a beat that waits for work kills healthy nodes.
#pragma once

#include <functional>
#include <vector>

#include <weir/driver/membership_store.hpp>

#include "cluster/worker_note.hpp"
#include "domain/observation.hpp"

namespace weir::cluster {

struct pulse_settings {
  node_id me = 0;
  std::chrono::milliseconds ttl, beat, margin;
  std::int32_t timeline = 0;  ///< of the registration; a view of another one ends the incarnation. 0: any
};

/// What one step brought.
struct pulse_news {
  enum class what { good, failed, fenced };
  what kind = what::failed;
  beat_view view;                         ///< good only
  boot_time deadline{};                   ///< ownership ends then, unless another beat succeeds
  bool timeline_waited = false;           ///< the present timeline was seen for a ttl
  std::vector<domain::suspect> suspects;  ///< good only: may be declared dead
  bool shows_anew = false;                ///< good only: this node's state was written, others should look
  std::string trouble;                    ///< failed, fenced: why
  boot_time next{};                       ///< when to step again
};

class pulse {
 public:
  using clock = std::function<boot_time()>;

  /// @param store  outlives the pulse; nobody else uses it.
  /// @param now    reads the boot-time clock: before a beat is sent and after it was answered.
  pulse(membership_store& store, pulse_settings settings, boot_time joined, clock now);

  /// Beats once, and says `note`. Blocks at most for the session's statement timeout.
  pulse_news step(const worker_note& note = {});

  /// The node is going away: it keeps beating, shown as draining, until `leave`.
  void begin_stop() { stopping_ = true; }
  /// Says goodbye: everything it still owns becomes free.
  result<void> leave() { return store_.set_state(settings_.me, node_state::stopped); }

  boot_time deadline() const { return deadline_; }

 private:
  pulse_news failed(std::string trouble);
  pulse_news fenced(std::string trouble, boot_time answered);
  bool show_state(const beat_view& view);

  membership_store& store_;
  pulse_settings settings_;
  clock now_;
  domain::observer observer_;
  boot_time deadline_;
  boot_time eager_until_{};
  bool connected_ = true;
  bool stopping_ = false;
};

}  // namespace weir::cluster
