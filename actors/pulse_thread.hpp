// The beat's own thread: nothing else runs on it, so that no load can make a healthy node look dead.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "cluster/pulse.hpp"

namespace weir::actors {

class pulse_thread {
 public:
  /// @param note     what to say with the next beat.
  /// @param on_news  called on the thread after every step; must not block.
  pulse_thread(std::unique_ptr<membership_store> store, cluster::pulse_settings settings, boot_time joined,
               std::function<cluster::worker_note()> note, std::function<void(cluster::pulse_news)> on_news)
      : store_(std::move(store)),
        pulse_(*store_, settings, joined, [] { return boot_clock::now(); }),
        note_(std::move(note)),
        on_news_(std::move(on_news)),
        thread_([this] { run(); }) {}

  ~pulse_thread() { end(false); }
  pulse_thread(const pulse_thread&) = delete;
  pulse_thread& operator=(const pulse_thread&) = delete;

  /// From the next beat on the node is shown as draining.
  void begin_stop() {
    const std::lock_guard guard(lock_);
    stopping_ = true;
    wake_.notify_all();
  }

  /// Something is to be seen: the next beat comes now, unless one has just been.
  void look() {
    const std::lock_guard guard(lock_);
    looking_ = true;
    wake_.notify_all();
  }

  /// Stops beating; with `leave`, says goodbye first.
  void end(bool leave) {
    {
      const std::lock_guard guard(lock_);
      ended_ = true;
      wake_.notify_all();
    }
    if (!thread_.joinable()) return;
    thread_.join();
    if (leave) (void)pulse_.leave();
  }

 private:
  /// Between two beats, however often others say "look": a statement is some hundred microseconds.
  static constexpr std::chrono::milliseconds look_pause{20};

  void run() {
    std::unique_lock guard(lock_);
    while (!ended_) {
      if (stopping_) pulse_.begin_stop();
      looking_ = false;
      const boot_time begun = boot_clock::now();
      guard.unlock();
      cluster::pulse_news news = pulse_.step(note_());
      const boot_time next = news.next;
      on_news_(std::move(news));
      guard.lock();
      // A condition variable waits on other clocks than boot time: the wait is cut into what is left now.
      const bool stopping = stopping_;
      const auto due = [&] { return looking_ ? std::min(next, begun + look_pause) : next; };
      while (!ended_ && stopping_ == stopping && boot_clock::now() < due())
        wake_.wait_for(guard, due() - boot_clock::now());
    }
  }

  std::unique_ptr<membership_store> store_;
  cluster::pulse pulse_;
  std::function<cluster::worker_note()> note_;
  std::function<void(cluster::pulse_news)> on_news_;
  std::mutex lock_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool looking_ = false;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace weir::actors
