#include "actors/links/dialing.hpp"

#include <utility>

#include "actors/links/wire.hpp"

namespace weir::actors::links {

using std::chrono::steady_clock;

dialing::dialing(asio::io_context& io, host_port to, bool encrypted, std::chrono::milliseconds deadline,
                 done answer)
    : io_(io),
      to_(std::move(to)),
      encrypted_(encrypted),
      until_(steady_clock::now() + deadline),
      answer_(std::move(answer)),
      deadline_(io) {}

void dialing::start(look_up& names) {
  deadline_.expires_at(until_);
  deadline_.async_wait([self = shared_from_this()](const error_code& code) {
    if (!code)
      self->finish(error{errc::timeout, "the host name " + self->to_.host + " was not found in time"});
  });
  names.ask(to_.host, [self = shared_from_this()](result<std::vector<asio::ip::address>> found) {
    if (!self->answer_) return;
    if (!found) return self->finish(found.error());
    self->addresses_ = std::move(*found);
    self->next();
  });
}

void dialing::next() {
  const auto now = steady_clock::now();
  if (tried_ == addresses_.size() || now >= until_) {
    const bool late = now >= until_;
    return finish(error{late ? errc::timeout : errc::unavailable, std::move(why_)});
  }
  // What is left is shared out, so that a silent first address leaves time for the second.
  const auto share = (until_ - now) / static_cast<long>(addresses_.size() - tried_);
  const tcp::endpoint to{addresses_[tried_++], to_.port};
  const std::string shown = join_address(to.address().to_string(), to.port());
  if (!encrypted_ && !to.address().is_loopback()) {
    why_ = shown + " is on another machine, and there is no [tls]";
    return next();
  }
  auto opened = open_socket(io_, to.protocol());
  if (!opened) return finish(std::move(opened));
  socket_.emplace(std::move(*opened));
  deadline_.expires_after(share);
  deadline_.async_wait([self = shared_from_this(), shown, attempt = tried_](const error_code& code) {
    if (code || !self->answer_ || attempt != self->tried_) return;
    self->why_ = "no answer from " + shown + " in time";
    error_code ignored;
    self->socket_->close(ignored);  // the connect ends with an error, and the next address is tried
  });
  socket_->async_connect(to, [self = shared_from_this(), shown](const error_code& code) {
    if (!self->answer_) return;
    if (!code && self->socket_->is_open()) return self->finish(std::move(*self->socket_));
    if (code != asio::error::operation_aborted) self->why_ = shown + ": " + code.message();
    self->next();
  });
}

void dialing::cancel(std::string why) { finish(error{errc::unavailable, std::move(why)}); }

void dialing::finish(result<tcp::socket> outcome) {
  if (!answer_) return;
  deadline_.cancel();
  error_code ignored;
  if (socket_ && !outcome) socket_->close(ignored);
  std::exchange(answer_, nullptr)(std::move(outcome));
}

}  // namespace weir::actors::links
