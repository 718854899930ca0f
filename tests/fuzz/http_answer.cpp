// What a web server answers to an http action: real sockets, real libcurl, any bytes.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "actions/http_call.hpp"
#include "hold.hpp"

using namespace weir::fuzz;

namespace {

/// Answers every connection with the bytes given last, and closes it. Lives as long as the process.
class answering {
 public:
  answering() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* const generic = reinterpret_cast<sockaddr*>(&at);
    hold(::bind(listener_, generic, size) == 0 && ::listen(listener_, 8) == 0 &&
             ::getsockname(listener_, generic, &size) == 0,
         "a port can be listened at");
    port_ = ntohs(at.sin_port);
  }

  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  /// One connection: whatever is asked gets `answer`.
  void serve(std::string_view answer) const {
    const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    hold(peer >= 0, "a connection is accepted");
    char asked[4096];
    std::string request;
    while (request.find("\r\n\r\n{}") == std::string::npos) {
      const ssize_t got = ::recv(peer, asked, sizeof asked, 0);
      if (got <= 0) break;
      request.append(asked, static_cast<std::size_t>(got));
    }
    while (!answer.empty()) {
      const ssize_t sent = ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      answer.remove_prefix(static_cast<std::size_t>(sent));
    }
    ::close(peer);
  }

 private:
  int listener_;
  int port_ = 0;
};

class nobody final : public weir::context {
 public:
  bool stop_requested() const override { return false; }
  weir::boot_time deadline() const override { return weir::boot_time::max(); }
  std::uint64_t fencing_token() const override { return 0; }
  int attempt() const override { return 1; }
  const std::string& node() const override { return node_; }
  void log(const std::string&) override {}
  void progress(double, const std::string&) override {}

 private:
  std::string node_ = "n1";
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const answering server;
  std::thread other{[&] { server.serve(text_of(data, size)); }};
  const auto answer = weir::actions::post({server.address(), {}, "{}"}, nobody{});
  other.join();
  if (!answer) {
    hold(answer.error().code == weir::errc::unavailable && !answer.error().message.empty(),
         "no answer is said to be none");
    return 0;
  }
  hold(answer->last_line.size() <= (64U << 10U) && answer->last_line.find('\n') == std::string::npos,
       "the last line is one, and bounded");
  hold(answer->message_id.size() <= size && answer->message_id.find_first_of("\r\n\x1b") == std::string::npos,
       "a message id is one line");
  if (answer->retry_after)
    hold(answer->retry_after->count() > 0 && *answer->retry_after <= std::chrono::hours{24},
         "a pause is at most a day");
  const auto verdict = weir::actions::judge(*answer);
  hold(answer->good() == (verdict.what() == weir::outcome::kind::success), "2xx alone is a success");
  return 0;
}
