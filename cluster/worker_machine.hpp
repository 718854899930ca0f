// A node's work: which partitions it holds, and every step of their tasks. No I/O, no threads, no clock.
//
// The worker actor feeds it what happened (views, answers, verdicts) and asks it what to do next; each
// `next_*` returns at most one request of its kind, to be carried out by the session that serves that kind.
// Every partition goes through
//
//   free --acquire--> owned --drain--> draining --(flushed, executor closed)--> releasing --> free
//                       |  \--(a write in doubt)--> renewing --> owned
//                       \--(a fence refused a write)--> lost --(its runs have ended)--> free
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <weir/config.hpp>
#include <weir/driver/types.hpp>
#include <weir/result.hpp>

#include "cluster/moment.hpp"
#include "cluster/partition_owner.hpp"
#include "cluster/wakeup.hpp"
#include "cluster/worker_note.hpp"
#include "domain/circuit_breaker.hpp"
#include "domain/execution.hpp"

namespace weir::cluster {

struct worker_settings {
  node_id me = 0;
  std::string name;
  owner_limits limits;
  int finish_rows = defaults::batch_rows;
  std::chrono::milliseconds poll_idle = defaults::poll_idle;
  std::chrono::milliseconds poll_busy = defaults::poll_busy;
  std::chrono::milliseconds in_progress_after = defaults::in_progress_after;
  std::chrono::milliseconds mark_interval = defaults::mark_interval;
  std::chrono::milliseconds missing_action_grace = defaults::missing_action_grace;
  std::chrono::milliseconds away_action_grace = defaults::away_action_grace;
  std::chrono::milliseconds drain_timeout = defaults::drain_timeout;
  /// From the moment a live node is wished for in this one's place until this one lets go: by then that node
  /// has seen the wish, too, and stands ready, so that the gap is short. Not needed where a link tells it.
  std::chrono::milliseconds notice = defaults::beat + defaults::beat / 5;
  /// Streams that this node's program wants to know of when they come: names of streams with hooks.
  std::set<std::string> hooked;
};

/// One thing to do on the ownership session.
struct ownership_request {
  enum class what { acquire, renew, release };
  what kind = what::acquire;
  fence held;  ///< acquire: only the part
  bool timeline_waited = false;
  bool crash_waited = false;
};

/// Runs to start on the stream's executor, in this order; at least one.
struct run_order {
  stream_row stream;
  std::vector<domain::run_request> requests;
};

/// One stream that has come, whose executor is to be made ready before there are tasks.
struct open_order {
  stream_row stream;
  std::uint64_t fencing_token = 0;
};

/// A partition that was given back, and the node that is to have it.
struct freed_part {
  part_id part = 0;
  std::string node;
};

/// A stream rests on this node from now on, or works again.
struct breaker_news {
  std::string stream;
  bool open = false;
  int failures = 0;                    ///< in a row
  std::chrono::milliseconds pause{0};  ///< until one run is tried
  std::string message;                 ///< of the last failure
};

/// One run to end.
struct interrupt_order {
  std::string stream;
  std::uint64_t run_id = 0;
};

class worker_machine {
 public:
  using options_of = std::function<const action_options*(const std::string& task_name)>;

  /// @param actions  the options of a registered action; nullptr: this node has no such action.
  /// @param random   uniform in [0, 1), for jitter.
  worker_machine(worker_settings settings, options_of actions, std::function<double()> random);
  ~worker_machine();

  // -- what happened ---------------------------------------------------------
  void on_view(const beat_view& view, bool timeline_waited, const moment& now);
  /// Ownership ends at `deadline` unless another beat succeeds.
  void on_deadline(boot_time deadline) { deadline_ = deadline; }
  /// Gives everything up: drain, release. `idle()` tells when nothing is left. Said again: running tasks
  /// are ended now instead of at the drain's deadline.
  void begin_stop(const moment& now);
  /// This incarnation was declared dead: nothing it holds is its own any more.
  void on_fenced(const moment& now);
  void on_acquired(const ownership_request& asked, result<ownership> answer, const moment& now);
  void on_released(const ownership_request& asked, const result<bool>& answer, const moment& now);
  void on_read(result<read_reply> answer, const moment& now);
  void on_promoted(result<promote_reply> answer, const moment& now);
  /// An insert that carried `offer` was answered; `handed` are the rows that came through it.
  void on_handed(const hand_offer& offer, result<std::vector<task_row>> handed, const moment& now);
  void on_newer(const result<std::vector<newer_reply>>& answer);
  void on_requests(result<std::vector<task_request>> answer, const moment& now);
  void on_finished(const result<finish_reply>& answer, const moment& now);
  void on_verdict(const domain::run_verdict& verdict, const moment& now);
  void on_closed(const std::string& stream);
  /// The nodes that hear of what is freed, by name.
  void on_linked(std::set<std::string> nodes) { linked_ = std::move(nodes); }
  /// Another node says so: partitions were given back for this one, or have new tasks.
  void on_hints(const std::vector<part_id>& freed, const std::vector<part_id>& fed, const moment& now);

  // -- what to do next -------------------------------------------------------
  std::optional<ownership_request> next_ownership(const moment& now);
  std::optional<std::vector<read_request>> next_read(const moment& now);
  /// What the last read is for: poll, hint or backlog.
  wakeup read_for() const { return read_for_; }
  std::optional<std::vector<promote_request>> next_promote(const moment& now);
  struct newer_question {
    std::vector<newer_request> rows;
    std::vector<task_id> running;
  };
  std::optional<newer_question> next_newer();
  /// What people ask of tasks here, where a beat has shown that there is something.
  std::optional<std::vector<request_page>> next_requests(const moment& now);
  static constexpr int request_rows = 500;
  /// The partitions that could take `rows` tasks straight into their windows; each offer is answered by
  /// on_handed. Empty while another one is open.
  hand_offer offer_hands(int rows, const moment& now);
  std::optional<finish_request> next_finish(const moment& now);
  std::vector<run_order> next_runs(const moment& now);
  std::vector<interrupt_order> next_interrupts(const moment& now);
  /// Streams of `worker_settings::hooked` that have come; to be carried out before next_runs.
  std::vector<open_order> next_opens(const moment& now);
  /// Streams whose executor must be closed; answered by on_closed.
  std::vector<std::string> next_closes();
  /// What linked nodes wait for.
  std::vector<freed_part> next_freed() { return std::exchange(freed_, {}); }
  /// For the log.
  std::vector<breaker_news> next_breaker_news() { return std::exchange(breaker_news_, {}); }
  /// When to ask again if nothing happens before.
  boot_time next_wake(const moment& now) const;

  // -- what it looks like ----------------------------------------------------
  bool idle() const;
  int held() const;
  int running() const { return static_cast<int>(runs_.size()); }
  /// Rows and results of runs that came after their partition was lost.
  std::int64_t late_writes_refused() const { return refused_; }
  /// For people; it changes with the above, and with what next_breaker_news tells.
  worker_note note() const;

 private:
  struct holding;
  struct lane;
  struct run {
    part_id part = 0;
    task_id task = 0;
    stream_id stream = 0;
    bool orphan = false;     ///< its partition was lost: the verdict is dropped
    bool cancelled = false;  ///< somebody asked for its end
    bool interrupted = false;
    enum class care { none, marked, alone } start = care::none;  ///< alone: it has crashed before
  };

  bool may_own(const moment& now) const { return !fenced_ && now.boot < deadline_; }
  void begin_drain(holding& h, const moment& now);
  void drain_unwanted(const moment& now);
  bool may_take(const holding& h, const moment& now);
  bool active(const std::string& node) const;
  void lose(holding& h);
  void free_if_done(holding& h);
  bool start_next(lane& l, const moment& now, std::vector<domain::run_request>& at_once);
  domain::run_request request_for(const task_row& task, const lane& l);
  static std::optional<boot_time> next_start(const lane& l, const moment& now);
  bool any_waits(const lane& l) const;
  void leave_lane(lane& l, part_id part);
  void tell(const lane& l, domain::circuit_breaker::change change);
  settlement settled(const task_row& task, const domain::run_verdict& verdict);
  bool may_start(run::care wanted) const;
  void order_marked(const moment& now, std::vector<run_order>& orders);
  void forget_marking(part_id part);
  enum class availability { here, elsewhere, coming, nowhere };
  bool is_paused(const std::string& task_name) const;
  availability where_is(const std::string& action, const moment& now);
  holding* find(part_id part);

  worker_settings settings_;
  options_of actions_;
  std::function<double()> random_;

  std::map<part_id, holding> holdings_;
  std::map<stream_id, lane> lanes_;
  std::unordered_map<std::uint64_t, run> runs_;
  std::uint64_t last_run_ = 0;
  std::map<std::uint64_t, run_order> marking_;  ///< started, but not to run before what is written of it
  beat_view view_;
  std::map<std::string, boot_time> missing_since_;

  boot_time deadline_{};
  std::optional<boot_time> stopping_since_;
  bool end_now_ = false;  ///< the second stop
  bool fenced_ = false;
  bool timeline_waited_ = false;
  std::int64_t refused_ = 0;

  bool ownership_busy_ = false;
  bool promote_busy_ = false;
  bool newer_busy_ = false;
  std::set<part_id> requested_;            ///< where people ask something of tasks
  std::vector<request_page> asked_about_;  ///< the pages being read
  bool offering_ = false;
  std::vector<fence> reading_, promoting_, finishing_;  ///< partitions in the request under way
  std::vector<newer_request> newer_rows_;
  std::set<std::string> linked_;
  std::vector<freed_part> freed_;
  std::vector<breaker_news> breaker_news_;
  std::set<part_id> fed_;  ///< to be read at once
  wakeup read_for_ = wakeup::poll;
  boot_time next_poll_{};
  std::chrono::milliseconds poll_pause_{0};
  bool awaits_release_ = false;  ///< a wished partition is still held by another node
  boot_time retry_at_{};         ///< after an error of the store
  part_id finish_turn_ = 0;
};

}  // namespace weir::cluster
