#include "app/cli/cell.hpp"

#include "domain/task_bounds.hpp"

namespace weir::app {

std::string cells_problem(const std::vector<cell>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const node_config &one = cells[j].config, &other = cells[i].config;
      const std::string both = domain::in_quotes(cells[j].file) + " and " + domain::in_quotes(cells[i].file);
      if (one.database.url == other.database.url && one.database.schema == other.database.schema) {
        return both +
               " mean the same database and schema: give each its own [database] url or schema (DATABASE_URL "
               "and "
               "other variables of the environment go before both files)";
      }
      if (one.node.state_dir == other.node.state_dir) {
        return both + " have the same state_dir " + domain::in_quotes(one.node.state_dir) +
               ": give each its own node.state_dir, or another node.name";
      }
    }
  }
  return "";
}

}  // namespace weir::app
