// A stand-alone server that behaves like a one-login partner (an ERP, a bank's FTP account): a client
// logs in, sends one update at a time, each is answered after 10 ms; one session at a time is allowed and
// every overlap is counted. It shares no code with weir. One thread, one poll loop.
//
// Protocol, JSON lines over TCP, on loopback unless --host says otherwise:
//   {"op":"LOGIN","node":"n1","token":"17"}                      -> {"ok":true} | {"ok":false,"error":".."}
//   {"op":"UPDATE","customer_id":"c1","version":3,"token":"17"}  -> the same, after --answer-ms
//   {"op":"LOGOUT"}                                              -> {"ok":true}
//   {"op":"REPORT"}                                              -> sessions, updates, violations, customers
// End of connection ends the session; an update that is being worked on is applied all the same.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "flat_json.hpp"
#include "partner_book.hpp"

namespace partner {
namespace {

constexpr std::size_t longest_line = 1U << 20U;
constexpr std::size_t most_connections = 200;

seconds monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<seconds>(now.tv_sec) + static_cast<seconds>(now.tv_nsec) / 1e9;
}

struct options {
  std::string host = "127.0.0.1";
  int port = 0;
  int answer_ms = 10;
  overlap_rule rule = overlap_rule::refuse;
  std::string log_file;
};

/// Appends JSON lines; a line is whole in the file before the next thing happens.
class file_log : public event_log {
 public:
  explicit file_log(const std::string& path)
      : file_(path.empty() ? nullptr : std::fopen(path.c_str(), "ae")) {}
  ~file_log() override {
    if (file_ != nullptr) std::fclose(file_);
  }
  file_log(const file_log&) = delete;
  file_log& operator=(const file_log&) = delete;

  bool usable() const { return file_ != nullptr; }
  void write(const std::string& members) override {
    if (file_ == nullptr) return;
    std::fprintf(file_, "{\"t\":%.6f,%s}\n", monotonic_now(), members.c_str());
    std::fflush(file_);
  }

 private:
  std::FILE* file_;
};

class server {
 public:
  server(int listener, const options& wanted, event_log& log)
      : listener_(listener), answer_after_(wanted.answer_ms / 1e3), book_(wanted.rule, log) {}

  ~server() {
    for (const auto& [fd, ignored] : clients_) close(fd);
  }
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// One round: waits for the next event or answer that is due. `unmasked` lets signals in while waiting.
  void step(const sigset_t& unmasked) {
    std::vector<pollfd> watched{{listener_, POLLIN, 0}};
    for (const auto& [fd, ignored] : clients_) watched.push_back({fd, POLLIN, 0});
    timespec wait{};
    if (!pending_.empty()) {
      const seconds left = std::max(0.0, pending_.front().due - monotonic_now());
      wait.tv_sec = static_cast<time_t>(left);
      wait.tv_nsec = static_cast<long>((left - static_cast<seconds>(wait.tv_sec)) * 1e9);
    }
    const int ready = ppoll(watched.data(), watched.size(), pending_.empty() ? nullptr : &wait, &unmasked);
    answer_due();
    if (ready <= 0) return;
    if (watched.front().revents != 0) accept_one();
    for (const pollfd& each : watched) {
      if (each.fd != listener_ && each.revents != 0 && clients_.count(each.fd) != 0) receive(each.fd);
    }
  }

 private:
  struct client {
    int number = 0;  ///< never used again, unlike the descriptor
    std::string unread;
  };
  struct update {
    seconds due = 0;
    int fd = -1;
    int number = 0;
    std::string customer;
    std::int64_t version = 0;
  };

  void accept_one() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    if (clients_.size() >= most_connections) {
      close(fd);
      return;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    clients_[fd] = {++numbers_, {}};
  }

  void receive(int fd) {
    char buffer[4096];
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      drop(fd, got == 0 ? "eof" : "reset");
      return;
    }
    std::string& unread = clients_.at(fd).unread;
    unread.append(buffer, static_cast<std::size_t>(got));
    std::size_t end = 0;
    while (clients_.count(fd) != 0 && (end = unread.find('\n')) != std::string::npos) {
      const std::string line = unread.substr(0, end);
      unread.erase(0, end + 1);
      perform(fd, line);
    }
    if (clients_.count(fd) != 0 && unread.size() > longest_line) drop(fd, "overlong");
  }

  void perform(int fd, const std::string& line) {
    const auto request = parse_line(line);
    if (!request) return refuse(fd, "not a JSON object");
    const std::string op = text(*request, "op");
    const int number = clients_.at(fd).number;
    const std::int64_t token = integer(*request, "token").value_or(0);
    if (op == "LOGIN") {
      notice_closed();
      if (clients_.count(fd) == 0) return;
      const std::string refusal = book_.login(number, text(*request, "node"), token, monotonic_now());
      return refusal.empty() ? send_line(fd, "{\"ok\":true}") : refuse(fd, refusal);
    }
    if (op == "UPDATE") {
      const std::string customer = text(*request, "customer_id");
      const auto version = integer(*request, "version");
      if (customer.empty() || !version) return refuse(fd, "UPDATE needs customer_id and version");
      const std::string refusal = book_.begin_update(number, customer, *version, token, monotonic_now());
      if (!refusal.empty()) return refuse(fd, refusal);
      pending_.push_back({monotonic_now() + answer_after_, fd, number, customer, *version});
      return;
    }
    if (op == "LOGOUT") {
      book_.end(number, "logout", monotonic_now());
      return send_line(fd, "{\"ok\":true}");
    }
    if (op == "REPORT") return send_line(fd, book_.report());
    refuse(fd, "unknown op " + op);
  }

  // A session whose peer is gone already ended before this LOGIN, even if its end waits unread in our
  // kernel: two events of one poll round have no order of their own.
  void notice_closed() {
    std::vector<int> gone;
    for (const auto& [fd, each] : clients_) {
      pollfd look{fd, POLLRDHUP, 0};
      if (book_.has_session(each.number) && poll(&look, 1, 0) == 1) gone.push_back(fd);
    }
    for (const int fd : gone) drop(fd, "eof");
  }

  void answer_due() {
    while (!pending_.empty() && pending_.front().due <= monotonic_now()) {
      const update done = pending_.front();
      pending_.pop_front();
      book_.finish_update(done.customer, done.version, monotonic_now());
      const auto waits = clients_.find(done.fd);
      if (waits != clients_.end() && waits->second.number == done.number) send_line(done.fd, "{\"ok\":true}");
    }
  }

  void refuse(int fd, const std::string& why) {
    send_line(fd, "{\"ok\":false,\"error\":" + quoted(why) + "}");
  }

  // Answers are small and clients wait for them; one that does not read for a second is dropped.
  void send_line(int fd, const std::string& line) {
    const std::string whole = line + "\n";
    std::size_t sent = 0;
    while (sent < whole.size()) {
      const ssize_t n = send(fd, whole.data() + sent, whole.size() - sent, MSG_NOSIGNAL);
      if (n > 0) {
        sent += static_cast<std::size_t>(n);
        continue;
      }
      pollfd room{fd, POLLOUT, 0};
      if (n < 0 && (errno == EAGAIN || errno == EINTR) && poll(&room, 1, 1000) == 1) continue;
      return drop(fd, "reset");
    }
  }

  void drop(int fd, const std::string& how) {
    const auto found = clients_.find(fd);
    if (found == clients_.end()) return;
    book_.end(found->second.number, how, monotonic_now());
    clients_.erase(found);
    close(fd);
  }

  int listener_;
  seconds answer_after_;
  book book_;
  std::map<int, client> clients_;
  std::deque<update> pending_;  ///< by due time: all wait equally long
  int numbers_ = 0;
};

volatile std::sig_atomic_t ending = 0;
void on_end(int /*signal*/) { ending = 1; }

int listen_on(const std::string& host, int& port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    errno = EINVAL;
    return -1;
  }
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, plain, size) != 0 || listen(fd, 64) != 0 || getsockname(fd, plain, &size) != 0) {
    close(fd);
    return -1;
  }
  port = ntohs(address.sin_port);
  return fd;
}

int usage() {
  std::fputs(
      "usage: partner-server [--host IP] [--port N] [--answer-ms N] [--overlap refuse|count] [--log FILE]\n",
      stderr);
  return 2;
}

int complain(const std::string& what) {
  std::fprintf(stderr, "partner-server: %s: %s\n", what.c_str(), std::strerror(errno));
  return 1;
}

int serve(int argc, char** argv) {
  options wanted;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return usage();
    const std::string flag = argv[i];
    const std::string value = argv[i + 1];
    if (flag == "--host") {
      wanted.host = value;
    } else if (flag == "--port") {
      wanted.port = std::atoi(value.c_str());
    } else if (flag == "--answer-ms") {
      wanted.answer_ms = std::atoi(value.c_str());
    } else if (flag == "--log") {
      wanted.log_file = value;
    } else if (flag == "--overlap" && (value == "refuse" || value == "count")) {
      wanted.rule = value == "count" ? overlap_rule::count : overlap_rule::refuse;
    } else {
      return usage();
    }
  }
  if (wanted.port < 0 || wanted.port > 65535 || wanted.answer_ms < 0) return usage();

  // The signals stay blocked but inside ppoll, so none is missed between the test and the wait.
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  struct sigaction action {};
  action.sa_handler = on_end;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);

  file_log log{wanted.log_file};
  if (!wanted.log_file.empty() && !log.usable()) {
    return complain("cannot write " + wanted.log_file);
  }
  const int listener = listen_on(wanted.host, wanted.port);
  if (listener < 0) {
    return complain("cannot listen on " + wanted.host + ":" + std::to_string(wanted.port));
  }
  std::printf("%s:%d\n", wanted.host.c_str(), wanted.port);
  std::fflush(stdout);
  log.write("\"event\":\"start\",\"port\":" + std::to_string(wanted.port));
  {
    server work{listener, wanted, log};
    while (ending == 0) work.step(before);
  }
  log.write("\"event\":\"stop\"");
  close(listener);
  return 0;
}

}  // namespace
}  // namespace partner

int main(int argc, char** argv) { return partner::serve(argc, argv); }
