// Warns of a node's own certificate before it ends: then no link could be made any more.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <weir/boot_clock.hpp>

namespace weir::app {

/// How long before its end a certificate is warned of: long enough for whoever makes a new one once a month.
inline constexpr std::chrono::hours certificate_notice{30 * 24};

/// What is to be said at `now` of the certificates in the file `path` (PEM, the first is the node's own); nullopt:
/// nothing, also where it can't be read.
std::optional<std::string> certificate_warning(const std::string& path, wall_time now);

/// Looks once a day, also at a file that was replaced meanwhile. One thread.
class certificate_watch {
 public:
  /// @param path  "" = there is none
  explicit certificate_watch(std::string path) : path_(std::move(path)) {}
  /// Writes a warning to the log when there is one.
  void look();

 private:
  const std::string path_;
  std::optional<boot_time> looked_;
};

}  // namespace weir::app
