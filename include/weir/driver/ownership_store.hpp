// Taking and giving back partitions: compare-and-set on the fence row.
#pragma once

#include <string>

#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir {

class ownership_store {
 public:
  virtual ~ownership_store() = default;
  virtual result<void> reconnect() = 0;

  /// Takes a free partition that the leader wishes this node to have, under a new epoch.
  ///
  /// Waits, at most the lock timeout, for every transaction that still holds the old fence.
  /// @param timeline_waited  this node has seen the present timeline for a ttl by its own clock: needed
  ///                         when the partition's timeline is an older one.
  /// @param crash_waited     the stream's handover_delay has passed since this node first saw the
  ///                         partition freed by a crash.
  /// @errors refused (not free, not wished, not waited, I am dead), timeout (a fence is held: again),
  ///         unavailable, in_doubt (look at the next beat: if it is mine, resume it)
  virtual result<ownership> acquire(node_id me, part_id part, bool timeline_waited, bool crash_waited) = 0;

  /// Takes a new epoch on a partition that this node already owns: after an in-doubt write the answer
  /// of this statement proves that the write is decided, and what it reads tells how.
  virtual result<ownership> renew(node_id me, fence held) = 0;

  /// Gives it back, cleanly: nothing of it runs any more. False: it was not mine (any more).
  virtual result<bool> release(node_id me, fence held) = 0;
};

}  // namespace weir
