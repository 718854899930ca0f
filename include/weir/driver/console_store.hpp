// What people ask and order: the CLI's and the API's side of the store. Needs no running node.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/driver/audit.hpp>
#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir {

/// How many tasks of a stream are where. Exact up to 10,000 each; beyond that `capped`.
struct stream_counts {
  stream_id stream = 0;
  std::int64_t ready = 0;  ///< not yet due ones included
  std::int64_t in_progress = 0;
  std::int64_t retry = 0;
  std::int64_t done = 0;  ///< totals since creation, up to a second behind
  std::int64_t failed = 0;
  std::int64_t cancelled = 0;
  double oldest_ready_seconds = 0;  ///< age of the oldest due task that nobody has started, 0 if none
  bool capped = false;
};

struct cluster_view {
  catalog rows;
  std::vector<stream_counts> counts;
  std::optional<term_row> leader;        ///< the running term
  std::vector<std::string> differences;  ///< declarations that differ from the value in force
};

/// A task as lists and pages show it.
struct task_record {
  task_id id = 0;
  std::string name;
  std::optional<std::string> key;
  std::string stream;
  std::string data;  ///< JSON text
  task_state state = task_state::ready;
  int attempt = 0;
  std::optional<std::string> message;
  wall_time do_after{};
  wall_time created_at{};
  std::string created_by;
  std::string traceparent;  ///< "" = none
  std::optional<wall_time> finished_at;
};
/// One owner of one partition of a stream.
struct owner_record {
  int slot = 0;
  epoch_number epoch = 0;
  int timeline = 0;
  std::string node;
  wall_time since{};
  std::optional<wall_time> ended;
  std::string
      reason;  ///< why it ended: released, stopped, dead, deleted, or renewed by the same node; "" = it lasts
};
struct attempt_record {
  int attempt = 0;
  std::string node;
  epoch_number epoch = 0;
  wall_time started_at{};
  wall_time finished_at{};
  char result = 0;  ///< domain::run_result letter
  std::string message;
};

struct task_filter {
  std::optional<std::string> stream;
  std::optional<std::string> name;
  std::optional<std::string> key;
  std::vector<task_state> states;  ///< empty = all
  int limit = 50;                  ///< 1..1000; other bounds where they are said
  std::optional<task_id> before;   ///< cursor: ids below this; newest first
};
struct task_page {
  std::vector<task_record> items;
  std::optional<task_id> next;  ///< cursor of the next page
};

struct task_id_page {
  std::vector<task_id> ids;
  std::optional<task_id> next;
};

/// How many tasks were found; `capped`: there may be more.
struct bounded_count {
  int count = 0;
  bool capped = false;
};

/// What a person asks of unfinished tasks.
struct task_order {
  task_request::what kind = task_request::what::cancel;
  std::vector<task_id> tasks;
  std::optional<wall_time> not_before;  ///< of a snooze: needed there
  std::string who;                      ///< shown in messages, 1 to 256 bytes
};
/// What became of it, for one task.
enum class order_answer {
  done,     ///< nobody owns its partition: it is done
  asked,    ///< its owner decides, within about a second
  ended,    ///< the task has ended before
  running,  ///< it runs: only cancel is for those
  unknown,  ///< there is no such task
};

/// Failing runs that say the same: `weir task errors`.
struct error_group {
  std::string name;  ///< of the tasks
  char result = 0;   ///< domain::run_result letter: failure, retry, timeout or crash
  std::string message;
  std::int64_t count = 0;  ///< tasks among those looked at
  task_id last_task = 0;   ///< the newest of them
  wall_time last_at{};     ///< end of the latest of these runs
};

/// A change of a stream's settings; what is not set stays.
struct stream_change {
  std::optional<int> concurrency;
  std::optional<int> partitions;
  std::optional<stream_mode> mode;
  std::optional<weir::pin_policy> policy;
  std::optional<weir::isolation> where;
  std::optional<std::chrono::milliseconds> handover_delay;
  std::optional<bool> async_finish;
  std::optional<bool> notify;
  std::optional<start_rate> rate;  ///< 0 starts: no limit any more
  std::optional<int> breaker_failures;
  std::optional<std::chrono::milliseconds> breaker_pause;
};

/// What decides when a task runs and neither its record nor the catalog tells. As of just now.
struct task_facts {
  /// Its row in `open`: it has been read and waits, or runs.
  struct open_row {
    char state = 'w';  ///< w waiting (READY), r RETRY, i IN PROGRESS
    epoch_number epoch = 0;
    wall_time due{};
    wall_time since{};  ///< in this state; of a run: its start
    int attempts = 0;   ///< that count to max_attempts
    int crashes = 0;
    int runs = 0;
  };
  part_id part = 0;
  std::optional<int> slot;  ///< nullopt: its partition exists no more
  std::optional<open_row> open;
  std::optional<task_id> running_of_key;  ///< another task of its key that runs now
  std::optional<task_id> newer_of_key;    ///< the newest unfinished and due one of its key that is newer
  std::int64_t ahead = 0;                 ///< due tasks of its partition that were there before, up to 10,001
  std::int64_t running = 0;               ///< others of its stream IN PROGRESS on the owner of its partition
};

/// What a node that runs once and then ends needs to know of its own.
struct work_left {
  /// Somebody leads, every partition is wished for a node that is there, and this node owns all that it shall.
  bool settled = false;
  /// Unfinished due tasks in the partitions it owns; tasks of paused streams are left out. Up to 1,000.
  std::int64_t due = 0;
};

/// Every order leaves a row in the audit, refused ones too, unless it was malformed or never reached the store.
class console_store {
 public:
  virtual ~console_store() = default;
  virtual result<void> reconnect() = 0;
  /// For whom it acts from now on; costs nothing.
  virtual void act_as(operator_identity who) = 0;
  /// What operators did, newest first.
  virtual result<audit_page> audit(const audit_filter& filter) = 0;

  virtual result<cluster_view> view() = 0;
  /// Nodes, streams and partitions without counts.
  virtual result<catalog> rows() = 0;
  virtual result<std::vector<term_row>> leaders(int limit) = 0;  ///< newest first
  /// Who owned partitions of a stream, newest first. @errors not_found (no such stream)
  virtual result<std::vector<owner_record>> owners(const std::string& stream, int limit) = 0;
  /// Ends the running term and frees its lock, so that another node leads; the same one may be elected again.
  /// @return the term that ended. @errors not_found (nobody leads)
  virtual result<term_row> resign_leader() = 0;

  virtual result<std::vector<inserted>> enqueue(const std::vector<insert_row>& rows) = 0;
  /// The ids with which the message of this token was answered (insert_row::token); nullopt: never, or forgotten.
  virtual result<std::optional<std::vector<task_id>>> answered(const std::string& token) = 0;
  /// A page costs by what it shows, not by what there is: where the filter means few among many, a page ends after a
  /// look at so many tasks, short or even empty, and `next` goes on from there. The last one has no `next`.
  virtual result<task_page> tasks(const task_filter& filter) = 0;
  /// The same, ids alone; its limit is 1..10,000.
  virtual result<task_id_page> ids(const task_filter& filter) = 0;
  /// @errors not_found
  virtual result<task_record> task(task_id id) = 0;
  virtual result<std::vector<attempt_record>> attempts(task_id id) = 0;
  /// Cancels, retries or snoozes unfinished tasks; an answer for each, in their order.
  /// @errors timeout (a transaction holds the partition of one)
  virtual result<std::vector<order_answer>> order(const task_order& what) = 0;
  /// Enqueues copies of tasks that have ended: name, key, data and stream. The new ids in the order of `tasks`; 0
  /// for a task that has not ended or does not exist.
  virtual result<std::vector<task_id>> requeue(const std::vector<task_id>& tasks, const std::string& who) = 0;
  /// The id of the task that superseded `id`, if one did.
  virtual result<std::optional<task_id>> successor(task_id id) = 0;
  /// @errors not_found
  virtual result<task_facts> facts(task_id id) = 0;
  /// Of an incarnation. @errors refused (it is not alive)
  virtual result<work_left> left_for(node_id me) = 0;
  /// Unfinished tasks of a name, exact up to `cap`.
  virtual result<std::int64_t> count_unfinished(const std::string& name, std::int64_t cap) = 0;
  /// Tasks that have ended in this cluster so far, counted with the row that ends them. Reads a row a partition,
  /// whatever there is of tasks: what to watch while a load drains.
  virtual result<std::int64_t> count_ended() = 0;
  /// Ids of unfinished tasks of a stream, a name, a key, in some of their states, as far as the filter says so (its
  /// limit and cursor do not count): at most `most`, ascending. Costs by what is unfinished, not by what was ever
  /// finished.
  virtual result<std::vector<task_id>> unfinished(const task_filter& filter, int most) = 0;
  /// How many of those there are, for somebody who waits: counts up to `most`, and looks at a bounded number of tasks,
  /// however many are unfinished.
  virtual result<bounded_count> unfinished_at_least(const task_filter& filter, int most) = 0;
  /// What went wrong lately: the newest 1,000 FAILED tasks and the newest 1,000 in RETRY, each with its last failing
  /// run, grouped; the latest group first, at most `limit` (1..1000).
  virtual result<std::vector<error_group>> errors(int limit) = 0;

  /// @errors conflict (exists and differs), invalid
  virtual result<void> create_stream(const stream_declaration& wanted) = 0;
  /// @errors not_found, refused (mode or partitions with unfinished tasks), invalid
  virtual result<void> change_stream(const std::string& name, const stream_change& change) = 0;
  /// Deletes a stream with its routes; finished tasks keep its name. Who owns its partitions loses them.
  /// @errors not_found, refused (the stream `default`, or unfinished tasks: says how many, up to 10,000),
  ///         timeout (a transaction is inserting tasks)
  virtual result<void> delete_stream(const std::string& name) = 0;
  /// A person's wishes in the place of the leader's, who goes on from there. Unknown partitions are left out.
  virtual result<void> wish_for(const std::vector<wish>& wishes) = 0;
  /// Pins to a node name, or unpins with nullopt. @errors not_found (no such stream)
  virtual result<void> pin(const std::string& name, const std::optional<std::string>& node,
                           std::optional<weir::pin_policy> policy) = 0;
  /// Pauses until `until` (database clock), for ever with nullopt. @errors not_found
  virtual result<void> pause(const std::string& name, const std::optional<wall_time>& until) = 0;
  virtual result<void> resume(const std::string& name) = 0;
  /// The same for one task name, wherever its tasks are: running ones end, no other starts. A name that no task has
  /// had yet may be paused, too.
  virtual result<void> pause_name(const std::string& name, const std::optional<wall_time>& until) = 0;
  /// @errors not_found (it is not paused)
  virtual result<void> resume_name(const std::string& name) = 0;
  /// Asks a node to drain, or to take work again. @errors not_found
  virtual result<void> drain(const std::string& node, bool wanted) = 0;
  /// For the audit alone: a node has read its configuration again.
  /// @param applied  keys whose new values are in force; `needs_restart`: those that wait for a restart
  virtual result<void> note_reload(const std::string& node, const std::vector<std::string>& applied,
                                   const std::vector<std::string>& needs_restart) = 0;
};

}  // namespace weir
