#include "actors/crash_point.hpp"

#ifdef WEIR_CRASH_POINTS

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace weir::actors {

namespace {

struct target {
  std::string name;
  long times = 1;

  target() {
    const char* const given = std::getenv("WEIR_CRASH_AT");
    if (given == nullptr) return;
    name = given;
    const auto colon = name.find(':');
    if (colon == std::string::npos) return;
    times = std::strtol(name.c_str() + colon + 1, nullptr, 10);
    name.resize(colon);
  }
};

const target& wanted() {
  static const target once;
  return once;
}

void pass() {
  static std::atomic<long> passed{0};
  if (++passed == wanted().times) std::raise(SIGKILL);
}

}  // namespace

void crash_point(const char* name) noexcept {
  if (!wanted().name.empty() && wanted().name == name) pass();
}

void crash_point(const char* when, const char* step) noexcept {
  if (!wanted().name.empty() && wanted().name == std::string(when) + "_" + step) pass();
}

}  // namespace weir::actors

#endif
