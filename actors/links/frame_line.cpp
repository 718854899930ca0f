#include "actors/links/frame_line.hpp"

#include <utility>

#include "actors/links/bytes.hpp"

namespace weir::actors::links {

namespace {
/// Questions of one producer that may wait for their answers: beyond it nothing more is read.
constexpr std::size_t unanswered_max = 64;
}  // namespace

std::string framed(const std::string& body) {
  std::string frame;
  frame.reserve(frame_length_bytes + body.size());
  put(frame, static_cast<std::uint32_t>(body.size()));
  frame += body;
  return frame;
}

frame_line::frame_line(std::unique_ptr<wire> peer, std::size_t body_bytes_max, asked on_frame,
                       closed on_closed)
    : peer_(std::move(peer)),
      body_bytes_max_(body_bytes_max),
      on_frame_(std::move(on_frame)),
      on_closed_(std::move(on_closed)) {}

void frame_line::start() { take_in(); }

void frame_line::take_in() {
  if (reading_ || unanswered_ >= unanswered_max) return;
  reading_ = true;
  peer_->read_some(asio::buffer(buffer_),
                   [self = shared_from_this()](const error_code& code, std::size_t bytes) {
                     self->reading_ = false;
                     if (!self->on_closed_) return;
                     if (code) return self->close(self->peer_->explain(code));
                     self->in_.append(self->buffer_.data(), bytes);
                     self->cut_frames();
                   });
}

void frame_line::cut_frames() {
  std::size_t at = 0;
  while (on_closed_ && unanswered_ < unanswered_max && in_.size() - at >= frame_length_bytes) {
    byte_reader head{std::string_view{in_}.substr(at)};
    const auto length = static_cast<std::size_t>(head.number(frame_length_bytes));
    if (length > body_bytes_max_) {
      return close("the peer announced a frame of " + std::to_string(length) + " bytes, where " +
                   std::to_string(body_bytes_max_) + " are allowed");
    }
    if (in_.size() - at - frame_length_bytes < length) break;
    ++unanswered_;
    on_frame_(in_.substr(at + frame_length_bytes, length));
    at += frame_length_bytes + length;
  }
  if (!on_closed_) return;
  in_.erase(0, at);
  take_in();
}

void frame_line::answer(std::string body) {
  if (!on_closed_ || unanswered_ == 0) return;
  --unanswered_;
  waiting_ += framed(body);
  if (sending_.empty()) send_out();
  cut_frames();
}

void frame_line::send_out() {
  if (waiting_.empty()) return;
  sending_ = std::exchange(waiting_, {});
  peer_->write_all(asio::buffer(sending_), [self = shared_from_this()](const error_code& code, std::size_t) {
    if (!self->on_closed_) return;
    if (code) return self->close(self->peer_->explain(code));
    self->sending_.clear();
    self->send_out();
  });
}

void frame_line::close(std::string why) {
  if (!on_closed_) return;
  const closed tell = std::exchange(on_closed_, nullptr);
  peer_->end_sending();
  peer_->close();
  tell(std::move(why));
}

}  // namespace weir::actors::links
