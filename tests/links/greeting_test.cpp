// Two ends find each other, or say why not.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "station.hpp"

namespace weir::actors::links {
namespace {

TEST(Greeting, LinksTwoNodesBothWays) {
  station first{"n1", 11};
  station second{"n2", 22};
  auto dialed = first.dial(second.address(), {"n2", 22});
  ASSERT_TRUE(dialed.ok()) << dialed.error().message;
  const link far = second.accepted();
  EXPECT_TRUE(dialed->dialed);
  EXPECT_FALSE(far.dialed);
  EXPECT_EQ(dialed->peer.name, "n2");
  EXPECT_EQ(dialed->peer.node_id, 22);
  EXPECT_EQ(far.peer.name, "n1");
  EXPECT_EQ(far.peer.node_id, 11);
  EXPECT_EQ(far.peer.role, peer_role::node);
  EXPECT_NE(far.peer.nonce, dialed->peer.nonce);
  EXPECT_EQ(dialed->remote, second.address());
  EXPECT_EQ(far.remote.rfind("127.0.0.1:", 0), 0U);
  for (int round = 0; round < 100; ++round) {
    const std::string bytes = frame(static_cast<std::size_t>(round) * 97 + 1);
    ASSERT_TRUE(write_all(dialed->end.get(), bytes));
    ASSERT_EQ(read_exactly(far.end.get(), bytes.size()), bytes);
    ASSERT_TRUE(write_all(far.end.get(), bytes));
    ASSERT_EQ(read_exactly(dialed->end.get(), bytes.size()), bytes);
  }
  EXPECT_TRUE(
      first.saw([](const link_event& event) { return event.kind == link_event::what::up && event.dialed; }));
  EXPECT_TRUE(second.saw([](const link_event& event) {
    return event.kind == link_event::what::up && !event.dialed && event.name == "n1" && event.node_id == 11;
  }));
}

TEST(Greeting, HandsOutNonBlockingCloseOnExecDescriptors) {
  station first{"n1", 11};
  station second{"n2", 22};
  auto dialed = first.dial(second.address());
  ASSERT_TRUE(dialed.ok());
  const link far = second.accepted();
  EXPECT_NE(::fcntl(far.end.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(dialed->end.get(), F_GETFL) & O_NONBLOCK, 0);
  // Every socket of this process, so the listening and the connected ones, too: runners must inherit none.
  DIR* const folder = ::opendir("/proc/self/fd");
  ASSERT_NE(folder, nullptr);
  int sockets = 0;
  while (const dirent* const entry = ::readdir(folder)) {
    char target[256] = {};
    if (::readlinkat(::dirfd(folder), entry->d_name, target, sizeof target - 1) <= 0) continue;
    if (std::string{target}.rfind("socket:", 0) != 0) continue;
    const int descriptor = std::atoi(entry->d_name);
    if (descriptor <= STDERR_FILENO) continue;
    ++sockets;
    EXPECT_NE(::fcntl(descriptor, F_GETFD) & FD_CLOEXEC, 0) << target;
  }
  ::closedir(folder);
  EXPECT_GE(sockets, 8);
}

TEST(Greeting, TellsTheRefusedWhy) {
  auto picky = node_options("n2", 22);
  picky.admit = [](const hello& peer) -> std::optional<std::string> {
    if (peer.node_id < 10) return "incarnation " + std::to_string(peer.node_id) + " is over";
    return std::nullopt;
  };
  station second{std::move(picky)};
  station stale{"n1", 9};
  const auto refused = stale.dial(second.address(), {"n2", 22});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, errc::refused);
  EXPECT_EQ(refused.error().message, second.address() + ": the peer declined: incarnation 9 is over");
  EXPECT_TRUE(second.saw([](const link_event& event) {
    return event.kind == link_event::what::refused && event.name == "n1" && event.node_id == 9 &&
           event.why == "incarnation 9 is over";
  })) << second.story();
  EXPECT_TRUE(stale.saw([](const link_event& event) { return event.kind == link_event::what::refused; }));
  station fresh{"n1", 10};
  EXPECT_TRUE(fresh.dial(second.address(), {"n2", 22}).ok());
}

TEST(Greeting, ReachesOnlyWhomItMeant) {
  station first{"n1", 11};
  station second{"n2", 22};
  auto stranger_options = node_options("n3", 33);
  stranger_options.me.cluster = "other";
  station stranger{std::move(stranger_options)};
  const struct {
    station* from;
    expected_peer expected;
    std::string why;
  } cases[] = {
      {&first, {"n9", 22}, "node \"n9\" was dialed here, and \"n2\" answered"},
      {&first, {"n2", 21}, "incarnation 21 of \"n2\" was dialed here, and 22 answered"},
      {&stranger, {"n2", 22}, "the peer declined: this end is of cluster \"test\", you are of \"other\""},
      {&second, {"n2", 22}, "the peer declined: this end and yours are one process"},
  };
  for (const auto& c : cases) {
    const auto refused = c.from->dial(second.address(), c.expected);
    ASSERT_FALSE(refused.ok()) << c.why;
    EXPECT_EQ(refused.error().code, errc::refused) << c.why;
    EXPECT_EQ(refused.error().message, second.address() + ": " + c.why);
  }
  EXPECT_TRUE(second.saw_why("the peer declined: node \"n9\"")) << "the acceptor never had a link of it";
  EXPECT_EQ(second.count(link_event::what::up), 0) << second.story();
}

TEST(Greeting, LetsClientsIn) {
  station node{"n1", 11};
  auto options = node_options("importer", 0);
  options.me.role = peer_role::client;
  options.me.cluster = "";
  options.listen = "off";
  station client{std::move(options)};
  EXPECT_EQ(client.address(), "");
  EXPECT_EQ(client.its().port(), 0);
  auto dialed = client.dial(node.address());
  ASSERT_TRUE(dialed.ok()) << dialed.error().message;
  EXPECT_EQ(dialed->peer.name, "n1");
  EXPECT_EQ(node.accepted().peer.role, peer_role::client);
}

TEST(Greeting, WaitsForTheFirstIncarnationAndEndsTheLinksOfAnOlderOne) {
  station early{"n1", 0};
  station other{"n2", 22};
  EXPECT_EQ(other.dial(early.address()).error().message,
            early.address() + ": the peer declined: this node is not registered yet");
  EXPECT_EQ(early.dial(other.address()).error().message,
            other.address() + ": this node is not registered yet");
  early.its().become(5);
  const auto linked = other.dial(early.address(), {"n1", 5});
  ASSERT_TRUE(linked.ok()) << linked.error().message;
  early.its().become(6);
  EXPECT_TRUE(ends(linked->end.get()));
  EXPECT_TRUE(early.saw_why("this node became incarnation 6"));
  EXPECT_TRUE(other.dial(early.address(), {"n1", 6}).ok());
}

TEST(Greeting, RefusesAnotherVersionByName) {
  station node{"n1", 11};
  const local_end raw = connect_to(node.its().port());
  // Version 7, whose hello nobody here understands.
  ASSERT_TRUE(write_all(raw.get(), std::string{"weir\0\7\1\0\0\3abc", 13}));
  const std::string head = read_exactly(raw.get(), message_head_bytes);
  const auto decoded = decode_head(head);
  ASSERT_TRUE(decoded.ok()) << head.size();
  EXPECT_EQ(decoded->kind, message_kind::refusal);
  EXPECT_EQ(
      decode_refusal(read_exactly(raw.get(), decoded->body_bytes)),
      "links of version 7 and 2 can't be joined (you speak 7, this end 2): run the same weir on all nodes");
  EXPECT_TRUE(ends(raw.get()));
}

TEST(Greeting, SaysWhatCannotBeStarted) {
  const auto why = [](const std::function<void(transport_options&)>& change) {
    auto options = node_options("n1", 11);
    change(options);
    const auto started = transport::start(std::move(options));
    return started ? std::string{}
                   : std::string{to_string(started.error().code)} + ": " + started.error().message;
  };
  station taken{"n2", 22};
  EXPECT_EQ(why([&](auto& options) { options.listen = taken.address(); }),
            "conflict: can't listen on " + taken.address() + ": Address already in use");
  EXPECT_EQ(why([](auto& options) { options.listen = "0.0.0.0:0"; }),
            "invalid: node.listen (0.0.0.0:0) is reachable from other machines and needs [tls]");
  EXPECT_EQ(why([](auto& options) { options.listen = "[::]:0"; }),
            "invalid: node.listen ([::]:0) is reachable from other machines and needs [tls]");
  EXPECT_NE(why([](auto& options) { options.listen = "nonsense"; }), "");
  EXPECT_NE(why([](auto& options) { options.me.name = ""; }), "");
  EXPECT_NE(why([](auto& options) { options.tls = tls_files{"/none/ca", "/none/cert", "/none/key"}; }), "");
}

TEST(Greeting, KeepsPlainBytesOnThisMachine) {
  station node{"n1", 11};
  const auto refused = node.dial("192.0.2.1:7700");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message,
            "192.0.2.1:7700: 192.0.2.1:7700 is on another machine, and there is no [tls]");
}

TEST(Greeting, StopsWithinItsBoundWhateverIsUnderWay) {
  const silent_port hole = make_black_hole();
  auto silent_options = node_options("n2", 22);
  station silent{std::move(silent_options)};
  const local_end waiting = connect_to(silent.its().port());
  station node{"n1", 11};
  auto linked = node.dial(silent.address());
  ASSERT_TRUE(linked.ok());
  std::string answer;
  node.its().dial("127.0.0.1:" + std::to_string(hole.port), {},
                  [&answer](result<link> made) { answer = made ? "linked" : made.error().message; });
  const auto before = clock::now();
  EXPECT_TRUE(node.its().stop());
  EXPECT_TRUE(silent.its().stop());
  EXPECT_LT(clock::now() - before, 1s);
  EXPECT_NE(answer.find("this end is stopping"), std::string::npos) << answer;
  EXPECT_TRUE(ends(linked->end.get()));
  EXPECT_TRUE(ends(waiting.get()));
  EXPECT_TRUE(node.its().stop()) << "twice is fine";
}

TEST(Greeting, LeavesAThreadThatACallbackBlocksToItself) {
  std::mutex gate;
  gate.lock();
  auto options = node_options("n2", 22);
  options.admit = [&gate](const hello&) {
    const std::lock_guard<std::mutex> wait{gate};
    return std::nullopt;
  };
  station blocked{std::move(options)};
  {
    station first{"n1", 11};
    first.its().dial(blocked.address(), {}, [](result<link>) {});
    ASSERT_TRUE(first.saw_why("no greeting within")) << first.story();
    EXPECT_FALSE(blocked.its().stop(50ms));
  }
  gate.unlock();
  EXPECT_TRUE(blocked.saw_why("this end is stopping")) << "the thread went on and came to its end";
}

}  // namespace
}  // namespace weir::actors::links
