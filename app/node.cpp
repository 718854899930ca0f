// weir::node: the composition root of one node process.
#include <weir/node.hpp>

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "actions/cdc.hpp"
#include "app/node_process.hpp"
#include "domain/tick_rule.hpp"
#include "runner/action_table.hpp"

namespace weir {

namespace {

schedule_declaration every_of(std::chrono::milliseconds length) {
  schedule_declaration wanted;
  wanted.every = length;
  return wanted;
}

}  // namespace

interval::interval(std::chrono::milliseconds length) : schedule_settings(every_of(length)) {}

interval::operator retry_policy() const {
  retry_policy policy;
  policy.kind = retry_policy::shape::fixed;
  policy.delays = {wanted().every};
  return policy;
}

interval every(std::chrono::milliseconds length) { return interval{length}; }

schedule_settings cron(std::string line) {
  schedule_declaration wanted;
  wanted.cron = std::move(line);
  return schedule_settings{std::move(wanted)};
}

retry_policy backoff(std::vector<std::chrono::milliseconds> delays) {
  if (delays.empty()) throw std::invalid_argument("weir::backoff: the list of delays is empty");
  retry_policy policy;
  policy.kind = retry_policy::shape::list;
  policy.delays = std::move(delays);
  return policy;
}

retry_policy exponential(std::chrono::milliseconds first, std::chrono::milliseconds max) {
  retry_policy policy;
  policy.delays = {first};
  policy.max = max;
  return policy;
}

action_settings on_stream(std::string name) {
  action_settings settings;
  settings.stream(std::move(name));
  return settings;
}

start_rate per_second(int starts) { return {starts, std::chrono::seconds{1}}; }
start_rate per_minute(int starts) { return {starts, std::chrono::minutes{1}}; }
start_rate per_hour(int starts) { return {starts, std::chrono::hours{1}}; }

stream_settings::stream_settings(stream_mode mode) {
  wanted_.mode = mode;
  const bool single = mode == stream_mode::single;
  wanted_.partitions = single ? 1 : defaults::partitions;
  wanted_.concurrency = single ? defaults::single_concurrency : defaults::parallel_concurrency;
  wanted_.where = single ? weir::isolation::process : weir::isolation::thread;
}

const stream_settings single_instance{stream_mode::single};
const stream_settings parallel{stream_mode::parallel};

struct node::parts {
  app::node_program program;
  std::atomic<int> stops{0};
};

node::node(node_config config) : parts_(std::make_unique<parts>()) {
  parts_->program.config = std::move(config);
}
node::~node() = default;

void node::stream(const std::string& name, const stream_settings& settings) {
  auto& streams = parts_->program.config.streams;
  const bool taken =
      std::any_of(streams.begin(), streams.end(), [&](const auto& s) { return s.name == name; });
  if (taken)
    throw std::invalid_argument("stream '" + name +
                                "' is declared twice (in the program or its configuration)");
  stream_declaration wanted = settings.wanted();
  wanted.name = name;
  const runner::stream_hooks hooks{settings.open_hook(), settings.close_hook()};
  if (hooks.any() && wanted.mode != stream_mode::single) {
    throw std::invalid_argument("stream '" + name +
                                "' is parallel: on_open and on_close are for weir::single_instance");
  }
  if (hooks.any()) parts_->program.hooks.emplace(name, hooks);
  streams.push_back(std::move(wanted));
}

void node::action(const std::string& name, weir::action perform, const action_settings& settings) {
  auto& registered = parts_->program.actions;
  if (!registered.emplace(name, runner::registered_action{std::move(perform), settings.options()}).second) {
    throw std::invalid_argument("action '" + name + "' is registered twice");
  }
}

void node::schedule(const std::string& name, const schedule_settings& settings) {
  auto& schedules = parts_->program.config.schedules;
  const bool taken =
      std::any_of(schedules.begin(), schedules.end(), [&](const auto& s) { return s.name == name; });
  if (taken) {
    throw std::invalid_argument("schedule '" + name +
                                "' is declared twice (in the program or its configuration)");
  }
  schedule_declaration wanted = settings.wanted();
  wanted.name = name;
  if (wanted.task.empty()) wanted.task = name;
  if (const auto valid = domain::check_schedule(wanted); !valid)
    throw std::invalid_argument(valid.error().message);
  schedules.push_back(std::move(wanted));
}

void node::cdc(const std::string& name, const cdc_source& source, const action_settings& settings) {
  auto plan = actions::plan_of(name, source);
  if (!plan) throw std::invalid_argument(plan.error().message);
  if (settings.options().stream) {
    throw std::invalid_argument("cdc '" + name + "': its stream is its controller, so leave the stream out");
  }
  auto& sources = parts_->program.sources;
  const bool taken =
      parts_->program.actions.count(name) != 0 ||
      std::any_of(sources.begin(), sources.end(), [&](const auto& s) { return s.first.name == name; });
  if (taken) throw std::invalid_argument("action '" + name + "' is registered twice");
  sources.emplace_back(std::move(*plan), settings.options());
}

void node::on_error(std::function<void(const error&)> handler) {
  parts_->program.on_error = std::move(handler);
}

void node::wrap_driver(std::function<std::unique_ptr<driver>(std::unique_ptr<driver>)> wrap) {
  parts_->program.wrap_driver = std::move(wrap);
}

int node::run() {
  parts_->program.stops = &parts_->stops;
  return app::run_node_process(parts_->program);
}

void node::stop() { parts_->stops.fetch_add(1); }

}  // namespace weir
