// A stream's term inside a thread pool: when its hooks are due, and their calls.
//
// Every member is called with the pool's mutex held; call() lets go of it while the hook runs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "runner/log_sink.hpp"
#include "runner/run_control.hpp"
#include "runner/session_term.hpp"
#include "runner/stream_hooks.hpp"

namespace weir::runner {

/// Whose hooks, and who is told.
struct term_facts {
  std::string stream, node;
  stream_hooks hooks;
  std::function<void()> on_opened;  ///< may be empty
};

class hooked_term {
 public:
  hooked_term(term_facts facts, std::shared_ptr<const shared_instant> owned_until, log_sink log)
      : facts_(std::move(facts)),
        owned_until_(std::move(owned_until)),
        log_(std::move(log)),
        term_(facts_.hooks.any()),
        control_(owned_until_) {}

  /// The stream has come under this token, or has a task under it.
  void want(std::uint64_t fencing_token);
  /// True if tasks may run.
  bool ready() const { return term_.ready(); }
  /// From now on the close hook is what is left to do.
  void close();
  /// Asks the hook that is being called to end.
  void stop() { control_.stop(); }

  /// A hook is to be called, now or later.
  bool waits() const;
  /// A hook is to be called now. @param runs_over  no action runs any more.
  bool due(bool runs_over) const;
  /// When due() turns true by itself; max() for never.
  boot_time next_try() const;
  /// A hook runs, or must run before the stream may leave.
  bool in_the_way() const;
  /// Calls the hook that is due, without the lock.
  void call(std::unique_lock<std::mutex>& lock);

 private:
  /// Past it nothing is called: whoever owns the stream now may be logged in already.
  bool owned() const { return boot_clock::now() < owned_until_->get(); }

  const term_facts facts_;
  const std::shared_ptr<const shared_instant> owned_until_;
  const log_sink log_;
  session_term term_;
  run_control control_;
  std::uint64_t token_ = 0;  ///< the highest heard of
  bool closing_ = false;
};

}  // namespace weir::runner
