// Runs whole commands in this process: the memory driver behind them, text streams around them.
#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "app/cli/json_text.hpp"
#include "app/cli/run_command.hpp"
#include "drivers/memory/memory_driver.hpp"

namespace weir::app {

struct command_output {
  int code = 0;
  std::string out;
  std::string err;

  ordered_json json() const { return ordered_json::parse(out); }
};

/// A backend on one world of the memory driver, with a schema version that a test sets.
class memory_backend final : public backend {
 public:
  memory_backend();

  std::unique_ptr<driver> open(const node_config& config) override;
  result<schema_state> schema(const node_config& config) override;
  result<schema_state> migrate(const node_config& config, const operator_identity& who,
                               const std::function<void(const std::string&)>& progress) override;
  result<std::vector<bench_figures>> bench(const node_config& config, const bench_plan& plan,
                                           const std::function<void(const std::string&)>& progress) override;
  int run_node(node_config config, bool once) override;
  int run_dev(node_config config, const dev_wish& wish) override;
  int supervise_node(const node_config& config) override;
  int run_cells(const std::vector<cell>& cells) override;

  std::shared_ptr<memory::world> store;
  /// What goes wrong on the next commands' way to the store, as faults::next takes it.
  std::vector<std::pair<std::string, memory::fault>> faults;
  result<schema_state> state = schema_state{3, 3, {}};
  std::optional<node_config> ran;  ///< what run_node was given
  bool ran_once = false;
  std::optional<node_config> ran_dev;  ///< what run_dev was given
  bool ran_demo = false;
  std::optional<bench_plan> benched;        ///< what bench was given
  std::vector<bench_figures> bench_rounds;  ///< what it answers
  std::vector<std::string> cells;           ///< the files that run_cells was given
  std::optional<node_config> supervised;    ///< what supervise_node was given
};

class command_harness {
 public:
  command_output run(std::vector<std::string> args, const std::string& input = {});
  /// A driver on the same world, for what nodes would do.
  std::unique_ptr<memory::memory_driver> node_driver() { return memory::make_driver(world.store); }
  /// Registers a node and makes it active.
  node_id add_node(const std::string& name, const std::vector<std::string>& actions = {});

  memory_backend world;
  std::map<std::string, std::string> environment{{"HOME", "/nonexistent"}};
  std::string user = "ann";
  bool terminal = false;              ///< standard output is one, of 100x30
  int frames = 3;                     ///< pauses until a watching command is stopped
  std::function<void(int)> on_pause;  ///< hears the number of each pause

 private:
  int runs_ = 0;
};

}  // namespace weir::app
