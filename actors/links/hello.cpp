#include "actors/links/hello.hpp"

#include <algorithm>
#include <utility>

#include "actors/links/bytes.hpp"
#include "domain/task_bounds.hpp"

namespace weir::actors::links {
namespace {

constexpr std::string_view magic = "weir";
constexpr std::size_t body_bytes_max = message_bytes_max - message_head_bytes;

std::string message(message_kind kind, std::string_view body) {
  std::string bytes{magic};
  put(bytes, protocol_version);
  put(bytes, static_cast<std::uint8_t>(kind));
  put(bytes, std::uint8_t{0});
  put_text(bytes, body);
  return bytes;
}

result<void> check_fields(const hello& said) {
  if (auto checked = domain::check_name("the name in a hello", said.name); !checked) return checked.error();
  if (said.cluster.size() > cluster_bytes_max) {
    return error{errc::invalid, "the cluster in a hello has " + std::to_string(said.cluster.size()) +
                                    " bytes, where " + std::to_string(cluster_bytes_max) + " are allowed"};
  }
  if (said.cluster.empty() && said.role == peer_role::node) {
    return error{errc::invalid, "a node's hello names no cluster"};
  }
  if (said.node_id < 0) return error{errc::invalid, "the incarnation in a hello is negative"};
  return {};
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown = domain::cut_message(std::string{text});
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; }, '?');
  return shown;
}

const char* to_string(peer_role role) noexcept {
  switch (role) {
    case peer_role::node: return "node";
    case peer_role::client: return "client";
    case peer_role::producer: return "producer";
  }
  return "?";
}

result<std::string> encode_hello(const hello& mine) {
  if (auto checked = check_fields(mine); !checked) return checked.error();
  std::string body;
  put(body, static_cast<std::uint8_t>(mine.role));
  put(body, mine.node_id);
  for (const std::uint8_t byte : mine.nonce) put(body, byte);
  put_text(body, mine.name);
  put_text(body, mine.cluster);
  return message(message_kind::hello, body);
}

std::string encode_welcome() { return message(message_kind::welcome, {}); }

std::string encode_refusal(std::string_view reason) {
  return message(message_kind::refusal, reason.substr(0, body_bytes_max));
}

result<message_head> decode_head(std::string_view bytes) {
  byte_reader from{bytes};
  if (from.take(magic.size()) != magic) {
    return error{errc::invalid, "this is no weir link: it does not begin as one"};
  }
  message_head head;
  head.version = static_cast<std::uint16_t>(from.number(2));
  const auto kind = static_cast<std::uint8_t>(from.number(1));
  from.number(1);
  head.body_bytes = static_cast<std::size_t>(from.number(2));
  if (!from.complete()) return error{errc::invalid, "the head of a message is incomplete"};
  if (kind < 1 || kind > 3)
    return error{errc::invalid, "a message of the unknown kind " + std::to_string(kind)};
  head.kind = static_cast<message_kind>(kind);
  if (head.body_bytes > body_bytes_max) {
    return error{errc::invalid, "a message of " + std::to_string(head.body_bytes + message_head_bytes) +
                                    " bytes, where " + std::to_string(message_bytes_max) + " are allowed"};
  }
  return head;
}

result<hello> decode_hello(std::string_view body) {
  byte_reader from{body};
  hello said;
  const auto role = from.number(1);
  said.node_id = static_cast<std::int64_t>(from.number(8));
  const std::string_view nonce = from.take(said.nonce.size());
  std::copy(nonce.begin(), nonce.end(), said.nonce.begin());
  said.name = from.text(2);
  said.cluster = from.text(2);
  if (!from.complete()) return error{errc::invalid, "a hello that ends too early"};
  if (!from.at_end()) return error{errc::invalid, "a hello with bytes behind its end"};
  if (role < 1 || role > 3) {
    return error{errc::invalid, "a hello of the unknown role " + std::to_string(role)};
  }
  said.role = static_cast<peer_role>(role);
  if (auto checked = check_fields(said); !checked) return checked.error();
  return said;
}

std::string decode_refusal(std::string_view body) {
  return body.empty() ? "refused without a reason" : printable(body.substr(0, body_bytes_max));
}

std::optional<std::string> object_to_version(std::uint16_t version) {
  if (version == protocol_version) return std::nullopt;
  return "links of version " + std::to_string(version) + " and " + std::to_string(protocol_version) +
         " can't be joined (you speak " + std::to_string(version) + ", this end " +
         std::to_string(protocol_version) + "): run the same weir on all nodes";
}

std::optional<std::string> object_to_peer(const hello& mine, const hello& peer) {
  if (mine.nonce == peer.nonce) return "this end and yours are one process";
  if (mine.role != peer_role::node && peer.role != peer_role::node) return "two clients can't be linked";
  const bool open = (mine.role != peer_role::node && mine.cluster.empty()) ||
                    (peer.role != peer_role::node && peer.cluster.empty());
  if (!open && mine.cluster != peer.cluster) {
    return "this end is of cluster " + domain::in_quotes(mine.cluster) + ", you are of " +
           domain::in_quotes(peer.cluster);
  }
  return std::nullopt;
}

}  // namespace weir::actors::links
