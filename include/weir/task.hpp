// A task as programs see it, and the one they hand in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>
#include <weir/boot_clock.hpp>

namespace weir {

/// Where a task is in its life. Spelt as in the seed system: see to_string.
enum class task_state { ready = 1, in_progress = 2, retry = 3, done = 4, failed = 5, cancelled = 6 };

/// "READY", "IN PROGRESS", "RETRY", "DONE", "FAILED", "CANCELLED": the spelling of SQL, CLI and API.
const char* to_string(task_state state) noexcept;
/// The state of a spelling, letter case ignored, "in_progress" accepted too; nullopt for anything else.
std::optional<task_state> parse_task_state(const std::string& text);

/// One request to do something, as an action receives it.
struct task {
  std::int64_t id = 0;  ///< grows with every enqueue; JSON shows it as a string
  std::string name;     ///< which action runs it, 1-64 characters
  std::optional<std::string>
      key;             ///< which thing it is about, up to 512 bytes; none: never superseded, not serial
  std::string stream;  ///< the lane it runs in
  nlohmann::json data = nlohmann::json::object();
  int attempt = 0;  ///< the run this is, from 1; 0 before the first
  std::string created_by;
  wall_time created_at{};
  /// W3C trace context for what the action does: of this attempt where the node traces, else of whoever enqueued the
  /// task; "" = none.
  std::string traceparent;
};

/// A task to enqueue. Setters may be chained: new_task{"mail"}.key("42").data({{"to", "x@y"}}).
class new_task {
 public:
  explicit new_task(std::string name) : name_(std::move(name)) {}

  new_task& key(std::string value) {
    key_ = std::move(value);
    return *this;
  }
  new_task& stream(std::string value) {
    stream_ = std::move(value);
    return *this;
  }
  new_task& data(nlohmann::json value) {
    data_ = std::move(value);
    return *this;
  }
  /// Not before this instant (database clock).
  new_task& do_after(wall_time at) {
    do_after_ = at;
    return *this;
  }
  new_task& created_by(std::string who) {
    created_by_ = std::move(who);
    return *this;
  }

  /// W3C trace context of the work that enqueues it, as of the header `traceparent`: attempts are linked to it.
  new_task& traceparent(std::string context) {
    traceparent_ = std::move(context);
    return *this;
  }

  const std::string& name() const { return name_; }
  const std::optional<std::string>& key() const { return key_; }
  const std::optional<std::string>& stream() const { return stream_; }
  const nlohmann::json& data() const { return data_; }
  const std::optional<wall_time>& do_after() const { return do_after_; }
  const std::optional<std::string>& created_by() const { return created_by_; }
  const std::string& traceparent() const { return traceparent_; }

 private:
  std::string name_;
  std::optional<std::string> key_;
  std::optional<std::string> stream_;
  nlohmann::json data_ = nlohmann::json::object();
  std::optional<wall_time> do_after_;
  std::optional<std::string> created_by_;
  std::string traceparent_;
};

}  // namespace weir
