// What commands need besides their process: a store, its schema, and a node to run. The daemon's is
// PostgreSQL (postgres_backend.cpp); tests hand in the memory driver.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/config.hpp>
#include <weir/driver.hpp>
#include <weir/result.hpp>

#include "app/cli/bench_plan.hpp"
#include "app/cli/cell.hpp"
#include "app/dev/copy_store.hpp"
#include "app/dev/dev_settings.hpp"
#include "app/row_sender.hpp"
#include "drivers/postgres/examination.hpp"
#include "drivers/postgres/migrator.hpp"
#include "drivers/postgres/queue_import.hpp"
#include "drivers/postgres/role_grants.hpp"

namespace weir::app {

/// A request to a node's API.
struct web_request {
  std::string method = "GET";
  std::string url;
  std::string body;   ///< JSON, or NDJSON
  std::string token;  ///< "" = none
  std::chrono::milliseconds patience{10'000};
};

/// What an HTTP server answered.
struct web_answer {
  long status = 0;
  std::string body;
};

/// Which schema a database has, and which one this program wants.
struct schema_state {
  int current = 0;  ///< 0 = none
  int wanted = 0;
  std::vector<std::string> pending;  ///< names of the migrations still to be applied, in order
  bool fits_newer = false;           ///< current > wanted, and this program may work with it all the same
};

class backend {
 public:
  virtual ~backend() = default;

  /// What comes is about an order: the role that it needs is named to a login that lacks a right, even one to look.
  virtual void expect_order() {}
  virtual std::unique_ptr<driver> open(const node_config& config) = 0;
  /// The way in by message for many tasks; null: there is none, use the store.
  virtual std::unique_ptr<row_sender> open_sender(const node_config& /*config*/) { return nullptr; }
  virtual result<schema_state> schema(const node_config& config) = 0;
  /// Looks at the database and the ways to it. @errors see examination.hpp
  virtual result<postgres::examination> examine(const node_config& /*config*/) {
    return error{errc::unavailable, "there is no database server here"};
  }
  /// Makes a copied schema work on this server. @errors see migrator.hpp
  virtual result<postgres::adoption> adopt(const node_config& /*config*/, const operator_identity& /*who*/) {
    return error{errc::unavailable, "there is no database server here"};
  }
  /// Takes over the store of `weir dev`; `progress` hears how many tasks are there. @errors see copy_store.hpp
  virtual result<copied_store> copy(const node_config& /*config*/, const operator_identity& /*who*/,
                                    const copy_order& /*what*/,
                                    const std::function<void(std::int64_t)>& /*progress*/) {
    return error{errc::unavailable, "there is no database server here"};
  }
  /// The statements of the pending migrations, in order: name and text.
  virtual result<std::vector<std::pair<std::string, std::string>>> plan(const node_config& /*config*/) {
    return error{errc::unavailable, "there is no database server here"};
  }
  /// Applies what is pending; `progress` hears one line a step. Leaves a row in the audit if something was.
  virtual result<schema_state> migrate(const node_config& config, const operator_identity& who,
                                       const std::function<void(const std::string&)>& progress) = 0;
  /// Gives or takes back a role of the schema. @errors see role_grants.hpp
  virtual result<void> change_grant(const node_config& /*config*/, const operator_identity& /*who*/,
                                    const postgres::role_grant& wanted) {
    return error{errc::not_found, "the database server has no role " + wanted.grantee};
  }
  /// A table of episub/queue in the same database, to be moved over. @errors see queue_import.hpp
  virtual result<std::unique_ptr<postgres::queue_import>> open_queue_import(const node_config& /*config*/,
                                                                            const operator_identity& /*who*/,
                                                                            const std::string& table) {
    return error{errc::not_found, "there is no table " + table};
  }
  /// Asks a node's HTTP. @errors unavailable
  virtual result<web_answer> get(const std::string& /*url*/) {
    return error{errc::unavailable, "no HTTP here"};
  }
  /// The same with a method, a body and a token. @errors unavailable
  virtual result<web_answer> ask(const web_request& /*what*/) {
    return error{errc::unavailable, "no HTTP here"};
  }
  /// Runs a node in the foreground; answers the process's exit code.
  /// @param once  ends by itself when nothing due is left in the partitions that it owns.
  virtual int run_node(node_config config, bool once) = 0;
  /// Runs a node with an embedded store; answers the process's exit code.
  /// @param config  as settle_for_dev left it
  virtual int run_dev(node_config config, const dev_wish& wish) = 0;
  /// Measures whole lives of tasks on the configured database, in a schema of its own; answers each round.
  virtual result<std::vector<bench_figures>> bench(
      const node_config& config, const bench_plan& plan,
      const std::function<void(const std::string&)>& progress) = 0;
  /// Runs the node in a process of its own, which is started again when it crashes; answers the exit code.
  virtual int supervise_node(const node_config& config) = 0;
  /// Runs a node process for each, until the last has ended; answers the first exit code that is not 0.
  virtual int run_cells(const std::vector<cell>& cells) = 0;
};

/// The backend of the `weir` program.
std::unique_ptr<backend> make_postgres_backend();

}  // namespace weir::app
