// The inside of the worker machine, shared by its .cpp files: a partition and a stream as a node sees them.
#pragma once

#include <algorithm>

#include "cluster/worker_machine.hpp"
#include "domain/start_pace.hpp"

namespace weir::cluster {

/// Pause after an error of the store: it is away or overloaded, and hammering it helps nobody.
inline constexpr std::chrono::milliseconds store_pause{200};
/// How often a wished partition that another node still holds is tried: the better part of a hand-over's gap.
inline constexpr std::chrono::milliseconds release_pause{50};

/// One partition on this node.
struct worker_machine::holding {
  enum class phase { free, owned, renewing, draining, releasing, lost };

  partition_row row;  ///< as last seen in a view
  phase at = phase::free;
  bool wanted = false;  ///< the leader wishes it here, and the node takes work
  std::optional<boot_time> wanted_since;
  std::optional<boot_time> unwanted_since;
  boot_time asked{};                    ///< when it was last tried to be acquired
  std::optional<boot_time> freed_seen;  ///< first seen freed by a crash
  std::unique_ptr<partition_owner> owner;
  std::int32_t timeline = 0;
  std::int64_t requests_read = 0;  ///< cursor
  boot_time drain_until{};
  boot_time last_mark{};
  boot_time last_shown{};

  bool works() const { return at == phase::owned || at == phase::draining; }
};

/// One stream on this node.
struct worker_machine::lane {
  stream_row stream;
  std::vector<part_id> parts;  ///< held here
  std::size_t turn = 0;
  int running = 0;
  bool opened = false;  ///< an executor may hold code of it
  bool closing = false;
  int made_for = 0;  ///< runs at once of its executor
  domain::start_pace pace;
  domain::circuit_breaker breaker;

  /// What a view says, but for what its executor was made with: that changes when the stream comes the next time.
  void obey(const stream_row& said) {
    const bool made = opened || closing;
    const isolation where = made ? stream.where : said.where;
    if (!made) made_for = said.concurrency;
    stream = said;
    stream.where = where;
    stream.concurrency = std::min(said.concurrency, made_for);
  }

  /// Its executor must be closed, and be seen closed, before the stream may go to another node.
  bool isolated() const { return stream.where == isolation::process || stream.mode == stream_mode::single; }
};

}  // namespace weir::cluster
