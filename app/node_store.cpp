#include "app/node_store.hpp"

#include "app/metrics/measured_driver.hpp"
#include "drivers/postgres/postgres_driver.hpp"
#include "runner/invitation.hpp"

namespace weir::app {

namespace {

postgres::options database_of(const node_config& config, std::shared_ptr<postgres::newest_server> newest) {
  postgres::options options;
  options.url = config.database.url;
  options.direct_url = config.database.direct_url;
  options.schema = config.database.schema;
  options.application_name = "weir " + config.node.name;
  options.newest = std::move(newest);
  options.needs = postgres::needed_rights::node;
  return options;
}

}  // namespace

result<std::shared_ptr<driver>> open_store(const node_program& program,
                                           const std::shared_ptr<postgres::newest_server>& newest,
                                           node_metrics& metrics) {
  if (!program.open_store) {
    std::unique_ptr<driver> own = postgres::make_driver(database_of(program.config, newest));
    if (program.wrap_driver) own = program.wrap_driver(std::move(own));
    WEIR_ASSERT(own != nullptr);
    return std::shared_ptr<driver>{measured(std::move(own), metrics)};
  }
  if (runner::invited()) return std::shared_ptr<driver>{};
  auto opened = program.open_store(program.config);
  if (!opened) return opened.error();
  return std::shared_ptr<driver>{measured(*opened, metrics)};
}

}  // namespace weir::app
