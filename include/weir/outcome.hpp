// What an action says about its run.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace weir {

/// The verdict of one run, made by the named constructors. Messages are cut at 2,000 bytes when stored.
class outcome {
 public:
  enum class kind { success, retry, failure, snooze, cancel };

  /// The task is DONE.
  static outcome success(std::string message = {}) { return {kind::success, std::move(message), {}}; }
  /// Try again, after `delay` or else after the action's retry policy; counts towards max_attempts.
  static outcome retry(std::string message = {}, std::optional<std::chrono::milliseconds> delay = {}) {
    return {kind::retry, std::move(message), delay};
  }
  /// Permanent: the task is FAILED.
  static outcome failure(std::string message) { return {kind::failure, std::move(message), {}}; }
  /// Run again after `delay` (> 0) without using up an attempt.
  static outcome snooze(std::chrono::milliseconds delay, std::string message = {}) {
    return {kind::snooze, std::move(message), delay};
  }
  /// The task is CANCELLED.
  static outcome cancel(std::string message = {}) { return {kind::cancel, std::move(message), {}}; }

  kind what() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::optional<std::chrono::milliseconds>& delay() const { return delay_; }

 private:
  outcome(kind k, std::string message, std::optional<std::chrono::milliseconds> delay)
      : kind_(k), message_(std::move(message)), delay_(delay) {}

  kind kind_;
  std::string message_;
  std::optional<std::chrono::milliseconds> delay_;
};

}  // namespace weir
