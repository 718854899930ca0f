#include "tests/actor/deterministic.hpp"

namespace weir::actors {

namespace {
constexpr auto smallest_step = 5ms;
}

test_system_config::test_system_config() {
  add_message_types<caf::id_block::weir_actors>();
  set("scheduler.policy", caf::atom("testing"));
}

deterministic::deterministic()
    : scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())),
      world_(memory::make_world({[this] { return now().wall; }})),
      driver_(world_) {
  // Away from the clock's beginning, which stands for "never".
  scheduler_.clock().current_time += 1h;
}

void deterministic::TearDown() {
  // Who asks ends before who would answer.
  for (auto one = kept_.rbegin(); one != kept_.rend(); ++one)
    caf::anon_send_exit(*one, caf::exit_reason::kill);
  kept_.clear();
  run();
}

cluster::moment deterministic::now() const {
  const auto since = scheduler_.system().clock().now().time_since_epoch();
  const auto wall =
      std::chrono::duration_cast<std::chrono::microseconds>(since + std::chrono::hours(24 * 365 * 50));
  return {boot_time{std::chrono::duration_cast<std::chrono::nanoseconds>(since)}, wall_time{wall}};
}

void deterministic::run() {
  while (scheduler_.try_run_once()) {
  }
}

void deterministic::advance(std::chrono::milliseconds by) {
  for (; by > 0ms; by -= smallest_step) {
    scheduler_.clock().advance_time(std::min<std::chrono::milliseconds>(by, smallest_step));
    run();
  }
}

node_id deterministic::join(const std::string& name) {
  const auto store = driver_.open_membership();
  node_facts facts;
  facts.name = name;
  facts.machine = "machine-of-" + name;
  facts.actions = {"paint"};
  const auto joined = store->join(facts);
  EXPECT_TRUE(joined.ok());
  EXPECT_TRUE(store->set_state(joined->id, node_state::active).ok());
  EXPECT_TRUE(driver_.open_coordination()->declare(joined->id, {}).ok());
  return joined->id;
}

void deterministic::wish(part_id part, const std::string& node) { partition(part).assigned_to = node; }

part_id deterministic::add_single(const std::string& name) {
  stream_declaration lane;
  lane.name = name;
  lane.mode = stream_mode::single;
  return world_->streams.at(world_->add_stream(lane)).first_part;
}

memory::partition_entry& deterministic::partition(part_id part) { return world_->partitions.change(part); }

}  // namespace weir::actors
