// Writing and reading the WEIR_RUNNER_ variables.
#include "runner/invitation.hpp"

#include <cstdlib>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string_view>

namespace weir::runner {

namespace {

constexpr const char* names[] = {"WEIR_RUNNER_FD",    "WEIR_RUNNER_STREAM", "WEIR_RUNNER_NODE",
                                 "WEIR_RUNNER_LIMIT", "WEIR_RUNNER_KEEP",   "WEIR_RUNNER_PARENT",
                                 "WEIR_RUNNER_GUARD"};

template <class T>
bool parse(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string_view get(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

bool parse_list(std::string_view text, std::vector<int>& values) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    int value = 0;
    if (!parse(text.substr(0, comma), value) || value < 0) return false;
    values.push_back(value);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return true;
}

}  // namespace

std::vector<std::string> to_environment(const invitation& what) {
  std::string kept;
  for (const int fd : what.kept_fds) kept += (kept.empty() ? "" : ",") + std::to_string(fd);
  const std::string values[] = {std::to_string(what.fd),
                                what.stream,
                                what.node,
                                std::to_string(what.payload_limit),
                                kept,
                                std::to_string(what.parent),
                                std::to_string(what.guard_fd)};
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < std::size(names); ++i) texts.push_back(std::string{names[i]} + "=" + values[i]);
  return texts;
}

bool invited() noexcept { return std::getenv(names[0]) != nullptr; }

std::optional<invitation> take_invitation() {
  if (!invited()) return std::nullopt;
  invitation found;
  found.stream = get(names[1]);
  found.node = get(names[2]);
  const bool sound = parse(get(names[0]), found.fd) && found.fd >= 0 &&
                     parse(get(names[3]), found.payload_limit) && found.payload_limit > 0 &&
                     parse_list(get(names[4]), found.kept_fds) && parse(get(names[5]), found.parent) &&
                     parse(get(names[6]), found.guard_fd);
  for (const char* name : names) ::unsetenv(name);
  if (!sound) found.fd = -1;
  return found;
}

}  // namespace weir::runner
