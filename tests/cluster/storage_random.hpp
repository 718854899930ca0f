// The randomised storage test: several nodes over one store, producers that commit late or never, partitions
// that change hands, and everything that can go wrong on the way to the database.
//
// One thread, all chance from one seed. The scenario runs on any driver (`backend`); on the memory driver time
// is virtual and a few seconds of a cluster pass in some milliseconds.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/driver.hpp>

#include "tests/cluster/storage_leader.hpp"
#include "tests/cluster/storage_mutants.hpp"
#include "tests/cluster/storage_node.hpp"

namespace weir::storage_test {

/// A producer's own transaction.
class sim_producer {
 public:
  virtual ~sim_producer() = default;
  /// The insert, perhaps within a savepoint; `undone`: that is rolled back again.
  virtual void insert(const insert_row& row, bool savepoint, bool undone) = 0;
  /// `two_phases`: prepared first; commit then ends the prepared transaction.
  virtual void prepare() = 0;
  virtual void commit() = 0;
  virtual void rollback() = 0;
};

/// The store under test, its time, and its troubles.
class backend {
 public:
  virtual ~backend() = default;
  virtual moment now() = 0;
  /// Lets a little time pass.
  virtual void pass(dice& random) = 0;
  /// A way to the store for node `number`, or, without trouble, for number -1. The backend keeps it.
  virtual driver& way(int number) = 0;
  virtual std::unique_ptr<task_store> open_tasks(driver& way) { return way.open_tasks(); }
  virtual std::unique_ptr<sim_producer> begin() = 0;
  virtual bool has_savepoints() const { return false; }
  /// Something happens to the server or on the way to it.
  virtual void strike(dice& random) = 0;
  /// The server ends, with all its sessions and locks, and is back after a while; what was committed stays.
  virtual void restart(dice& random) = 0;
  /// From now on nothing does, and what hangs is decided.
  virtual void calm(dice& random) = 0;
  /// What retention has let go of.
  virtual std::vector<let_go> gone() { return {}; }
  /// What the store itself noticed.
  virtual std::vector<std::string> broken_rules() { return {}; }
};

/// One seed's choices.
struct plan {
  std::uint64_t seed = 1;
  int nodes = 3;
  int keys = 20;
  int active_steps = 700;  ///< of producers and troubles; then everything must come to rest
  bool strict = true;      ///< else partitions are stolen without notice
  bool troubled = true;    ///< else nothing fails at all
  bool people = false;     ///< people cancel, snooze and retry tasks meanwhile
  bool elected = false;    ///< the nodes elect a leader, which places; else the simulation does
  cluster::owner_limits limits;
  int finish_rows = 20;

  static plan of(std::uint64_t seed);
};

struct outcome_of_storage {
  std::vector<std::string> violations;
  std::size_t tasks = 0;
  std::size_t runs = 0;
  std::int64_t refused = 0;
  int renewals = 0;
  int handed = 0;
  int joins = 0;
  int late_commits = 0;
  int orders = 0;  ///< of people, given to an owner
  int elections = 0;
  std::size_t gone = 0;      ///< tasks that retention let go of
  std::int64_t dropped = 0;  ///< segments
};

/// Runs one scenario from an empty store to rest and judges it. The same seed and backend (memory) always
/// give the same run.
outcome_of_storage run_storage(const plan& wanted, backend& store, mutant kind = mutant::none);

}  // namespace weir::storage_test
