// Declarations: the first one creates, later ones only tell how they differ. And what a leader loads.
#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class declaring : public conformance {
 protected:
  void SetUp() override {
    conformance::SetUp();
    if (!IsSkipped()) n1_ = join("n1");
  }
  static declarations shop() {
    stream_declaration partner;
    partner.name = "partner's \"own\"";
    partner.mode = stream_mode::single;
    partner.pin = "n1";
    partner.where = isolation::process;
    partner.handover_delay = std::chrono::milliseconds{1500};
    stream_declaration mail;
    mail.name = "mail";
    mail.partitions = 4;
    mail.concurrency = 32;
    mail.policy = pin_policy::prefer;
    mail.async_finish = true;
    mail.notify = true;
    mail.rate = {90, std::chrono::minutes{1}};
    mail.breaker = {5, std::chrono::seconds{30}};
    declarations all;
    all.streams = {partner, mail};
    all.routes = {{"customer_update", partner.name}, {"send", "mail"}, {"remind", "mail"}};
    return all;
  }
  stream_row stream(const std::string& name) {
    for (const auto& row : must(coordination().load()).streams) {
      if (row.name == name) return row;
    }
    throw std::runtime_error("no stream " + name);
  }
};

TEST_F(declaring, AStoreIsBornWithTheStreamDefault) {
  const auto all = must(coordination().load());
  ASSERT_THAT(all.streams, SizeIs(1));
  EXPECT_EQ(all.streams.front().name, "default");
  EXPECT_EQ(all.streams.front().mode, stream_mode::parallel);
  EXPECT_EQ(all.streams.front().partitions, 16);
  EXPECT_FALSE(all.streams.front().paused);
  ASSERT_THAT(all.partitions, SizeIs(16));
  for (std::size_t i = 0; i < 16; ++i) {
    const auto& part = all.partitions.at(i);
    EXPECT_EQ(part.slot, static_cast<int>(i));
    EXPECT_EQ(part.owner, 0);
    EXPECT_EQ(part.epoch, 0);
    EXPECT_EQ(part.assigned_to, "");
    EXPECT_FALSE(part.freed_by_crash);
    if (i > 0) {
      EXPECT_GT(part.id, all.partitions.at(i - 1).id);
    }
  }
  ASSERT_THAT(all.nodes, SizeIs(1));
  EXPECT_EQ(all.nodes.front().state, node_state::active);
}

TEST_F(declaring, TheFirstDeclarationCreates) {
  EXPECT_THAT(must(coordination().declare(n1_, shop())), IsEmpty());
  const auto partner = stream("partner's \"own\"");
  EXPECT_EQ(partner.mode, stream_mode::single);
  EXPECT_EQ(partner.partitions, 1);
  EXPECT_EQ(partner.concurrency, 1);
  EXPECT_EQ(partner.pin, "n1");
  EXPECT_EQ(partner.policy, pin_policy::strict);
  EXPECT_EQ(partner.where, isolation::process);
  EXPECT_EQ(partner.handover_delay, std::chrono::milliseconds{1500});
  EXPECT_FALSE(partner.async_finish);
  EXPECT_FALSE(partner.notify);
  EXPECT_THAT(partner.routes, ElementsAre("customer_update"));
  const auto mail = stream("mail");
  EXPECT_EQ(mail.mode, stream_mode::parallel);
  EXPECT_EQ(mail.partitions, 4);
  EXPECT_EQ(mail.concurrency, 32);
  EXPECT_EQ(mail.pin, std::nullopt);
  EXPECT_EQ(mail.policy, pin_policy::prefer);
  EXPECT_EQ(mail.where, isolation::thread);
  EXPECT_TRUE(mail.async_finish);
  EXPECT_TRUE(mail.notify);
  EXPECT_EQ(mail.rate.starts, 90);
  EXPECT_EQ(mail.rate.interval, std::chrono::minutes{1});
  EXPECT_EQ(mail.breaker.failures, 5);
  EXPECT_EQ(mail.breaker.pause, std::chrono::seconds{30});
  EXPECT_EQ(partner.rate.starts, 0);
  EXPECT_EQ(partner.breaker.failures, 0);
  EXPECT_EQ(partner.breaker.pause, defaults::breaker_pause);
  EXPECT_THAT(mail.routes, testing::UnorderedElementsAre("send", "remind"));
  EXPECT_THAT(parts_of("mail"), SizeIs(4));
}

TEST_F(declaring, ANodeThatDeclaredIsSeenAsDeclared) {
  EXPECT_FALSE(must(coordination().load()).nodes.front().declared);
  EXPECT_THAT(must(coordination().declare(n1_, {})), IsEmpty());
  EXPECT_TRUE(must(coordination().load()).nodes.front().declared);
}

TEST_F(declaring, TheSameDeclarationAgainIsOne) {
  must(coordination().declare(n1_, shop()));
  EXPECT_THAT(must(coordination().declare(n1_, shop())), IsEmpty());
  EXPECT_THAT(must(coordination().declare(join("n2"), shop())), IsEmpty());
  EXPECT_THAT(must(coordination().load()).streams, SizeIs(3));
  EXPECT_THAT(must(coordination().load()).partitions, SizeIs(16 + 1 + 4));
}

TEST_F(declaring, WhatDiffersStaysAndIsToldAndShown) {
  must(coordination().declare(n1_, shop()));
  auto other = shop();
  other.streams.at(1).concurrency = 8;
  other.routes.at(1).stream = "default";
  const auto n2 = join("n2");
  const auto told = must(coordination().declare(n2, other));
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_THAT(told, testing::UnorderedElementsAre(AllOf(HasSubstr("mail"), HasSubstr("32"), HasSubstr("8")),
                                                  AllOf(HasSubstr("send"), HasSubstr("default"))));
  EXPECT_EQ(stream("mail").concurrency, 32);
  auto limited = shop();
  limited.streams.at(0).rate = {10, std::chrono::seconds{1}};
  limited.streams.at(1).rate = {};
  limited.streams.at(1).notify = false;
  limited.streams.at(1).breaker = {6, std::chrono::seconds{31}};
  EXPECT_THAT(must(coordination().declare(n1_, limited)),
              testing::UnorderedElementsAre(AllOf(HasSubstr("partner"), HasSubstr("rate"), HasSubstr("10/s")),
                                            AllOf(HasSubstr("mail"), HasSubstr("90/m"), HasSubstr("not set")),
                                            AllOf(HasSubstr("mail"), HasSubstr("notify"), HasSubstr("false")),
                                            AllOf(HasSubstr("breaker.failures"), HasSubstr("6")),
                                            AllOf(HasSubstr("breaker.pause"), HasSubstr("31s"))));
  must(coordination().declare(n1_, shop()));
  EXPECT_THAT(stream("mail").routes, testing::UnorderedElementsAre("send", "remind"));
  EXPECT_THAT(must(console().view()).differences, testing::UnorderedElementsAreArray(told));
  must(membership().set_state(n2, node_state::stopped));
  EXPECT_THAT(must(console().view()).differences, IsEmpty()) << "who is gone differs from nothing";
}

TEST_F(declaring, WhereTheModeDiffersNothingElseIsTold) {
  must(coordination().declare(n1_, shop()));
  auto other = shop();
  auto& partner = other.streams.at(0);
  ASSERT_EQ(partner.mode, stream_mode::single);
  partner.mode = stream_mode::parallel;
  partner.partitions = partner.concurrency = 16;
  partner.where = isolation::thread;
  EXPECT_THAT(must(coordination().declare(join("n2"), other)),
              testing::ElementsAre(AllOf(HasSubstr("mode"), HasSubstr("single"), HasSubstr("parallel"))));
}

TEST_F(declaring, APinIsAValueAtCreationOnly) {
  must(coordination().declare(n1_, shop()));
  must(console().pin("partner's \"own\"", "n9", std::nullopt));
  EXPECT_THAT(must(coordination().declare(n1_, shop())), IsEmpty());
  EXPECT_EQ(stream("partner's \"own\"").pin, "n9");
}

TEST_F(declaring, ImpossibleDeclarationsAreRefusedWhole) {
  auto split = shop();
  split.streams.at(0).partitions = 2;  // a single stream
  EXPECT_EQ(code_of(coordination().declare(n1_, split)), errc::invalid);
  auto many = shop();
  many.streams.at(1).partitions = 1025;
  EXPECT_EQ(code_of(coordination().declare(n1_, many)), errc::invalid);
  auto idle = shop();
  idle.streams.at(1).concurrency = 0;
  EXPECT_EQ(code_of(coordination().declare(n1_, idle)), errc::invalid);
  auto lost = shop();
  lost.routes.push_back({"x", "nowhere"});
  const auto refused = coordination().declare(n1_, lost);
  ASSERT_EQ(code_of(refused), errc::invalid);
  EXPECT_THAT(refused.error().message, HasSubstr("nowhere"));
  EXPECT_THAT(must(coordination().load()).streams, SizeIs(1)) << "nothing was written";
}

TEST_F(declaring, ARouteIsNotMadeWhileTasksOfThatNameWaitElsewhere) {
  insert(task_of("customer_update", "k"));
  const auto told = must(coordination().declare(n1_, shop()));
  EXPECT_THAT(told, ElementsAre(HasSubstr("customer_update")));
  EXPECT_THAT(stream("partner's \"own\"").routes, IsEmpty())
      << "two streams could run one key at the same time";
}

TEST_F(declaring, WishesForPartitionsThatDoNotExistAreIgnored) {
  const auto term = lead(n1_);
  const auto part = parts_of("default").at(1);
  must(coordination().assign(n1_, term, {{1'000'000, "n1"}, {part, "n1"}}));
  EXPECT_EQ(partition(part).assigned_to, "n1");
  must(coordination().assign(n1_, term, {}));
  must(coordination().assign(n1_, term, {{part, ""}}));
  EXPECT_EQ(partition(part).assigned_to, "");
}

}  // namespace
}  // namespace weir::conformance
