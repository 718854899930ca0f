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

bool agreed_to(invocation& call, const std::string& deed, const std::string& consequence) {
  const bool asks = !call.globals.yes && call.surroundings().in_is_terminal;
  if (!call.globals.yes && !asks) {
    call.complain("this would " + deed + ": " + consequence + "; add --yes if that is meant");
    return false;
  }
  call.say("weir: warning: " + consequence);
  return !asks || said_yes(call, deed);
}

}  // namespace weir::app
