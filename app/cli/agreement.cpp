// Asks on the terminal.
#include "app/cli/agreement.hpp"

#include <istream>
#include <ostream>

namespace weir::app {

bool said_yes(invocation& call, const std::string& question) {
  auto& io = call.surroundings();
  io.err << question << "? [y/N] " << std::flush;
  std::string answer;
  return std::getline(io.in, answer) && (answer == "y" || answer == "Y" || answer == "yes");
}

bool agreed(invocation& call, const std::string& verb, const std::string& count) {
  if (call.globals.yes) return true;
  if (!call.surroundings().in_is_terminal) {
    call.complain("this would " + verb + " " + count + " tasks: add --yes, or --dry-run to only count them");
    return false;
  }
  return said_yes(call, verb + " " + count + " tasks");
}

}  // namespace weir::app
