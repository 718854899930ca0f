// The rows of the memory store: the same tables that a database has, as plain records.
//
// Only committed rows are in them. A transaction that is still open keeps its rows to itself (world.hpp).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <weir/driver/audit.hpp>
#include <weir/driver/cdc_store.hpp>
#include <weir/driver/console_store.hpp>
#include <weir/driver/retention_store.hpp>
#include <weir/driver/schedule_store.hpp>
#include <weir/driver/types.hpp>

#include "drivers/memory/table.hpp"

namespace weir::memory {

struct session;

struct task_entry {
  task_id id = 0;
  transaction_id xid = 0;
  part_id part = 0;
  stream_id stream = 0;
  epoch_number handed_epoch = 0;  ///< 0 = a poll must find it
  std::string name;
  std::optional<std::string> key;
  std::string data;
  std::string created_by;
  std::string traceparent;
  wall_time created_at{};
  std::optional<wall_time> do_after;
};

struct attempt_entry {
  int number = 0;
  wall_time started_at{};
  std::chrono::milliseconds took{0};
  epoch_number epoch = 0;
  node_id node = 0;
  char result = 0;
  std::string message;
};

struct open_entry {
  epoch_number epoch = 0;  ///< of the owner that wrote it
  char state = 'w';
  wall_time due{};
  wall_time since{};
  int attempts = 0;
  int crashes = 0;
  int runs = 0;
  bool marked = false;
  std::string name;
  std::optional<std::string> key;
};

/// What a person asked of a task.
struct request_entry {
  std::int64_t id = 0;
  part_id part = 0;
  task_request::what kind = task_request::what::cancel;
  std::optional<wall_time> due;
  std::string asked_by;
};

struct partition_entry {
  part_id id = 0;
  stream_id stream = 0;
  int slot = 0;
  node_id owner = 0;
  std::int32_t timeline = 1;
  epoch_number epoch = 0;
  bool freed_by_crash = false;
  wall_time free_since{};  ///< while it has no owner
  std::string assigned_to;

  reading_position mark{"1:1:", std::nullopt, 0, 0};
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::int64_t cancelled = 0;

  int deaths = 0;  ///< of owners in a row, none of which lived for a minute but the first
  wall_time acquired_at{};

  table<task_id, open_entry> open;

  // found in the tasks and their attempts
  std::map<std::pair<transaction_id, task_id>, task_id> reading_order;
  std::set<task_id> unfinished;  ///< without a final attempt
};

/// One owner of one partition: tokens only grow, owners never overlap.
struct ownership_entry {
  part_id part = 0;
  std::int32_t timeline = 0;
  epoch_number epoch = 0;
  node_id node = 0;
  wall_time since{};  ///< 0 = of a store that did not write it down
  std::optional<wall_time> ended{};
  std::string reason{};
};

struct node_entry {
  node_id id = 0;
  node_facts facts;
  node_state state = node_state::joining;
  std::int32_t timeline = 0;
  bool drain_wanted = false;
  bool declared = false;
  std::vector<std::string> differences;
  std::vector<std::string> schedule_differences;
  std::string ended_by;  ///< how its process ended, if somebody saw it
  retention_policy retention;

  bool alive() const {
    return state == node_state::joining || state == node_state::active || state == node_state::draining;
  }
};

/// What a node said with its last beat: of interest while it lives, and never written down.
struct pulse_entry {
  std::int64_t beat = 0;
  wall_time at{};
  beat_note said;
};

struct term_entry {
  term_row row;
  const session* holder = nullptr;  ///< whose session held the lock; only ever compared
};

struct cdc_entry {
  struct kept {
    cdc_hash hash{};
    std::int32_t round = 1;
  };
  cdc_controller row;
  table<std::string, kept> hashes;  ///< by object: the order of std::string is that of bytes
};

struct audit_entry {
  audit_record row;
  std::string request;
};

/// A message that was inserted; sent again within the hour it gets the same answer.
struct receipt_entry {
  std::vector<task_id> ids;
};

/// Being in the table is all there is to it.
struct marked_entry {};

/// What retention let go of, for the checks of a simulation.
struct forgotten_entry {
  task_record task;
  std::vector<attempt_record> attempts;
  wall_time at{};
};

struct stream_entry {
  stream_declaration settings;
  stream_id id = 0;
  part_id first_part = 0;
  bool paused_forever = false;
  std::optional<wall_time> paused_until;
};

struct schedule_entry {
  schedule_id id = 0;
  schedule_declaration settings;
  wall_time since{};
  std::optional<wall_time> next_at;
  bool paused_forever = false;
  std::optional<wall_time> paused_until;
  std::optional<wall_time> last_at;
  task_id last_task = 0;
};

/// What has been given and must not be given again.
struct counter_entry {
  std::int64_t server = 7'000'000'001;  ///< tells this store from others
  std::int32_t timeline = 1;
  std::int32_t ids_of_timeline = 1;
  task_id next_task = 1;
  std::int64_t next_request = 1;
  node_id next_node = 1;
  schedule_id next_schedule = 1;
  part_id next_part = 1;
  stream_id next_stream = 1;
  epoch_number epoch_floor = 0;  ///< the highest of partitions that were deleted: new ones begin there
  std::int64_t pauses = 0;       ///< of task names, and resumptions
  transaction_id next_xid = 100;
};

/// All that a store must not forget.
struct world_rows {
  table<stream_id, stream_entry> streams;
  table<stream_id, std::string> former_streams;  ///< names of deleted ones, for history
  table<std::string, stream_id> routes;
  table<part_id, partition_entry> partitions;
  table<node_id, node_entry> nodes;
  table<term_number, term_entry> terms;  ///< at most the last one is running
  table<task_id, task_entry> task_rows;
  table<std::string, receipt_entry> receipts;  ///< by token
  table<task_id, std::vector<attempt_entry>> attempts;
  table<task_id, request_entry> requests;
  table<std::string, std::optional<wall_time>> paused_names;  ///< until when; nullopt = until resumed
  table<std::string, schedule_entry> schedules;
  table<std::string, cdc_entry> cdc;  ///< by controller
  table<std::int64_t, audit_entry> audit;
  table<std::pair<part_id, epoch_number>, ownership_entry> owners;
  table<segment_number, marked_entry> segments;  ///< that have rows or had, and are not dropped
  table<task_id, marked_entry> kept;             ///< tasks that are in no segment any more
  counter_entry counted;
};

/// Calls `use` with each table.
template <class Rows, class Use>
void each_table(Rows& rows, Use use) {
  use(rows.streams);
  use(rows.former_streams);
  use(rows.routes);
  use(rows.partitions);
  use(rows.nodes);
  use(rows.terms);
  use(rows.task_rows);
  use(rows.receipts);
  use(rows.attempts);
  use(rows.requests);
  use(rows.paused_names);
  use(rows.schedules);
  use(rows.cdc);
  use(rows.audit);
  use(rows.owners);
  use(rows.segments);
  use(rows.kept);
}

/// From here on changes are noted anew.
void settle(world_rows& rows);

}  // namespace weir::memory
