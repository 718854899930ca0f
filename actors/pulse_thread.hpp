// The beat's own thread: no work runs on it, so that no load can make a healthy node look dead. Between two beats it
// hears producers call, since its session is one that can listen.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>

#include <weir/bell.hpp>

#include "cluster/pulse.hpp"

namespace weir::actors {

class pulse_thread {
 public:
  /// @param note     what to say with the next beat.
  /// @param on_news  called on the thread after every step; must not block.
  /// @param on_fed   called on the thread when a producer's call says that partitions of this node have new tasks; must
  ///                 not block.
  pulse_thread(std::unique_ptr<membership_store> store, cluster::pulse_settings settings, boot_time joined,
               std::function<cluster::worker_note()> note, std::function<void(cluster::pulse_news)> on_news,
               std::function<void(std::vector<part_id>)> on_fed)
      : store_(std::move(store)),
        pulse_(*store_, settings, joined, [] { return boot_clock::now(); }),
        note_(std::move(note)),
        on_news_(std::move(on_news)),
        on_fed_(std::move(on_fed)),
        thread_([this] { run(); }) {}

  ~pulse_thread() { end(false); }
  pulse_thread(const pulse_thread&) = delete;
  pulse_thread& operator=(const pulse_thread&) = delete;

  /// From the next beat on, which comes now, the node is shown as draining.
  void begin_stop() {
    stopping_ = true;
    look();
  }

  /// Something is to be seen: the next beat comes now, unless one has just been.
  void look() {
    looking_ = true;
    wake_.ring();
  }

  /// A beat is sent and not yet answered, or no session is to be had for it. From any thread.
  bool asks_database() const { return asking_; }

  /// Stops beating; with `leave`, says goodbye first.
  void end(bool leave) {
    ended_ = true;
    wake_.ring();
    if (!thread_.joinable()) return;
    thread_.join();
    if (leave) (void)pulse_.leave();
  }

 private:
  /// Between two beats, however often others say "look": a statement is some hundred microseconds.
  static constexpr std::chrono::milliseconds look_pause{20};

  void run() {
    ::pthread_setname_np(::pthread_self(), "weir-pulse");
    while (!ended_) {
      const bool stopping = stopping_;
      if (stopping) pulse_.begin_stop();
      looking_ = false;
      const boot_time begun = boot_clock::now();
      const cluster::worker_note said = note_();
      asking_ = true;
      cluster::pulse_news news = pulse_.step(said);
      asking_ = false;
      const boot_time next = news.next;
      if (news.kind == cluster::pulse_news::what::good) learn(news.view);
      on_news_(std::move(news));
      // The kernel waits by another clock than boot time: the wait is cut into what is left now.
      const auto due = [&] {
        return stopping_ != stopping ? begun : looking_ ? std::min(next, begun + look_pause) : next;
      };
      for (boot_time now = boot_clock::now(); !ended_ && now < due(); now = boot_clock::now())
        hear(store_->await_tasks(due() - now, wake_));
    }
  }

  void learn(const beat_view& view) {
    parts_of_.clear();
    for (const partition_row& part : view.partitions) parts_of_[part.stream].push_back(part.id);
  }

  void hear(const std::vector<stream_id>& fed) {
    std::vector<part_id> parts;
    for (const stream_id stream : fed) {
      const auto here = parts_of_.find(stream);
      if (here != parts_of_.end()) parts.insert(parts.end(), here->second.begin(), here->second.end());
    }
    if (!parts.empty()) on_fed_(std::move(parts));
  }

  std::unique_ptr<membership_store> store_;
  cluster::pulse pulse_;
  std::function<cluster::worker_note()> note_;
  std::function<void(cluster::pulse_news)> on_news_;
  std::function<void(std::vector<part_id>)> on_fed_;
  std::map<stream_id, std::vector<part_id>> parts_of_;  ///< as the last beat showed them
  bell wake_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> looking_ = false;
  std::atomic<bool> ended_ = false;
  std::atomic<bool> asking_ = false;
  std::thread thread_;
};

}  // namespace weir::actors
