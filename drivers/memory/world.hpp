// The shared state behind all memory drivers of one test: what the database is to a cluster.
//
// It keeps PostgreSQL's rules where weir's safety rests on them: ids before commits, transaction numbers,
// snapshots, share locks on fence rows, session locks, timelines. Time is the clock handed in; nothing waits
// (where a database would wait for a lock, the answer is errc::timeout at once).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <weir/result.hpp>
#include "drivers/memory/keeper.hpp"
#include "drivers/memory/snapshot.hpp"
#include "drivers/memory/tables.hpp"

namespace weir::memory {

class world;

/// A store's connection. Broken: every call fails until the store reconnects.
struct session {
  bool broken = false;
  std::string who;  ///< created_by of what it inserts
};

struct world_options {
  /// The database's clock. Default: the system's.
  std::function<wall_time()> clock;
  /// Ids of one segment of task_rows, >= 1. Default: as in a database.
  task_id segment_size = 10'000'000;
  /// As whom its sessions are logged in.
  std::string login = "memory";
  /// Remembers what retention let go of, for the checks of a simulation.
  bool remembers_forgotten = true;
};

/// A transaction that has a number and has not ended. Its rows become visible when it commits.
struct open_transaction {
  transaction_id xid = 0;
  std::vector<part_id> fences;  ///< fence rows it holds in share mode
  std::vector<task_entry> rows;
  std::map<std::string, receipt_entry> receipts;  ///< by token
  bool in_doubt = false;                          ///< its client has lost its answer (fault::hold)
  std::function<void(world&)> effect;             ///< what else its commit does
};

/// All tables and the rules between them. Every member expects the caller to hold `mutex`, except those
/// of the section "for tests", which take it themselves.
class world : public world_rows {
 public:
  /// A new one, or with `keeps` what is kept.
  explicit world(world_options options, std::unique_ptr<keeper> keeps = nullptr);

  std::mutex mutex;

  // -- beside the tables
  std::map<node_id, pulse_entry> pulses;
  /// What another system has, by the text of the query that a cdc_reader is opened with.
  std::map<std::string, std::vector<cdc_source_row>> sources;
  std::vector<std::string> broken_rules;   ///< what a correct owner never does, e.g. finishing a task twice
  std::vector<forgotten_entry> forgotten;  ///< what retention let go of, oldest first

  // -- server
  bool reachable = true;
  bool read_only = false;
  const session* leader_lock = nullptr;  ///< who holds the election's lock
  std::vector<std::weak_ptr<session>> sessions;
  std::vector<std::function<void(world&)>> delayed;  ///< statements that are still on their way
  std::map<transaction_id, open_transaction> open_transactions;

  wall_time now() const { return options_.clock(); }
  std::int32_t timeline() const { return counted.timeline; }
  const std::string& login() const { return options_.login; }
  bool remembers_forgotten() const { return options_.remembers_forgotten; }
  std::shared_ptr<session> connect();
  /// Ends a session from the server's side: its lock is free at once.
  void end_session(session& ended);
  /// Ends the session of that leader, if it still holds the lock.
  void end_session_of(const term_entry& leader);

  // -- keeping
  /// Ends every call: what it changed is kept, and what it has seen is as well. Lets go of the mutex meanwhile.
  /// @errors unavailable: it is not kept, or nobody knows
  result<void> keep(std::unique_lock<std::mutex>& held);
  /// True after something could not be kept: the tables are ahead of what is.
  bool lost() const { return keeper_ && keeper_->lost(); }
  /// Begins anew with what is kept; all sessions end. @errors unavailable
  result<void> recover();

  // -- transactions
  parsed_snapshot take_snapshot() const;
  transaction_id begin_transaction();
  void commit(transaction_id xid);
  void roll_back(transaction_id xid);
  void hold_fence(open_transaction& holder, part_id part);
  bool fence_held(part_id part) const;
  task_id next_task_id() { return counted.next_task++; }
  task_id next_id() const { return counted.next_task; }
  task_id segment_size() const { return options_.segment_size; }
  std::int64_t next_request_id() { return counted.next_request++; }
  node_id next_node_id() { return counted.next_node++; }
  schedule_id next_schedule_id() { return counted.next_schedule++; }
  /// Once per timeline: ids that a lost primary gave must not be given again.
  void skip_ids_after_fail_over();

  // -- lookups; null = none. To change a row, ask its table for it
  const node_entry* find_node(node_id id) const;
  const node_entry* newest_incarnation(const std::string& name) const;
  /// The incarnation if it may still write: alive and of this timeline.
  const node_entry* writer(node_id id) const;
  const partition_entry* find_partition(part_id id) const;
  const stream_entry* find_stream(const std::string& name) const;
  /// The partition if `held` is in force for `me`.
  const partition_entry* fenced(node_id me, const fence& held) const;
  const term_entry* running_term() const;
  /// True if `term` is the newest, running, mine and of this timeline.
  bool leads(node_id me, const leader_term& term) const;
  const attempt_entry* final_attempt(task_id id) const;

  // -- changes
  stream_id add_stream(const stream_declaration& settings);
  void replace_partitions(stream_entry& changed);
  /// Its name stays for history. Nothing of it may be unfinished.
  void remove_stream(stream_id id);
  /// What a stream is or was called.
  const std::string& stream_name(stream_id id) const;
  /// Which stream and partition a task goes to.
  part_id place(const stream_entry& target, const std::string& name, const std::optional<std::string>& key,
                task_id id) const;
  void free_partitions_of(node_id owner, bool by_crash);
  void end_ownership(const fence& held, const char* reason);
  /// True if a transaction that is still open has inserted tasks, or writes under a fence.
  bool anybody_writes() const;
  /// True if a transaction that is still open holds the fence of one of the node's partitions.
  bool any_fence_held_of(node_id owner) const;
  void end_running_term(const std::string& reason);
  void add_attempt(task_id task, partition_entry& home, attempt_entry row);

  // -- for tests: each takes the mutex
  /// A standby with everything was promoted: sessions end, the lock is gone, old ownership is void.
  void fail_over();
  /// Ends every session of every driver from the server's side.
  void break_sessions();
  void set_reachable(bool value);
  void set_read_only(bool value);
  /// The next id is the first one of another segment.
  void fill_segment();
  /// Lets statements that were delayed on their way arrive now. Returns how many there were.
  std::size_t deliver_delayed();
  /// Decides the transactions of statements whose answer is still out (fault::hold); test producers stay.
  std::size_t decide_held(bool commit_them);

 private:
  void remove_partitions(stream_id of);
  void take_over(world_rows rows);

  world_options options_;
  std::unique_ptr<keeper> keeper_;   ///< null: nothing is
  transaction_id latest_over_ = 99;  ///< the highest transaction that has ended
};

std::shared_ptr<world> make_world(world_options options = {}, std::unique_ptr<keeper> keeps = nullptr);

}  // namespace weir::memory
