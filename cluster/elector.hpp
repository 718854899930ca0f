// Who leads: tries the lock each second, and gives up at the first unclear answer.
//
//   following --(lock obtained, new term)--> leading --(renewal false, unclear, or too old)--> following
//
// The advisory lock proves nothing by itself (its session can be dead while the process believes); the term
// in every write of a leader is what counts. The lock only makes a crash visible within milliseconds.
#pragma once

#include <optional>
#include <string>

#include <weir/driver/leadership_store.hpp>

namespace weir::cluster {

struct elector_settings {
  node_id me = 0;
  std::chrono::milliseconds ttl, margin;
};

class elector {
 public:
  struct change {
    std::optional<leader_term> gained;
    std::optional<std::string> lost;  ///< why
  };

  elector(leadership_store& store, elector_settings settings) : store_(store), settings_(settings) {}

  /// One try or one renewal.
  /// @param sent  now, read before the call; trust in a renewal counts from there.
  change step(boot_time sent);
  /// Steps down on purpose.
  change resign(const std::string& reason);

  std::optional<leader_term> leading() const { return term_; }
  /// A leader whose last renewal is older than ttl - margin must not write any more.
  boot_time trusted_until() const { return trusted_until_; }

 private:
  change step_down(std::string why);

  leadership_store& store_;
  elector_settings settings_;
  std::optional<leader_term> term_;
  boot_time trusted_until_{};
  bool connected_ = true;
};

}  // namespace weir::cluster
