// The real backend: PostgreSQL for the store, and the node of this program.
#include <spdlog/spdlog.h>

#include "actions/http_get.hpp"
#include "app/bench/rounds.hpp"
#include "app/cells.hpp"
#include "app/cli/backend.hpp"
#include "app/dev/run_dev.hpp"
#include "app/logging.hpp"
#include "app/run_node.hpp"
#include "domain/task_bounds.hpp"
#include "drivers/postgres/examination.hpp"
#include "drivers/postgres/migrator.hpp"
#include "drivers/postgres/postgres_driver.hpp"
#include "drivers/postgres/role_grants.hpp"

namespace weir::app {

namespace {

/// A node answers about its health in milliseconds, or is not well.
constexpr std::chrono::seconds health_patience{2};

/// A page of a thousand tasks with a MiB of data each has this, and the rest.
constexpr std::size_t largest_answer = std::size_t{1} << 30U;

postgres::options options_of(const node_config& config) {
  postgres::options out;
  out.url = config.database.url;
  out.direct_url = config.database.direct_url;
  out.schema = config.database.schema;
  out.application_name = "weir command";
  return out;
}

// The configuration takes any name that PostgreSQL takes; weir's statements are written for plain ones.
result<void> check_schema_name(const node_config& config) {
  if (postgres::valid_schema(config.database.schema)) return {};
  return error{errc::schema_mismatch,
               "database.schema: " + domain::in_quotes(config.database.schema) +
                   " must be of lower-case letters, digits and _, and start with a letter"};
}

/// Puts message_queue where the configuration wants it.
result<void> place_view(const node_config& config, const std::function<void(const std::string&)>& progress) {
  const std::string& place = config.database.message_queue;
  const auto view = postgres::place_message_queue(options_of(config), place);
  if (!view) return error{view.error().code, "database.message_queue: " + view.error().message};
  if (*view == postgres::queue_view::placed) progress("made the view " + place);
  if (*view == postgres::queue_view::table) {
    progress("database.message_queue: " + place + " is a table; `weir db import-message-queue --from " +
             place + " --switch` takes it over and puts the view in its place");
  }
  return {};
}

schema_state state_of(const postgres::schema_status& status) {
  return {status.current, status.wanted, status.pending, status.newer() && status.fits()};
}

class postgres_backend final : public backend {
 public:
  void expect_order() override { needs_ = postgres::needed_rights::node; }

  std::unique_ptr<driver> open(const node_config& config) override {
    return postgres::make_driver(as_needed(config));
  }

  std::unique_ptr<row_sender> open_sender(const node_config& config) override {
    const std::string& url = config.database.url;
    if (url.rfind("postgres://", 0) != 0 && url.rfind("postgresql://", 0) != 0) return nullptr;
    client_options options;
    options.name = "weir command";
    options.schema = config.database.schema;
    options.cert = config.tls.cert;
    options.key = config.tls.key;
    options.ca = config.tls.ca;
    return make_row_sender(url, options);
  }

  result<schema_state> schema(const node_config& config) override {
    if (auto good = check_schema_name(config); !good) return good.error();
    const auto status = postgres::schema_status_of(as_needed(config));
    if (!status) return status.error();
    return state_of(*status);
  }

  result<postgres::examination> examine(const node_config& config) override {
    return postgres::examine(options_of(config), config.database.message_queue);
  }

  result<schema_state> migrate(const node_config& config, const operator_identity& who,
                               const std::function<void(const std::string&)>& progress) override {
    if (auto good = check_schema_name(config); !good) return good.error();
    const auto status = postgres::migrate(options_of(config), progress, who);
    if (!status) return status.error();
    if (status->newer()) return state_of(*status);  // views and rights are the newer program's, too
    if (auto placed = place_view(config, progress); !placed) return placed.error();
    if (auto given = postgres::renew_grants(options_of(config)); !given) return given.error();
    return state_of(*status);
  }

  result<postgres::adoption> adopt(const node_config& config, const operator_identity& who) override {
    if (auto good = check_schema_name(config); !good) return good.error();
    return postgres::adopt(options_of(config), who);
  }

  result<std::vector<std::pair<std::string, std::string>>> plan(const node_config& config) override {
    if (auto good = check_schema_name(config); !good) return good.error();
    return postgres::plan_of(options_of(config));
  }

  result<void> change_grant(const node_config& config, const operator_identity& who,
                            const postgres::role_grant& wanted) override {
    if (auto good = check_schema_name(config); !good) return good.error();
    return postgres::change_grant(options_of(config), wanted, who);
  }

  result<std::unique_ptr<postgres::queue_import>> open_queue_import(const node_config& config,
                                                                    const operator_identity& who,
                                                                    const std::string& table) override {
    return postgres::open_queue_import(options_of(config), table, who);
  }

  result<copied_store> copy(const node_config& config, const operator_identity& who, const copy_order& what,
                            const std::function<void(std::int64_t)>& progress) override {
    return copy_store(what, options_of(config), who, progress);
  }

  result<std::vector<bench_figures>> bench(const node_config& config, const bench_plan& plan,
                                           const std::function<void(const std::string&)>& progress) override {
    return bench::measure(config, plan, progress);
  }

  result<web_answer> get(const std::string& url) override {
    auto page = actions::get(url, health_patience);
    if (!page) return page.error();
    return web_answer{page->status, std::move(page->body)};
  }

  result<web_answer> ask(const web_request& what) override {
    actions::page_request request;
    request.method = what.method;
    request.url = what.url;
    request.body = what.body;
    request.patience = what.patience;
    request.most = largest_answer;
    request.headers = {"Content-Type: application/json", "Accept: application/json"};
    if (!what.token.empty()) request.headers.push_back("Authorization: Bearer " + what.token);
    auto page = actions::ask(request);
    if (!page) return page.error();
    return web_answer{page->status, std::move(page->body)};
  }

  int run_node(node_config config, bool once) override { return app::run_node(std::move(config), once); }
  int run_dev(node_config config, const dev_wish& wish) override {
    return app::run_dev(std::move(config), wish);
  }
  int supervise_node(const node_config& config) override { return app::supervise_node(config); }
  int run_cells(const std::vector<cell>& cells) override {
    start_logging(cells.front().config);
    return app::run_cells(cells, [](const std::string& sentence) { spdlog::info("{}", sentence); });
  }

 private:
  postgres::options as_needed(const node_config& config) const {
    auto out = options_of(config);
    out.needs = needs_;
    return out;
  }

  postgres::needed_rights needs_ = postgres::needed_rights::by_statement;
};

}  // namespace

std::unique_ptr<backend> make_postgres_backend() { return std::make_unique<postgres_backend>(); }

}  // namespace weir::app
