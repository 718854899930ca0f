#include "app/dev/run_dev.hpp"

#include <csignal>
#include <iostream>
#include <memory>

#include <spdlog/spdlog.h>

#include "app/dev/demo.hpp"
#include "app/live_settings.hpp"
#include "app/logging.hpp"
#include "app/node_process.hpp"
#include "domain/duration_text.hpp"
#include "drivers/postgres/postgres_driver.hpp"
#include "drivers/sqlite/sqlite_driver.hpp"

namespace weir::app {

namespace {

/// Reads a source that is a PostgreSQL of its own.
std::unique_ptr<cdc_reader> open_source(const cdc_query& query) {
  postgres::options options;
  options.url = query.url;
  options.application_name = "weir dev";
  return postgres::make_driver(options)->open_cdc_reader(query);
}

std::string address_of(const node_config& config, const std::string& listens) {
  std::string base = config.http.base_path;
  while (!base.empty() && base.back() == '/') base.pop_back();
  return "http://" + listens + base;
}

std::vector<std::string> greeting(const node_config& config, const std::string& listens, bool demo) {
  const std::string url = address_of(config, listens);
  std::vector<std::string> lines{
      "weir dev: one process, no server. Ctrl-C drains it and ends it; a kill loses nothing.",
      "  dashboard  " + url + "/",
      "  store      " + store_of(config).string(),
      "  enqueue    weir --url " + url + " task enqueue NAME --data '{\"a\": 1}'",
      "             curl " + url + "/api/v1/tasks -d '{\"name\": \"NAME\", \"data\": {\"a\": 1}}'",
      "  limits     one node, no enqueue by SQL, all tasks in memory too: done ones for " +
          domain::format_duration(*config.retention.done) + ", failed ones for " +
          domain::format_duration(*config.retention.failed)};
  if (demo) lines.emplace_back("  demo       orders, mails and a report every 15 s, of which some fail");
  return lines;
}

}  // namespace

int run_dev(node_config config, const dev_wish& wish) {
  // A store on a full disk, or one that may grow no more, is an error of the write, not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  node_program program;
  if (wish.demo) add_demo(program, config);
  program.config = std::move(config);
  const node_config& settled = program.config;
  std::shared_ptr<driver> store;
  program.open_store = [&store](const node_config& with) -> result<std::shared_ptr<driver>> {
    sqlite::options options;
    options.file = store_of(with);
    options.open_source = open_source;
    auto opened = sqlite::sqlite_driver::open(std::move(options));
    if (!opened) return opened.error();
    store = std::move(*opened);
    return store;
  };
  program.any_port =
      settled.origins.count("http.listen") == 0 || settled.origins.at("http.listen") == "default";
  program.read_again = [directory = wish.working_directory] {
    config::loaded again = read_again(without_database);
    settle_for_dev(again.config, directory);
    return again;
  };
  std::unique_ptr<demo_load> load;
  const node_config as_settled = settled;
  program.serving = [&](const std::string& listens) {
    for (const std::string& line : greeting(as_settled, listens, wish.demo)) {
      if (logs_json(as_settled))
        spdlog::info("{}", line);
      else
        wish.say(line);
    }
    if (wish.demo) load = std::make_unique<demo_load>(store);
  };
  return run_node_process(std::move(program));
}

}  // namespace weir::app
