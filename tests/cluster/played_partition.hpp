// One owned partition, with a test in the place of everything around it: the store that it reads from and
// writes to, and the executor that runs what it starts.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "cluster/partition_owner.hpp"

namespace weir::cluster {

constexpr part_id played_part = 5;

/// "7s superseded by 9, remove": how a test writes down a row.
inline std::string text_of(const finish_row& row) {
  std::string text = std::to_string(row.id);
  if (row.result != 0) text += std::string{" "} + row.result + std::to_string(row.number);
  if (!row.message.empty()) text += " " + row.message;
  switch (row.open) {
    case finish_row::open_change::none: break;
    case finish_row::open_change::remove: text += ", remove"; break;
    case finish_row::open_change::put:
      text += std::string{", put "} + row.open_state + " in " + std::to_string(row.due_in.count());
  }
  return text;
}

inline std::vector<std::string> text_of(const std::vector<finish_row>& rows) {
  std::vector<std::string> list;
  for (const finish_row& row : rows) list.push_back(text_of(row));
  return list;
}

/// A task as a read delivers it; data tells it apart.
inline task_row task(task_id id, std::optional<std::string> key = {}) {
  task_row row;
  row.part = played_part;
  row.id = id;
  row.xid = static_cast<transaction_id>(100 + id);
  row.name = "sync";
  row.key = std::move(key);
  row.data = std::to_string(id);
  return row;
}

/// The same as a promotion delivers it: due at `due`, after `runs` runs that counted as attempts.
inline task_row due_task(task_id id, std::chrono::microseconds due, std::optional<std::string> key = {},
                         int runs = 0) {
  task_row row = task(id, std::move(key));
  row.due_order = due;
  row.open = true;
  row.runs = row.attempts = runs;
  return row;
}

struct played_partition : testing::Test {
  static ownership acquired(std::vector<open_task> keyed = {},
                            std::optional<std::chrono::milliseconds> next_due = {}) {
    ownership held;
    held.held = {played_part, 3};
    held.mark.seen = "s0";
    held.keyed = std::move(keyed);
    held.next_due = next_due;
    return held;
  }

  moment now{boot_time{std::chrono::hours{100}}, wall_time{} + std::chrono::hours{9}};
  owner_limits limits{20, 5, 100};
  caution care;
  std::optional<partition_owner> held;
  partition_owner& owner() { return *held; }
  int snapshots = 0;  ///< taken: s1, s2, ...

  void acquire(ownership what = acquired()) { held.emplace(std::move(what), limits, care, now.boot); }
  /// Acquires and reads the first, empty snapshot.
  void own(ownership what = acquired()) {
    acquire(std::move(what));
    read({});
  }

  /// One read, answered with these rows. Returns what the owner asks about newer ones.
  std::vector<newer_request> read(std::vector<task_row> rows) {
    EXPECT_TRUE(owner().wants_read(true));
    static_cast<void>(owner().begin_read());
    return owner().on_read("s" + std::to_string(++snapshots), std::move(rows));
  }
  void promote(std::vector<task_row> rows, std::optional<std::chrono::milliseconds> next_due = {}) {
    EXPECT_TRUE(owner().wants_promote(now.boot));
    static_cast<void>(owner().begin_promote());
    owner().on_promoted(std::move(rows), next_due, now.boot);
  }

  /// Starts the next task. 0: none may start.
  task_id start() {
    const task_row* next = owner().candidate();
    if (next == nullptr) return 0;
    const task_id id = next->id;
    owner().start(id, now);
    return id;
  }
  /// Starts what may start, in order.
  std::vector<task_id> start_all() {
    std::vector<task_id> started;
    while (const task_id id = start()) started.push_back(id);
    return started;
  }
  void end(task_id id, settlement how = {}) { owner().on_settled(id, how); }
  static settlement retry_in(std::chrono::milliseconds delay) {
    settlement how;
    how.result = domain::run_result::retry;
    how.again_in = delay;
    how.counts_attempt = true;
    return how;
  }

  /// The next statement's part of this partition.
  finish_request collect(bool with_mark = false, int room = 100) {
    finish_request request;
    const int rows = owner().collect(request, room, with_mark);
    EXPECT_EQ(rows, static_cast<int>(request.rows.size()));
    return request;
  }
  /// Collects and commits one statement; its rows as texts.
  std::vector<std::string> write(std::optional<std::chrono::microseconds> earliest_put = {}) {
    const finish_request request = collect();
    owner().on_committed(earliest_put, now.boot);
    return text_of(request.rows);
  }
  /// The mark that would be written now, and its commit; "" if none.
  std::string write_mark() {
    const finish_request request = collect(true);
    if (request.held.empty()) return "";
    owner().on_committed({}, now.boot);
    return request.marks.empty() ? "" : request.marks.front().position.seen;
  }
};

}  // namespace weir::cluster
