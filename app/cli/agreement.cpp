// Asks on the terminal.
#include "app/cli/agreement.hpp"

#include <istream>
#include <ostream>

namespace weir::app {

bool agreed(invocation& call, const std::string& verb, const std::string& count) {
  if (call.globals.yes) return true;
  auto& io = call.surroundings();
  if (!io.in_is_terminal) {
    call.complain("this would " + verb + " " + count + " tasks: add --yes, or --dry-run to only count them");
    return false;
  }
  io.err << verb << " " << count << " tasks? [y/N] " << std::flush;
  std::string answer;
  return std::getline(io.in, answer) && (answer == "y" || answer == "Y" || answer == "yes");
}

}  // namespace weir::app
