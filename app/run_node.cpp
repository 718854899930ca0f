#include "app/run_node.hpp"

#include "app/node_process.hpp"

namespace weir::app {

int run_node(node_config config) {
  node_program program;
  program.config = std::move(config);
  return run_node_process(std::move(program));
}

}  // namespace weir::app
