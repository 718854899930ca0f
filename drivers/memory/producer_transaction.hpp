// A producer's own transaction, for tests: it can insert, stay open, and commit late or never.
#pragma once

#include <memory>

#include "drivers/memory/world.hpp"

namespace weir::memory {

/// Begins with its construction, takes its transaction number at the first insert or lock, and rolls back
/// if it is still open at its end. One thread.
class producer_transaction {
 public:
  explicit producer_transaction(std::shared_ptr<world> store);
  ~producer_transaction();
  producer_transaction(const producer_transaction&) = delete;
  producer_transaction& operator=(const producer_transaction&) = delete;

  /// Takes the next id now; the task becomes visible with the commit.
  /// @errors invalid
  result<task_id> insert(const insert_row& row);
  /// Locks a partition's fence row in share mode until the end.
  void hold_fence(part_id part);
  void commit();
  void rollback();

 private:
  open_transaction& transaction();

  std::shared_ptr<world> store_;
  transaction_id xid_ = 0;
  bool ended_ = false;
};

}  // namespace weir::memory
