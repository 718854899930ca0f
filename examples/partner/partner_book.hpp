// What the partner knows and what it holds against its clients: sessions, updates, violations. Pure: the
// clock and the connection numbers are handed in, nothing here touches a socket.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace partner {

/// Seconds of CLOCK_MONOTONIC.
using seconds = double;

/// What a second LOGIN beside an open session gets. It is counted as a violation either way.
enum class overlap_rule { refuse, count };

/// Writes one event, the rest of a JSON object without braces: `"event":"login","node":"n2"`.
class event_log {
 public:
  virtual ~event_log() = default;
  virtual void write(const std::string& members) = 0;
};

/// The partner's ledger. One thread.
class book {
 public:
  book(overlap_rule rule, event_log& log) : rule_(rule), log_(log) {}

  /// Opens a session of `connection`. "" or the reason why it was refused.
  std::string login(int connection, const std::string& node, std::int64_t token, seconds now);
  /// Ends the session of `connection`, if it has one. `how`: logout, eof, reset.
  void end(int connection, const std::string& how, seconds now);
  bool has_session(int connection) const { return open_.count(connection) != 0; }
  /// Connections with an open session.
  std::vector<int> sessions() const;

  /// An update starts to be worked on. "" or the reason why it was refused.
  std::string begin_update(int connection, const std::string& customer, std::int64_t version,
                           std::int64_t token, seconds now);
  /// ... and is applied, whether its client still waits or not.
  void finish_update(const std::string& customer, std::int64_t version, seconds now);

  /// One line of JSON.
  std::string report() const;

 private:
  struct session {
    std::string node;
    std::int64_t token = 0;
    std::int64_t updates = 0;
    seconds since = 0;
  };
  struct gap {
    std::string from, to;
    seconds length = 0;
  };

  bool stale(std::int64_t token);

  overlap_rule rule_;
  event_log& log_;
  std::map<int, session> open_;
  std::map<std::string, std::int64_t> customers_;
  std::vector<gap> gaps_;
  std::string last_node_;
  seconds last_end_ = 0;
  std::int64_t highest_token_ = 0;
  int in_flight_ = 0;
  std::int64_t sessions_ = 0, updates_ = 0, refused_ = 0;
  std::int64_t overlaps_ = 0, overlapping_updates_ = 0, token_regressions_ = 0, version_regressions_ = 0;
};

}  // namespace partner
