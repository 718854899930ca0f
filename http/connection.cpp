// Read a head, decide how large its body may be, read it, hand it over, send the reply, begin again. Every wait has a
// deadline, every size a bound: a slow or greedy client costs its own connection and nothing else.
#include "http/connection.hpp"

#include <cstdint>
#include <limits>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "http/problem.hpp"
#include "http/target.hpp"

namespace weir::http {

namespace {

namespace bh = beast::http;

constexpr std::uint32_t head_limit = 16 << 10U;
/// After our last word a client has this long to take it, and may send so much that nobody reads.
constexpr std::chrono::seconds linger{2};
constexpr std::size_t most_drained = std::size_t{20} << 20U;

std::string lower(beast::string_view text) {
  std::string out(text.data(), text.size());
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

header_map headers_of(const bh::fields& fields) {
  header_map out;
  for (const auto& each : fields) {
    const std::string value(each.value().data(), each.value().size());
    auto [at, fresh] = out.emplace(lower(each.name_string()), value);
    if (!fresh) at->second.append(", ").append(value);
  }
  return out;
}

void set_common(bh::fields& fields, const reply& what) {
  fields.set(bh::field::content_type, what.type);
  fields.set("X-Content-Type-Options", "nosniff");
  fields.set(bh::field::cache_control, "no-store");
  for (const auto& [name, value] : what.headers) fields.set(name, value);
}

}  // namespace

connection::connection(asio::ip::tcp::socket socket, server_state& shared)
    : stream_(std::move(socket)), shared_(shared) {}

void connection::begin() {
  beast::error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay{true}, ignored);
  read_head();
}

void connection::turn_away() { refuse(problem(503, "overloaded", "too many connections")); }

void connection::close() {
  if (hub_ != nullptr) hub_->leave(watcher_);
  hub_ = nullptr;
  give_back();
  stream_.close();
  shared_.open.erase(shared_from_this());
}

void connection::read_head() {
  parser_.emplace();
  parser_->header_limit(head_limit);
  parser_->body_limit(std::numeric_limits<std::uint64_t>::max());  // decided when its path is known
  stream_.expires_after(buffer_.size() == 0 ? shared_.settings.idle_patience
                                            : shared_.settings.read_patience);
  bh::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](beast::error_code why, std::size_t) { self->on_head(why); });
}

void connection::on_head(beast::error_code why) {
  if (why == bh::error::header_limit)
    return refuse(problem(431, "header_too_large", "the head of a request has at most 16 KiB"));
  if (why && why.category() == bh::make_error_code(bh::error::bad_method).category() &&
      why != bh::error::end_of_stream && why != bh::error::partial_message)
    return refuse(problem(400, "malformed", "this is no HTTP request: " + why.message()));
  if (why) return close();
  const auto& head = parser_->get();
  version_ = head.version();
  head_only_ = head.method() == bh::verb::head;
  keep_ = head.keep_alive();
  auto where = parse_target({head.target().data(), head.target().size()});
  if (!where) return refuse(problem(400, "malformed", where.error().message));
  if (!below(shared_.settings.base_path, where->path))
    return refuse(problem(404, "not_found", "nothing is served outside " + shared_.settings.base_path));
  asked_ = {};
  asked_.method = head_only_ ? "GET" : std::string(head.method_string().data(), head.method_string().size());
  asked_.path = std::move(where->path);
  asked_.query = std::move(where->query);
  asked_.headers = headers_of(head);

  const std::size_t limit = shared_.settings.body_limit(asked_.path);
  const auto length = parser_->content_length();
  if (length && *length > limit)
    return refuse(problem(413, "too_large",
                          "the body has " + std::to_string(*length) + " bytes, at most " +
                              std::to_string(limit) + " are taken here"));
  parser_->body_limit(limit);
  if (parser_->is_done()) return hand_over();
  // Nobody's body is read, or has room kept for it, whose head is refused.
  if (shared_.settings.refuse_head) {
    if (const auto refused = shared_.settings.refuse_head(asked_)) return refuse(*refused);
  }
  if (!reserve(length ? static_cast<std::size_t>(*length) : limit))
    return refuse(problem(429, "overloaded", "too many large requests at once"));
  if (lower(head[bh::field::expect]) != "100-continue") return read_body();
  static const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(go_on),
                    [self = shared_from_this()](beast::error_code failed, std::size_t) {
                      if (failed) return self->close();
                      self->read_body();
                    });
}

void connection::read_body() {
  stream_.expires_after(shared_.settings.read_patience);
  bh::async_read(stream_, buffer_, *parser_,
                 [self = shared_from_this()](beast::error_code why, std::size_t) { self->on_body(why); });
}

void connection::on_body(beast::error_code why) {
  if (why == bh::error::body_limit)
    return refuse(problem(413, "too_large",
                          "the body has more bytes than the " +
                              std::to_string(shared_.settings.body_limit(asked_.path)) +
                              " that are taken here"));
  if (why && why.category() == bh::make_error_code(bh::error::bad_method).category() &&
      why != bh::error::partial_message)
    return refuse(problem(400, "malformed", "this is no HTTP request: " + why.message()));
  if (why) return close();
  hand_over();
}

void connection::hand_over() {
  asked_.body = std::move(parser_->get().body());
  stream_.expires_never();
  shared_.answer(std::move(asked_), [weak = weak_from_this(), io = shared_.io](reply what) {
    asio::post(*io, [weak, what = std::move(what)] {
      if (const auto here = weak.lock()) here->answer_with(what);
    });
  });
}

void connection::answer_with(const reply& what) {
  if (what.events != nullptr && !head_only_) return begin_events(what);
  send(what);
}

void connection::refuse(const reply& what) {
  keep_ = false;
  send(what);
}

void connection::send(const reply& what) {
  out_ = std::make_unique<response>(static_cast<bh::status>(what.status), version_);
  set_common(*out_, what);
  out_->body() = what.body;
  out_->keep_alive(keep_);
  out_->prepare_payload();
  stream_.expires_after(shared_.settings.write_patience);
  const auto sent = [self = shared_from_this()](beast::error_code why, std::size_t) {
    if (why) return self->close();
    self->on_sent(self->out_->need_eof());
  };
  if (!head_only_) return bh::async_write(stream_, *out_, sent);
  // The length stays that of the body which is left out (RFC 9110 section 9.3.2).
  auto serializer = std::make_shared<bh::response_serializer<bh::string_body>>(*out_);
  bh::async_write_header(stream_, *serializer,
                         [sent, serializer](beast::error_code why, std::size_t size) { sent(why, size); });
}

void connection::on_sent(bool close_now) {
  out_.reset();
  give_back();
  if (close_now || !keep_) {
    // What the client still sends is not read: a plain close would reset the connection under our reply.
    beast::error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    stream_.expires_after(linger);
    return watch_for_the_end();
  }
  read_head();
}

// -- events ------------------------------------------------------------------------

void connection::begin_events(const reply& what) {
  may_watch_ = what.may_watch;
  out_ = std::make_unique<response>(bh::status::ok, version_);
  reply head;
  head.type = "text/event-stream; charset=utf-8";
  head.headers = {{"X-Accel-Buffering", "no"}};
  set_common(*out_, head);
  out_->keep_alive(false);  // until the client leaves: its end is the connection's
  auto serializer = std::make_shared<bh::response_serializer<bh::string_body>>(*out_);
  stream_.expires_after(shared_.settings.write_patience);
  bh::async_write_header(
      stream_, *serializer,
      [self = shared_from_this(), serializer, &hub = *what.events](beast::error_code why, std::size_t) {
        if (why) return self->close();
        self->stream_.expires_never();  // reading may take as long as it likes
        self->hub_ = &hub;
        self->watcher_ = hub.watch(self->frames());
        self->watch_for_the_end();
      });
}

event_hub::sink connection::frames() {
  return [weak = weak_from_this(), io = shared_.io](event_hub::frame next) {
    asio::post(*io, [weak, next = std::move(next)]() mutable {
      if (const auto here = weak.lock()) here->offer(std::move(next));
    });
  };
}

void connection::offer(event_hub::frame next) {
  next_ = std::move(next);  // a slow client gets the newest one only
  if (!going_) send_event();
}

void connection::send_event() {
  if (hub_ == nullptr || !next_) return;
  if (may_watch_ && !may_watch_()) return close();
  going_ = std::move(next_);
  next_.reset();
  stream_.expires_after(shared_.settings.write_patience);
  asio::async_write(stream_, asio::buffer(*going_),
                    [self = shared_from_this()](beast::error_code why, std::size_t) {
                      self->going_.reset();
                      if (why) return self->close();
                      self->stream_.expires_never();
                      self->send_event();
                    });
}

// Reads and drops until the client closes; a bounded time and a bounded amount.
void connection::watch_for_the_end() {
  stream_.async_read_some(asio::buffer(ignored_),
                          [self = shared_from_this()](beast::error_code why, std::size_t count) {
                            self->drained_ += count;
                            if (why || self->drained_ > most_drained) return self->close();
                            self->watch_for_the_end();
                          });
}

bool connection::reserve(std::size_t bytes) {
  if (shared_.bodies + bytes > shared_.settings.bodies) return false;
  shared_.bodies += bytes;
  reserved_ += bytes;
  return true;
}

void connection::give_back() {
  shared_.bodies -= reserved_;
  reserved_ = 0;
}

}  // namespace weir::http
