#include "cluster/hint_line.hpp"

#include <utility>

namespace weir::cluster {

namespace {

std::vector<part_id> take(std::set<part_id>& from) {
  std::vector<part_id> taken;
  while (!from.empty() && taken.size() < hint_parts_max) {
    taken.push_back(*from.begin());
    from.erase(from.begin());
  }
  return taken;
}

}  // namespace

void hint_line::add(const hints& more) {
  look_ = look_ || more.look;
  freed_.insert(more.freed.begin(), more.freed.end());
  fed_.insert(more.fed.begin(), more.fed.end());
}

std::optional<hints> hint_line::next(boot_time now) {
  const bool nothing = !look_ && freed_.empty() && fed_.empty();
  if (under_way_ || (nothing && now - sent_ < hint_pulse)) return std::nullopt;
  under_way_ = true;
  sent_ = now;
  return hints{std::exchange(look_, false), take(freed_), take(fed_)};
}

}  // namespace weir::cluster
