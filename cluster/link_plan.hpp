// Whom to link with: one link per pair of nodes, made by one of the two, again and again with patience.
//
//   waiting --(due, and mine to dial)--> dialing --(up)--> linked --(closed)--> waiting
//                                          \--(failed)--> waiting, longer each time
//
// A new incarnation of a name starts anew: its older link is dropped, and what is still said of the older
// one is ignored. No sockets, no clock: what happened and what time it is are handed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <weir/boot_clock.hpp>
#include <weir/driver/types.hpp>

namespace weir::cluster {

/// A live node as the node table shows it.
struct link_peer {
  std::string name;
  node_id id = 0;
  std::string address;    ///< where its links listen; "" = it does not
  std::string machine{};  ///< node_facts::machine: a loopback address leads nowhere from another host
};

/// The wait before the next dial, doubling from the first to the last: a node that starts again is found
/// within a blink, one that is away for a day costs a dial in five seconds.
struct link_patience {
  std::chrono::milliseconds first{200};
  std::chrono::milliseconds last{5000};
  /// A link that was up this long proves its peer well: the wait starts from the first again.
  std::chrono::milliseconds proof{5000};
};

class link_plan {
 public:
  using link_number = std::uint64_t;

  struct step {
    std::vector<link_peer> dial;    ///< start now; each is answered by on_up or on_failed
    std::vector<link_number> drop;  ///< close now; on_closed for them is welcome and not needed
    std::optional<boot_time> next;  ///< when to ask again if nothing happens before; nullopt: not needed
  };

  /// @param me       this node's present incarnation; its address decides who dials.
  /// @param random   uniform in [0, 1), for jitter.
  link_plan(link_peer me, std::function<double()> random, link_patience patience = {});

  /// The live nodes now, this one may be among them. Who is not, loses its link.
  void on_peers(const std::vector<link_peer>& peers, boot_time now);
  /// A link is up, dialed or accepted. The newest of an incarnation replaces an older one; one to an
  /// incarnation that is not in the table is dropped.
  void on_up(const std::string& name, node_id id, link_number link, boot_time now);
  /// A dial of this incarnation came to nothing.
  void on_failed(const std::string& name, node_id id, boot_time now);
  void on_closed(link_number link, boot_time now);

  /// What to do now; asking again at once answers nothing new.
  step next(boot_time now);

  /// Why a link that `name` offers would not be kept; nullopt: welcome.
  std::optional<std::string> object_to(const std::string& name, node_id id) const;
  /// The link to a name, if it is up.
  std::optional<link_number> linked(const std::string& name) const;

 private:
  struct partner {
    link_peer peer;
    bool dialing = false;
    std::optional<link_number> link;
    boot_time since{};  // of the link
    boot_time due{};    // of the next dial
    int failures = 0;   // in a row
  };

  bool mine_to_dial(const link_peer& peer) const;
  void wait(partner& who, boot_time now);

  link_peer me_;
  std::function<double()> random_;
  link_patience patience_;
  std::map<std::string, partner> partners_;
  std::vector<link_number> drop_;
};

}  // namespace weir::cluster
