// Strangers at the port, silent hosts, slow names: what they cost, and that nobody else notices.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "station.hpp"

namespace weir::actors::links {
namespace {

TEST(Hostile, GarbageIsClosedAndNothingElse) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 dice{seed};
  witness beside;
  station node{"n1", 11};
  const std::size_t before = resident_bytes();
  std::vector<std::string> inputs = {
      std::string("\1", 1) + std::string(31, '\0'),  // the packet that ends a process with CAF's own port
      frame_header(2, 1U << 30U),
      "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
      std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11},  // TLS, where none is spoken
      std::string{"weir\0\2\1\0\xff\xff", 10},
      std::string{"weir\0\2\1\0\0\5aaaaa", 15},
      std::string{"weir\0\2\2\0\0\0", 10},  // a welcome, before any hello
      std::string(100'000, 'w'),
  };
  for (int count = 0; count < 50; ++count) {
    std::string random(1 + dice() % 3000, '\0');
    for (char& byte : random) byte = static_cast<char>(dice());
    inputs.push_back(std::move(random));
  }
  for (const auto& bytes : inputs) {
    const local_end raw = connect_to(node.its().port());
    write_all(raw.get(), bytes);
    if (bytes.size() >= message_head_bytes) {
      EXPECT_TRUE(ends(raw.get(), 2s)) << bytes.substr(0, 10);
    }
  }
  EXPECT_LT(resident_bytes() - before, std::size_t{8} << 20U);
  EXPECT_EQ(node.count(link_event::what::up), 0);
  station good{"n2", 22};
  EXPECT_TRUE(good.dial(node.address(), {"n1", 11}).ok());
  beside.check();
}

TEST(Hostile, TwoHundredSilentConnectionsCostNothing) {
  witness beside;
  auto options = node_options("n1", 11);
  options.limits.greeting = 1s;
  station node{std::move(options)};
  station good{"n2", 22};
  std::vector<local_end> silent;
  for (int count = 0; count < 200; ++count) {
    silent.push_back(connect_to(node.its().port()));
    if (count % 3 == 0) write_all(silent.back().get(), "we");  // half a head is as silent as none
  }
  const auto before = clock::now();
  const auto linked = good.dial(node.address(), {"n1", 11});
  EXPECT_TRUE(linked.ok()) << linked.error().message;
  EXPECT_LT(clock::now() - before, 1s);
  for (const auto& one : silent) EXPECT_TRUE(ends(one.get(), 3s));
  EXPECT_TRUE(node.counted(link_event::what::failed, 200)) << node.story();
  EXPECT_TRUE(node.saw_why("pushed out by newer connections"));
  EXPECT_TRUE(node.saw_why("no greeting within 1000 ms"));
  const std::string bytes = frame(10);
  EXPECT_TRUE(write_all(linked->end.get(), bytes));
  EXPECT_EQ(read_exactly(node.accepted().end.get(), bytes.size()), bytes) << "the good one lives on";
  beside.check();
}

TEST(Hostile, ADripOfBytesDoesNotProlongAGreeting) {
  auto options = node_options("n1", 11);
  options.limits.greeting = 500ms;
  station node{std::move(options)};
  const local_end raw = connect_to(node.its().port());
  const auto before = clock::now();
  const std::string start = std::string{"weir\0\2\1\0\1\0", 10} + std::string(200, 'x');
  for (const char byte : start) {
    if (!write_all(raw.get(), std::string(1, byte))) break;
    if (ends(raw.get(), 20ms)) break;
  }
  EXPECT_TRUE(ends(raw.get()));
  EXPECT_GE(clock::now() - before, 400ms);
  EXPECT_LT(clock::now() - before, 3s);
}

TEST(Hostile, ASilentHostDelaysNobody) {
  witness beside;
  const silent_port hole = make_black_hole();
  auto options = node_options("n1", 11);
  options.limits.dial = 1s;
  station node{std::move(options)};
  station good{"n2", 22};
  auto lost = std::async(std::launch::async, [&] {
    const auto before = clock::now();
    auto answer = node.dial("127.0.0.1:" + std::to_string(hole.port), {"n3", 33});
    return std::pair{answer ? std::string{} : answer.error().message, clock::now() - before};
  });
  for (int round = 0; round < 5; ++round) {
    const auto before = clock::now();
    EXPECT_TRUE(node.dial(good.address(), {"n2", 22}).ok());
    EXPECT_LT(clock::now() - before, 500ms);
  }
  EXPECT_NE(lost.wait_for(0s), std::future_status::ready) << "the host was not silent";
  const auto [message, took] = lost.get();
  EXPECT_NE(message.find("no answer from 127.0.0.1:"), std::string::npos) << message;
  EXPECT_GE(took, 900ms);
  EXPECT_LT(took, 3s);
  beside.check();
}

TEST(Hostile, ASlowNameDelaysNobodyAndOutlivesTheTransport) {
  const auto gate = std::make_shared<std::promise<void>>();
  const auto opened = std::make_shared<std::shared_future<void>>(gate->get_future());
  const auto asked = std::make_shared<std::atomic<int>>(0);
  auto options = node_options("n1", 11);
  options.limits.dial = 500ms;
  options.look_up = [opened, asked](const std::string& host) -> std::vector<std::string> {
    if (host != "slow.example") return {"127.0.0.1"};
    ++*asked;
    opened->wait();
    return {"127.0.0.1"};
  };
  {
    station node{std::move(options)};
    station good{"n2", 22};
    auto slow = std::async(std::launch::async, [&node] { return node.dial("slow.example:1"); });
    auto again = std::async(std::launch::async, [&node] { return node.dial("slow.example:2"); });
    const auto before = clock::now();
    EXPECT_TRUE(node.dial("good.example:" + std::to_string(good.its().port()), {"n2", 22}).ok());
    EXPECT_LT(clock::now() - before, 400ms);
    EXPECT_EQ(slow.get().error().message, "slow.example:1: the host name slow.example was not found in time");
    EXPECT_EQ(again.get().error().code, errc::timeout);
    EXPECT_EQ(*asked, 1) << "a name that is being looked up is not asked for again";
  }
  gate->set_value();
}

TEST(Hostile, TriesEveryAddressOfAName) {
  auto options = node_options("n1", 11);
  options.look_up = [](const std::string& host) -> std::vector<std::string> {
    if (host == "none.example") return {};
    return {"::1", "127.0.0.2", "127.0.0.1"};  // nobody listens at the first two
  };
  station node{std::move(options)};
  station good{"n2", 22};
  EXPECT_TRUE(node.dial("n2.example:" + std::to_string(good.its().port()), {"n2", 22}).ok()) << node.story();
  EXPECT_EQ(node.dial("none.example:1").error().message,
            "none.example:1: the host name none.example has no address");
}

TEST(Hostile, APeerThatNeverSaysHelloIsGivenUp) {
  auto options = node_options("n1", 11);
  options.limits.greeting = 300ms;
  station node{std::move(options)};
  const silent_port quiet = make_silent_port();
  const auto lost = node.dial("127.0.0.1:" + std::to_string(quiet.port), {"n2", 22});
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code, errc::timeout);
  EXPECT_NE(lost.error().message.find("no greeting within 300 ms"), std::string::npos)
      << lost.error().message;
}

TEST(Hostile, RefusesMoreThanItCanCarry) {
  auto options = node_options("n1", 11);
  options.limits.links = 2;
  station node{std::move(options)};
  station peer{"n2", 22};
  std::vector<link> held;
  for (int count = 0; count < 2; ++count) {
    auto dialed = peer.dial(node.address());
    ASSERT_TRUE(dialed.ok());
    held.push_back(std::move(*dialed));
  }
  EXPECT_NE(peer.dial(node.address()).error().message.find("too many links"), std::string::npos);
  held.pop_back();
  ASSERT_TRUE(node.saw([](const link_event& event) { return event.kind == link_event::what::closed; }));
  EXPECT_TRUE(peer.dial(node.address()).ok());
}

}  // namespace
}  // namespace weir::actors::links
