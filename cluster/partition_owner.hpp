// One owned partition under one epoch: what was read, what waits, what runs, what must be written.
//
// A step machine without I/O: the worker asks it for requests (read, promote, finish), carries them to the
// store, and brings the answers back. Ownership is the claim: nothing is written to say that a task is
// taken; the durable facts are its row and its final attempt.
//
//   read/promote --> waiting --> running --> settling --(finish committed)--> gone
//                       |            |\--> (runs over a second: a row in `open` shows it, the mark moves on)
//                       |            \---> (marked: a row in `open` is committed before it runs)
//                       \--> parked in `open` (not due yet, or its action is missing here)
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <weir/boot_clock.hpp>
#include <weir/driver/types.hpp>

#include "cluster/finish_queue.hpp"
#include "cluster/key_lanes.hpp"
#include "cluster/moment.hpp"
#include "cluster/reading_track.hpp"
#include "domain/execution.hpp"

namespace weir::cluster {

struct owner_limits {
  int window = 2000;     ///< tasks in memory, ready or running
  int batch = 500;       ///< rows of one read
  int shadows = 100000;  ///< superseded-to-be tasks in memory (ids only)
};

/// Where a partition's runs could take their whole node down, who was at it is written before it runs.
struct caution {
  bool in_node = false;  ///< its tasks run in the node's own process
  int marks = 0;         ///< so many starts are marked; those of suspects always are
};

/// How a run ended, after the retry rules were applied.
struct settlement {
  domain::run_result result = domain::run_result::success;
  std::string message;
  wall_time started_at{};
  std::chrono::milliseconds took{0};
  std::optional<std::chrono::milliseconds> again_in;  ///< set: not final, runs again after this
  char open_state = 'r';                              ///< of a task that runs again: r RETRY, w READY
  bool counts_attempt = false;
  bool counts_crash = false;
};

/// Its node died while it ran.
inline bool is_suspect(const task_row& task) { return task.left && task.left->marked; }

class partition_owner {
 public:
  partition_owner(ownership held, owner_limits limits, caution care, boot_time now);

  part_id part() const { return held_.part; }
  fence held() const { return held_; }

  // -- reading -------------------------------------------------------------
  /// A page can be read: there is room, nothing is in flight, and either a backlog is known or `poll` says
  /// that it is time to look for new commits.
  bool wants_read(bool poll) const;
  /// The window is full of tasks that wait for what only a read can show: a new epoch reads all of them again,
  /// in their order.
  bool stuck();
  read_request begin_read();
  /// Takes the answer. Rows to ask `newer` about (full page with keys); empty: nothing to ask.
  std::vector<newer_request> on_read(const snapshot& taken, std::vector<task_row> rows);
  void on_newer(const std::vector<newer_reply>& newer);
  /// The read, or the question about newer ones, failed: the same page is read again.
  void on_read_failed() { end_read(); }
  bool backlog() const { return track_.backlog(); }
  /// A page was read whose rows are waiting for on_newer.
  bool asks_newer() const { return reading_ && !page_.empty(); }

  // -- being handed tasks ----------------------------------------------------
  /// Up to `rows` tasks may be inserted straight into the window: there is room, and nothing is waiting to be
  /// read that came before them.
  bool can_take(int rows) const;
  /// Before the insert is sent: no mark that is recorded meanwhile may leave its rows behind.
  void begin_take(int rows);
  /// The rows that were handed, committed; one with a key starts once a read that began after their commit
  /// has shown what older tasks of the key there are.
  void on_taken(std::vector<task_row> rows);
  /// Nothing was inserted.
  void on_take_failed() { on_taken({}); }
  bool taking() const { return taking_ > 0; }

  bool wants_promote(boot_time now) const;
  promote_request begin_promote();
  void on_promoted(std::vector<task_row> rows, std::optional<std::chrono::milliseconds> next_due,
                   boot_time now);
  void on_promote_failed() { end_promotion(); }
  /// When the earliest known open task is due, as far as the database's clock can be believed: it may be asked sooner.
  std::optional<boot_time> next_due() const { return promoting_ ? std::nullopt : next_due_; }

  // -- running -------------------------------------------------------------
  /// The task that would start next; nullptr if none can. Valid until the next call.
  const task_row* candidate();
  /// What candidate has returned may not start yet: what waits behind it may, until try_again.
  void pass_over();
  void try_again();
  /// Its start has to be marked.
  bool needs_mark(const task_row& task, boot_time now) const;
  /// Starts it: every older task of its key that was seen is superseded.
  /// @param former  how the run ended that a former owner was at, if one was.
  /// @return false  something has to be written before: it runs only once take_marked has named it.
  bool start(task_id id, const moment& now, const settlement& former = {});
  /// Started tasks that may run now; they supersede what was seen meanwhile, too.
  std::vector<task_id> take_marked(const moment& now);
  /// Puts it (and what waits behind it under its key) into `open` for `delay`, without a run.
  void park(task_id id, std::chrono::milliseconds delay) { park(id, delay, false); }
  /// The same for a paused name: promotions leave it out until it is resumed, and look_again is said.
  void put_aside(task_id id) { park(id, std::chrono::milliseconds{0}, true); }
  /// A name was resumed: everything in `open` that is due is promoted.
  void look_again(boot_time now);
  /// Ends a waiting task without a run, e.g. because no node has its action; supersedes as a start does.
  void cancel(task_id id, const std::string& message, const moment& now);
  /// Ends it by the run that a former owner was at: that one was its last.
  void end(task_id id, const settlement& former, const moment& now);
  /// A run has ended. Its result is queued.
  void on_settled(task_id id, const settlement& how);
  /// Running tasks that have run for `age` and are not in `open` yet become visible as IN PROGRESS, since their start.
  void show_running(std::chrono::milliseconds age, boot_time now);
  /// When the first of them has run for `age`, or sooner; nullopt: all that run are shown.
  std::optional<boot_time> next_to_show(std::chrono::milliseconds age) const {
    return running_ > 0 && unshown_since_ ? std::optional{*unshown_since_ + age} : std::nullopt;
  }

  /// Tasks whose run has started and whose end is not known to be written: they supersede nothing read later.
  void add_started(std::vector<task_id>& to) const;
  /// A running task, with what it had used up before this run; nullptr if it does not run here.
  const task_row* running_task(task_id id) const;
  int running() const { return running_; }
  int waiting() const { return static_cast<int>(entries_.size()) - running_ - shadows_; }

  // -- what people ask -------------------------------------------------------
  void begin_asking() { asking_ = true; }
  void on_asking_failed() { end_asking(); }
  /// Takes requests as read; each is answered by a row of its own. The running tasks among them that are to be
  /// ended: their results, unless final, become `cancel`.
  std::vector<task_id> on_requests(std::vector<task_request> asked, wall_time now);

  // -- finishing -----------------------------------------------------------
  bool has_rows() const { return !queue_.empty() && !queue_.in_flight(); }
  /// Rows that are not known to be committed.
  std::size_t unwritten() const { return queue_.size(); }
  /// Nothing runs, everything is written, nothing is on its way in: it may be let go of.
  bool quiet() const { return running_ == 0 && queue_.empty() && !taking(); }
  /// Adds rows, and the mark if one is due, to a finish request. Returns the rows added.
  int collect(finish_request& into, int room, bool with_mark);
  void on_committed(std::optional<std::chrono::microseconds> earliest_put, boot_time now);
  void on_not_committed();
  bool mark_is_due() const { return dirty_; }

  /// A new epoch after a write whose fate is unknown: runs go on, everything else is read again.
  void renewed(ownership held, boot_time now);

 private:
  enum class phase { waiting, running, settling };
  struct entry {
    task_row row;
    phase at = phase::waiting;
    sequence number = 0;   ///< 0: the mark may pass it (it is in open)
    bool shadow = false;   ///< a newer one of its key waits, ungated as it is: only its id is kept
    bool shown = false;    ///< an open row was queued while it runs
    bool marked = false;   ///< that row says that it runs at its node's risk
    bool marking = false;  ///< it runs only once that row is committed
    bool gated = false;    ///< has a key, and an older task of it may be about to be seen
    bool opened = false;   ///< was gated: may start although the newest of its key still is
    std::optional<task_request> cancel;  ///< of a running one: somebody wants it ended
    boot_time started{};
  };

  /// What must have happened before a task with a key may start, so that the older ones of its key are seen.
  struct gate {
    std::uint64_t reads = 0;  ///< this many snapshots were used up
    std::uint64_t takes = 0;  ///< this many inserts were answered
  };

  static finish_row row_for(const task_row& task);
  void end_read();
  void end_promotion();
  bool has_room_to_read() const;
  int room_to_promote() const;
  void open_gates();
  bool passed(const gate& g) const { return g.reads <= reads_used_ && g.takes <= takes_answered_; }
  void settle_number(sequence number);
  void admit(task_row row, sequence number, gate behind);
  void keep_newest(const task_row& row);
  task_id startable(const task_row& row) const;
  void park(task_id id, std::chrono::milliseconds delay, bool paused);
  void leave_window(entry& e);
  /// Queues the row that ends a task of the same name and key as `newer`.
  void supersede(const key_lanes::superseded& old, const task_row& newer, task_id by, wall_time at);
  void queue_open(entry& e, char state, std::chrono::milliseconds delay, bool leaves, bool paused = false,
                  const settlement& former = {});
  void queue_again(pending_row row, int stored_runs);
  void begin_run(entry& e, const moment& now);
  void note_former(entry& e, const settlement& how, finish_row& into);
  void wake_key(const task_row& row);
  void end_asking();
  void answer_only(const task_request& asked);
  void answer_absent(task_request asked, wall_time now);
  void answer_open(const task_request& asked, wall_time now);
  void answer_waiting(entry& e, const task_request& asked, wall_time now);
  void answer_early(task_id id, wall_time now);
  void settle_memory(const pending_row& done);
  bool known(const task_row& row);
  int room() const;

  fence held_;
  owner_limits limits_;
  caution care_;
  boot_time careful_until_;
  const epoch_number first_epoch_;
  std::vector<task_id> marked_;
  reading_track track_;
  key_lanes keys_;
  std::unordered_map<task_id, entry> entries_;
  std::deque<task_id> ready_;
  std::vector<task_id> passed_over_;
  finish_queue queue_;
  int running_ = 0;
  std::optional<boot_time> unshown_since_;  ///< no run that is not shown has started before
  int shadows_ = 0;

  bool reading_ = false;
  int read_limit_ = 0;

  int taking_ = 0;                                   ///< rows of the insert under way, at most
  sequence taking_number_ = 0;                       ///< shared by all of them
  std::unordered_map<sequence, int> shared_;         ///< unsettled entries of a shared number
  std::unordered_map<task_id, task_request> asked_;  ///< of tasks that have not been read yet
  bool asking_ = false;
  std::unordered_set<task_id> left_during_asking_;  ///< what is said of them is as they were before
  bool reread_ = false;  ///< a task may start now of which only the id was kept: a new epoch reads it again
  std::uint64_t recovery_read_ = 1;  ///< the count of snapshots used up when recovering ends
  std::deque<std::pair<task_id, gate>> gates_;
  std::uint64_t reads_begun_ = 0, reads_used_ = 0, takes_begun_ = 0, takes_answered_ = 0;
  snapshot page_taken_;
  std::vector<task_row> page_;  ///< a page whose newer ones are being asked for
  bool promoting_ = false;
  std::chrono::microseconds promoted_due_{0};  ///< promotion cursor
  task_id promoted_id_ = 0;
  std::optional<boot_time> next_due_;
  /// Tasks that left memory while a read (a promotion) was in flight: its answer may still show them as they
  /// were. Two sets, since what left during the one may rightly come back by the other.
  std::unordered_set<task_id> left_during_read_;
  std::unordered_set<task_id> left_during_promotion_;

  std::optional<std::chrono::microseconds> lowered_;  ///< earliest row put while a promotion was in flight

  reading_position durable_mark_;              ///< as last written
  std::optional<reading_position> next_mark_;  ///< newest position not yet written
  bool mark_sent_ = false;                     ///< it is in the statement under way
  bool dirty_ = false;                         ///< something was settled since a mark was last sent
  /// Rows whose write may or may not have happened, by task: written again if the task turns up unfinished.
  std::unordered_map<task_id, pending_row> undecided_;
};

}  // namespace weir::cluster
