// A table of the model: reads as a std::map does, and notes which rows were changed, for whoever keeps them on a disk.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include <weir/assert.hpp>

namespace weir::memory {

/// Rows are handed out to be changed by the functions below the line only, so no change goes unnoted.
template <class Key, class Row>
class table {
  using rows = std::map<Key, Row>;

 public:
  using key_type = Key;
  using mapped_type = Row;
  using value_type = typename rows::value_type;
  using const_iterator = typename rows::const_iterator;
  using iterator = const_iterator;

  const_iterator begin() const { return rows_.begin(); }
  const_iterator end() const { return rows_.end(); }
  auto rbegin() const { return rows_.rbegin(); }
  auto rend() const { return rows_.rend(); }
  const_iterator find(const Key& key) const { return rows_.find(key); }
  const_iterator lower_bound(const Key& key) const { return rows_.lower_bound(key); }
  const_iterator upper_bound(const Key& key) const { return rows_.upper_bound(key); }
  const Row& at(const Key& key) const { return rows_.at(key); }
  std::size_t count(const Key& key) const { return rows_.count(key); }
  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }

  // ---- changes

  /// The row, made if there is none.
  Row& operator[](const Key& key) { return noted(key), rows_[key]; }
  /// The row, which must exist.
  Row& change(const Key& key) {
    const auto found = rows_.find(key);
    WEIR_ASSERT(found != rows_.end());
    noted(key);
    return found->second;
  }
  /// Null: there is none.
  Row* change_if(const Key& key) {
    const auto found = rows_.find(key);
    if (found == rows_.end()) return nullptr;
    noted(key);
    return &found->second;
  }
  /// False: there is one already, and it stays as it is.
  bool emplace(const Key& key, Row row) {
    const bool fresh = rows_.emplace(key, std::move(row)).second;
    if (fresh) noted(key);
    return fresh;
  }
  std::size_t erase(const Key& key) {
    const std::size_t gone = rows_.erase(key);
    if (gone != 0) noted(key);
    return gone;
  }
  const_iterator erase(const_iterator row) { return noted(row->first), rows_.erase(row); }
  void clear() {
    for (const auto& row : rows_) noted(row.first);
    rows_.clear();
  }

  // ---- for whoever keeps them

  /// Of rows that were made, changed or erased since the last `settle`.
  const std::set<Key>& changed() const { return changed_; }
  void settle() { changed_.clear(); }
  /// A row that is kept already.
  void load(const Key& key, Row row) { rows_[key] = std::move(row); }

 private:
  void noted(const Key& key) { changed_.insert(changed_.end(), key); }

  rows rows_;
  std::set<Key> changed_;
};

}  // namespace weir::memory
