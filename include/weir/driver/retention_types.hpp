// How long ended tasks are kept.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace weir {

/// Since their end, by state; each >= 0.
struct retention_ages {
  std::optional<std::chrono::milliseconds> done, failed, cancelled;
};

inline bool operator==(const retention_ages& a, const retention_ages& b) {
  return a.done == b.done && a.failed == b.failed && a.cancelled == b.cancelled;
}

/// What a node's configuration says.
struct retention_policy {
  retention_ages all;                             ///< [retention]; nullopt = for ever
  std::map<std::string, retention_ages> streams;  ///< by name, those of its own; nullopt = as `all` says
};

inline bool operator==(const retention_policy& a, const retention_policy& b) {
  return a.all == b.all && a.streams == b.streams;
}
inline bool operator!=(const retention_policy& a, const retention_policy& b) { return !(a == b); }

}  // namespace weir
