// What can go wrong between a store and the database, as a test orders it.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <weir/result.hpp>

namespace weir::memory {

struct fault {
  enum class what {
    refuse,       ///< nothing happens; the answer is `code`
    lose_answer,  ///< it happens, but the answer is lost: in_doubt (a read: unavailable)
    delay,        ///< as lose_answer, but it arrives at the server only with world::deliver_delayed()
    hold,         ///< insert and finish: the transaction stays open, holding its fences, until
                  ///< world::decide_held(); anything else: as lose_answer
  };
  what kind = what::refuse;
  errc code = errc::unavailable;  ///< of `refuse` only
};

/// The faults of one driver, that is of one node's way to the database. Thread-safe.
/// An answer of unavailable or in_doubt breaks the session: the store must reconnect.
class faults {
 public:
  /// Strikes the next call of an operation, named as its member function with the store in front:
  /// "tasks.finish", "membership.beat", "leadership.renew". Several for one operation queue up.
  void next(const std::string& operation, fault ordered);
  /// Asked before each call that has no fault ordered; nullopt = no fault. For seeded simulations.
  void decide_by(std::function<std::optional<fault>(const std::string& operation)> decide);
  /// Cut: every call fails and nothing can reconnect, while the server still believes in the sessions (and
  /// keeps their lock) until it ends them.
  void cut(bool value);

  // -- for the stores
  bool is_cut() const;
  std::optional<fault> take(const std::string& operation);

 private:
  mutable std::mutex mutex_;
  bool cut_ = false;
  std::multimap<std::string, fault> ordered_;
  std::function<std::optional<fault>(const std::string&)> decide_;
};

}  // namespace weir::memory
