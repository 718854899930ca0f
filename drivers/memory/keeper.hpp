// Who keeps a world on a disk, if anybody does.
//
// The world takes turns with its mutex, the disk does not: what a call changed is taken while the mutex is held, and is
// waited for after it, so that what came meanwhile is kept together. What a call only read is waited for as well:
// nobody ever sees a row that a crash could take back.
#pragma once

#include <cstdint>

#include <weir/result.hpp>
#include "drivers/memory/tables.hpp"

namespace weir::memory {

class keeper {
 public:
  using ticket = std::uint64_t;

  virtual ~keeper() = default;

  // -- with the world's mutex held
  /// What is kept now. @errors unavailable
  virtual result<world_rows> load() = 0;
  /// Takes what was changed since the last time, and does not block. Answers up to where the caller has seen.
  virtual ticket take(const world_rows& changed) = 0;
  /// True after a write that failed: from then on nothing is kept until a `load`.
  virtual bool lost() const = 0;

  // -- without it
  /// Blocks until all of it is kept. @errors unavailable: it is not, or nobody knows; the tables are ahead of the disk
  virtual result<void> wait(ticket upto) = 0;
};

}  // namespace weir::memory
