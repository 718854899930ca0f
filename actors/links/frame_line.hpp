// A producer's link: each frame is a question to this process, each frame back an answer. Neither CAF nor a second
// socket lies between, since a program that waits for each of its tasks pays for every step on the way.
//
// A frame is the length of its body, u32 big-endian, and the body.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "actors/links/asio.hpp"
#include "actors/links/bounds.hpp"
#include "actors/links/live_link.hpp"
#include "actors/links/wire.hpp"

namespace weir::actors::links {

inline constexpr std::size_t frame_length_bytes = 4;

/// The frame around a body.
std::string framed(const std::string& body);

/// Threads: the transport's.
class frame_line final : public live_link, public std::enable_shared_from_this<frame_line> {
 public:
  using closed = std::function<void(std::string why)>;
  using asked = std::function<void(std::string body)>;

  /// @param on_frame   a whole question; its answer comes by answer(), in whatever order
  /// @param on_closed  once, and never from inside start(): the peer ended, a bad frame, or close()
  frame_line(std::unique_ptr<wire> peer, std::size_t body_bytes_max, asked on_frame, closed on_closed);

  void start() override;
  void close(std::string why) override;
  void answer(std::string body) override;

 private:
  void take_in();
  void cut_frames();
  void send_out();

  std::unique_ptr<wire> peer_;
  const std::size_t body_bytes_max_;
  asked on_frame_;
  closed on_closed_;
  std::array<char, relay_buffer_bytes> buffer_;
  std::string in_;       ///< grows with what has come, not with what was announced
  std::string waiting_;  ///< answers, while earlier ones are on their way
  std::string sending_;
  std::size_t unanswered_ = 0;
  bool reading_ = false;
};

}  // namespace weir::actors::links
