// The keys of the terminal on standard input.
#pragma once

#include <memory>

#include "app/cli/io.hpp"

namespace weir::app {

/// Null: standard input is no terminal. One at a time.
std::unique_ptr<keyboard> open_process_keyboard();

// -- for handlers of signals; without a keyboard they do nothing
/// The terminal as it was before.
void restore_terminal();
/// The keyboard's terminal again.
void listen_to_keys();

}  // namespace weir::app
