#include "app/service_notice.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <utility>

#include <unistd.h>

#include <spdlog/spdlog.h>

namespace weir::app {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// A whole number above 0; nullopt for everything else.
std::optional<std::int64_t> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const std::string_view all{text};
  std::int64_t number = 0;
  const auto [rest, problem] = std::from_chars(all.data(), all.data() + all.size(), number);
  if (problem != std::errc{} || rest != all.data() + all.size() || number <= 0) return std::nullopt;
  return number;
}

/// Of the unit's WatchdogSec. With a WATCHDOG_PID it is for that process alone, not for its children.
std::optional<milliseconds> wanted_watchdog() {
  const auto period = number_in("WATCHDOG_USEC");
  if (!period) return std::nullopt;
  if (std::getenv("WATCHDOG_PID") != nullptr && number_in("WATCHDOG_PID") != std::int64_t{::getpid()})
    return std::nullopt;
  return std::max(milliseconds{1}, std::chrono::duration_cast<milliseconds>(microseconds{*period}));
}

std::string line(const char* name, std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return std::string{name} + "=" + text + "\n";
}

std::string extended(milliseconds longest) {
  return line("EXTEND_TIMEOUT_USEC", std::to_string(microseconds{longest}.count()));
}

}  // namespace

service_notice::service_notice() {
  const char* address = std::getenv("NOTIFY_SOCKET");
  if (address == nullptr || *address == '\0') return;
  auto made = notify_socket::at(address);
  if (!made) {
    spdlog::warn("systemd is told nothing: {}", made.error().message);
    return;
  }
  socket_.emplace(std::move(*made));
  watchdog_ = wanted_watchdog();
}

void service_notice::starting(milliseconds longest) {
  say(extended(longest) + line("STATUS", "joining the cluster"));
}

void service_notice::ready(const std::string& state) { say("READY=1\n" + line("STATUS", state)); }

void service_notice::reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);  // by which systemd tells this reload from the one before
  const auto since = microseconds{std::chrono::seconds{now.tv_sec}} +
                     std::chrono::duration_cast<microseconds>(std::chrono::nanoseconds{now.tv_nsec});
  say("RELOADING=1\n" + line("MONOTONIC_USEC", std::to_string(since.count())) +
      line("STATUS", "reading the configuration again"));
}

void service_notice::stopping(const std::string& state, milliseconds longest) {
  say("STOPPING=1\n" + extended(longest) + line("STATUS", state));
}

void service_notice::state(const std::string& state) { say(line("STATUS", state)); }

void service_notice::alive() { say("WATCHDOG=1\n"); }

void service_notice::say(const std::string& lines) {
  if (!socket_) return;
  const auto sent = socket_->send(lines);
  if (sent) return;
  const std::lock_guard guard{warning_};
  if (!std::exchange(warned_, true))
    spdlog::warn("systemd does not hear this node: {}", sent.error().message);
}

}  // namespace weir::app
