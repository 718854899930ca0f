#include "drivers/sqlite/change.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

#include "domain/execution.hpp"

namespace weir::sqlite {
namespace {

/// The one row of `counter`.
const std::string all_counters = "all";

template <class Layout, std::size_t At = 0>
constexpr std::size_t place_of() {
  if constexpr (std::is_same_v<Layout, std::tuple_element_t<At, layouts>>)
    return At;
  else
    return place_of<Layout, At + 1>();
}

class writing {
 public:
  template <class T>
  void key(const char* /*name*/, const T& value) {
    cells.push_back(to_cell(value));
  }
  template <class T>
  void operator()(const char* /*name*/, const T& value) {
    cells.push_back(to_cell(value));
  }
  template <class A, class B>
  void same(const A& /*repeated*/, const B& /*key*/) {}

  record cells;
};

class reading {
 public:
  explicit reading(const record& from) : from_(from) {}
  template <class T>
  void key(const char* name, T& value) {
    (*this)(name, value);
  }
  template <class T>
  void operator()(const char* name, T& value) {
    try {
      from_cell(from_.at(next_++), value);
    } catch (const std::exception& why) {
      throw strange_cell(std::string{name} + ": " + why.what());
    }
  }
  template <class A, class B>
  void same(A& repeated, const B& key) {
    repeated = key;
  }

 private:
  const record& from_;
  std::size_t next_ = 0;
};

class naming {
 public:
  template <class T>
  void key(const char* name, const T& value) {
    ++found.keys;
    (*this)(name, value);
  }
  template <class T>
  void operator()(const char* name, const T& /*value*/) {
    found.columns.emplace_back(name);
  }
  template <class A, class B>
  void same(const A& /*repeated*/, const B& /*key*/) {}

  shape found;
};

template <class Layout>
shape shape_of_one() {
  naming names;
  typename Layout::key_type key{};
  typename Layout::row_type row{};
  Layout::columns(names, key, row);
  names.found.name = Layout::name;
  // All attempts of a task go at once.
  names.found.removed_by = std::is_same_v<Layout, attempt_layout> ? 1 : names.found.keys;
  return names.found;
}

template <std::size_t... At>
std::array<shape, layout_count> shapes_of(std::index_sequence<At...> /*all*/) {
  return {shape_of_one<std::tuple_element_t<At, layouts>>()...};
}

template <class Layout>
change put(const typename Layout::key_type& key, const typename Layout::row_type& row) {
  writing cells;
  Layout::columns(cells, key, row);
  return {place_of<Layout>(), false, std::move(cells.cells)};
}

template <class Layout>
change removal(const typename Layout::key_type& key) {
  static const typename Layout::row_type none{};
  change one = put<Layout>(key, none);
  one.removed = true;
  one.cells.resize(shape_of(one.layout).removed_by);
  return one;
}

/// Visits each table of the world with what it is in the file.
template <class Rows, class Use>
void each_layout(Rows& rows, Use use) {
  use(stream_layout{}, rows.streams);
  use(former_stream_layout{}, rows.former_streams);
  use(route_layout{}, rows.routes);
  use(partition_layout{}, rows.partitions);
  use(owner_layout{}, rows.owners);
  use(node_layout{}, rows.nodes);
  use(term_layout{}, rows.terms);
  use(attempt_layout{}, rows.attempts);
  use(task_layout{}, rows.task_rows);
  use(request_layout{}, rows.requests);
  use(receipt_layout{}, rows.receipts);
  use(paused_name_layout{}, rows.paused_names);
  use(schedule_layout{}, rows.schedules);
  use(cdc_layout{}, rows.cdc);
  use(audit_layout{}, rows.audit);
  use(segment_layout{}, rows.segments);
  use(kept_layout{}, rows.kept);
}

/// Appends what is to be written for one row of the model.
class gathering {
 public:
  explicit gathering(const memory::world_rows& rows, bool all) : rows_(rows), all_(all) {}

  std::vector<change> gather() {
    each_layout(rows_, [this](auto layout, const auto& table) {
      each(table, [this, layout](const auto& key, const auto* row) { this->add(layout, key, row); });
    });
    return std::move(found_);
  }

 private:
  template <class Table, class Use>
  void each(const Table& table, Use use) const {
    if (all_) {
      for (const auto& [key, row] : table) use(key, &row);
      return;
    }
    for (const auto& key : table.changed()) {
      const auto at = table.find(key);
      use(key, at == table.end() ? nullptr : &at->second);
    }
  }

  template <class Layout, class Key, class Row>
  void add(Layout /*as*/, const Key& key, const Row* row) {
    found_.push_back(row == nullptr ? removal<Layout>(key) : put<Layout>(key, *row));
  }
  void add(attempt_layout /*as*/, task_id task, const std::vector<memory::attempt_entry>* past) {
    if (past == nullptr) found_.push_back(removal<attempt_layout>({task, 0}));
    if (past == nullptr) return;
    for (const auto& one : *past) found_.push_back(put<attempt_layout>({task, one.number}, one));
  }
  void add(partition_layout as, part_id part, const memory::partition_entry* row) {
    add<>(as, part, row);
    if (row == nullptr) return;
    each(row->open, [this, part](task_id task, const memory::open_entry* open) {
      add(open_layout{}, std::pair{task, part}, open);
    });
  }
  void add(cdc_layout as, const std::string& controller, const memory::cdc_entry* row) {
    add<>(as, controller, row);
    if (row == nullptr) return;
    each(row->hashes, [this, &controller](const std::string& object, const memory::cdc_entry::kept* hash) {
      add(cdc_object_layout{}, std::pair{controller, object}, hash);
    });
  }

  const memory::world_rows& rows_;
  const bool all_;
  std::vector<change> found_;
};

template <class Layout>
std::pair<typename Layout::key_type, typename Layout::row_type> row_of(const record& cells) {
  std::pair<typename Layout::key_type, typename Layout::row_type> row{};
  reading visitor(cells);
  Layout::columns(visitor, row.first, row.second);
  return row;
}

void place(memory::world_rows& rows, counter_layout /*as*/, const std::string& /*key*/,
           memory::counter_entry row) {
  rows.counted = row;
}
void place(memory::world_rows& rows, attempt_layout /*as*/, std::pair<task_id, int> key,
           memory::attempt_entry row) {
  auto past = rows.attempts.count(key.first) == 0 ? std::vector<memory::attempt_entry>{}
                                                  : rows.attempts.at(key.first);
  past.push_back(std::move(row));
  rows.attempts.load(key.first, std::move(past));
}
void place(memory::world_rows& rows, task_layout /*as*/, task_id id, memory::task_entry row) {
  if (auto* home = rows.partitions.change_if(row.part)) {
    home->reading_order.emplace(std::pair{row.xid, id}, id);
    const auto past = rows.attempts.find(id);
    const bool ended = past != rows.attempts.end() &&
                       std::any_of(past->second.begin(), past->second.end(), [](const auto& one) {
                         return domain::is_final(static_cast<domain::run_result>(one.result));
                       });
    if (!ended) home->unfinished.insert(home->unfinished.end(), id);
  }
  rows.task_rows.load(id, std::move(row));
}
void place(memory::world_rows& rows, open_layout /*as*/, std::pair<task_id, part_id> key,
           memory::open_entry row) {
  if (auto* home = rows.partitions.change_if(key.second)) home->open.load(key.first, std::move(row));
}
void place(memory::world_rows& rows, cdc_object_layout /*as*/, const std::pair<std::string, std::string>& key,
           memory::cdc_entry::kept row) {
  if (auto* of = rows.cdc.change_if(key.first)) {
    of->hashes.load(key.second, row);
    of->row.objects = static_cast<std::int64_t>(of->hashes.size());
  }
}
template <class Layout>
void place(memory::world_rows& rows, Layout /*as*/, typename Layout::key_type key,
           typename Layout::row_type row) {
  each_layout(rows, [&](auto layout, auto& table) {
    if constexpr (std::is_same_v<decltype(layout), Layout>) table.load(key, std::move(row));
  });
}

template <std::size_t... At>
void put_into(memory::world_rows& rows, std::size_t layout, const record& cells,
              std::index_sequence<At...> /*all*/) {
  const auto put_as = [&](auto as) {
    auto [key, row] = row_of<decltype(as)>(cells);
    place(rows, as, std::move(key), std::move(row));
  };
  ((layout == At ? put_as(std::tuple_element_t<At, layouts>{}) : void()), ...);
}

}  // namespace

const shape& shape_of(std::size_t layout) {
  static const auto all = shapes_of(std::make_index_sequence<layout_count>{});
  return all.at(layout);
}

std::vector<change> changes_of(const memory::world_rows& rows) { return gathering(rows, false).gather(); }

change counters_of(const memory::counter_entry& counted) {
  return put<counter_layout>(all_counters, counted);
}

std::vector<change> all_of(const memory::world_rows& rows) {
  auto all = gathering(rows, true).gather();
  all.push_back(counters_of(rows.counted));
  return all;
}

void put_back(memory::world_rows& rows, std::size_t layout, const record& cells) {
  put_into(rows, layout, cells, std::make_index_sequence<layout_count>{});
}

}  // namespace weir::sqlite
