#include "drivers/memory/producer_transaction.hpp"

#include <utility>

#include <weir/assert.hpp>
#include "drivers/memory/inserting.hpp"

namespace weir::memory {

producer_transaction::producer_transaction(std::shared_ptr<world> store) : store_(std::move(store)) {}

producer_transaction::~producer_transaction() {
  if (!ended_) rollback();
}

open_transaction& producer_transaction::transaction() {
  WEIR_ASSERT(!ended_);
  if (xid_ == 0) xid_ = store_->begin_transaction();
  return store_->open_transactions.at(xid_);
}

result<task_id> producer_transaction::insert(const insert_row& row) {
  const std::lock_guard lock{store_->mutex};
  auto& mine = transaction();
  auto added = prepare_row(*store_, xid_, row, "producer");
  if (!added) return added.error();
  const task_id id = added->id;
  mine.rows.push_back(std::move(*added));
  return id;
}

void producer_transaction::hold_fence(part_id part) {
  const std::lock_guard lock{store_->mutex};
  store_->hold_fence(transaction(), part);
}

void producer_transaction::commit() {
  std::unique_lock lock{store_->mutex};
  WEIR_ASSERT(!ended_);
  ended_ = true;
  if (xid_ != 0) store_->commit(xid_);
  WEIR_ASSERT(store_->keep(lock));
}

void producer_transaction::rollback() {
  const std::lock_guard lock{store_->mutex};
  WEIR_ASSERT(!ended_);
  ended_ = true;
  if (xid_ != 0) store_->roll_back(xid_);
}

}  // namespace weir::memory
