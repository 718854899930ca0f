// Everything a command touches of its process: streams, terminal, clocks, environment. Tests hand in
// their own, so that each command runs in-process, without a terminal and without waiting.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>

#include <weir/boot_clock.hpp>

namespace weir::app {

/// A terminal's keys, one by one and unseen while it lives; afterwards the terminal is as it was.
class keyboard {
 public:
  virtual ~keyboard() = default;
  /// The bytes of the next key; "" when none came in that time, or the window has another size.
  virtual std::string next(std::chrono::milliseconds patience) = 0;
};

struct terminal_size {
  int columns = 0;  ///< 0 = unknown: nothing is cut
  int rows = 0;
};

/// One command's surroundings. Used by the command's own thread only.
struct io {
  std::istream& in;
  std::ostream& out;  ///< data
  std::ostream& err;  ///< messages
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  std::map<std::string, std::string> environment{};
  std::string working_directory{};
  std::string user{};      ///< who calls: $USER, else the name of the uid, else "uid 1000"
  std::string host{};      ///< this machine's name, for the audit
  std::string run_mark{};  ///< no other run of a command has the same
  /// The size of the terminal behind `out`, asked anew for each frame.
  std::function<terminal_size()> size{};
  /// Waits that long; false: the person asked to stop (or, in a test, has seen enough).
  std::function<bool(std::chrono::milliseconds)> pause{};
  std::function<wall_time()> now{};
  std::function<boot_time()> ticks{};  ///< for time limits and rates

  /// Null: standard input is no terminal. Empty in tests that have none.
  std::function<std::unique_ptr<keyboard>()> open_keyboard{};

  /// While a sequence is given, Ctrl-C and SIGTERM write it to the terminal and end the process with 0;
  /// nullptr takes that back. Empty in tests.
  std::function<void(const char* restore)> on_interrupt{};

  /// Colour on standard output? Only on a terminal, and never against NO_COLOR or a dumb terminal.
  bool colour() const;
};

/// The surroundings of this very process. The streams are std::cin, std::cout and std::cerr.
io process_io();

}  // namespace weir::app
