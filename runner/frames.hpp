// What a node and its runner say to each other over their socket: length-prefixed binary frames.
//
// A frame is a 4-byte length, a type byte, and fields: integers as 8 bytes, texts as a 4-byte length and
// bytes; all little-endian. Pure: bytes in, values out. The decoder trusts nothing: an action shares its
// process with the runner's end and may write whatever it likes into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <weir/boot_clock.hpp>
#include <weir/result.hpp>

#include "domain/execution.hpp"
#include "runner/log_sink.hpp"

namespace weir::runner {

// -- node to runner
/// Ownership ends at this instant: arm the kernel timer.
struct extend_frame {
  boot_time deadline;
};
/// Ask this run to end.
struct stop_frame {
  std::uint64_t run_id = 0;
};
/// Ask all runs to end, call the close hook, then exit.
struct close_frame {};
/// The stream has come: call its open hook without waiting for a run.
struct open_frame {
  std::uint64_t fencing_token = 0;
};

// -- runner to node
/// The first frame. `contained`: its children live in a namespace; a pidfd of its init rides along.
struct hello_frame {
  bool contained = false;
  std::string warning;  ///< why not contained
};
/// The kernel ends the whole tree at this instant: the answer to extend.
struct armed_frame {
  boot_time deadline;
};
/// This run's action is about to be called.
struct started_frame {
  std::uint64_t run_id = 0;
  wall_time at{};
};
/// The open hook has succeeded.
struct opened_frame {};

using frame =
    std::variant<domain::run_request, extend_frame, stop_frame, close_frame, open_frame, hello_frame,
                 armed_frame, started_frame, opened_frame, domain::run_verdict, log_line>;

/// The bytes of `what`. Asserts that texts are below 4 GiB.
std::string encode(const frame& what);

/// Cuts a byte stream into frames. Not thread-safe.
class frame_decoder {
 public:
  /// @param max_bytes  the longest frame taken; a longer one is an error as soon as its length is seen.
  explicit frame_decoder(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void feed(std::string_view bytes);
  /// The next frame, or nothing until more bytes come.
  /// @errors  invalid: these bytes are no frame; every later call says the same.
  result<std::optional<frame>> next();

 private:
  const std::size_t max_bytes_;
  std::string buffer_;
  std::size_t used_ = 0;  ///< bytes at the front that were decoded already
  bool broken_ = false;
};

/// The longest frame for data of up to `payload_limit` bytes.
constexpr std::size_t max_frame_bytes(std::size_t payload_limit) {
  return 2 * payload_limit + (std::size_t{64} << 10U);
}

}  // namespace weir::runner
