#include "actors/gate_client.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include <weir/boot_clock.hpp>

#include "actors/gate_bounds.hpp"
#include "actors/links/bytes.hpp"
#include "actors/links/enqueue_frame.hpp"
#include "actors/links/frame_line.hpp"
#include "actors/links/program_way.hpp"

namespace weir::actors {

using namespace std::chrono_literals;

namespace {

/// Waits until the descriptor is ready for `what`, has ended, or `until` has come.
bool wait_for(int descriptor, short what, boot_time until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - boot_clock::now());
    if (left <= 0ms) return false;
    pollfd one{descriptor, what, 0};
    const int ready =
        ::poll(&one, 1, static_cast<int>(std::min<std::chrono::milliseconds>(left, 1h).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

/// False: the link broke, or takes nothing.
bool write_all(int descriptor, std::string_view bytes, boot_time until) {
  while (!bytes.empty()) {
    const ssize_t done = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (done > 0)
      bytes.remove_prefix(static_cast<std::size_t>(done));
    else if (!would_block() || !wait_for(descriptor, POLLOUT, until))
      return false;
  }
  return true;
}

/// False: the link broke, or nothing came.
bool read_all(int descriptor, char* into, std::size_t bytes, boot_time until) {
  while (bytes > 0) {
    const ssize_t done = ::recv(descriptor, into, bytes, 0);
    if (done > 0) {
      into += done;
      bytes -= static_cast<std::size_t>(done);
    } else if (done == 0 || !would_block() || !wait_for(descriptor, POLLIN, until)) {
      return false;
    }
  }
  return true;
}

error in_doubt(const std::string& why) { return {errc::in_doubt, "no answer from the gateway: " + why}; }

}  // namespace

struct gate_client::parts {
  explicit parts(const gate_link_options& options)
      : patience(options.patience), way(options, links::peer_role::producer) {}

  const std::chrono::milliseconds patience;
  links::program_way way;
  std::optional<links::link> line;
  std::uint32_t asked = 0;
  const links::bounds limits{};

  void hang_up();
  /// Nothing was asked, so nothing may be there to be read: not even the end.
  bool alive() const;
  result<links::enqueue_reply> ask(const std::string& question);
};

void gate_client::parts::hang_up() {
  way.hang_up();
  line.reset();
}

bool gate_client::parts::alive() const {
  pollfd one{line->end.get(), POLLIN, 0};
  return ::poll(&one, 1, 0) == 0;
}

result<links::enqueue_reply> gate_client::parts::ask(const std::string& question) {
  const boot_time until = boot_clock::now() + patience;
  const int there = line->end.get();
  if (!write_all(there, links::framed(question), until)) return in_doubt("the link broke");
  std::string bytes(links::frame_length_bytes, '\0');
  if (!read_all(there, bytes.data(), bytes.size(), until))
    return in_doubt("the link broke, or it took too long");
  const auto length = static_cast<std::size_t>(links::byte_reader{bytes}.number(links::frame_length_bytes));
  if (length > limits.frame_bytes) return in_doubt("it makes no sense");
  bytes.resize(length);
  if (!read_all(there, bytes.data(), bytes.size(), until))
    return in_doubt("the link broke, or it took too long");
  auto reply = links::decode_reply(bytes);
  if (!reply) return in_doubt(reply.error().message);
  return reply;
}

gate_client::gate_client(const gate_link_options& options) : parts_(std::make_unique<parts>(options)) {}

gate_client::~gate_client() = default;

bool gate_client::connected() const { return parts_->line.has_value(); }

result<void> gate_client::connect(const std::string& address, const std::string& name, node_id id) {
  parts& p = *parts_;
  p.hang_up();
  result<links::link> found = p.way.connect(address, {name, id});
  if (!found) return found.error();
  p.line = std::move(*found);
  return {};
}

std::size_t gate_client::message_end(const std::vector<insert_row>& rows, std::size_t begin) {
  std::size_t end = begin;
  std::size_t bytes = 0;
  while (end < rows.size() && end - begin < gate_tasks_max) {
    bytes += rows[end].data.size();
    if (end > begin && bytes > gate_bytes_max) break;
    ++end;
  }
  return end;
}

result<std::vector<task_id>> gate_client::enqueue(const std::vector<insert_row>& rows) {
  parts& p = *parts_;
  if (!p.line) return error{errc::unavailable, "not linked with a gateway"};
  if (rows.empty()) return std::vector<task_id>{};
  if (!p.alive()) {
    p.hang_up();
    return error{errc::unavailable, "the gateway is gone"};
  }
  const auto question = links::encode_question(++p.asked, rows);
  if (!question) return question.error();
  if (question->size() > p.limits.frame_bytes) {
    return error{errc::invalid, "a message of " + std::to_string(question->size()) +
                                    " bytes, where at most " + std::to_string(p.limits.frame_bytes) +
                                    " can be sent"};
  }
  auto reply = p.ask(*question);
  if (reply && reply->number != p.asked) reply = in_doubt("it answers another question");
  if (reply && reply->ids && reply->ids->size() != rows.size())
    reply = in_doubt("it is for another number of tasks");
  result<std::vector<task_id>> made =
      reply ? std::move(reply->ids) : result<std::vector<task_id>>{reply.error()};
  // Also a gateway whose database is away is no way any more: another one may have it.
  if (!made && (made.error().code == errc::in_doubt || made.error().code == errc::unavailable)) p.hang_up();
  return made;
}

}  // namespace weir::actors
