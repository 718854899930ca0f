#include "app/api/term_book.hpp"

#include <algorithm>
#include <utility>

namespace weir::app {

namespace {

constexpr int most_terms = 1000;

/// Why the term before `begun` ended.
std::string reason_before(const leader_term& begun, const std::vector<term_row>& newest_first) {
  const auto mine = std::find_if(newest_first.begin(), newest_first.end(), [&](const term_row& row) {
    return row.fence.term == begun.term && row.fence.timeline == begun.timeline;
  });
  if (mine == newest_first.end()) return "unknown";
  if (std::next(mine) != newest_first.end()) return std::next(mine)->reason;
  return newest_first.size() < most_terms ? "first" : "unknown";
}

}  // namespace

const std::vector<std::string>& term_book::reasons() {
  static const std::vector<std::string> all{"resigned", "lost", "dead", "superseded", "first", "unknown"};
  return all;
}

void term_book::begun(leader_term term) {
  const std::lock_guard guard(lock_);
  begun_.push_back(term);
}

int term_book::wanted() const {
  const std::lock_guard guard(lock_);
  return begun_.empty() ? 1 : most_terms;
}

void term_book::settle(const std::vector<term_row>& newest_first, int asked,
                       http::family<http::counter>& into) {
  if (asked < most_terms) return;
  std::vector<leader_term> open;
  {
    const std::lock_guard guard(lock_);
    // One that has just begun may be younger than what was read.
    const auto known = [&](const leader_term& one) {
      return !newest_first.empty() && one.term <= newest_first.front().fence.term;
    };
    const auto rest = std::stable_partition(begun_.begin(), begun_.end(), known);
    open.assign(begun_.begin(), rest);
    begun_.erase(begun_.begin(), rest);
  }
  for (const leader_term& one : open) {
    const std::string reason = reason_before(one, newest_first);
    const bool usual = std::count(reasons().begin(), reasons().end(), reason) > 0;
    into.with({usual ? reason : "unknown"}).add();
  }
}

}  // namespace weir::app
