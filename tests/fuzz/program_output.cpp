// What an exec action's program writes: lines as they come, and the last one.
#include "actions/line_reader.hpp"

#include <algorithm>
#include <vector>

#include "hold.hpp"

using namespace weir::fuzz;

namespace {

constexpr std::size_t longest = 16;

std::vector<std::string> lines_of(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> lines;
  weir::actions::line_cutter cutter{longest, [&lines](const std::string& line) { lines.push_back(line); }};
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    cutter.feed(bytes.substr(0, piece));
  cutter.finish();
  return lines;
}

std::string end_of(std::string_view bytes, std::size_t piece) {
  weir::actions::tail tail{longest};
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    tail.feed(bytes.substr(0, piece));
  return tail.last_line();
}

/// The last line by the definition.
std::string last_of(std::string_view bytes) {
  bytes = bytes.substr(bytes.size() - std::min(bytes.size(), longest));
  std::string last;
  for (const auto line : parts(bytes, '\n')) {
    const auto from = line.find_first_not_of(" \t\r\n\f\v");
    if (from != std::string_view::npos)
      last = line.substr(from, line.find_last_not_of(" \t\r\n\f\v") - from + 1);
  }
  return last;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = text_of(data, size);
  const auto whole = lines_of(bytes, size + 1);
  for (const auto& line : whole)
    hold(!line.empty() && line.size() <= longest && line.find('\n') == std::string::npos,
         "a line is bounded");
  hold(lines_of(bytes, 1) == whole && lines_of(bytes, 7) == whole, "lines do not depend on how bytes arrive");
  const std::string last = last_of(bytes);
  hold(end_of(bytes, size + 1) == last && end_of(bytes, 5) == last, "the last line is the last one");
  return 0;
}
