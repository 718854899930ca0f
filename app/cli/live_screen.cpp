// Plain xterm sequences, which every terminal of today knows.
#include "app/cli/live_screen.hpp"

#include <ostream>

namespace weir::app {

const char* const live_screen::entering = "\x1b[?1049h\x1b[?25l\x1b[2J";
const char* const live_screen::leaving = "\x1b[?25h\x1b[?1049l";

live_screen::live_screen(io& surroundings) : io_(surroundings) {
  if (io_.on_interrupt) io_.on_interrupt(leaving);
  io_.out << entering << std::flush;
}

live_screen::~live_screen() {
  io_.out << leaving << std::flush;
  if (io_.on_interrupt) io_.on_interrupt(nullptr);
}

void live_screen::draw(const std::vector<std::string>& lines) {
  std::string bytes = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) bytes += (i == 0 ? "" : "\n") + lines[i] + "\x1b[K";
  io_.out << bytes << "\x1b[J" << std::flush;
}

}  // namespace weir::app
