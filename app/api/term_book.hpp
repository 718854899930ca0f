// The terms that this node began, and why those before them had ended: known to the database, looked up when asked for.
#pragma once

#include <mutex>
#include <vector>

#include <weir/driver/types.hpp>

#include "http/metrics.hpp"

namespace weir::app {

/// Threads: any.
class term_book {
 public:
  /// Every word that `reason` may be: how weir.term.reason says it, "first" where there was none before, and
  /// "unknown" where it was too long ago.
  static const std::vector<std::string>& reasons();

  void begun(leader_term term);
  /// Terms to read (newest first) so that settle() knows all; 1 if there is nothing to know.
  int wanted() const;
  /// Counts what was begun. @param newest_first  what console_store::leaders(asked) gave, `asked` as wanted() said
  void settle(const std::vector<term_row>& newest_first, int asked, http::family<http::counter>& into);

 private:
  mutable std::mutex lock_;
  std::vector<leader_term> begun_;
};

}  // namespace weir::app
