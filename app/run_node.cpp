#include "app/run_node.hpp"

#include <spdlog/spdlog.h>

#include "app/logging.hpp"
#include "app/node_process.hpp"
#include "app/supervise.hpp"
#include "runner/spawn_self.hpp"

namespace weir::app {

int run_node(node_config config, bool once) {
  node_program program;
  program.config = std::move(config);
  program.once = once;
  return run_node_process(std::move(program));
}

int supervise_node(const node_config& config) {
  start_logging(config);
  supervised node;
  node.program = "/proc/self/exe";
  node.arguments = unsupervised(runner::own_arguments());
  node.log = [](const std::string& sentence) { spdlog::info("{}", sentence); };
  return supervise(node);
}

}  // namespace weir::app
