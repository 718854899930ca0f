// Snapshots of the commit history, as PostgreSQL has them: which transactions are visible.
//
// The text form is that of a pg_snapshot, "xmin:xmax:xip,...": every transaction below xmin is over, none
// from xmax on is visible, and those listed were running.
#pragma once

#include <set>

#include <weir/driver/types.hpp>

namespace weir::memory {

struct parsed_snapshot {
  transaction_id xmin = 1;
  transaction_id xmax = 1;
  std::set<transaction_id> running;

  /// True if the effects of `xid` (which is known to have committed by now) belong to the snapshot.
  bool sees(transaction_id xid) const { return xid < xmax && running.count(xid) == 0; }
};

/// Asserts on text that this driver did not write: a snapshot is opaque, nobody else makes one.
parsed_snapshot parse(const snapshot& text);
snapshot format(const parsed_snapshot& value);

}  // namespace weir::memory
