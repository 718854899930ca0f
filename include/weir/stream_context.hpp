// What a stream's open and close hooks may ask while they run.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <weir/boot_clock.hpp>

namespace weir {

/// Handed to a hook for one call; valid until the hook returns. Safe from any thread of the hook.
class stream_context {
 public:
  virtual ~stream_context() = default;

  /// The name of the stream that has come, or is about to leave.
  virtual const std::string& stream() const = 0;
  /// The name of the node this runs on.
  virtual const std::string& node() const = 0;
  /// As context::fencing_token, of this term of the stream. The token of a later task may be higher (the
  /// node renewed its claim in between), never lower.
  virtual std::uint64_t fencing_token() const = 0;
  /// True once the hook should end soon: an open hook when the stream is to leave again, either one when
  /// ownership ends. Look at it before every call to the outside.
  virtual bool stop_requested() const = 0;
  /// When the node's ownership ends; moves forward with every beat, so ask again rather than remember.
  virtual boot_time deadline() const = 0;
  /// Writes one line to the node's log with the stream attached. Cut at 2,000 bytes.
  virtual void log(const std::string& line) = 0;
};

/// Runs when a stream comes or leaves. May throw: see stream_settings::on_open and on_close.
using stream_hook = std::function<void(stream_context&)>;

}  // namespace weir
