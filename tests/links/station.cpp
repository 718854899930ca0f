#include "station.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace weir::actors::links {
namespace {

using std::chrono::milliseconds;

bool wait_for(int descriptor, short events, clock::time_point until) {
  const auto left = std::chrono::duration_cast<milliseconds>(until - clock::now()).count();
  pollfd asked{descriptor, events, 0};
  return left > 0 && ::poll(&asked, 1, static_cast<int>(left)) > 0;
}

local_end tcp_socket(bool blocking) {
  return local_end{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0)};
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

transport_options node_options(const std::string& name, std::int64_t node_id) {
  transport_options options;
  options.me.name = name;
  options.me.node_id = node_id;
  options.me.cluster = "test";
  options.listen = "127.0.0.1:0";
  return options;
}

station::station(transport_options options) {
  options.on_link = [this](link made) {
    const std::lock_guard<std::mutex> lock{mutex_};
    links_.push_back(std::move(made));
    changed_.notify_all();
  };
  options.on_event = [this](const link_event& event) {
    const std::lock_guard<std::mutex> lock{mutex_};
    events_.push_back(event);
    changed_.notify_all();
  };
  auto started = transport::start(std::move(options));
  if (!started) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());
    std::abort();
  }
  transport_ = std::move(*started);
}

result<link> station::dial(const std::string& address, const expected_peer& expected) {
  struct box {
    std::mutex mutex;
    std::condition_variable changed;
    std::unique_ptr<result<link>> answer;
  };
  const auto shared = std::make_shared<box>();
  transport_->dial(address, expected, [shared](result<link> answer) {
    const std::lock_guard<std::mutex> lock{shared->mutex};
    shared->answer = std::make_unique<result<link>>(std::move(answer));
    shared->changed.notify_all();
  });
  std::unique_lock<std::mutex> lock{shared->mutex};
  if (!shared->changed.wait_for(lock, patience, [&] { return shared->answer != nullptr; })) {
    return error{errc::internal, "the dial was never answered"};
  }
  return std::move(*shared->answer);
}

link station::accepted() {
  std::unique_lock<std::mutex> lock{mutex_};
  const bool came = changed_.wait_for(lock, patience, [this] { return !links_.empty(); });
  EXPECT_TRUE(came) << "no link came";
  if (!came) return {};
  link first = std::move(links_.front());
  links_.pop_front();
  return first;
}

bool station::saw(const std::function<bool(const link_event&)>& fits, milliseconds within) {
  std::unique_lock<std::mutex> lock{mutex_};
  return changed_.wait_for(lock, within, [&] { return std::any_of(events_.begin(), events_.end(), fits); });
}

int station::count(link_event::what kind) {
  const std::lock_guard<std::mutex> lock{mutex_};
  return static_cast<int>(std::count_if(events_.begin(), events_.end(),
                                        [kind](const link_event& event) { return event.kind == kind; }));
}

bool station::counted(link_event::what kind, int wanted) {
  std::unique_lock<std::mutex> lock{mutex_};
  return changed_.wait_for(lock, patience, [&] {
    return std::count_if(events_.begin(), events_.end(),
                         [kind](const link_event& event) { return event.kind == kind; }) == wanted;
  });
}

std::string station::story() {
  const std::lock_guard<std::mutex> lock{mutex_};
  std::ostringstream text;
  for (const auto& event : events_) {
    text << to_string(event.kind) << (event.dialed ? " to " : " from ") << event.remote << " (" << event.name
         << " " << event.node_id << ") " << event.why << "\n";
  }
  return text.str();
}

witness::witness() : witness([](transport_options&) {}) {}

witness::witness(const std::function<void(transport_options&)>& change) {
  auto left = node_options("witness-a", 901);
  auto right = node_options("witness-b", 902);
  change(left);
  change(right);
  left_ = std::make_unique<station>(std::move(left));
  right_ = std::make_unique<station>(std::move(right));
  auto dialed = left_->dial(right_->address(), {"witness-b", 902});
  EXPECT_TRUE(dialed.ok()) << dialed.error().message;
  near_ = std::move(*dialed);
  far_ = right_->accepted();
  echo();
}

void witness::echo() {
  const std::string sent = frame(1000);
  EXPECT_TRUE(write_all(near_.end.get(), sent));
  EXPECT_EQ(read_exactly(far_.end.get(), sent.size()), sent);
  EXPECT_TRUE(write_all(far_.end.get(), sent));
  EXPECT_EQ(read_exactly(near_.end.get(), sent.size()), sent);
}

void witness::check() {
  echo();
  for (station* const one : {left_.get(), right_.get()}) {
    EXPECT_EQ(one->count(link_event::what::up), 1) << one->story();
    EXPECT_EQ(one->count(link_event::what::closed), 0) << one->story();
  }
}

std::string frame_header(unsigned operation, std::uint32_t body_bytes) {
  std::string header(32, '\0');
  header[0] = static_cast<char>(operation);
  for (unsigned at = 0; at < 4; ++at)
    header[4 + at] = static_cast<char>((body_bytes >> (24 - 8 * at)) & 0xffU);
  return header;
}

std::string frame(std::size_t body_bytes) {
  return frame_header(2, static_cast<std::uint32_t>(body_bytes)) + std::string(body_bytes, 'x');
}

std::size_t write_some(int descriptor, std::string_view bytes, milliseconds room_within) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t done =
        ::send(descriptor, bytes.data() + written, bytes.size() - written, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (done > 0) {
      written += static_cast<std::size_t>(done);
    } else if (errno != EAGAIN || !wait_for(descriptor, POLLOUT, clock::now() + room_within)) {
      break;
    }
  }
  return written;
}

bool write_all(int descriptor, std::string_view bytes, milliseconds within) {
  return write_some(descriptor, bytes, within) == bytes.size();
}

std::size_t read_some(int descriptor, char* into, std::size_t most, milliseconds within) {
  const auto until = clock::now() + within;
  for (;;) {
    const ssize_t done = ::recv(descriptor, into, most, MSG_DONTWAIT);
    if (done >= 0) return static_cast<std::size_t>(done);
    if (errno != EAGAIN || !wait_for(descriptor, POLLIN, until)) return 0;
  }
}

std::string read_exactly(int descriptor, std::size_t bytes, milliseconds within) {
  std::string got(bytes, '\0');
  std::size_t have = 0;
  while (have < bytes) {
    const std::size_t more = read_some(descriptor, got.data() + have, bytes - have, within);
    if (more == 0) break;
    have += more;
  }
  got.resize(have);
  return got;
}

bool ends(int descriptor, milliseconds within) {
  const auto until = clock::now() + within;
  char bytes[4096];
  for (;;) {
    const ssize_t done = ::recv(descriptor, bytes, sizeof bytes, MSG_DONTWAIT);
    if (done == 0 || (done < 0 && errno != EAGAIN)) return true;
    if (done < 0 && !wait_for(descriptor, POLLIN, until)) return false;
  }
}

local_end connect_to(std::uint16_t port) {
  local_end made = tcp_socket(true);
  const sockaddr_in to = loopback(port);
  EXPECT_EQ(::connect(made.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  return made;
}

silent_port make_silent_port() {
  silent_port made;
  made.listening = tcp_socket(true);
  sockaddr_in at = loopback(0);
  socklen_t bytes = sizeof at;
  EXPECT_EQ(::bind(made.listening.get(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  EXPECT_EQ(::listen(made.listening.get(), 0), 0);
  EXPECT_EQ(::getsockname(made.listening.get(), reinterpret_cast<sockaddr*>(&at), &bytes), 0);
  made.port = ntohs(at.sin_port);
  return made;
}

silent_port make_black_hole() {
  silent_port hole = make_silent_port();
  const sockaddr_in at = loopback(hole.port);
  // The first fills the queue, the others find it full and are not answered.
  for (int count = 0; count < 3; ++count) {
    local_end one = tcp_socket(false);
    static_cast<void>(::connect(one.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at));
    wait_for(one.get(), POLLOUT, clock::now() + 200ms);
    hole.filling.push_back(std::move(one));
  }
  return hole;
}

std::size_t resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  std::size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

child::child(const std::function<void(child& self)>& body) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) std::abort();
  process_ = ::fork();
  if (process_ == 0) {
    ::close(pair[0]);
    pipe_ = local_end{pair[1]};
    body(*this);
    std::_Exit(0);
  }
  ::close(pair[1]);
  pipe_ = local_end{pair[0]};
}

child::~child() {
  if (process_ > 0) send(SIGKILL);
  reap();
}

void child::tell(const std::string& line) { write_all(pipe_.get(), line + "\n"); }

std::string child::hear() {
  std::string line;
  for (;;) {
    const std::string one = read_exactly(pipe_.get(), 1);
    if (one.empty()) return "";
    if (one == "\n") return line;
    line += one;
  }
}

void child::send(int signal) {
  ::kill(process_, signal);
  if (signal == SIGSTOP) ::waitpid(process_, nullptr, WUNTRACED);  // it may go on for a moment else
}

void child::reap() {
  if (process_ <= 0) return;
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
}

}  // namespace weir::actors::links
