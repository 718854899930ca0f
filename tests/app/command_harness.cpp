// Time passes only in pauses.
#include "tests/app/command_harness.hpp"

#include "tests/app/sample_view.hpp"

namespace weir::app {

memory_backend::memory_backend() : store(memory::make_world({[] { return sample_now(); }})) {}

std::unique_ptr<driver> memory_backend::open(const node_config& /*config*/) {
  auto made = memory::make_driver(store);
  for (const auto& [operation, fault] : faults) made->trouble().next(operation, fault);
  return made;
}

result<schema_state> memory_backend::schema(const node_config& /*config*/) { return state; }

result<schema_state> memory_backend::migrate(const node_config& /*config*/, const operator_identity& /*who*/,
                                             const std::function<void(const std::string&)>& progress) {
  if (!state) return state;
  for (const auto& name : state->pending) progress("applied " + name);
  state = schema_state{state->wanted, state->wanted, {}};
  return state;
}

result<std::vector<bench_figures>> memory_backend::bench(
    const node_config&, const bench_plan& plan, const std::function<void(const std::string&)>& progress) {
  benched = plan;
  progress("measuring");
  return bench_rounds;
}

int memory_backend::run_node(node_config config, bool once) {
  ran = std::move(config);
  ran_once = once;
  return 0;
}

int memory_backend::run_dev(node_config config, const dev_wish& wish) {
  ran_dev = std::move(config);
  ran_demo = wish.demo;
  return 0;
}

int memory_backend::supervise_node(const node_config& config) {
  supervised = config;
  return 5;
}

int memory_backend::run_cells(const std::vector<cell>& given) {
  for (const cell& each : given) cells.push_back(each.file);
  return 7;
}

command_output command_harness::run(std::vector<std::string> args, const std::string& input) {
  std::istringstream in{input};
  std::ostringstream out;
  std::ostringstream err;
  io surroundings{in, out, err};
  surroundings.environment = environment;
  surroundings.working_directory = "/nonexistent";
  surroundings.user = user;
  surroundings.host = "desk";
  surroundings.run_mark = "run-" + std::to_string(++runs_);
  surroundings.out_is_terminal = terminal;
  surroundings.size = [] { return terminal_size{100, 30}; };
  boot_time clock{std::chrono::hours{1}};
  int pauses = 0;
  surroundings.now = [] { return sample_now(); };
  surroundings.ticks = [&clock] { return clock; };
  surroundings.pause = [&](std::chrono::milliseconds time) {
    clock += time;
    if (on_pause) on_pause(pauses);
    return ++pauses < frames;
  };
  command_output done;
  done.code = run_command(std::move(args), surroundings, world);
  done.out = out.str();
  done.err = err.str();
  return done;
}

node_id command_harness::add_node(const std::string& name, const std::vector<std::string>& actions) {
  const auto session = node_driver();
  const auto membership = session->open_membership();
  node_facts facts;
  facts.name = name;
  facts.machine = "host-" + name;
  facts.version = "0.1.0";
  facts.actions = actions;
  facts.cluster_settings = "{}";
  const auto joined = membership->join(facts);
  WEIR_ASSERT(joined.ok());
  WEIR_ASSERT(membership->set_state(joined->id, node_state::active).ok());
  return joined->id;
}

}  // namespace weir::app
