// The token by which a message of tasks that is sent again is known: a UUID of version 7 (RFC 9562, section 5.7).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <weir/driver/types.hpp>

namespace weir::domain {

/// @param sent    the sender's clock: only keeps the tokens of one time together
/// @param random  128 random bits, of which 74 are used
std::string make_message_token(wall_time sent, std::uint64_t random_high, std::uint64_t random_low);

/// As make_message_token writes it: 36 characters, version 7.
bool is_message_token(std::string_view text);

}  // namespace weir::domain
