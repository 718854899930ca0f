#include "app/bench/rounds.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "app/bench/load.hpp"
#include "app/bench/node.hpp"
#include "drivers/postgres/migrator.hpp"
#include "drivers/postgres/postgres_driver.hpp"

namespace weir::app::bench {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using report = std::function<void(const std::string&)>;

/// How often the database is asked whether a load is done: seldom enough not to be part of it.
constexpr auto look = 20ms;
constexpr auto node_patience = 30s;
constexpr auto load_patience = 5min;
/// Messages of one task: by one caller for the latency, by 16 for the rate.
constexpr std::int64_t single_tasks = 1000, shared_tasks = 16'000;
constexpr int shared_callers = 16;
/// Of the single tasks, how many are looked up to see when they started.
constexpr int looked_up = 200;

/// A migrated schema for as long as it lives.
class own_schema {
 public:
  explicit own_schema(const node_config& where) {
    options_.url = where.database.url;
    options_.direct_url = where.database.direct_url;
    options_.schema = where.database.schema;
    options_.application_name = "weir bench";
  }
  ~own_schema() { static_cast<void>(postgres::drop_schema(options_)); }
  own_schema(const own_schema&) = delete;
  own_schema& operator=(const own_schema&) = delete;

  result<void> make() const {
    const auto made = postgres::migrate(options_, {});
    if (!made) return made.error();
    return {};
  }
  std::unique_ptr<driver> open() const { return postgres::make_driver(options_); }

 private:
  postgres::options options_;
};

double milliseconds_of(wall_time::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

class trial {
 public:
  trial(const bench_plan& plan, std::unique_ptr<driver> store, std::string gateway)
      : plan_(plan),
        store_(std::move(store)),
        console_(store_->open_console()),
        gateway_(std::move(gateway)) {}

  result<bench_figures> round() {
    figures_.clear();
    if (auto done = one_by_one(); !done) return done.error();
    if (auto done = shared(); !done) return done.error();
    if (auto done = bulk(); !done) return done.error();
    return figures_;
  }

 private:
  void note(const char* name, double value) { figures_.emplace_back(name, value); }

  /// One caller, one task a message: how soon a task is durable, and how soon it starts.
  result<void> one_by_one() {
    const auto taken = send_load({gateway_, 1, 1, single_tasks, 100});
    if (!taken) return taken.error();
    if (auto done = drained(taken->tasks); !done) return done.error();
    note("one_by_one_p50_ms", percentile(taken->answers_ms, 0.5));
    note("one_by_one_p99_ms", percentile(taken->answers_ms, 0.99));
    note("one_by_one_per_s", static_cast<double>(taken->tasks) / taken->seconds);
    return starts();
  }

  /// From a task's insert, by the database's clock, to its start, by the node's: one machine has one clock.
  result<void> starts() {
    task_filter newest;
    newest.name = task_name;
    newest.limit = looked_up;
    const auto page = console_->tasks(newest);
    if (!page) return page.error();
    std::vector<double> waits;
    for (const task_record& task : page->items) {
      const auto attempts = console_->attempts(task.id);
      if (!attempts) return attempts.error();
      if (!attempts->empty())
        waits.push_back(milliseconds_of(attempts->front().started_at - task.created_at));
    }
    std::sort(waits.begin(), waits.end());
    note("insert_to_start_p50_ms", percentile(waits, 0.5));
    note("insert_to_start_p99_ms", percentile(waits, 0.99));
    return {};
  }

  result<void> shared() {
    const auto begin = clock::now();
    const auto taken = send_load({gateway_, shared_callers, 1, shared_tasks, 100});
    if (!taken) return taken.error();
    if (auto done = drained(taken->tasks); !done) return done.error();
    note("by_16_callers_lifecycles_per_s", static_cast<double>(taken->tasks) / since(begin));
    note("by_16_callers_p99_ms", percentile(taken->answers_ms, 0.99));
    return {};
  }

  result<void> bulk() {
    const auto begin = clock::now();
    const auto taken = send_load({gateway_, plan_.producers, plan_.batch, plan_.tasks, 100});
    if (!taken) return taken.error();
    if (auto done = drained(taken->tasks); !done) return done.error();
    note("bulk_enqueued_per_s", static_cast<double>(taken->tasks) / taken->seconds);
    note("bulk_lifecycles_per_s", static_cast<double>(taken->tasks) / since(begin));
    return {};
  }

  static double since(clock::time_point begin) {
    return std::chrono::duration<double>(clock::now() - begin).count();
  }

  /// Waits until `tasks` more have ended.
  result<void> drained(std::int64_t tasks) {
    ended_ += tasks;
    for (const auto end = clock::now() + load_patience; clock::now() < end;
         std::this_thread::sleep_for(look)) {
      const auto ended = console_->count_ended();
      if (!ended) return ended.error();
      if (*ended >= ended_) return {};
    }
    return error{errc::unavailable, "the tasks were not done within five minutes"};
  }

  const bench_plan plan_;
  std::unique_ptr<driver> store_;
  std::unique_ptr<console_store> console_;
  const std::string gateway_;
  std::int64_t ended_ = 0;  ///< of the schema, once what was sent so far is done
  bench_figures figures_;
};

/// The node's gateway, once the node is active and owns the load's stream.
result<std::string> wait_for_gateway(driver& store, const node_process& node) {
  const auto console = store.open_console();
  for (const auto end = clock::now() + node_patience; clock::now() < end; std::this_thread::sleep_for(look)) {
    const auto seen = console->rows();
    if (!seen) return seen.error();
    if (seen->nodes.empty() || seen->nodes.front().state != node_state::active) continue;
    const node_id me = seen->nodes.front().id;
    const bool owns = !seen->partitions.empty() &&
                      std::all_of(seen->partitions.begin(), seen->partitions.end(),
                                  [me](const partition_row& part) { return part.owner == me; });
    if (owns) return "weir://" + seen->nodes.front().facts.address;
  }
  return error{errc::unavailable, "the node did not become ready:\n" + node.last_words()};
}

}  // namespace

result<std::vector<bench_figures>> measure(node_config where, const bench_plan& plan,
                                           const report& progress) {
  where.database.schema = "weir_bench_" + std::to_string(::getpid());
  progress("measuring in schema " + where.database.schema + ", which is dropped afterwards");
  const own_folder folder;
  const own_schema schema{where};
  if (auto made = schema.make(); !made) return made.error();
  auto node = node_process::start(where, folder.path());
  if (!node) return node.error();
  auto store = schema.open();
  const auto gateway = wait_for_gateway(*store, *node);
  if (!gateway) return gateway.error();

  trial each{plan, std::move(store), *gateway};
  std::vector<bench_figures> rounds;
  for (int n = 1; n <= plan.rounds; ++n) {
    progress("round " + std::to_string(n) + " of " + std::to_string(plan.rounds));
    auto found = each.round();
    if (!found) return error{found.error().code, found.error().message + "\n" + node->last_words()};
    rounds.push_back(std::move(*found));
  }
  if (const int code = node->stop(); code != 0) {
    return error{errc::unavailable,
                 "the node ended with " + std::to_string(code) + ":\n" + node->last_words()};
  }
  return rounds;
}

}  // namespace weir::app::bench
