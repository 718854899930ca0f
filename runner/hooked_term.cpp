#include "runner/hooked_term.hpp"

#include <algorithm>

namespace weir::runner {

void hooked_term::want(std::uint64_t fencing_token) {
  token_ = std::max(token_, fencing_token);
  term_.want();
}

void hooked_term::close() {
  closing_ = true;
  if (term_.in_hook()) control_.stop();
}

bool hooked_term::waits() const { return closing_ ? term_.close_due() : next_try() != boot_time::max(); }

bool hooked_term::due(bool runs_over) const {
  if (!waits() || !owned()) return false;
  return closing_ ? term_.close_due() && runs_over : term_.open_due(boot_clock::now());
}

boot_time hooked_term::next_try() const { return closing_ ? boot_time::max() : term_.next_try(); }

bool hooked_term::in_the_way() const { return term_.in_hook() || (term_.close_due() && owned()); }

void hooked_term::call(std::unique_lock<std::mutex>& lock) {
  const bool opens = !closing_;
  opens ? term_.begin_open() : term_.begin_close();
  const hook_place where{facts_.stream, facts_.node, token_};
  lock.unlock();
  const auto said = call_hook(opens ? facts_.hooks.open : facts_.hooks.close, where, control_, log_);
  if (!said && log_) {
    const std::string what =
        opens ? "cannot be opened, and no task of it runs until it is: " : "its close hook failed: ";
    log_({log_level::error, facts_.stream, 0, {}, 0, what + said.error().message});
  }
  if (said && opens && facts_.on_opened) facts_.on_opened();
  lock.lock();
  opens ? term_.opened(said.ok(), boot_clock::now()) : term_.closed();
}

}  // namespace weir::runner
