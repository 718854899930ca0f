#include "tests/driver/fixture.hpp"

namespace weir::conformance {

std::vector<task_id> ids_of(const std::vector<task_row>& rows) {
  std::vector<task_id> ids;
  for (const auto& row : rows) ids.push_back(row.id);
  return ids;
}

std::vector<task_id> ids_of(const std::vector<inserted>& rows) {
  std::vector<task_id> ids;
  for (const auto& row : rows) ids.push_back(row.id);
  return ids;
}

insert_row task_of(std::string name, std::optional<std::string> key) {
  insert_row row;
  row.name = std::move(name);
  row.key = std::move(key);
  row.data = "{}";
  return row;
}

insert_row lane_task(std::string name, std::optional<std::string> key) {
  auto row = task_of(std::move(name), std::move(key));
  row.stream = "lane";
  return row;
}

void conformance::SetUp() {
  harness_ = make_harness();
  const auto missing = harness_->missing();
  if (!missing.empty()) GTEST_SKIP() << missing;
}

namespace {
template <class Store, class Open>
Store& opened(std::unique_ptr<Store>& held, Open open) {
  if (!held) held = open();
  return *held;
}
}  // namespace

membership_store& conformance::membership() {
  return opened(membership_, [&] { return store().driver().open_membership(); });
}
leadership_store& conformance::leadership() {
  return opened(leadership_, [&] { return store().driver().open_leadership(); });
}
ownership_store& conformance::ownership_of_nodes() {
  return opened(ownership_, [&] { return store().driver().open_ownership(); });
}
coordination_store& conformance::coordination() {
  return opened(coordination_, [&] { return store().driver().open_coordination(); });
}
task_store& conformance::tasks() {
  return opened(tasks_, [&] { return store().driver().open_tasks(); });
}
console_store& conformance::console() {
  return opened(console_, [&] { return store().driver().open_console(); });
}

node_id conformance::join(const std::string& name) {
  node_facts facts;
  facts.name = name;
  facts.machine = "machine-of-" + name;
  facts.cluster_settings = R"({"ttl":"6s"})";
  const auto id = must(membership().join(facts)).id;
  must(membership().set_state(id, node_state::active));
  return id;
}

leader_term conformance::lead(node_id node) {
  const auto begun = must(leadership().try_lead(node));
  if (!begun) throw std::runtime_error("somebody else leads");
  return *begun;
}

void conformance::wish_for(part_id part, const std::string& node) {
  must(coordination().assign(n1_, term_, {{part, node}}));
}

ownership conformance::own(node_id me, const std::string& name, part_id part) {
  wish_for(part, name);
  return must(ownership_of_nodes().acquire(me, part, false, true));
}

void conformance::own_lane() {
  n1_ = join("n1");
  term_ = lead(n1_);
  stream_declaration lane;
  lane.name = "lane";
  lane.mode = stream_mode::single;
  must(console().create_stream(lane));
  lane_start_ = own(n1_, "n1", parts_of("lane").at(0));
  lane_ = lane_start_.held;
  start_ = lane_start_.mark;
}

void conformance::own_two_of_default() {
  n1_ = join("n1");
  term_ = lead(n1_);
  const auto parts = parts_of("default");
  must(coordination().assign(n1_, term_, {{parts.at(0), "n1"}, {parts.at(1), "n1"}}));
  const auto found = must(ownership_of_nodes().acquire(n1_, parts.at(0), false, false));
  first_ = found.held;
  start_ = found.mark;
  second_ = must(ownership_of_nodes().acquire(n1_, parts.at(1), false, false)).held;
}

ownership conformance::take_over_lane() {
  n2_ = join("n2");
  wish_for(lane_.part, "n2");
  const auto dead = must(membership().declare_dead_by_proof(n1_));
  EXPECT_TRUE(dead);
  const auto found = must(ownership_of_nodes().acquire(n2_, lane_.part, false, true));
  lane_ = found.held;
  return found;
}

partition_row conformance::partition(part_id part) {
  for (const auto& row : must(coordination().load()).partitions) {
    if (row.id == part) return row;
  }
  throw std::runtime_error("no partition " + std::to_string(part));
}

std::vector<part_id> conformance::parts_of(const std::string& stream) {
  const auto all = must(coordination().load());
  std::vector<part_id> parts;
  for (const auto& row : all.streams) {
    if (row.name != stream) continue;
    parts.resize(static_cast<std::size_t>(row.partitions));
    for (const auto& part : all.partitions) {
      if (part.stream == row.id) parts.at(static_cast<std::size_t>(part.slot)) = part.id;
    }
  }
  return parts;
}

stream_counts conformance::counts_of(const std::string& stream) {
  const auto view = must(console().view());
  for (const auto& row : view.rows.streams) {
    for (const auto& counts : view.counts) {
      if (row.name == stream && counts.stream == row.id) return counts;
    }
  }
  throw std::runtime_error("no counts of stream " + stream);
}

read_reply conformance::read(const fence& held, const reading_position& position, bool recover, int limit) {
  return must(tasks().read({{held, position, recover, limit}}));
}

std::vector<task_row> conformance::read_all(const fence& held, bool recover) {
  return read(held, start_, recover, 1000).rows;
}

promote_reply conformance::promote(const fence& held, int limit) {
  promote_request request;
  request.held = held;
  request.limit = limit;
  return must(tasks().promote({request}));
}

task_id conformance::insert(const insert_row& row) { return must(tasks().insert({row})).at(0).id; }

inserted conformance::hand(const fence& held, std::optional<std::string> key) {
  const bool in_lane = held.part == parts_of("lane").at(0);
  const std::vector<insert_row> rows(in_lane ? 1 : parts_of("default").size(),
                                     in_lane ? lane_task("h", std::move(key)) : task_of("h"));
  for (const inserted& row : must(tasks().insert(rows, {n1_, {held}}))) {
    if (row.handed) return row;
  }
  throw std::runtime_error("nothing was handed");
}

finish_row conformance::result_row(const task_row& of, char letter, int number, std::string message) {
  finish_row row;
  row.part = of.part;
  row.id = of.id;
  row.name = of.name;
  row.key = of.key;
  row.result = letter;
  row.number = number;
  row.started_at = store().now();
  row.took = std::chrono::milliseconds{5};
  row.message = std::move(message);
  return row;
}

finish_row conformance::open_row(const task_row& of, char state, std::chrono::milliseconds due_in) {
  finish_row row;
  row.part = of.part;
  row.id = of.id;
  row.name = of.name;
  row.key = of.key;
  row.open = finish_row::open_change::put;
  row.open_state = state;
  row.due_in = due_in;
  return row;
}

finish_reply conformance::finish(std::vector<finish_row> rows, std::vector<mark_move> marks) {
  finish_request request;
  request.node = n2_ != 0 ? n2_ : n1_;
  for (const auto& held : {lane_, first_, second_}) {
    if (held.part != 0) request.held.push_back(held);
  }
  request.rows = std::move(rows);
  request.marks = std::move(marks);
  return must(tasks().finish(request));
}

}  // namespace weir::conformance
