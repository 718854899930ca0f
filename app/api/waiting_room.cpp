#include "app/api/waiting_room.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "app/cli/wait_task.hpp"

namespace weir::app {

namespace {

using namespace std::chrono_literals;

constexpr auto every = 50ms;
/// A look at each costs the database a few hundred microseconds, so this many cost half of one clerk.
constexpr std::size_t most = 100;

}  // namespace

waiting_room::waiting_room(desk& readers) : readers_(readers), thread_([this] { run(); }) {}

waiting_room::~waiting_room() {
  {
    const std::lock_guard guard(lock_);
    ending_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

bool waiting_room::wait(task_id id, std::chrono::milliseconds limit, answer to) {
  const std::lock_guard guard(lock_);
  if (ending_ || count_ >= most) return false;
  guests_.push_back({id, boot_clock::now() + limit, std::move(to)});
  ++count_;
  wake_.notify_all();
  return true;
}

void waiting_room::run() {
  std::unique_lock guard(lock_);
  while (!ending_) {
    if (count_ == 0) {
      wake_.wait(guard, [this] { return ending_ || count_ > 0; });
      continue;
    }
    if (!looking_) looking_ = readers_.take([this](clerk& with) { look(with); });
    wake_.wait_for(guard, every, [this] { return ending_; });
  }
}

void waiting_room::look(clerk& with) {
  std::vector<guest> all;
  {
    const std::lock_guard guard(lock_);
    all.swap(guests_);
  }
  bool away = false;
  all.erase(std::remove_if(all.begin(), all.end(), [&](guest& one) { return settled(with, one, away); }),
            all.end());
  const std::lock_guard guard(lock_);
  count_ = guests_.size() + all.size();
  std::move(all.begin(), all.end(), std::back_inserter(guests_));
  looking_ = false;
}

/// Looks at one guest's task; answers if it has ended or the time is up.
/// @param away  the database did not answer: in this look it is not asked again, since each question takes as long.
bool waiting_room::settled(clerk& with, guest& one, bool& away) {
  const error silent{errc::unavailable, "the database does not answer"};
  result<task_record> seen = away ? result<task_record>{silent}
                                  : with.console([&](console_store& store) { return store.task(one.id); });
  if (seen && seen->state == task_state::cancelled) {
    const auto next = with.console([&](console_store& store) { return store.successor(one.id); });
    if (next && *next) {
      one.id = **next;
      seen = with.console([&](console_store& store) { return store.task(one.id); });
    }
  }
  away = away || (!seen && seen.error().code == errc::unavailable);
  const bool late = boot_clock::now() >= one.until;
  if (!late && (!seen || !is_final(seen->state))) return false;
  one.to(seen);
  return true;
}

}  // namespace weir::app
