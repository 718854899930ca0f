#include "actors/links/switchboard.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "actors/links/frame_line.hpp"
#include "actors/links/relay.hpp"

namespace weir::actors::links {
namespace {

using std::chrono::milliseconds;

// Out of descriptors: the waiting connection stays readable, and accepting it again at once would spin.
constexpr milliseconds out_of_descriptors{50};

bool out_of_something(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
         error_number == ENOMEM;
}

link_event event_of(link_event::what kind, bool dialed, const std::string& remote,
                    const std::optional<hello>& peer) {
  link_event event;
  event.kind = kind;
  event.dialed = dialed;
  event.remote = remote;
  if (peer) {
    event.name = peer->name;
    event.node_id = peer->node_id;
  }
  return event;
}

}  // namespace

switchboard::switchboard(const std::shared_ptr<asio::io_context>& io, transport_options options,
                         std::shared_ptr<asio::ssl::context> tls)
    : io_(*io),
      options_(std::move(options)),
      tls_(std::move(tls)),
      names_(std::make_shared<look_up>(io, options_.look_up)),
      acceptor_(*io),
      breath_(*io) {}

result<host_port> switchboard::listen(const host_port& where) {
  const std::string shown = join_address(where.host, where.port);
  const std::vector<std::string> addresses = addresses_of(where.host);
  error_code code;
  const auto address = asio::ip::make_address(addresses.empty() ? std::string{} : addresses.front(), code);
  if (code) return error{errc::invalid, "the host of node.listen (" + shown + ") has no address"};
  if (!tls_ && !address.is_loopback()) {
    return error{errc::invalid,
                 "node.listen (" + shown + ") is reachable from other machines and needs [tls]"};
  }
  const tcp::endpoint endpoint{address, where.port};
  auto opened = open_socket(io_, endpoint.protocol());
  if (!opened) return opened.error();
  const int descriptor = opened->release(code);
  if (!code) acceptor_.assign(endpoint.protocol(), descriptor, code);
  // A node that starts again takes its port back, whatever its last connections still wait for.
  if (!code) acceptor_.set_option(tcp::acceptor::reuse_address(true), code);
  if (!code) acceptor_.bind(endpoint, code);
  if (!code) acceptor_.listen(tcp::acceptor::max_listen_connections, code);
  if (!code) acceptor_.native_non_blocking(true, code);
  if (code) {
    const bool taken = code == asio::error::address_in_use;
    return error{taken ? errc::conflict : errc::invalid, "can't listen on " + shown + ": " + code.message()};
  }
  const tcp::endpoint actual = acceptor_.local_endpoint(code);
  return host_port{actual.address().to_string(), actual.port()};
}

void switchboard::begin() {
  if (acceptor_.is_open()) accept_next();
}

void switchboard::accept_next() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [self = shared_from_this()](const error_code& code) {
    if (!code && !self->stopping_) self->accept_one();
  });
}

void switchboard::accept_one() {
  // Asio's own accept would leave the descriptor open in every runner process that is started just now.
  const int descriptor = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (descriptor < 0) {
    if (!out_of_something(errno)) return accept_next();
    breath_.expires_after(out_of_descriptors);
    breath_.async_wait([self = shared_from_this()](const error_code& code) {
      if (!code && !self->stopping_) self->accept_next();
    });
    return;
  }
  error_code code;
  tcp::socket socket{io_};
  socket.assign(acceptor_.local_endpoint(code).protocol(), descriptor, code);
  const tcp::endpoint from = socket.remote_endpoint(code);
  if (!code) {
    make_room();
    newcomer who;
    who.from = from.address();
    who.remote = join_address(from.address().to_string(), from.port());
    greet(std::move(socket), std::move(who));
  }
  accept_next();
}

void switchboard::make_room() {
  std::map<asio::ip::address, std::vector<std::shared_ptr<greeting>>> by_address;
  std::size_t accepted = 0;
  for (const auto& [number, who] : newcomers_) {
    if (who.dialed) continue;
    ++accepted;
    by_address[who.from].push_back(who.talk);
  }
  if (accepted < options_.limits.pending || accepted == 0) return;
  auto most = by_address.begin();
  for (auto one = by_address.begin(); one != by_address.end(); ++one) {
    if (one->second.size() > most->second.size()) most = one;
  }
  most->second.front()->cancel("pushed out by newer connections, no greeting yet");
}

void switchboard::dial(std::string address, expected_peer expected, transport::dial_answer answer) {
  newcomer who;
  who.remote = address;
  who.dialed = true;
  who.expected = std::move(expected);
  who.answer = std::move(answer);
  const auto fail = [this, &who](errc code, std::string why) {
    turn_away(std::move(who), {greeting_outcome::what::failed, std::nullopt, code, std::move(why)});
  };
  if (stopping_) return fail(errc::unavailable, "this end is stopping");
  auto to = split_address(address);
  if (!to) return fail(errc::invalid, to.error().message);
  if (options_.me.role == peer_role::node && options_.me.node_id == 0) {
    return fail(errc::refused, "this node is not registered yet");
  }
  if (dials_.size() >= options_.limits.dials || links_.size() >= options_.limits.links) {
    return fail(errc::overloaded, "too many dials under way, or links up");
  }
  const std::uint64_t number = ++numbers_;
  auto owned = std::make_shared<newcomer>(std::move(who));
  const auto attempt = std::make_shared<dialing>(
      io_, std::move(*to), tls_ != nullptr, options_.limits.dial,
      [self = shared_from_this(), number, owned](result<tcp::socket> connected) {
        self->dials_.erase(number);
        if (!connected) {
          return self->turn_away(std::move(*owned), {greeting_outcome::what::failed, std::nullopt,
                                                     connected.error().code, connected.error().message});
        }
        self->greet(std::move(*connected), std::move(*owned));
      });
  dials_.emplace(number, attempt);
  attempt->start(*names_);
}

void switchboard::greet(tcp::socket socket, newcomer who) {
  tune(socket, options_.limits.silence);
  greeting_terms terms;
  terms.dialing = who.dialed;
  terms.me = options_.me;
  terms.expected = who.expected;
  terms.deadline = options_.limits.greeting;
  terms.admit = [this](const hello& peer) -> std::optional<std::string> {  // a greeting never outlives this
    if (links_.size() >= options_.limits.links) return "this node has too many links";
    if (peer.role == peer_role::producer && !options_.on_frame) return "this end takes no tasks";
    return options_.admit ? options_.admit(peer) : std::nullopt;
  };
  const std::uint64_t number = ++numbers_;
  who.talk =
      std::make_shared<greeting>(io_, std::make_unique<wire>(std::move(socket), tls_.get()), std::move(terms),
                                 [self = shared_from_this(), number](greeting_outcome outcome) {
                                   self->greeted(number, std::move(outcome));
                                 });
  const auto talk = who.talk;
  newcomers_.emplace(number, std::move(who));
  talk->start();
}

void switchboard::greeted(std::uint64_t number, greeting_outcome outcome) {
  auto held = newcomers_.extract(number);
  if (held.empty()) return;
  if (outcome.kind != greeting_outcome::what::welcome) return turn_away(std::move(held.mapped()), outcome);
  join(std::move(held.mapped()), *outcome.peer);
}

void switchboard::turn_away(newcomer who, const greeting_outcome& outcome) {
  const bool refused = outcome.kind == greeting_outcome::what::refused;
  auto event = event_of(refused ? link_event::what::refused : link_event::what::failed, who.dialed,
                        who.remote, outcome.peer);
  if (!outcome.peer) {
    event.name = who.expected.name;
    event.node_id = who.expected.node_id;
  }
  event.why = outcome.why;
  tell(event);
  if (who.answer) who.answer(error{outcome.code, who.remote + ": " + outcome.why});
}

std::function<void(std::string)> switchboard::forget(link_event event) {
  return [self = shared_from_this(), event = std::move(event)](std::string why) mutable {
    self->links_.erase(event.id);
    event.kind = link_event::what::closed;
    event.why = std::move(why);
    self->tell(event);
  };
}

void switchboard::listen_to_producer(newcomer who, const hello& peer) {
  auto event = event_of(link_event::what::up, who.dialed, who.remote, peer);
  event.id = ++link_numbers_;
  const auto ask = [this, id = event.id](std::string body) {
    options_.on_frame(id, std::move(body));
  };  // as long as its map
  const auto started =
      std::make_shared<frame_line>(who.talk->take_wire(), options_.limits.frame_bytes, ask, forget(event));
  links_.emplace(event.id, started);
  tell(event);
  started->start();
}

void switchboard::join(newcomer who, const hello& peer) {
  if (!who.dialed && peer.role == peer_role::producer) return listen_to_producer(std::move(who), peer);
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
    return turn_away(std::move(who), {greeting_outcome::what::failed, peer, errc::unavailable,
                                      "no socket pair to be had: " + std::system_category().message(errno)});
  }
  link made;
  made.end = local_end{pair[0]};
  relay::local_socket inner{io_};
  error_code code;
  inner.assign(asio::local::stream_protocol{}, pair[1], code);
  if (code) {
    const local_end closed{pair[1]};
    return turn_away(std::move(who),
                     {greeting_outcome::what::failed, peer, errc::unavailable, code.message()});
  }
  made.id = ++link_numbers_;
  made.peer = peer;
  made.dialed = who.dialed;
  made.remote = who.remote;
  auto event = event_of(link_event::what::up, who.dialed, who.remote, peer);
  event.id = made.id;
  const bool for_caf = options_.me.role != peer_role::producer;
  const auto started =
      std::make_shared<relay>(who.talk->take_wire(), std::move(inner), for_caf, forget(event));
  links_.emplace(made.id, started);
  tell(event);
  if (who.answer) {
    who.answer(std::move(made));
  } else if (options_.on_link) {
    options_.on_link(std::move(made));
  }
  started->start();
}

void switchboard::answer(link_id id, std::string frame) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  const auto held = found->second;  // it may leave the map meanwhile
  held->answer(std::move(frame));
}

void switchboard::close(link_id id, std::string why) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  const auto held = found->second;  // it leaves the map on its way out
  held->close(std::move(why));
}

void switchboard::become(std::int64_t node_id, const std::string& cluster) {
  end_all(node_id == 0 ? "this node is going away"
                       : "this node became incarnation " + std::to_string(node_id));
  options_.me.node_id = node_id;
  if (!cluster.empty()) options_.me.cluster = cluster;
}

void switchboard::shut_down() {
  if (stopping_) return;
  stopping_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  breath_.cancel();
  end_all("this end is stopping");
}

void switchboard::end_all(const std::string& why) {
  while (!dials_.empty()) {
    const auto one = dials_.begin()->second;
    one->cancel(why);
  }
  while (!newcomers_.empty()) {
    const auto one = newcomers_.begin()->second.talk;
    one->cancel(why);
  }
  while (!links_.empty()) {
    const auto one = links_.begin()->second;
    one->close(why);
  }
}

void switchboard::tell(const link_event& event) const {
  if (options_.on_event) options_.on_event(event);
}

}  // namespace weir::actors::links
