// The contract of the driver seam as sentences, to be run on any driver: link weir::driver_conformance.
//
// The sentences are in that library; a driver takes part by one .cpp that derives from `harness` and defines
// `make_harness()`, linked with it and GTest::gtest_main. Every test asks for a fresh harness, that is for an empty,
// migrated store of its own in which only the stream `default` (parallel, 16 partitions) exists. docs/drivers.md
// shows such a program.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/driver.hpp>

namespace weir::conformance {

/// A transaction of a foreign producer, on a connection of its own that the driver knows nothing of.
/// It begins with its construction. Its members fail the test themselves if the store refuses.
class producer {
 public:
  /// Rolls back what is still open.
  virtual ~producer() = default;

  /// Enqueues inside the open transaction (PostgreSQL: weir.enqueue) and returns the id. The transaction's
  /// own number is taken no later than here.
  virtual task_id insert(const insert_row& row) = 0;
  /// Locks the fence row of a partition in share mode, as a finish statement does, until the end.
  virtual void hold_fence(part_id part) = 0;
  virtual void commit() = 0;
  virtual void rollback() = 0;
};

/// A fresh store and what a test needs beside the seam. One per test.
class harness {
 public:
  virtual ~harness() = default;

  /// Why the driver can't be tested here (no database given); "" = it can. Asked before anything else.
  virtual std::string missing() const { return {}; }

  /// The driver under test; stores opened from it are separate sessions (nodes share it in the tests).
  virtual weir::driver& driver() = 0;

  /// Begins a foreign transaction. Several may be open at once.
  virtual std::unique_ptr<producer> begin() = 0;

  /// From now on the store is on a higher timeline, as after the promotion of a standby that had
  /// everything. (PostgreSQL: replace function weir.tli() of the test's own schema.)
  virtual void fail_over() = 0;

  /// Ends every session of the driver from the server's side (PostgreSQL: pg_terminate_backend of those
  /// of this test's driver; mind other tests on the same server). Foreign transactions stay.
  virtual void break_sessions() = 0;

  /// A source with these rows, as cdc_reader reads it.
  virtual cdc_query source(const std::vector<cdc_source_row>& rows) = 0;

  /// The store's clock, now.
  virtual wall_time now() = 0;

  /// From now on ids are of the next segment (segment_row): the present one is full. (PostgreSQL: setval of the
  /// sequence, and what coordination_store::keep_room does.)
  virtual void fill_segment() = 0;
};

/// Defined by each driver's program.
std::unique_ptr<harness> make_harness();

}  // namespace weir::conformance
