#include "app/dev/demo.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <utility>

#include <weir/node.hpp>

#include "app/stop_signals.hpp"

namespace weir::app {

namespace {

using namespace std::chrono_literals;

constexpr const char* single = "demo_orders";
constexpr const char* parallel_one = "demo_mails";
constexpr const char* order = "demo_order";
constexpr const char* mail = "demo_mail";
constexpr const char* report = "demo_report";
constexpr auto pace = 300ms;
constexpr int customers = 12;

/// Uniform below `end`. Each thread and each runner process has luck of its own.
int below(int end) {
  static thread_local std::mt19937 luck{std::random_device{}()};
  return std::uniform_int_distribution<int>{0, end - 1}(luck);
}

void work(std::chrono::milliseconds at_most, context& ctx) {
  const std::chrono::milliseconds length{below(static_cast<int>(at_most.count()))};
  const auto until = std::chrono::steady_clock::now() + length;
  while (std::chrono::steady_clock::now() < until && !ctx.stop_requested()) std::this_thread::sleep_for(20ms);
}

outcome take_order(const task& of, context& ctx) {
  work(400ms, ctx);
  if (below(8) == 0) return outcome::retry("the partner is busy");
  return outcome::success("customer " + of.key.value_or("?") + " has what was ordered");
}

outcome send_mail(const task& of, context& ctx) {
  work(1500ms, ctx);
  const int luck = below(20);
  if (luck == 0) return outcome::failure("no such mailbox");
  if (luck < 4) return outcome::retry("the mail server asks for patience");
  return outcome::success("sent to customer " + of.key.value_or("?"));
}

outcome write_report(const task& /*of*/, context& ctx) {
  work(3000ms, ctx);
  return outcome::success("written");
}

void add_stream(node_config& config, const char* name, const stream_settings& settings) {
  const auto& all = config.streams;
  if (std::any_of(all.begin(), all.end(), [name](const auto& one) { return one.name == name; })) return;
  stream_declaration wanted = settings.wanted();
  wanted.name = name;
  config.streams.push_back(std::move(wanted));
}

void add_action(node_program& program, const node_config& config, const char* name, const char* stream,
                action what) {
  const auto& all = config.actions;
  if (std::any_of(all.begin(), all.end(), [name](const auto& one) { return one.name == name; })) return;
  action_options options;
  options.stream = stream;
  options.retry.kind = retry_policy::shape::list;
  options.retry.delays = {2s, 5s, 15s};
  options.retry.max_attempts = 6;
  program.actions.emplace(name, runner::registered_action{std::move(what), std::move(options)});
}

}  // namespace

void add_demo(node_program& program, node_config& config) {
  add_stream(config, single, single_instance);
  add_stream(config, parallel_one, weir::parallel);
  add_action(program, config, order, single, take_order);
  add_action(program, config, mail, parallel_one, send_mail);
  add_action(program, config, report, parallel_one, write_report);
  schedule_declaration every;
  every.name = report;
  every.task = report;
  every.every = 15s;
  const auto& all = config.schedules;
  if (std::none_of(all.begin(), all.end(), [](const auto& one) { return one.name == report; }))
    config.schedules.push_back(std::move(every));
}

demo_load::demo_load(std::shared_ptr<driver> store) : store_(std::move(store)), thread_([this] { run(); }) {}

demo_load::~demo_load() {
  over_ = true;
  thread_.join();
}

void demo_load::run() {
  const auto console = store_->open_console();
  bool declared = false;
  for (; !over_ && stop_signals::count() == 0; std::this_thread::sleep_for(pace)) {
    if (!declared) {
      // A task that came before its route would keep the route from being made.
      const auto known = console->rows();
      if (!known) static_cast<void>(console->reconnect());
      declared =
          known && std::any_of(known->streams.begin(), known->streams.end(), [](const stream_row& one) {
            return std::find(one.routes.begin(), one.routes.end(), order) != one.routes.end();
          });
      if (!declared) continue;
    }
    insert_row row;
    row.name = below(3) == 0 ? order : mail;
    row.key = std::to_string(below(customers) + 1);
    row.data = R"({"customer": )" + *row.key + "}";
    row.created_by = "demo";
    if (below(10) == 0)
      row.do_after =
          std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()) + 10s;
    if (!console->enqueue({row})) static_cast<void>(console->reconnect());
  }
}

}  // namespace weir::app
