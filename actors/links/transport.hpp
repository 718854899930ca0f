// The transport under CAF's links: listens, dials, greets, encrypts, vets, and hands out one end of a socket
// pair per link. CAF itself opens no port (it trusts whoever connects).
//
//   peer <== TCP, with [tls] mutual TLS ==> relay (this object's thread) <== socket pair ==> CAF, or whoever
//
// One thread, owned by the object, does everything: nothing in it ever blocks, names are looked up beside it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/result.hpp>

#include "actors/links/bounds.hpp"
#include "actors/links/hello.hpp"

namespace weir::actors::links {

/// Counts a transport's links from 1; never used twice.
using link_id = std::uint64_t;

/// A descriptor with one owner. Movable; closes what it still holds.
class local_end {
 public:
  local_end() = default;
  explicit local_end(int descriptor) : descriptor_(descriptor) {}
  local_end(local_end&& other) noexcept : descriptor_(other.release()) {}
  local_end& operator=(local_end&& other) noexcept;
  ~local_end();

  int get() const { return descriptor_; }
  /// Gives it away: the caller closes it. -1: there is none.
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_ = -1;
};

/// A link that is up: both ends have greeted and want each other.
struct link {
  link_id id = 0;
  hello peer;
  bool dialed = false;  ///< by this end
  std::string remote;   ///< "10.0.0.2:7700"
  /// AF_UNIX stream, non-blocking, close-on-exec. Closing it closes the link; the end of the link is its
  /// end of file. Bytes are the peer's, already vetted where CAF's are expected. Write to it with MSG_NOSIGNAL
  /// (as CAF does).
  local_end end;
};

/// What a node logs of its links. Strangers can cause `failed` at will: bound what is written.
struct link_event {
  enum class what {
    up,
    closed,   ///< a link that was up
    refused,  ///< a greeting that one end declined, with its reason
    failed,   ///< a connection that came to nothing: unreachable, too slow, garbage, TLS
  };
  what kind = what::failed;
  link_id id = 0;  ///< up, closed
  bool dialed = false;
  std::string remote;        ///< where to or from
  std::string name;          ///< of the peer as far as it is known, else ""
  std::int64_t node_id = 0;  ///< likewise
  std::string why;           ///< closed, refused, failed
};
const char* to_string(link_event::what kind) noexcept;

/// PEM files of mutual TLS: everybody shows a certificate of `ca`.
struct tls_files {
  std::string ca, cert, key;
};

/// Whom a dial must reach.
struct expected_peer {
  std::string name;          ///< "" = any node of the cluster (clients)
  std::int64_t node_id = 0;  ///< 0 = any incarnation
};

struct transport_options {
  /// Who this end is; the nonce is made here. node_id may be 0 for a node until become().
  hello me;
  /// "host:port", port 0 = a free one; "off" = only dials. Other than loopback needs `tls`.
  std::string listen = "off";
  std::optional<tls_files> tls;
  bounds limits;

  // All callbacks run on the transport's thread, one at a time: they must not block and not throw, may call
  // everything here but stop() and the destructor, and are never called once stop() has answered true.

  /// Whether an accepted peer, whose hello was checked and whose certificate fits it, is wanted: nullopt =
  /// welcome; a text is sent to the peer. It may still fail to come up. Empty function: everybody is.
  std::function<std::optional<std::string>(const hello&)> admit;
  /// An accepted link is up.
  std::function<void(link)> on_link;
  /// A producer asks; answered by answer(), each question once. Without it producers are declined.
  std::function<void(link_id, std::string frame)> on_frame;
  /// Comes before on_link and before the answer of a dial.
  std::function<void(const link_event&)> on_event;

  /// How a host name becomes addresses, on a thread of its own; may block. Empty function: getaddrinfo.
  std::function<std::vector<std::string>(const std::string& host)> look_up;
};

/// Threads: every method from any thread, except where said.
class transport {
 public:
  using dial_answer = std::function<void(result<link>)>;

  /// Reads the certificates, binds, and starts the thread. Looks a listening host name up, so it may block.
  /// @errors invalid: an address, a name or a certificate file, or listening beyond loopback without TLS;
  ///         conflict: the address is in use; unavailable: no thread or descriptor to be had
  static result<std::unique_ptr<transport>> start(transport_options options);
  /// As stop(); what then still runs, is left to itself.
  ~transport();

  /// Where it listens, with the actual port ("127.0.0.1:41233"); "" = off.
  const std::string& listening() const;
  std::uint16_t port() const;

  /// A new incarnation of this node: every link and greeting ends (they belong to the older one), later ones
  /// carry this id. Until the first one a node with id 0 declines everybody and may not dial.
  /// @param cluster  empty: stays what it was
  void become(std::int64_t node_id, std::string cluster = {});

  /// Dials "host:port". Dials never wait for each other. The answer comes within limits.dial +
  /// limits.greeting, on the transport's thread, exactly once.
  /// @errors (to `answer`) invalid: an address; unavailable: not reached, or stopping; timeout: a deadline
  ///         passed; refused: either end declined, or not the expected peer; overloaded: too many dials
  void dial(std::string address, expected_peer expected, dial_answer answer);

  /// Answers a producer's question; of a link that is closed, ignored.
  void answer(link_id id, std::string frame);

  /// Closes a link; unknown or closed ones are ignored.
  void close(link_id id, std::string why = "closed by this end");

  /// Closes everything, answers open dials, and ends the thread. Not from a callback.
  /// @return false: the thread had not ended within `bound` (a callback blocks); it is left to itself.
  bool stop(std::chrono::milliseconds bound = std::chrono::seconds{2});

 private:
  struct inside;
  explicit transport(std::unique_ptr<inside> held);
  std::unique_ptr<inside> inside_;
};

}  // namespace weir::actors::links
