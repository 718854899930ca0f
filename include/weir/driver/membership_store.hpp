// Registration, beats, and declaring the dead. One direct session, used by the beat's thread alone.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <weir/bell.hpp>
#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir {

/// The newest incarnation of a name, as somebody who wants that name finds it.
struct incarnation {
  node_id id = 0;
  node_state state = node_state::dead;
  std::int64_t beat = 0;
  std::int32_t timeline = 0;
  std::string machine;
};

struct registration {
  node_id id = 0;
  std::int32_t timeline = 0;
  /// System identifier: with the timeline, the highest one seen is kept in state_dir.
  std::int64_t server = 0;
  std::string cluster;  ///< tells this schema of this database of this server from all others
};

class membership_store {
 public:
  virtual ~membership_store() = default;

  /// Forgets the session and opens a new one. Call after errc::unavailable or errc::in_doubt.
  virtual result<void> reconnect() = 0;

  /// Which database is this? Asked before anything is written.
  /// @errors unavailable, schema_missing, schema_mismatch, read_only
  virtual result<registration> identify() = 0;

  /// The newest incarnation of `name`; nullopt if the name was never used.
  virtual result<std::optional<incarnation>> find(const std::string& name) = 0;

  /// Adds a new incarnation in state `joining`. The previous one of the name must be stopped or dead.
  /// @errors conflict (the name is alive), conflict (facts.cluster_settings differ from those of an
  ///         active node; the message names key and both values), read_only, unavailable
  virtual result<registration> join(const node_facts& facts) = 0;

  /// Counts my row up, keeps what I have to say, and observes everybody in the same round trip.
  /// @errors refused: this incarnation is dead, stopped, or of another timeline; it may never write again.
  virtual result<beat_view> beat(node_id me, const beat_note& note) = 0;
  /// The same with nothing to say.
  result<beat_view> beat(node_id me) { return beat(me, {}); }

  /// Waits between two beats: until `most` has passed, somebody has rung, or streams with `notify` got tasks.
  /// @return those streams. A hint: may be missing, or given without reason; empty: none, or it was something else
  virtual std::vector<stream_id> await_tasks(std::chrono::nanoseconds most, const bell& rung) {
    rung.wait(most);
    return {};
  }

  /// joining -> active, active <-> draining. `stopped` also frees whatever the incarnation still owns
  /// (not by crash); call it last.
  /// @errors refused: dead already.
  virtual result<void> set_state(node_id me, node_state state) = 0;

  /// Keeps how the process of an incarnation ended ("was killed by signal 11"), as the one that started it saw: the
  /// crashes of its tasks will say so. The first to know is believed. At most 200 bytes.
  virtual result<void> note_process_end(node_id who, const std::string& how) = 0;

  /// Declares an incarnation dead if its row still shows `seen_beat` on `timeline`: it can never write
  /// again, its partitions are free (by crash) and its leadership is ended, all in one transaction.
  /// The backend that holds a dead leader's lock is ended. False: it has beaten since, or is dead already.
  virtual result<bool> declare_dead(node_id who, std::int64_t seen_beat, std::int32_t timeline) = 0;

  /// The same on proof (the state lock of the incarnation's machine was obtained) instead of observation.
  virtual result<bool> declare_dead_by_proof(node_id who) = 0;
};

}  // namespace weir
