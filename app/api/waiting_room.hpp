// Requests that wait for the end of a task (`?wait=5s`): looked after together, however many there are.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include <weir/boot_clock.hpp>
#include <weir/driver/console_store.hpp>

#include "app/api/desk.hpp"

namespace weir::app {

class waiting_room {
 public:
  /// Called once, from any thread: the task as last seen, its successors followed; ended, or time is up.
  using answer = std::function<void(const result<task_record>&)>;

  /// @param readers  outlives it.
  explicit waiting_room(desk& readers);
  ~waiting_room();
  waiting_room(const waiting_room&) = delete;
  waiting_room& operator=(const waiting_room&) = delete;

  /// @return false: too many wait; the answer is not called.
  bool wait(task_id id, std::chrono::milliseconds limit, answer to);

 private:
  struct guest {
    task_id id = 0;
    boot_time until{};
    answer to;
  };
  void run();
  void look(clerk& with);
  static bool settled(clerk& with, guest& one, bool& away);

  desk& readers_;
  std::mutex lock_;
  std::condition_variable wake_;
  std::vector<guest> guests_;  ///< those that are not being looked after
  std::size_t count_ = 0;      ///< all
  bool ending_ = false;
  bool looking_ = false;
  std::thread thread_;
};

}  // namespace weir::app
