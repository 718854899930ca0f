// The client's side of the partner: one session. It lives in the runner process of the stream, so it ends when
// the stream leaves, however that happens.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include <nlohmann/json.hpp>

namespace partner {

/// One login at the partner. Threads take turns.
class session {
 public:
  /// `address` is HOST:PORT, HOST an IPv4 address.
  explicit session(std::string address) : address_(std::move(address)) {}
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Logs in, if there is no session. "" or what went wrong.
  std::string log_in(const std::string& node, std::uint64_t token, const std::function<bool()>& stop);
  void log_out();
  /// Sends one update and waits for the answer; logs in before if there is no session. "" or what went
  /// wrong; after a broken connection the next call starts anew. Returns early when `stop` says so.
  std::string update(const std::string& node, std::uint64_t token, const nlohmann::json& data,
                     const std::function<bool()>& stop);

 private:
  std::string open(const std::string& node, const std::string& token, const std::function<bool()>& stop);
  std::string ask(const nlohmann::json& request, const std::function<bool()>& stop);
  std::string broken(const std::string& what);
  void shut();

  std::mutex turn_;
  std::string address_;
  std::string unread_;
  int fd_ = -1;
};

}  // namespace partner
