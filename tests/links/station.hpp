// A transport under test, with everything it said, and the small tools of these tests: sockets by hand,
// frames, processes, and a link that must not notice what happens beside it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "actors/links/transport.hpp"

namespace weir::actors::links {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// Far beyond what anything here takes, also with sanitizers on a busy machine.
inline constexpr auto patience = 20s;

/// Options of a node of cluster "test" that listens on a free port of loopback.
transport_options node_options(const std::string& name, std::int64_t node_id);

class station {
 public:
  explicit station(transport_options options);
  station(const std::string& name, std::int64_t node_id) : station(node_options(name, node_id)) {}
  ~station() { transport_->stop(); }

  transport& its() { return *transport_; }
  std::string address() const { return transport_->listening(); }

  /// Waits for the answer.
  result<link> dial(const std::string& address, const expected_peer& expected = {});
  /// The next accepted link; without one the test fails and the link is empty (id 0).
  link accepted();
  /// Waits until an event fits; false: none did.
  bool saw(const std::function<bool(const link_event&)>& fits, std::chrono::milliseconds within = patience);
  bool saw_why(const std::string& part) {
    return saw([&part](const link_event& event) { return event.why.find(part) != std::string::npos; });
  }
  int count(link_event::what kind);
  /// Waits until there are as many of a kind.
  bool counted(link_event::what kind, int wanted);
  /// All events as text, for messages.
  std::string story();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<link_event> events_;
  std::deque<link> links_;
  std::unique_ptr<transport> transport_;
};

/// Two stations and their link, with traffic on it from construction to check().
class witness {
 public:
  witness();
  explicit witness(const std::function<void(transport_options&)>& change);
  /// An echo passes, and neither end saw anything but one link coming up.
  void check();

 private:
  void echo();

  std::unique_ptr<station> left_, right_;
  link near_, far_;
};

/// A frame that passes: a message with a body of that size (>= 1).
std::string frame(std::size_t body_bytes);
std::string frame_header(unsigned operation, std::uint32_t body_bytes);

/// Blocking helpers on any descriptor, with a deadline each; they report less on failure.
bool write_all(int descriptor, std::string_view bytes, std::chrono::milliseconds within = patience);
/// What can be written without waiting longer than that for room; less than all: there was none.
std::size_t write_some(int descriptor, std::string_view bytes, std::chrono::milliseconds room_within);
/// What is there now, or the first that comes; 0: nothing in time, or the end.
std::size_t read_some(int descriptor, char* into, std::size_t most,
                      std::chrono::milliseconds within = patience);
std::string read_exactly(int descriptor, std::size_t bytes, std::chrono::milliseconds within = patience);
/// Reads until the end of file or an error; false: neither came in time.
bool ends(int descriptor, std::chrono::milliseconds within = patience);

/// A plain TCP connection to loopback; closed by its destructor.
local_end connect_to(std::uint16_t port);
/// A listening socket of loopback that nobody accepts from.
struct silent_port {
  local_end listening;
  std::vector<local_end> filling;
  std::uint16_t port = 0;
};
/// Connects, and then hears nothing.
silent_port make_silent_port();
/// Its queue is full, so not even a SYN is answered: what a host behind a dead cable looks like.
silent_port make_black_hole();

/// Bytes of memory this process has in use.
std::size_t resident_bytes();
/// What it may grow by while much travels: buffers, and what a sanitizer does not give back at once.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::size_t spare_bytes = std::size_t{32} << 20U;
#else
inline constexpr std::size_t spare_bytes = std::size_t{8} << 20U;
#endif

/// Another process that runs `body` and then leaves; killed by the destructor if need be.
/// Make it before any transport: forking copies one thread only.
class child {
 public:
  /// @param body  may tell() its parent one line at a time, and read lines of it.
  explicit child(const std::function<void(child& self)>& body);
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  void tell(const std::string& line);
  /// The next line of the other side; "" if none came.
  std::string hear();
  void send(int signal);
  /// Waits for its end.
  void reap();

 private:
  pid_t process_ = 0;
  local_end pipe_;
};

}  // namespace weir::actors::links
