// Packing a fencing token.
#include "domain/fencing_token.hpp"

#include <weir/assert.hpp>

namespace weir::domain {

std::uint64_t fencing_token(std::int32_t timeline, epoch_number epoch) {
  WEIR_ASSERT(timeline >= 0);
  WEIR_ASSERT(timeline < timeline_limit);
  WEIR_ASSERT(epoch >= 0);
  WEIR_ASSERT(epoch < epoch_number{1} << epoch_bits);
  return static_cast<std::uint64_t>(timeline) << epoch_bits | static_cast<std::uint64_t>(epoch);
}

}  // namespace weir::domain
