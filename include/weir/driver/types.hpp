// The values that cross the driver seam. Plain records: no behaviour, no library types.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <weir/boot_clock.hpp>
#include <weir/driver/stream_limits.hpp>
#include <weir/task.hpp>

namespace weir {

using task_id = std::int64_t;
using part_id = std::int32_t;  ///< a partition, cluster-wide
using stream_id = std::int32_t;
using node_id = std::int32_t;       ///< one incarnation of a node: new at every registration
using epoch_number = std::int64_t;  ///< counts the owners of a partition
using term_number = std::int64_t;   ///< counts leaders

/// A point in the commit history of the store, opaque to everybody but the driver (PostgreSQL: the text
/// of a pg_snapshot). Two snapshots are only ever compared by the driver.
using snapshot = std::string;
/// The transaction that brought a task; with the id it orders a partition's tasks for reading.
using transaction_id = std::uint64_t;

// -- membership ----------------------------------------------------------------

enum class node_state { joining, active, draining, stopped, dead };
const char* to_string(node_state state) noexcept;
std::optional<node_state> parse_node_state(const std::string& text);

/// What a node says of itself when it registers.
struct node_facts {
  std::string name;     ///< 1-64 printable characters; what a pin names
  std::string machine;  ///< BOOT:LOCK: this boot of the host, and the state lock that proves something there
  std::string version;
  std::string address;  ///< where links listen, "" = off
  std::string http;     ///< where HTTP listens, "" = off
  std::map<std::string, std::string> labels;
  int weight = 1;                    ///< share of parallel partitions, >= 0
  std::vector<std::string> actions;  ///< task names this node can perform
  std::string cluster_settings;      ///< JSON text of [cluster]; must be the same on all nodes
};

/// A stream that a node lets rest, because runs of it failed in a row there.
struct resting_stream {
  stream_id stream = 0;
  int failures = 0;                   ///< in a row
  std::chrono::milliseconds left{0};  ///< until one run is tried; 0 = it may be at work
  std::string message;                ///< of the last of them
};

/// What a node lets others know with each beat. For people: nothing is decided by it.
struct beat_note {
  std::int64_t late_writes_refused = 0;  ///< since its process started, over all its incarnations
  std::vector<resting_stream> resting;
};

/// An incarnation as the node table holds it.
struct node_row {
  node_id id = 0;
  node_facts facts;
  node_state state = node_state::joining;
  std::int32_t timeline = 0;
  std::int64_t beat = 0;
  double beat_age_seconds = 0;  ///< by the database's clock: for people only
  bool drain_wanted = false;    ///< `weir node drain`
  bool declared = false;        ///< its declarations are written
  std::int64_t running = 0;     ///< its tasks IN PROGRESS; filled by console_store::view only
  beat_note said;               ///< with its last beat
};

/// One partition as the fence table and the leader's wish show it.
struct partition_row {
  part_id id = 0;
  stream_id stream = 0;
  int slot = 0;            ///< 0 .. partitions-1 within its stream
  node_id owner = 0;       ///< 0 = free
  std::string owner_name;  ///< "" = free
  std::int32_t timeline = 0;
  epoch_number epoch = 0;
  bool freed_by_crash = false;
  std::string assigned_to;  ///< node name the leader wishes, "" = none
};

enum class stream_mode { single, parallel };
enum class pin_policy { strict, prefer };
enum class isolation { process, thread };

/// A stream's settings, as the database holds them (the value in force).
struct stream_row {
  stream_id id = 0;
  std::string name;
  stream_mode mode = stream_mode::parallel;
  int partitions = 1;              ///< 1..1024; 1 for single
  int concurrency = 1;             ///< runs at once per node, 1..1024
  std::optional<std::string> pin;  ///< node name
  weir::pin_policy policy = pin_policy::strict;
  weir::isolation where = isolation::thread;
  std::chrono::milliseconds handover_delay{0};
  bool async_finish = false;
  bool notify = false;  ///< what is enqueued by SQL wakes its node
  start_rate rate;
  breaker_rule breaker;
  bool paused = false;                    ///< now, by the database's clock
  std::optional<wall_time> paused_until;  ///< set when paused for a time only
  std::vector<std::string> routes;        ///< task names routed here
};

/// A task name of which nothing starts.
struct paused_name {
  std::string name;
  std::optional<wall_time> until;  ///< nullopt: until it is resumed
};

/// The answer to a beat: the same round trip observes the others.
struct beat_view {
  std::int32_t timeline = 0;
  node_state state = node_state::active;  ///< mine
  bool drain_wanted = false;              ///< mine
  std::vector<node_row> nodes;            ///< newest incarnation of each name, mine included; dead ones too
  std::vector<partition_row> partitions;  ///< assigned to my name or owned by me
  std::vector<stream_row> streams;        ///< of those partitions
  std::vector<part_id> requested;         ///< of those: people ask something of tasks there
  std::vector<std::string> paused_names;  ///< now, by the database's clock; sorted
  std::int64_t pauses = 0;  ///< counts pauses and resumptions of names: also those between two beats
};

// -- leadership ----------------------------------------------------------------

/// The fence of a leader's writes.
struct leader_term {
  std::int32_t timeline = 0;
  term_number term = 0;
};

/// One row of the history of leaders.
struct term_row {
  leader_term fence;
  node_id node = 0;
  std::string node_name;
  wall_time elected_at{};
  std::optional<wall_time> ended_at;
  std::string reason;  ///< why it ended: resigned, drained, lost, dead, superseded
};

/// Everything placement needs, from one snapshot.
struct catalog {
  std::vector<node_row> nodes;  ///< newest incarnation of each name
  std::vector<stream_row> streams;
  std::vector<partition_row> partitions;  ///< ordered by id
  std::vector<paused_name> paused{};      ///< task names, sorted
};

struct wish {
  part_id part = 0;
  std::string node;  ///< "" = nobody
};

/// What a node's configuration says of a stream or a route; the first declaration creates.
struct stream_declaration {
  std::string name;
  stream_mode mode = stream_mode::parallel;
  int partitions = 1;
  int concurrency = 1;
  std::optional<std::string> pin;
  weir::pin_policy policy = pin_policy::strict;
  weir::isolation where = isolation::thread;
  std::chrono::milliseconds handover_delay{0};
  bool async_finish = false;
  bool notify = false;
  start_rate rate;
  breaker_rule breaker;
};
struct route_declaration {
  std::string task_name;
  std::string stream;
};
struct declarations {
  std::vector<stream_declaration> streams;
  std::vector<route_declaration> routes;
};

// -- the task path -------------------------------------------------------------

/// What fences an owner's writes for one partition.
struct fence {
  part_id part = 0;
  epoch_number epoch = 0;
};

/// How far an owner has read a partition. Everything visible in `seen` was read; of what is visible in
/// `upto` (when set), everything up to (at_xid, at_id) too. Reading goes by commit visibility, never by
/// id alone: ids are taken before commit, so a lower id can appear late.
struct reading_position {
  snapshot seen;
  std::optional<snapshot> upto;
  transaction_id at_xid = 0;
  task_id at_id = 0;
};

/// An unfinished task that waits in `open`, as far as newest-wins needs it.
struct open_task {
  task_id id = 0;
  std::string name;
  std::string key;
  int runs = 0;  ///< attempts so far: a superseding row is number runs + 1
};

/// A new owner's start: where the last durable mark stands and what waits in `open`.
struct ownership {
  fence held;
  std::int32_t timeline = 0;
  reading_position mark;
  /// How many owners in a row died, each within a minute of its take-over but the first; 0 = the last one let go. A
  /// renewal says so again.
  int unclean = 0;
  std::optional<std::chrono::milliseconds>
      next_due;                  ///< until the earliest open task is due (negative: overdue)
  std::vector<open_task> keyed;  ///< every open task with a key: a newer one supersedes it
};

/// A run that was under way when its owner's epoch ended.
struct left_run {
  epoch_number epoch = 0;             ///< that owner's
  wall_time since{};                  ///< when it started, by the database's clock
  std::chrono::milliseconds took{0};  ///< until it was given up, or its node was last seen alive
  bool marked = false;     ///< it was started with a durable mark: the end of its node counts as its crash
  std::string ended_by{};  ///< how its node's process ended; "" = nobody saw it
};

/// A task read into a window.
struct task_row {
  part_id part = 0;
  task_id id = 0;
  transaction_id xid = 0;
  std::string name;
  std::optional<std::string> key;
  std::string data;  ///< JSON text
  std::string created_by;
  wall_time created_at{};
  std::string traceparent;                          ///< as of who enqueued it; "" = none
  std::optional<std::chrono::milliseconds> due_in;  ///< > 0: not due yet (the owner puts it into open)
  // from open; all 0 for a task never attempted
  int attempts = 0;  ///< runs that count to max_attempts
  int crashes = 0;
  int runs = 0;                            ///< all runs: the next attempt is runs + 1
  bool open = false;                       ///< has a row in open
  std::optional<left_run> left{};          ///< a former owner's run of it
  std::chrono::microseconds due_order{0};  ///< promotion cursor: due, since the Unix epoch
};

/// Read one partition onwards. Without position.upto the driver reads up to a new snapshot of its own.
struct read_request {
  fence held;
  reading_position position;
  bool recover = false;  ///< leave out what is finished or in open (after a take-over)
  int limit = 0;         ///< rows at most, >= 1
};
struct read_reply {
  snapshot taken;              ///< the snapshot of this very statement
  std::vector<task_row> rows;  ///< by part, then (xid, id); `limit` rows = there may be more
};

/// Fetch open tasks that became due, by (due, id) after the cursor; not those that run under this epoch.
struct promote_request {
  fence held;
  std::chrono::microseconds after_due{0};  ///< cursor: task_row::due_order of the last one fetched
  task_id after_id = 0;
  int limit = 0;
};
struct promote_reply {
  std::vector<task_row> rows;
  /// Per part asked: until the earliest open task after the cursor and after the rows returned is due.
  std::vector<std::pair<part_id, std::optional<std::chrono::milliseconds>>> next_due;
};

/// Is there a newer, due, unfinished, unread task of the same key? Asked for a full page only.
struct newer_request {
  part_id part = 0;
  task_id id = 0;
  std::string name;
  std::string key;
};
struct newer_reply {
  task_id id = 0;
  task_id newer = 0;
};

/// What a person asked of an unfinished task, as its owner reads it.
struct task_request {
  enum class what : char { cancel = 'c', retry = 'r', snooze = 'z' };

  std::int64_t id = 0;  ///< a later request of the same task has a higher one
  part_id part = 0;
  task_id task = 0;
  what kind = what::cancel;
  std::chrono::milliseconds due_in{0};  ///< of a snooze, from the database's now
  std::string asked_by;
  std::string name;
  std::optional<std::string> key;
  bool ended = false;  ///< the task has: nothing is left to do but to answer
  bool open = false;   ///< it has a row in open, from which the three below are
  int attempts = 0;
  int crashes = 0;
  int runs = 0;
};
/// The requests of one partition that came after `after`.
struct request_page {
  fence held;
  std::int64_t after = 0;
};

/// What one run, or one decision about a task, writes.
struct finish_row {
  enum class open_change { none, put, remove };

  part_id part = 0;
  task_id id = 0;
  std::string name;
  std::optional<std::string> key;
  // attempt: written when result is set
  char result = 0;  ///< domain::run_result letter; 0 = no attempt row
  int number = 0;   ///< attempt number, from 1
  wall_time started_at{};
  std::chrono::milliseconds took{0};
  std::string message;
  epoch_number epoch = 0;  ///< of a former owner, whose run it was; 0 = the epoch that writes
  // open
  open_change open = open_change::none;
  char open_state = 'w';                ///< w waiting (READY), r RETRY, i IN PROGRESS
  std::chrono::milliseconds due_in{0};  ///< from the database's now; of i: when it started, so not above 0
  bool marked = false;                  ///< with i: the end of its node counts as its crash
  int attempts = 0;
  int crashes = 0;
  int runs = 0;
  std::int64_t request = 0;  ///< task_request::id that this row answers; 0 = none
};

/// Moves a partition's durable low-water mark, and adds what the same request finishes to its totals. The position
/// may be the one already written.
struct mark_move {
  part_id part = 0;
  reading_position position;
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::int64_t cancelled = 0;  ///< superseded ones included
};

struct finish_request {
  node_id node = 0;
  std::vector<fence> held;       ///< one per partition that rows or marks mention
  std::vector<finish_row> rows;  ///< order is kept: earlier rows commit no later
  std::vector<mark_move> marks;
  bool async = false;  ///< commit without waiting for the disk
};
struct finish_reply {
  std::vector<part_id> held;  ///< partitions whose fence held; others wrote nothing
  std::vector<std::pair<part_id, std::chrono::microseconds>>
      earliest_put;  ///< due_order of the earliest open row put
};

/// A task on its way in through a node.
struct insert_row {
  std::string name;
  std::optional<std::string> key;
  std::optional<std::string> stream;
  std::string data;  ///< JSON text, already validated
  std::optional<wall_time> do_after;
  std::optional<std::string> created_by;
  /// A UUID of version 7 that all rows of one message share: a message that is inserted again is answered with the
  /// ids of the first time, for an hour. Empty: none.
  std::string token;
  /// Trace context of who enqueues it, as check_traceparent (domain/trace_context.hpp) takes it. Empty: none.
  std::string traceparent;
};
struct inserted {
  task_id id = 0;
  transaction_id xid = 0;
  part_id part = 0;
  bool handed =
      false;  ///< into the window of who offered its partition: no poll of that owner brings it again
  std::string created_by;
  wall_time created_at{};
};

/// Partitions whose owner is ready to take due rows straight into its windows, without reading them again.
struct hand_offer {
  node_id me = 0;
  std::vector<fence> held;
};

}  // namespace weir
