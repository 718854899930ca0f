// Why a worker looks for tasks in the store: for metrics.
#pragma once

#include <array>

namespace weir::cluster {

enum class wakeup {
  poll,     ///< it was time to
  hint,     ///< a link, or this node's own gateway, says that there is something new
  backlog,  ///< another page, what a former owner left, or what came before a handed task with a key
  due,      ///< a deferred task's time has come
};

inline constexpr std::array<wakeup, 4> all_wakeups{wakeup::poll, wakeup::hint, wakeup::backlog, wakeup::due};

constexpr const char* to_string(wakeup why) noexcept {
  switch (why) {
    case wakeup::poll: return "poll";
    case wakeup::hint: return "hint";
    case wakeup::backlog: return "backlog";
    case wakeup::due: return "due";
  }
  return "?";
}

}  // namespace weir::cluster
