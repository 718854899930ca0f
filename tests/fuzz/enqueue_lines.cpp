// Many lines at once, into the memory store: each gets its answer, whatever the others are.
#include "app/cli/enqueue_lines.hpp"

#include <sstream>

#include "drivers/memory/memory_driver.hpp"
#include "hold.hpp"

using namespace weir::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  const auto world = weir::memory::make_world();
  const auto driver = weir::memory::make_driver(world);
  const auto store = driver->open_console();
  std::size_t last = 0;
  std::int64_t ids = 0;
  std::int64_t answers = 0;
  weir::app::line_enqueuer::hooks hooks;
  hooks.on_result = [&](const weir::app::line_result& one) {
    hold(one.line > last, "answers come in the order of their lines");
    last = one.line;
    ++answers;
    if (one.id)
      ++ids;
    else
      hold_message(one.problem.message);
    hold(weir::app::line_result_json(one).find('\n') == std::string::npos, "an answer is one line");
  };
  hooks.pause = [](std::chrono::milliseconds) { return false; };
  weir::app::line_enqueuer machine{*store, 1024, hooks};
  std::istringstream in{std::string{text}};
  const auto totals = machine.run(in);
  hold(totals.enqueued == ids && totals.enqueued + totals.failed == answers,
       "the totals are those of the answers");
  std::int64_t wanted = 0;
  const bool marked = text.substr(0, 3) == "\xEF\xBB\xBF";  // a byte order mark
  for (const auto line : parts(text.substr(marked ? 3 : 0), '\n'))
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) ++wanted;
  hold(answers == wanted, "every line that is not blank is answered");
  return 0;
}
