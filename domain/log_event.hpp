// What lines of the log are about, for programs that read it: the sentence stays for people.
#pragma once

#include <nlohmann/json.hpp>

namespace weir::domain {

/// Names the lines that its thread writes while it lives; one at a time, in a block of its own:
///
///   const log_event event{"leader.elected", {{"term", term}}};
///   spdlog::info("elected leader, term {}", term);
///
/// A log in JSON shows the name as `event`, and the fields beside it. Names are "NOUN.WHAT" and never change.
class log_event {
 public:
  explicit log_event(const char* name, nlohmann::ordered_json fields = nlohmann::ordered_json::object())
      : name_(name), fields_(std::move(fields)), around_(current_) {
    current_ = this;
  }
  ~log_event() { current_ = around_; }
  log_event(const log_event&) = delete;
  log_event& operator=(const log_event&) = delete;

  /// Of this thread; null: nobody has said.
  static const log_event* current() { return current_; }
  const char* name() const { return name_; }
  const nlohmann::ordered_json& fields() const { return fields_; }

 private:
  const char* name_;
  nlohmann::ordered_json fields_;
  const log_event* around_;
  inline static thread_local const log_event* current_ = nullptr;
};

}  // namespace weir::domain
