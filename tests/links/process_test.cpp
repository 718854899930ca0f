// Peers in processes of their own: killed, stopped, cut off, started again on the same port.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <string>

#include "station.hpp"

namespace weir::actors::links {
namespace {

// A node that takes what it is sent until it is ended, and says what it saw.
void serve(child& self, const std::string& listen, std::int64_t node_id) {
  auto options = node_options("peer", node_id);
  options.listen = listen;
  station node{std::move(options)};
  self.tell(node.address());
  const link far = node.accepted();
  ends(far.end.get(), 60s);
  self.tell("link ended");
  self.hear();
}

// Drops whatever arrives at this process's connections of that port from now on: with both ends doing so
// there is no answer and no reset, as behind a cable that was cut.
int cut_connections(const std::string& address) {
  const auto port = static_cast<in_port_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  sock_filter drop[] = {{BPF_RET | BPF_K, 0, 0, 0}};
  const sock_fprog program{1, drop};
  int cut = 0;
  for (int descriptor = 3; descriptor < 256; ++descriptor) {
    sockaddr_in near{}, far{};
    socklen_t near_bytes = sizeof near, far_bytes = sizeof far;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&near), &near_bytes) != 0) continue;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&far), &far_bytes) != 0) continue;
    if (far.sin_family != AF_INET || (ntohs(near.sin_port) != port && ntohs(far.sin_port) != port)) continue;
    if (::setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0) ++cut;
  }
  return cut;
}

TEST(Process, AKilledPeerIsNoticedAtOnce) {
  child peer{[](child& self) { serve(self, "127.0.0.1:0", 22); }};
  const std::string address = peer.hear();
  witness beside;
  station node{"n1", 11};
  const auto linked = node.dial(address, {"peer", 22});
  ASSERT_TRUE(linked.ok()) << linked.error().message;
  ASSERT_TRUE(write_all(linked->end.get(), frame(100)));
  const auto before = clock::now();
  peer.send(SIGKILL);
  EXPECT_TRUE(ends(linked->end.get()));
  EXPECT_LT(clock::now() - before, 1s);
  EXPECT_TRUE(node.saw([&](const link_event& event) {
    return event.kind == link_event::what::closed && event.id == linked->id;
  })) << node.story();
  beside.check();
}

TEST(Process, AStoppedPeerHoldsNothingUpAndIsGivenUp) {
  child peer{[](child& self) { serve(self, "127.0.0.1:0", 22); }};
  const std::string address = peer.hear();
  witness beside;
  auto options = node_options("n1", 11);
  options.limits.silence = 1s;
  station node{std::move(options)};
  const auto linked = node.dial(address, {"peer", 22});
  ASSERT_TRUE(linked.ok()) << linked.error().message;
  const std::size_t before = resident_bytes();
  peer.send(SIGSTOP);
  const std::string one = frame(1'000'000);
  std::size_t taken = 0;
  while (taken < (std::size_t{200} << 20U) && write_all(linked->end.get(), one, 200ms)) taken += one.size();
  EXPECT_LT(taken, std::size_t{32} << 20U) << "what the kernel's buffers hold, and little more";
  EXPECT_LT(resident_bytes() - before, std::size_t{8} << 20U);
  beside.check();
  EXPECT_TRUE(ends(linked->end.get(), 10s)) << "a peer that takes nothing is given up";
  EXPECT_TRUE(node.saw([](const link_event& event) { return event.kind == link_event::what::closed; }));
  // It wakes up to a link that is over, and can be dialed again.
  peer.send(SIGCONT);
  EXPECT_EQ(peer.hear(), "link ended");
  EXPECT_TRUE(node.dial(address, {"peer", 22}).ok());
  beside.check();
}

TEST(Process, AStoppedPeerFailsADialInTime) {
  child peer{[](child& self) { serve(self, "127.0.0.1:0", 22); }};
  const std::string address = peer.hear();
  auto options = node_options("n1", 11);
  options.limits.greeting = 500ms;
  station node{std::move(options)};
  peer.send(SIGSTOP);
  const auto before = clock::now();
  const auto lost = node.dial(address, {"peer", 22});  // the kernel accepts, nobody greets
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code, errc::timeout) << lost.error().message;
  EXPECT_LT(clock::now() - before, 3s);
}

TEST(Process, ASilentCutIsNoticedOnAnIdleLink) {
  child peer{[](child& self) {
    auto options = node_options("peer", 22);
    options.limits.silence = 2s;
    station node{std::move(options)};
    self.tell(node.address());
    const link far = node.accepted();
    self.hear();
    self.tell(std::to_string(cut_connections(node.address())));
    self.tell(ends(far.end.get()) ? "noticed" : "not noticed");
    self.hear();
  }};
  const std::string address = peer.hear();
  witness beside;
  auto options = node_options("n1", 11);
  options.limits.silence = 2s;
  station node{std::move(options)};
  const auto linked = node.dial(address, {"peer", 22});
  ASSERT_TRUE(linked.ok()) << linked.error().message;
  ASSERT_EQ(cut_connections(address), 1);
  peer.tell("cut");
  ASSERT_EQ(peer.hear(), "1") << "cutting itself was not possible";
  const auto before = clock::now();
  EXPECT_TRUE(ends(linked->end.get(), 10s));
  EXPECT_LT(clock::now() - before, 6s);
  EXPECT_TRUE(node.saw_why("timed out")) << node.story();
  EXPECT_EQ(peer.hear(), "noticed");
  beside.check();
}

TEST(Process, APeerThatStartsAgainOnItsPortIsLinkedAgain) {
  child first{[](child& self) { serve(self, "127.0.0.1:0", 22); }};
  const std::string address = first.hear();
  child second{[&address](child& self) {
    self.hear();
    serve(self, address, 23);
  }};
  witness beside;
  station node{"n1", 11};
  const auto linked = node.dial(address, {"peer", 22});
  ASSERT_TRUE(linked.ok()) << linked.error().message;
  first.send(SIGKILL);
  first.reap();
  EXPECT_TRUE(ends(linked->end.get()));
  EXPECT_EQ(node.dial(address, {"peer", 22}).error().code, errc::unavailable);
  second.tell("start");
  ASSERT_EQ(second.hear(), address);
  EXPECT_EQ(node.dial(address, {"peer", 22}).error().code, errc::refused) << "the older incarnation is over";
  const auto again = node.dial(address, {"peer", 23});
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_TRUE(write_all(again->end.get(), frame(100)));
  beside.check();
}

}  // namespace
}  // namespace weir::actors::links
