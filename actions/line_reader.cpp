// Bounded whatever the program writes: a line without end, nothing but newlines, megabytes.
#include "actions/line_reader.hpp"

#include <algorithm>

namespace weir::actions {

void line_cutter::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::size_t room = max_bytes_ - std::min(max_bytes_, line_.size());
    line_.append(bytes.substr(0, std::min(end, room)));
    if (end == bytes.size()) return;
    finish();
    bytes.remove_prefix(end + 1);
  }
}

void line_cutter::finish() {
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  if (!line_.empty()) each_(line_);
  line_.clear();
}

void tail::feed(std::string_view bytes) {
  kept_.append(bytes.substr(bytes.size() - std::min(bytes.size(), max_bytes_)));
  if (kept_.size() > 2 * max_bytes_) kept_.erase(0, kept_.size() - max_bytes_);
}

std::string tail::last_line() const {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  std::string_view rest{kept_};
  rest = rest.substr(rest.size() - std::min(rest.size(), max_bytes_));
  const std::size_t last = rest.find_last_not_of(blanks);
  if (last == std::string_view::npos) return {};
  rest = rest.substr(0, last + 1);
  const std::size_t newline = rest.find_last_of('\n');
  if (newline != std::string_view::npos) rest.remove_prefix(newline + 1);
  const std::size_t first = rest.find_first_not_of(blanks);
  return std::string{rest.substr(first)};
}

}  // namespace weir::actions
