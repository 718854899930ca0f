#include "actors/links/greeting.hpp"

#include <utility>

#include "actors/links/tls.hpp"
#include "domain/task_bounds.hpp"

namespace weir::actors::links {

greeting::greeting(asio::io_context& io, std::unique_ptr<wire> over, greeting_terms terms, done answer)
    : wire_(std::move(over)), terms_(std::move(terms)), answer_(std::move(answer)), deadline_(io) {}

void greeting::start() {
  deadline_.expires_after(terms_.deadline);
  deadline_.async_wait([self = shared_from_this()](const error_code& code) {
    if (code) return;
    if (self->declined_) return self->finish(self->outcome_);
    self->fail(errc::timeout, "no greeting within " + std::to_string(self->terms_.deadline.count()) + " ms");
  });
  wire_->handshake(!terms_.dialing, [self = shared_from_this()](const error_code& code) {
    if (self->finished_) return;
    if (code) return self->fail(errc::refused, self->wire_->explain(code));
    self->terms_.dialing ? self->begin_dialed() : self->begin_accepted();
  });
}

void greeting::begin_dialed() {
  auto mine = encode_hello(terms_.me);
  if (!mine) return fail(errc::invalid, mine.error().message);
  say(std::move(*mine), [self = shared_from_this()] {
    self->hear_hello([self] {
      self->say(encode_welcome(), [self] {
        self->outcome_.kind = greeting_outcome::what::welcome;
        self->finish(self->outcome_);
      });
    });
  });
}

void greeting::begin_accepted() {
  hear_hello([self = shared_from_this()] {
    auto mine = encode_hello(self->terms_.me);
    if (!mine) return self->fail(errc::invalid, mine.error().message);
    self->say(std::move(*mine), [self] {
      self->hear([self](message_head head, std::string_view) {
        if (head.kind != message_kind::welcome)
          return self->fail(errc::invalid, "a hello where a welcome was due");
        self->outcome_.kind = greeting_outcome::what::welcome;
        self->finish(self->outcome_);
      });
    });
  });
}

void greeting::hear_hello(std::function<void()> then) {
  hear([self = shared_from_this(), next = std::move(then)](message_head head, std::string_view body) {
    if (auto objection = object_to_version(head.version)) return self->decline(*objection);
    if (head.kind != message_kind::hello) return self->fail(errc::invalid, "a welcome where a hello was due");
    auto peer = decode_hello(body);
    if (!peer) return self->fail(errc::invalid, peer.error().message);
    self->outcome_.peer = *peer;
    if (auto objection = self->object_to(*peer)) return self->decline(*objection);
    next();
  });
}

std::optional<std::string> greeting::object_to(const hello& peer) const {
  if (auto objection = object_to_peer(terms_.me, peer)) return objection;
  if (wire_->session() != nullptr) {
    if (auto objection = object_to_identity(wire_->session(), peer)) return objection;
  }
  if (!terms_.dialing) {
    if (terms_.me.role == peer_role::node && terms_.me.node_id == 0) return "this node is not registered yet";
    return terms_.admit ? terms_.admit(peer) : std::nullopt;
  }
  if (peer.role != peer_role::node) return "a node was dialed here, and a client answered";
  const expected_peer& expected = terms_.expected;
  if (!expected.name.empty() && peer.name != expected.name) {
    return "node " + domain::in_quotes(expected.name) + " was dialed here, and " +
           domain::in_quotes(peer.name) + " answered";
  }
  if (expected.node_id != 0 && peer.node_id != expected.node_id) {
    return "incarnation " + std::to_string(expected.node_id) + " of " + domain::in_quotes(peer.name) +
           " was dialed here, and " + std::to_string(peer.node_id) + " answered";
  }
  return std::nullopt;
}

void greeting::say(std::string bytes, std::function<void()> then) {
  said_ = std::move(bytes);
  wire_->write_all(asio::buffer(said_),
                   [self = shared_from_this(), next = std::move(then)](const error_code& code, std::size_t) {
                     if (self->finished_) return;
                     if (code) return self->fail(errc::unavailable, self->wire_->explain(code));
                     next();
                   });
}

void greeting::hear(std::function<void(message_head, std::string_view)> then) {
  const auto broken = [self = shared_from_this()](const error_code& code) {
    if (self->finished_) return true;
    if (!code) return false;
    const bool unread = code == asio::error::eof || code == asio::error::connection_reset;
    const bool plain_dial = self->terms_.dialing && self->wire_->session() == nullptr;
    self->fail(errc::unavailable, self->wire_->explain(code) + " during the greeting" +
                                      (unread && plain_dial ? " (it may want TLS)" : ""));
    return true;
  };
  // Exactly the message and no byte more: what follows it belongs to the link.
  const auto head_bytes = asio::buffer(heard_.data(), message_head_bytes);
  wire_->read_all(head_bytes, [self = shared_from_this(), broken, next = std::move(then)](
                                  const error_code& code, std::size_t) {
    if (broken(code)) return;
    const auto head = decode_head({self->heard_.data(), message_head_bytes});
    if (!head) return self->fail(errc::invalid, head.error().message);
    const auto body_bytes = asio::buffer(self->heard_.data(), head->body_bytes);
    self->wire_->read_all(body_bytes,
                          [self, broken, next, head = *head](const error_code& failed, std::size_t) {
                            if (broken(failed)) return;
                            const std::string_view body{self->heard_.data(), head.body_bytes};
                            if (head.kind == message_kind::refusal) {
                              self->outcome_.kind = greeting_outcome::what::refused;
                              self->outcome_.code = errc::refused;
                              self->outcome_.why = "the peer declined: " + decode_refusal(body);
                              return self->finish(self->outcome_);
                            }
                            next(head, body);
                          });
  });
}

void greeting::decline(const std::string& why) {
  outcome_.kind = greeting_outcome::what::refused;
  outcome_.code = errc::refused;
  outcome_.why = why;
  declined_ = true;
  said_ = encode_refusal(why);
  wire_->write_all(asio::buffer(said_), [self = shared_from_this()](const error_code& code, std::size_t) {
    if (self->finished_) return;
    if (code) return self->finish(self->outcome_);
    self->wire_->end_sending();
    self->drain();
  });
}

// Closing with unread bytes would reset the connection, and the reason might be lost on its way.
void greeting::drain() {
  wire_->read_some(asio::buffer(heard_), [self = shared_from_this()](const error_code& code, std::size_t) {
    if (self->finished_) return;
    if (code) return self->finish(self->outcome_);
    self->drain();
  });
}

void greeting::cancel(std::string why) {
  if (declined_) return finish(outcome_);
  fail(errc::unavailable, std::move(why));
}

void greeting::fail(errc code, std::string why) {
  outcome_.kind = greeting_outcome::what::failed;
  outcome_.code = code;
  outcome_.why = std::move(why);
  finish(outcome_);
}

void greeting::finish(greeting_outcome outcome) {
  if (finished_) return;
  finished_ = true;
  deadline_.cancel();
  if (outcome.kind != greeting_outcome::what::welcome) wire_->close();
  std::exchange(answer_, nullptr)(std::move(outcome));
}

}  // namespace weir::actors::links
