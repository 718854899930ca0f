// Who seems dead: incarnations whose beat showed no change for a ttl on this node's own clock.
//
// Every node observes with the answers of its own good beats. What an observer says is only a suspicion:
// the store declares dead by comparing (node_id, beat, timeline) with the row once more.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <weir/boot_clock.hpp>
#include <weir/driver/types.hpp>

namespace weir::domain {

/// What declare_dead needs, and the name for people.
struct suspect {
  node_id id = 0;
  std::int64_t beat = 0;
  std::int32_t timeline = 0;  ///< of the database now, not the one the incarnation registered under
  std::string name;
};

/// Remembers, for each living incarnation, since when its beat stands still. Time is handed in, as read
/// after the answer came: later than the truth, so an observer errs towards waiting. One thread.
class observer {
 public:
  explicit observer(std::chrono::milliseconds ttl);

  /// Feeds the answer of a good beat of mine; answers who may be declared dead, by id. Joining, active and
  /// draining incarnations only, and never `me`.
  ///
  /// Observations start anew when the timeline changed, and when more than half a ttl passed since the
  /// last answer: this node, or the database, stood still itself then, so a standing beat proves nothing.
  std::vector<suspect> observe(std::int32_t timeline, const std::vector<node_row>& nodes, node_id me,
                               boot_time answered);

  /// When the next incarnation will have shown no change for a ttl, if its beat stands still until then.
  /// Only what lies after `now`.
  std::optional<boot_time> next_expiry(boot_time now) const;

  /// A beat of mine failed: all observations start anew, or else the first node back after an outage would
  /// kill healthy ones. What is known of the timeline stays: its time goes on while nobody looks.
  void reset();

  /// How long this node has seen the present timeline; zero before the first answer. Ownership of an older
  /// timeline has ended everywhere once this reaches a ttl.
  std::chrono::milliseconds timeline_seen_for(boot_time now) const;

 private:
  struct sighting {
    std::int64_t beat = 0;
    boot_time since{};
  };
  struct known_timeline {
    std::int32_t number = 0;
    boot_time since{};
  };

  std::chrono::milliseconds ttl_;
  std::optional<known_timeline> timeline_;
  std::optional<boot_time> last_answer_;
  std::map<node_id, sighting> sightings_;
};

}  // namespace weir::domain
