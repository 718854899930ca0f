// Socket and process handling of one runner; nothing here blocks but the destructor.
#include "runner/runner_process.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "runner/spawn_self.hpp"

namespace weir::runner {

namespace {

/// Bytes read per receive(): bounds what one chatty runner can pile up before its frames are looked at.
constexpr std::size_t read_bytes = std::size_t{256} << 10U;

void kill_through(const owned_fd& pidfd) {
  if (pidfd) ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0U);
}

bool has_ended(const owned_fd& pidfd, int wait_ms) {
  pollfd end{pidfd.get(), POLLIN, 0};
  return ::poll(&end, 1, wait_ms) > 0;
}

/// Takes the first file descriptor that came with a message; closes others.
void take_fds(msghdr& message, owned_fd& first) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      owned_fd taken{fd};
      if (!first) first = std::move(taken);
    }
  }
}

}  // namespace

runner_process::runner_process(pid_t pid, owned_fd process, owned_fd socket, std::size_t payload_limit)
    : pid_(pid),
      process_(std::move(process)),
      socket_(std::move(socket)),
      decoder_(max_frame_bytes(payload_limit)) {}

result<std::unique_ptr<runner_process>> runner_process::start(const invitation& invited) {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return error{errc::overloaded,
                 std::string{"cannot start a runner process: socketpair: "} + std::strerror(errno)};
  }
  owned_fd ours{ends[0]};
  const owned_fd theirs{ends[1]};
  auto child = spawn_self(invited, theirs.get());
  if (!child) return child.error();
  return std::unique_ptr<runner_process>{
      new runner_process{child->pid, std::move(child->pidfd), std::move(ours), invited.payload_limit}};
}

runner_process::~runner_process() {
  while (!reaped_ || (init_ && !has_ended(init_, 100))) {
    kill();
    if (reaped_ || !has_ended(process_, 100)) continue;
    receive();
    ended();
  }
}

void runner_process::send(const frame& what) { out_.push_back(encode(what)); }

void runner_process::flush() {
  for (;;) {
    if (next_deadline_ && written_ == 0) {
      out_.push_front(encode(frame{extend_frame{*next_deadline_}}));
      next_deadline_.reset();
    }
    if (out_.empty()) return;
    const std::string& front = out_.front();
    const ssize_t sent =
        ::send(socket_.get(), front.data() + written_, front.size() - written_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (sent < 0) {  // nobody reads any more: its death is noticed elsewhere
      out_.clear();
      next_deadline_.reset();
      written_ = 0;
      return;
    }
    written_ += static_cast<std::size_t>(sent);
    if (written_ == front.size()) {
      out_.pop_front();
      written_ = 0;
    }
  }
}

runner_process::received runner_process::receive() {
  received found;
  std::array<char, std::size_t{64} << 10U>
      bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  while (found.bytes < read_bytes) {
    iovec part{bytes.data(), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(4 * sizeof(int))> control;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (got <= 0) {
      found.gone = true;
      break;
    }
    take_fds(message, init_);
    found.bytes += static_cast<std::size_t>(got);
    decoder_.feed({bytes.data(), static_cast<std::size_t>(got)});
    if (static_cast<std::size_t>(got) < bytes.size()) break;
  }
  for (;;) {
    auto next = decoder_.next();
    if (!next) {
      found.gone = true;
      found.complaint = next.error().message;
      break;
    }
    if (!*next) break;
    found.frames.push_back(std::move(**next));
  }
  return found;
}

void runner_process::kill() {
  if (!reaped_) kill_through(process_);
  kill_through(init_);
}

std::optional<runner_end> runner_process::ended() {
  if (!reaped_) {
    if (!has_ended(process_, 0)) return std::nullopt;
    int status = 0;
    runner_end end;
    if (::waitpid(pid_, &status, 0) != pid_) {
      end.status = -1;  // somebody else in this program took the status
    } else if (WIFSIGNALED(status)) {
      end.signal = WTERMSIG(status);
    } else {
      end.status = WEXITSTATUS(status);
    }
    reaped_ = end;
  }
  if (init_ && !has_ended(init_, 0)) return std::nullopt;
  return reaped_;
}

}  // namespace weir::runner
