// A collector of the test's own: a real HTTP server that answers what the test wants, or nothing.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <weir/boot_clock.hpp>

#include "http/server.hpp"

namespace weir::app::trace {

class fake_collector {
 public:
  struct post {
    boot_time at;
    std::vector<std::string> names;  ///< of the spans in it
    nlohmann::json body;
    http::header_map headers;
  };

  /// Has a port of its own, at which nobody answers before open().
  fake_collector();
  ~fake_collector();
  fake_collector(const fake_collector&) = delete;
  fake_collector& operator=(const fake_collector&) = delete;

  void open();
  void close();
  std::string url() const;

  /// Answers to the next requests; without one it is 200 and {}.
  void will_answer(std::vector<http::reply> next);
  /// From now on requests are taken and not answered, until release().
  void hold();
  void release();

  /// Waits until so many posts came, ten seconds at most; those that came.
  std::vector<post> posts(std::size_t at_least);
  /// Waits the same for spans; their names in the order in which they came.
  std::vector<std::string> spans(std::size_t at_least);

 private:
  void take(const http::request& asked, const http::respond& to);
  std::vector<std::string> names() const;

  int reserved_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<post> posts_;
  std::deque<http::reply> next_;
  bool holding_ = false;
  std::vector<http::respond> held_;
  std::unique_ptr<http::server> server_;
};

}  // namespace weir::app::trace
