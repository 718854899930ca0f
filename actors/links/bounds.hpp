// How long a link may take to come up, and how much an unknown peer may cost: every bound with its reason.
#pragma once

#include <chrono>
#include <cstddef>

namespace weir::actors::links {

/// The bounds of one transport. Tests shorten them; nodes take them as they are.
struct bounds {
  /// Look-up and TCP connect of one dial: a SYN may be lost once (its repeat comes after 1 s).
  std::chrono::milliseconds dial{2000};
  /// TLS handshake and hello together, from accept or connect on: a busy small machine needs well under 1 s.
  std::chrono::milliseconds greeting{3000};
  /// A peer that acknowledges nothing, or takes nothing, for this long is gone (TCP_USER_TIMEOUT). Below the
  /// ttl, so that its name can be dialed anew before its partitions move.
  std::chrono::milliseconds silence{5000};
  /// Accepted connections that have not said hello yet. Beyond it the oldest of the address that holds most
  /// of them is closed, so that a flood of silent ones pushes out its own and not a good one.
  std::size_t pending = 64;
  /// Dials under way at once; each holds one descriptor.
  std::size_t dials = 256;
  /// Links up at once; each holds two descriptors and two buffers.
  std::size_t links = 1024;
  /// A producer's question: far above any payload, so that whoever sends too much is told so by the gateway, and far
  /// below what hurts. Held as it arrives, not as it was announced.
  std::size_t frame_bytes = std::size_t{64} << 20U;
};

/// A relay's buffer per direction: what is in flight inside one link never exceeds two of these.
inline constexpr std::size_t relay_buffer_bytes = std::size_t{64} << 10U;

/// The addresses of one name that a dial tries, one after the other.
inline constexpr std::size_t addresses_tried = 4;

/// Names looked up at once, each on a thread of its own, since nothing can end a look-up.
inline constexpr std::size_t look_ups_at_once = 32;

}  // namespace weir::actors::links
