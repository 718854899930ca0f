#include "actors/links/transport.hpp"

#include <pthread.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <system_error>
#include <thread>

#include "actors/links/address.hpp"
#include "actors/links/switchboard.hpp"
#include "actors/links/tls.hpp"

namespace weir::actors::links {
namespace {

// Told by the thread when it leaves.
struct ending {
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;
};

// What the thread holds, so that it may outlive the transport: the board leaves before its Asio.
struct engine {
  std::shared_ptr<asio::io_context> io;
  std::shared_ptr<switchboard> board;
};

bool fill(std::array<std::uint8_t, 16>& nonce) {
  for (;;) {
    const ssize_t got = ::getrandom(nonce.data(), nonce.size(), 0);
    if (got == static_cast<ssize_t>(nonce.size())) return true;
    if (got < 0 && errno != EINTR) return false;
  }
}

}  // namespace

local_end& local_end::operator=(local_end&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = other.release();
  }
  return *this;
}

local_end::~local_end() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

const char* to_string(link_event::what kind) noexcept {
  switch (kind) {
    case link_event::what::up: return "up";
    case link_event::what::closed: return "closed";
    case link_event::what::refused: return "refused";
    case link_event::what::failed: return "failed";
  }
  return "?";
}

struct transport::inside {
  std::shared_ptr<asio::io_context> io = std::make_shared<asio::io_context>(1);
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(*io);
  std::shared_ptr<switchboard> board;
  std::shared_ptr<ending> end = std::make_shared<ending>();
  host_port listening;
  std::string listening_text;
  std::mutex stopping;  // one stop at a time
  std::thread thread;
};

transport::transport(std::unique_ptr<inside> held) : inside_(std::move(held)) {}

result<std::unique_ptr<transport>> transport::start(transport_options options) {
  if (!fill(options.me.nonce)) return error{errc::unavailable, "the system has no random numbers"};
  if (auto checked = encode_hello(options.me); !checked) return checked.error();
  std::shared_ptr<asio::ssl::context> tls;
  if (options.tls) {
    auto made = make_tls(*options.tls);
    if (!made) return made.error();
    tls = std::move(*made);
  }
  auto held = std::make_unique<inside>();
  const std::string listen = options.listen;
  held->board = std::make_shared<switchboard>(held->io, std::move(options), std::move(tls));
  if (listen != "off") {
    auto where = split_address(listen);
    if (!where) return error{errc::invalid, "node.listen: " + where.error().message};
    auto bound = held->board->listen(*where);
    if (!bound) return bound.error();
    held->listening = *bound;
    held->listening_text = join_address(bound->host, bound->port);
  }
  // Signals are for the program's own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = true;
  try {
    held->thread = std::thread{[run = engine{held->io, held->board}, end = held->end]() noexcept {
      pthread_setname_np(pthread_self(), "weir-links");
      run.board->begin();
      run.io->run();
      run.board->shut_down();  // has been done, unless stop() lost its patience
      const std::lock_guard<std::mutex> lock{end->mutex};
      end->ended = true;
      end->changed.notify_all();
    }};
  } catch (const std::system_error&) {
    started = false;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!started) return error{errc::unavailable, "no thread to be had for the links"};
  return std::unique_ptr<transport>{new transport(std::move(held))};
}

transport::~transport() { stop(); }

const std::string& transport::listening() const { return inside_->listening_text; }

std::uint16_t transport::port() const { return inside_->listening.port; }

void transport::become(std::int64_t node_id, std::string cluster) {
  asio::post(*inside_->io,
             [board = inside_->board, node_id, name = std::move(cluster)] { board->become(node_id, name); });
}

void transport::dial(std::string address, expected_peer expected, dial_answer answer) {
  asio::post(*inside_->io, [board = inside_->board, to = std::move(address), whom = std::move(expected),
                            then = std::move(answer)] { board->dial(to, whom, then); });
}

void transport::answer(link_id id, std::string frame) {
  asio::post(*inside_->io, [board = inside_->board, id, text = std::move(frame)]() mutable {
    board->answer(id, std::move(text));
  });
}

void transport::close(link_id id, std::string why) {
  asio::post(*inside_->io, [board = inside_->board, id, text = std::move(why)] { board->close(id, text); });
}

bool transport::stop(std::chrono::milliseconds bound) {
  const std::lock_guard<std::mutex> one{inside_->stopping};
  if (!inside_->thread.joinable()) {  // given up before, and it may have ended since
    const std::lock_guard<std::mutex> lock{inside_->end->mutex};
    return inside_->end->ended;
  }
  WEIR_ASSERT(std::this_thread::get_id() != inside_->thread.get_id());
  asio::post(*inside_->io, [board = inside_->board] { board->shut_down(); });
  inside_->work.reset();
  std::unique_lock<std::mutex> lock{inside_->end->mutex};
  const bool ended = inside_->end->changed.wait_for(lock, bound, [this] { return inside_->end->ended; });
  lock.unlock();
  if (ended) {
    inside_->thread.join();
  } else {
    inside_->io->stop();
    inside_->thread.detach();
  }
  return ended;
}

}  // namespace weir::actors::links
