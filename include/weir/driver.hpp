// The driver seam: everything weir asks of a store, and nothing more.
//
// A driver opens stores; each store is one session with one owner thread, and none of them reconnects by
// itself: an error tells the owner, who decides (a silent reconnect would lose a lock unseen).
//
// What a store must be able to do: transactions that are durable when they commit; one order of commits that later
// readers can refer to (`snapshot`); a fence row that a write locks and compares inside its own transaction; a lock
// that ends with its session. docs/drivers.md says what each store promises, and how to hold a driver to it:
// weir/testing/driver_conformance.hpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/driver/cdc_store.hpp>
#include <weir/driver/console_store.hpp>
#include <weir/driver/coordination_store.hpp>
#include <weir/driver/leadership_store.hpp>
#include <weir/driver/membership_store.hpp>
#include <weir/driver/ownership_store.hpp>
#include <weir/driver/retention_store.hpp>
#include <weir/driver/schedule_store.hpp>
#include <weir/driver/task_store.hpp>
#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir {

/// Opening never fails: a session that could not be opened answers errc::unavailable to every call until
/// `reconnect` succeeds. Thread-safe; a driver outlives the stores it opened.
class driver {
 public:
  virtual ~driver() = default;

  /// Joining, beating, observing the others. A node has one, on a thread that does nothing else.
  virtual std::unique_ptr<membership_store> open_membership() = 0;
  /// The election. A node has one; the lock is that of its session.
  virtual std::unique_ptr<leadership_store> open_leadership() = 0;
  /// Taking and giving back partitions. A node has one.
  virtual std::unique_ptr<ownership_store> open_ownership() = 0;
  /// What the leader writes, and the declarations of a node that joins. A node has one.
  virtual std::unique_ptr<coordination_store> open_coordination() = 0;
  /// The task path: read, promote, finish, insert. A node has several.
  virtual std::unique_ptr<task_store> open_tasks() = 0;
  /// What people ask and order; needs no node.
  virtual std::unique_ptr<console_store> open_console() = 0;
  virtual std::unique_ptr<schedule_store> open_schedules() = 0;
  virtual std::unique_ptr<cdc_store> open_cdc() = 0;
  /// Connects at its first `open` only.
  virtual std::unique_ptr<cdc_reader> open_cdc_reader(const cdc_query& query) = 0;
  /// Letting ended tasks go. A leader has one while there is something to do.
  virtual std::unique_ptr<retention_store> open_retention() = 0;
};

}  // namespace weir
