// One simulated node: the real step machines over a real store, with an executor that only pretends.
//
// Every request of the machine goes through three moments (asked, carried out, answered) that a simulation
// places apart at random, as sessions on threads of their own would. One thread, no clock of its own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <weir/driver.hpp>

#include "cluster/pulse.hpp"
#include "cluster/worker_machine.hpp"
#include "tests/cluster/dice.hpp"
#include "tests/cluster/storage_history.hpp"

namespace weir::storage_test {

using cluster::moment;

struct node_settings {
  std::string name;
  cluster::owner_limits limits;
  int finish_rows = 20;
  bool strict = true;     ///< obeys its deadline, and what it runs is ended then
  bool outlives = false;  ///< a defect: what it runs is not ended at the deadline
  std::set<std::string> actions;
  bool troubled_runs = true;  ///< actions fail, crash, snooze
};

/// Between the machine and its requests' answers.
template <class Request, class Answer>
struct slot {
  std::optional<Request> asked;
  std::optional<Answer> answer;
  bool empty() const { return !asked; }
  void clear() {
    asked.reset();
    answer.reset();
  }
};

class sim_node {
 public:
  using open_tasks = std::function<std::unique_ptr<task_store>(driver&)>;
  using clock = std::function<moment()>;

  sim_node(node_settings settings, driver& way, const open_tasks& open, clock now, dice& random,
           history& told, coordination_store& truth);

  /// Registers and begins to work. False: not yet, try later.
  bool join();
  /// Everything of it is gone at once.
  void crash();
  /// Does some of what it could do now.
  void step();
  /// Ends what its kernel timers would end, though the node itself may be stopped.
  void enforce_deadline();
  void begin_stop() {
    if (machine_) machine_->begin_stop(now_());
    if (pulse_) pulse_->begin_stop();
  }
  /// Everything is given back: says goodbye.
  bool try_leave();
  /// A program's tasks, for its gateway; false: it is busy with others.
  bool enqueue(const std::vector<insert_row>& rows, std::size_t batch);
  int handed() const { return handed_; }
  /// From now on actions only succeed, at once.
  void calm() { settings_.troubled_runs = false; }

  bool up() const { return machine_ != nullptr; }
  node_id id() const { return id_; }
  const std::string& name() const { return settings_.name; }
  std::int64_t refused() const { return refused_ + (machine_ ? machine_->late_writes_refused() : 0); }
  int renewals() const { return renewals_; }

 private:
  struct sim_run {
    std::uint64_t run_id = 0;
    std::size_t serial = 0;
    boot_time ends{};
    bool killed = false;
    wall_time started{};
  };

  void beat();
  void end_runs();
  bool ask();
  bool carry_out();
  bool answer();
  void note_start(const domain::run_request& request, const catalog& truth);
  void start_runs();
  void answer_hands();
  void insert();
  void told_read(const std::vector<read_request>& asked, const read_reply& reply);
  domain::run_verdict verdict_of(const sim_run& run);
  template <class T>
  result<T> checked(const char* what, result<T> answer, bool& broken);

  node_settings settings_;
  clock now_;
  dice& random_;
  history& told_;
  coordination_store& truth_;
  std::unique_ptr<membership_store> membership_;
  std::unique_ptr<ownership_store> ownership_;
  std::unique_ptr<task_store> reader_, finisher_, inserter_;
  bool ownership_broken_ = false, reader_broken_ = false, finisher_broken_ = false, inserter_broken_ = false;

  node_id id_ = 0;
  std::unique_ptr<cluster::pulse> pulse_;
  std::unique_ptr<cluster::worker_machine> machine_;
  boot_time next_beat_{}, deadline_{};
  bool fenced_ = false;
  std::vector<sim_run> running_;
  std::map<task_id, part_id> part_of_;
  std::map<part_id, epoch_number> epoch_;  ///< what answers of an older one say is ignored
  std::int64_t refused_ = 0;
  int renewals_ = 0;

  slot<cluster::ownership_request, result<ownership>> own_;
  std::optional<result<bool>> released_;
  slot<std::vector<read_request>, result<read_reply>> read_;
  slot<cluster::worker_machine::newer_question, result<std::vector<newer_reply>>> newer_;
  slot<std::vector<promote_request>, result<promote_reply>> promote_;
  slot<std::vector<request_page>, result<std::vector<task_request>>> requests_;
  slot<finish_request, result<finish_reply>> finish_;
  struct hand_in {
    std::vector<insert_row> rows;
    std::size_t batch = 0;
    std::optional<hand_offer> offer;  ///< none: waits to be asked
  };
  slot<hand_in, result<std::vector<inserted>>> hand_;
  int handed_ = 0;
  std::vector<task_row> page_;  ///< read, but their newer ones are still being asked for
  std::set<part_id> page_parts_;
  std::map<std::string, action_options> options_;
};

}  // namespace weir::storage_test
