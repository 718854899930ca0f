#include "app/former_process.hpp"

#include <charconv>
#include <cstdlib>

namespace weir::app {

namespace {
constexpr const char* variable_name = "WEIR_FORMER_PROCESS";
/// As much as the database keeps; what a supervisor says is far shorter.
constexpr std::size_t longest_how = 200;
}  // namespace

bool tells_of_former_process(std::string_view variable) { return variable == variable_name; }

std::string to_environment(const former_process& former) {
  return std::string{variable_name} + "=" + std::to_string(former.pid) + " " + former.how;
}

std::optional<former_process> take_former_process() {
  const char* value = std::getenv(variable_name);
  if (value == nullptr) return std::nullopt;
  const std::string said = value;
  ::unsetenv(variable_name);
  former_process former;
  const auto [rest, problem] = std::from_chars(said.data(), said.data() + said.size(), former.pid);
  if (problem != std::errc{} || former.pid <= 0 || *rest != ' ') return std::nullopt;
  former.how = rest + 1;
  if (former.how.empty() || former.how.size() > longest_how) return std::nullopt;
  return former;
}

}  // namespace weir::app
