#include "actors/links/relay.hpp"

#include <utility>

namespace weir::actors::links {

relay::relay(std::unique_ptr<wire> peer, local_socket local, bool vetted, closed on_closed)
    : peer_(std::move(peer)), local_(std::move(local)), vetted_(vetted), on_closed_(std::move(on_closed)) {}

void relay::start() {
  take_in();
  send_out();
}

void relay::take_in() {
  peer_->read_some(asio::buffer(in_), [self = shared_from_this()](const error_code& code, std::size_t bytes) {
    if (!self->on_closed_) return;
    if (code) return self->close(self->peer_->explain(code));
    if (self->vetted_) {
      if (auto good = self->check_.feed({self->in_.data(), bytes}); !good)
        return self->close("the peer sent " + good.error().message);
    }
    asio::async_write(self->local_, asio::buffer(self->in_.data(), bytes),
                      [self](const error_code& failed, std::size_t) {
                        if (!self->on_closed_) return;
                        if (failed) return self->close("the local end was closed");
                        self->take_in();
                      });
  });
}

void relay::send_out() {
  local_.async_read_some(
      asio::buffer(out_), [self = shared_from_this()](const error_code& code, std::size_t bytes) {
        if (!self->on_closed_) return;
        if (code) return self->close("the local end was closed");  // what it wrote before has been sent
        self->peer_->write_all(asio::buffer(self->out_.data(), bytes),
                               [self](const error_code& failed, std::size_t) {
                                 if (!self->on_closed_) return;
                                 if (failed) return self->close(self->peer_->explain(failed));
                                 self->send_out();
                               });
      });
}

void relay::close(std::string why) {
  if (!on_closed_) return;
  const closed tell = std::exchange(on_closed_, nullptr);
  peer_->end_sending();
  peer_->close();
  error_code ignored;
  local_.close(ignored);
  tell(std::move(why));
}

}  // namespace weir::actors::links
