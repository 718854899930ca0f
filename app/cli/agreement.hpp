// Before something that reaches far, such as many tasks at once: is it meant?
#pragma once

#include <string>

#include "app/cli/invocation.hpp"

namespace weir::app {

/// Asks on the terminal, "QUESTION? [y/N]"; only a yes is one. Needs a terminal to read from.
bool said_yes(invocation& call, const std::string& question);

/// "cancel 3 tasks? [y/N]" on a terminal; elsewhere true only with --yes, and otherwise a complaint that says so.
/// @param count  as it is shown
bool agreed(invocation& call, const std::string& verb, const std::string& count);

/// The same for one deed with a consequence: the warning is said in any case. "delete stream S? [y/N]"
/// @param consequence  a sentence
bool agreed_to(invocation& call, const std::string& deed, const std::string& consequence);

}  // namespace weir::app
