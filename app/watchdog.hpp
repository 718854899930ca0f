// Tells systemd that the node lives, for as long as it does.
//
// What it proves: the beat goes on, and what the beat says is taken up by those who decide about tasks. A node whose
// beats go on while its actors stand still keeps its partitions and does nothing with them, and no other node may help;
// a new start does. The database's silence proves nothing: it is waited for, and a new start would wait, too. Where no
// incarnation is at work (joining, or after its death) nothing is held, and nobody waits for this node.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include <weir/boot_clock.hpp>

namespace weir::app {

class watchdog {
 public:
  /// Starts a thread that does nothing else.
  /// @param period    within which it is to be fed, above 0; it is fed four times as often.
  /// @param patience  a sign of life counts for so long.
  /// @param feed      must not throw; called on the thread.
  watchdog(std::chrono::milliseconds period, std::chrono::milliseconds patience, std::function<void()> feed);
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

  /// From now on it is fed only after a sign of life that counts.
  /// @param last_sign  when the last one was; called on the thread. Empty: nothing is at work, and it is fed anyway.
  ///                   The former one is not called any more once this returns.
  void look_at(std::function<boot_time()> last_sign);

 private:
  void run();
  void look();

  const std::chrono::milliseconds every_;
  const std::chrono::milliseconds patience_;
  const std::function<void()> feed_;
  std::mutex lock_;
  std::condition_variable ending_;
  std::function<boot_time()> last_sign_;
  int missed_ = 0;  ///< looks in a row without a sign
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace weir::app
