#include "fake_collector.hpp"

#include <utility>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weir::app::trace {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10s;

http::reply all_taken() {
  http::reply out;
  out.body = "{}";
  return out;
}

}  // namespace

/// The port is held by a socket that does not listen: whoever connects is refused, and no other program gets it.
fake_collector::fake_collector() : reserved_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int yes = 1;
  ::setsockopt(reserved_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* const generic = reinterpret_cast<sockaddr*>(&at);
  EXPECT_EQ(::bind(reserved_, generic, size), 0);
  EXPECT_EQ(::getsockname(reserved_, generic, &size), 0);
  port_ = ntohs(at.sin_port);
}

fake_collector::~fake_collector() {
  close();
  ::close(reserved_);
}

void fake_collector::open() {
  http::server_settings settings;
  settings.host = "127.0.0.1";
  settings.port = std::to_string(port_);
  settings.body_limit = [](const std::vector<std::string>&) { return std::size_t{16} << 20U; };
  auto made = http::server::start(
      settings, [this](const http::request& asked, const http::respond& to) { take(asked, to); });
  ASSERT_TRUE(made) << made.error().message;
  server_ = std::move(*made);
}

void fake_collector::close() { server_.reset(); }

std::string fake_collector::url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1/traces"; }

void fake_collector::will_answer(std::vector<http::reply> next) {
  const std::lock_guard guard{mutex_};
  next_ = {std::make_move_iterator(next.begin()), std::make_move_iterator(next.end())};
}

void fake_collector::hold() {
  const std::lock_guard guard{mutex_};
  holding_ = true;
}

void fake_collector::release() {
  std::vector<http::respond> held;
  {
    const std::lock_guard guard{mutex_};
    holding_ = false;
    held.swap(held_);
  }
  for (const auto& to : held) to(all_taken());
}

void fake_collector::take(const http::request& asked, const http::respond& to) {
  post one{boot_clock::now(), {}, nlohmann::json::parse(asked.body), asked.headers};
  for (const auto& each : one.body.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans"))
    one.names.push_back(each.at("name"));
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.path, (std::vector<std::string>{"v1", "traces"}));
  http::reply answer = all_taken();
  {
    const std::lock_guard guard{mutex_};
    posts_.push_back(std::move(one));
    came_.notify_all();
    if (holding_) {
      held_.push_back(to);
      return;
    }
    if (!next_.empty()) {
      answer = std::move(next_.front());
      next_.pop_front();
    }
  }
  to(std::move(answer));
}

std::vector<fake_collector::post> fake_collector::posts(std::size_t at_least) {
  std::unique_lock guard{mutex_};
  came_.wait_for(guard, patience, [&] { return posts_.size() >= at_least; });
  return posts_;
}

std::vector<std::string> fake_collector::spans(std::size_t at_least) {
  std::unique_lock guard{mutex_};
  came_.wait_for(guard, patience, [&] { return names().size() >= at_least; });
  return names();
}

std::vector<std::string> fake_collector::names() const {
  std::vector<std::string> out;
  for (const post& each : posts_) out.insert(out.end(), each.names.begin(), each.names.end());
  return out;
}

}  // namespace weir::app::trace
