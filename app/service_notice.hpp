// What systemd hears of a node that is its service of Type=notify: when it works, what it does, when it ends.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "app/notify_socket.hpp"

namespace weir::app {

/// Without a NOTIFY_SOCKET every call does nothing. Threads: all of it, from any.
class service_notice {
 public:
  /// Reads this process's environment, which stays as it is. What is wrong with it goes to the log: a node works also
  /// where nobody can be told of it.
  service_notice();

  /// How often systemd wants to hear that the service lives (WATCHDOG_USEC); nullopt: never, or not of this process.
  std::optional<std::chrono::milliseconds> watchdog() const { return watchdog_; }

  /// It is on its way.
  /// @param longest  that this may take: systemd waits as long, whatever TimeoutStartSec says.
  void starting(std::chrono::milliseconds longest);
  /// It works.
  /// @param state  what `systemctl status` shows, one line.
  void ready(const std::string& state);
  /// It reads its configuration anew; `ready` says when that is over.
  void reloading();
  /// It ends.
  /// @param longest  that this may take: systemd waits as long, whatever TimeoutStopSec says.
  void stopping(const std::string& state, std::chrono::milliseconds longest);
  /// Only the line changes.
  void state(const std::string& state);
  /// It lives.
  void alive();

 private:
  void say(const std::string& lines);

  std::optional<notify_socket> socket_;
  std::optional<std::chrono::milliseconds> watchdog_;
  std::mutex warning_;
  bool warned_ = false;  ///< that nobody reads; the log hears of it once
};

}  // namespace weir::app
