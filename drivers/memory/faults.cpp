#include "drivers/memory/faults.hpp"

#include <utility>

namespace weir::memory {

void faults::next(const std::string& operation, fault ordered) {
  const std::lock_guard lock{mutex_};
  ordered_.emplace(operation, ordered);
}

void faults::decide_by(std::function<std::optional<fault>(const std::string&)> decide) {
  const std::lock_guard lock{mutex_};
  decide_ = std::move(decide);
}

void faults::cut(bool value) {
  const std::lock_guard lock{mutex_};
  cut_ = value;
}

bool faults::is_cut() const {
  const std::lock_guard lock{mutex_};
  return cut_;
}

std::optional<fault> faults::take(const std::string& operation) {
  const std::lock_guard lock{mutex_};
  if (const auto at = ordered_.find(operation); at != ordered_.end()) {
    const fault taken = at->second;
    ordered_.erase(at);
    return taken;
  }
  return decide_ ? decide_(operation) : std::nullopt;
}

}  // namespace weir::memory
