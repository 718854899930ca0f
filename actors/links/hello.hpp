// What two ends of a new connection tell each other before anything else: who they are, and whether they
// want each other. Pure: bytes in, values out.
//
//   dialer                        acceptor
//   hello  ---------------------->           looks at it, asks whoever runs it
//          <----------------------  hello    or a refusal, with its reason
//   welcome ---------------------->          or a refusal
//   (now the bytes of the link, both ways)
//
// A message is a head of 10 bytes, the same in every version (so that versions can refuse each other by
// name), and a body: magic "weir", version u16, kind u8, 0 u8, length of the body u16; all big-endian.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <weir/result.hpp>

namespace weir::actors::links {

/// Counts up with every change of this protocol or of the actors' messages.
inline constexpr std::uint16_t protocol_version = 2;
inline constexpr std::size_t message_head_bytes = 10;
/// Head and body of any message: an unknown peer makes nobody hold more than this.
inline constexpr std::size_t message_bytes_max = 1024;
/// The cluster's text: a name or a system identifier.
inline constexpr std::size_t cluster_bytes_max = 256;

enum class peer_role : std::uint8_t {
  node = 1,
  client = 2,    ///< a program with actors: CAF's bytes follow
  producer = 3,  ///< a program that enqueues: frames follow (frame_line.hpp)
};
const char* to_string(peer_role role) noexcept;

/// Who stands at one end.
struct hello {
  peer_role role = peer_role::node;
  std::string name;          ///< 1-64 printable characters
  std::int64_t node_id = 0;  ///< its incarnation; 0: a program, or a node that is not registered yet
  std::array<std::uint8_t, 16> nonce{};  ///< fresh in every process
  std::string cluster;                   ///< the same at both ends; a program may leave it empty
};

enum class message_kind : std::uint8_t { hello = 1, welcome = 2, refusal = 3 };

struct message_head {
  std::uint16_t version = 0;
  message_kind kind = message_kind::hello;
  std::size_t body_bytes = 0;  ///< head and body are within message_bytes_max
};

/// @errors invalid: a name or cluster outside its bounds
result<std::string> encode_hello(const hello& mine);
std::string encode_welcome();
/// @param reason  cut where it is too long
std::string encode_refusal(std::string_view reason);

/// @param bytes  message_head_bytes of them.
/// @errors invalid: these are not the first bytes of a weir link (garbage, another protocol), or too many are announced
result<message_head> decode_head(std::string_view bytes);
/// @param body  of a message of kind hello and of this version.
/// @errors invalid: truncated, too long, or a field outside its bounds
result<hello> decode_hello(std::string_view body);
/// What a peer wrote, for people: no control characters, cut where a message is too long.
std::string printable(std::string_view text);
/// The reason in a refusal of any version, as printable text.
std::string decode_refusal(std::string_view body);

/// Why a peer that speaks `version` is refused, naming both; nullopt: it speaks mine.
std::optional<std::string> object_to_version(std::uint16_t version);
/// Why `mine` can't be joined with `peer`: another cluster, this very process, two programs.
std::optional<std::string> object_to_peer(const hello& mine, const hello& peer);

}  // namespace weir::actors::links
