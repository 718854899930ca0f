// Counting what fails in a row.
#include "domain/circuit_breaker.hpp"

#include <utility>

namespace weir::domain {

namespace {

enum class judgement { good, bad, says_nothing };

judgement judged(run_result result) {
  switch (result) {
    case run_result::success: return judgement::good;
    case run_result::retry:
    case run_result::failure:
    case run_result::timeout:
    case run_result::crash:
    case run_result::last_crash: return judgement::bad;
    case run_result::snooze:
    case run_result::cancel:
    case run_result::interrupted:
    case run_result::superseded:
    case run_result::moved: break;
  }
  return judgement::says_nothing;
}

}  // namespace

std::optional<boot_time> circuit_breaker::next(boot_time now) const {
  if (!open_) return now;
  if (tried_) return std::nullopt;
  return until_;
}

void circuit_breaker::started(std::uint64_t run) {
  if (open_) tried_ = run;
}

circuit_breaker::change circuit_breaker::ended(std::uint64_t run, run_result result,
                                               const std::string& message, const breaker_rule& rule,
                                               boot_time now) {
  if (open_ && tried_ != run) return change::none;
  tried_.reset();
  switch (judged(result)) {
    case judgement::good: return reset();
    case judgement::says_nothing: return change::none;
    case judgement::bad: break;
  }
  if (rule.failures <= 0) return change::none;
  ++failures_;
  message_ = message;
  if (!open_ && failures_ < rule.failures) return change::none;
  open_ = true;
  until_ = now + rule.pause;
  return change::opened;
}

void circuit_breaker::forget(std::uint64_t run) {
  if (tried_ == run) tried_.reset();
}

circuit_breaker::change circuit_breaker::obey(const breaker_rule& rule) {
  return rule.failures <= 0 ? reset() : change::none;
}

circuit_breaker::change circuit_breaker::reset() {
  const bool was_open = std::exchange(*this, {}).open_;
  return was_open ? change::closed : change::none;
}

}  // namespace weir::domain
