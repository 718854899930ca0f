// Vets the frames that a peer sends before CAF sees them. CAF's reader trusts its peers: one header without
// the body it expects ends the process, one that announces gigabytes makes it allocate them.
//
// A frame is a header of 32 bytes, big-endian (byte 0 what it is, bytes 4 to 7 the length of its body), and
// the body. Only headers are looked at; nothing is stored but the one that is incomplete.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <weir/result.hpp>

namespace weir::actors::links {

inline constexpr std::size_t frame_header_bytes = 32;
/// The largest body: far above weir's own bound for a batch (1 MiB), far below what hurts.
inline constexpr std::uint32_t frame_body_max = 64U << 20U;
/// The highest operation that CAF 0.17 and 1.x know (heartbeat).
inline constexpr unsigned frame_operation_max = 6;

/// The check of one direction of one link. Threads: one at a time.
class frame_check {
 public:
  /// Takes the next bytes, split anywhere.
  /// @errors invalid: a frame that CAF must not see, and why; every later call answers the same.
  result<void> feed(std::string_view bytes);

 private:
  result<void> check_header() const;

  std::array<unsigned char, frame_header_bytes> header_{};
  std::size_t have_ = 0;    // bytes of the header
  std::uint64_t body_ = 0;  // bytes of the body still to come
  bool bad_ = false;
};

}  // namespace weir::actors::links
