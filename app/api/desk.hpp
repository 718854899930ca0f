// Where requests meet the database: a few clerks, each a thread with sessions of its own, and a queue with an end.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <weir/driver.hpp>

namespace weir::app {

/// One clerk's sessions, opened by their first use and closed when they were not used for a while, with the name of
/// whom they serve.
class clerk {
 public:
  explicit clerk(driver& store) : store_(store) {}

  /// Asks a store one thing; a session that was lost is opened again, and it is asked anew if nothing was sent. So one
  /// `ask` is one transaction, or reads only.
  template <class Ask>
  auto console(const Ask& ask) {
    return on(
        console_, [this] { return store_.open_console(); }, ask);
  }
  template <class Ask>
  auto schedules(const Ask& ask) {
    return on(
        schedules_, [this] { return store_.open_schedules(); }, ask);
  }
  /// Whom the next orders are for, as the audit has it.
  void serve(operator_identity whom) { whom_ = std::move(whom); }
  /// How the tasks of the order were chosen.
  void note_filter(std::string json) { whom_.filter = std::move(json); }
  bool idle() const { return !console_ && !schedules_; }
  void close() {
    console_.reset();
    schedules_.reset();
  }

 private:
  template <class Store, class Open, class Ask>
  auto on(std::unique_ptr<Store>& session, const Open& open, const Ask& ask) {
    if (!session) session = open();
    session->act_as(whom_);
    auto answer = ask(*session);
    if (!answer && answer.error().code == errc::unavailable && session->reconnect()) answer = ask(*session);
    return answer;
  }

  driver& store_;
  operator_identity whom_;
  std::unique_ptr<console_store> console_;
  std::unique_ptr<schedule_store> schedules_;
};

class desk {
 public:
  using errand = std::function<void(clerk&)>;

  /// @param store    outlives the desk.
  /// @param clerks   threads, and sessions of each kind at most.
  /// @param waiting  errands at most that wait for a clerk.
  desk(driver& store, std::size_t clerks, std::size_t waiting);
  ~desk() { close(); }
  desk(const desk&) = delete;
  desk& operator=(const desk&) = delete;

  /// From any thread; never blocks. The errand must not throw. @return false: the queue is full
  bool take(errand what);
  /// Takes nothing more, drops the errands that wait, and ends when those that are being done have.
  void close();

 private:
  void work();

  driver& store_;
  const std::size_t most_waiting_;
  std::mutex lock_;
  std::condition_variable wake_;
  std::deque<errand> errands_;
  bool closing_ = false;
  std::vector<std::thread> clerks_;
};

}  // namespace weir::app
