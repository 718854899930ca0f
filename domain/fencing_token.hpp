// (database timeline, epoch) as one integer that only grows: per partition, and from deleted ones to those made later.
//
// An action passes it to outside systems that can refuse an old owner. After a fail-over epochs may repeat,
// but the timeline is a higher one then, and it stands in the higher bits.
#pragma once

#include <cstdint>

#include <weir/driver/types.hpp>

namespace weir::domain {

/// Bits of the epoch: a partition that changed owners each second would need 34,000 years to use them up.
inline constexpr int epoch_bits = 40;
/// 23 bits, so that a token is a positive number for programs that know signed 64-bit integers only.
inline constexpr std::int32_t timeline_limit = std::int32_t{1} << (63 - epoch_bits);

/// timeline * 2^40 + epoch. Asserts 0 <= timeline < timeline_limit and 0 <= epoch < 2^40.
std::uint64_t fencing_token(std::int32_t timeline, epoch_number epoch);

}  // namespace weir::domain
