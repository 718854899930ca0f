// A node's leading side in the simulation: the real elector and assigner over sessions of their own.
#pragma once

#include <memory>

#include <weir/driver.hpp>

#include "cluster/assigner.hpp"
#include "cluster/elector.hpp"
#include "cluster/moment.hpp"
#include "cluster/retention.hpp"
#include "tests/cluster/dice.hpp"
#include "tests/cluster/storage_history.hpp"
#include "tests/cluster/storage_mutants.hpp"

namespace weir::storage_test {

class sim_leader {
 public:
  using clock = std::function<cluster::moment()>;

  /// @param truth  a session without troubles, to see who leads at this very moment
  sim_leader(driver& way, clock now, dice& random, history& told, console_store& truth,
             const std::shared_ptr<mutation>& defect);

  /// The node has a new incarnation.
  void begin(node_id me);
  /// Everything of it is gone at once; its sessions' locks with it.
  void crash();
  /// Tries to lead, renews, or places, as its clock says.
  void step();
  int elections() const { return elections_; }
  std::int64_t dropped() const { return dropped_; }

 private:
  void place();
  void retain();

  clock now_;
  dice& random_;
  history& told_;
  console_store& truth_;
  std::unique_ptr<leadership_store> leadership_;
  std::unique_ptr<coordination_store> coordination_;
  std::unique_ptr<retention_store> segments_;
  std::unique_ptr<cluster::elector> elector_;
  std::unique_ptr<cluster::assigner> assigner_;
  std::unique_ptr<cluster::retention> retention_;
  node_id me_ = 0;
  boot_time next_election_{}, next_placement_{}, next_retention_{};
  bool broken_ = false;
  int elections_ = 0;
  std::int64_t dropped_ = 0;
};

}  // namespace weir::storage_test
