// What stands in a request's body and query: read strictly, with errors that name the member.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <weir/driver/console_store.hpp>
#include <weir/result.hpp>

#include "http/message.hpp"
#include "http/router.hpp"

namespace weir::app {

/// An error that is a reply already, for what has no errc of its own: 400 malformed, 413.
using refusal = http::reply;

/// A small JSON object, each member read once. Members that nobody asked for are errors.
class request_body {
 public:
  /// An empty body is an empty object. @return 400 malformed
  static std::variant<request_body, refusal> of(const http::request& asked);

  std::optional<std::string> text(const std::string& member);
  std::optional<bool> flag(const std::string& member);
  std::optional<int> number(const std::string& member, int low, int high);
  std::optional<epoch_number> epoch(const std::string& member);
  /// "30m" @errors invalid
  std::optional<std::chrono::milliseconds> duration(const std::string& member);
  std::optional<wall_time> time(const std::string& member);
  /// Member "until", which ends a pause by itself. @errors invalid: it is past
  std::optional<wall_time> pause_end();
  /// A nested object; empty if it is not there.
  request_body object(const std::string& member);
  /// One text, or a list of them.
  std::vector<std::string> texts(const std::string& member);

  /// The first mistake so far, members that nobody asked for included. Ask when all members were read.
  result<void> checked() const;
  bool has(const std::string& member) const;

 private:
  struct entry {
    std::string name;
    std::string json;  ///< its value, raw
    bool used = false;
  };
  entry* take(const std::string& member);
  void complain(const std::string& member, const std::string& wanted);

  std::vector<entry> members_;
  std::optional<error> problem_;
};

/// Of requests that have nothing to say: the refusal of a body with members.
std::optional<refusal> unwanted_body(const http::request& asked);

wall_time wall_now();

/// The task that the path names as {id}; nullopt: that is no id, and `no_task` the answer.
std::optional<task_id> task_of(const http::path_values& values);
http::reply no_task(const http::path_values& values);

/// Of the query of GET /tasks. @errors invalid: also a parameter that is none
result<task_filter> filter_of(const http::request& asked);
/// Of a query that has nothing but `limit`. @errors invalid
result<int> limit_of(const http::request& asked);
/// Of the query of GET /audit. @errors invalid
result<audit_filter> audit_filter_of(const http::request& asked);

}  // namespace weir::app
