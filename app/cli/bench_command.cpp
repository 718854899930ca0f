// weir bench [--tasks N] [--batch N] [--producers N] [--repeat N]
#include <algorithm>
#include <cmath>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.hpp"
#include "app/cli/commands.hpp"
#include "app/cli/table.hpp"

namespace weir::app {

namespace {

struct bench_arguments {
  std::string tasks = "100000", batch = "500", producers = "4", rounds = "1";
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Rates as whole numbers, milliseconds with two digits.
double rounded(double value) { return value < 1000 ? std::round(value * 100) / 100 : std::round(value); }

ordered_json object_of(const bench_figures& figures) {
  ordered_json object = ordered_json::object();
  for (const auto& [name, value] : figures) object[name] = rounded(value);
  return object;
}

bench_figures medians(const std::vector<bench_figures>& rounds) {
  bench_figures middle = rounds.front();
  for (std::size_t i = 0; i < middle.size(); ++i) {
    std::vector<double> values;
    values.reserve(rounds.size());
    for (const bench_figures& round : rounds) values.push_back(round[i].second);
    middle[i].second = median(values);
  }
  return middle;
}

std::string written(double value) {
  std::string text = std::to_string(rounded(value));
  return text.substr(0, value < 1000 ? text.find('.') + 3 : text.find('.'));
}

exit_code measure(invocation& call, const bench_arguments& given) {
  const auto tasks = number_argument("--tasks", given.tasks, 100, 10'000'000);
  const auto batch = number_argument("--batch", given.batch, 1, 500);
  const auto producers = number_argument("--producers", given.producers, 1, 64);
  const auto rounds = number_argument("--repeat", given.rounds, 1, 100);
  for (const auto* each : {&tasks, &batch, &producers, &rounds}) {
    if (!*each) return call.fail(each->error());
  }
  const auto config = call.configuration();
  if (!config) return exit_code::configuration;
  const bench_plan plan{*tasks, *batch, *producers, *rounds};
  const auto found = call.world().bench(*config, plan, [&call](const std::string& step) { call.say(step); });
  if (!found) return call.fail(found.error());
  const bench_figures middle = medians(*found);
  if (!call.wants_table()) {
    ordered_json all = ordered_json::array();
    for (const bench_figures& round : *found) all.push_back(object_of(round));
    call.print_json(ordered_json{{"median", object_of(middle)}, {"rounds", all}});
    return exit_code::ok;
  }
  table shown{{{{"figure"}}, {{"median"}, side::right}}};
  for (const auto& [name, value] : middle) shown.add({{name}, {written(value)}});
  call.print(shown.text(call.surroundings().colour(), call.width()));
  return exit_code::ok;
}

}  // namespace

void add_bench_command(CLI::App& root, invocation& call) {
  auto given = std::make_shared<bench_arguments>();
  auto& verb = add_verb(
      root, "bench",
      "how fast whole lives of tasks go through a node here; in a schema of its own, removed afterwards");
  verb.add_option("--tasks", given->tasks, "of the bulk load, 100 to 10000000 (default 100000)")
      ->type_name("N");
  verb.add_option("--batch", given->batch, "tasks a message of the bulk load, 1 to 500 (default 500)")
      ->type_name("N");
  verb.add_option("--producers", given->producers, "of the bulk load, 1 to 64 (default 4)")->type_name("N");
  verb.add_option("--repeat", given->rounds, "rounds, 1 to 100 (default 1); medians are shown")
      ->type_name("N");
  verb.callback([&call, given] { call.chosen = [given](invocation& now) { return measure(now, *given); }; });
}

}  // namespace weir::app
