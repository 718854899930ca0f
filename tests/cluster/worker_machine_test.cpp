// What a node asks of the store about the partitions that it holds, wants, or owns without knowing it.
#include "cluster/worker_machine.hpp"

#include <string>

#include <gtest/gtest.h>

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using what = ownership_request::what;

constexpr node_id me = 7;
constexpr part_id part = 5;

struct WorkerMachine : testing::Test {
  moment now{boot_time{100h}, wall_time{9h}};
  worker_machine machine{settings(), [](const std::string&) { return nullptr; }, [] { return 0.5; }};

  static worker_settings settings() {
    worker_settings mine;
    mine.me = me;
    mine.name = "n1";
    return mine;
  }
  /// A beat shows the partition; time passes until the next one.
  void see(node_id owner, epoch_number epoch, const std::string& assigned_to) {
    beat_view view;
    view.timeline = 1;
    stream_row stream;
    stream.id = 2;
    stream.name = "wide";
    view.streams.push_back(stream);
    partition_row row;
    row.id = part;
    row.stream = stream.id;
    row.timeline = 1;
    row.owner = owner;
    row.epoch = epoch;
    row.assigned_to = assigned_to;
    view.partitions.push_back(row);
    now.boot += 1s;
    machine.on_deadline(now.boot + 5s);
    machine.on_view(view, true, now);
  }
  /// "acquire 5/0", "" if there is nothing to ask.
  std::string ask() {
    asked = machine.next_ownership(now);
    if (!asked) return "";
    static const char* const words[] = {"acquire", "renew", "release"};
    return std::string{words[static_cast<int>(asked->kind)]} + " " + std::to_string(asked->held.part) + "/" +
           std::to_string(asked->held.epoch);
  }
  void acquired(epoch_number epoch) {
    ownership held;
    held.held = {part, epoch};
    held.timeline = 1;
    machine.on_acquired(*asked, held, now);
  }
  void lose_answer() { machine.on_acquired(*asked, error{errc::in_doubt, "connection reset"}, now); }

  std::optional<ownership_request> asked;
};

TEST_F(WorkerMachine, TakesAFreePartitionThatIsWishedHere) {
  see(0, 3, "n1");
  EXPECT_EQ(ask(), "acquire 5/0");
  EXPECT_EQ(ask(), "") << "one at a time";
  acquired(4);
  EXPECT_EQ(machine.held(), 1);
  EXPECT_EQ(ask(), "");
}

TEST_F(WorkerMachine, LeavesAloneWhatIsWishedElsewhere) {
  see(0, 3, "n2");
  EXPECT_EQ(ask(), "");
  EXPECT_EQ(machine.held(), 0);
}

TEST_F(WorkerMachine, TakesANewEpochAfterAnAcquisitionInDoubtThatHappened) {
  see(0, 3, "n1");
  ask();
  lose_answer();
  see(me, 4, "n1");
  EXPECT_EQ(ask(), "renew 5/4");
  acquired(5);
  EXPECT_EQ(machine.held(), 1);
}

// Nobody can take it from a living node, so it would stay there, owned and not worked on.
TEST_F(WorkerMachine, GivesBackAnAcquisitionInDoubtThatIsWishedElsewhereByNow) {
  see(0, 3, "n1");
  ask();
  lose_answer();
  see(me, 4, "n2");
  ASSERT_EQ(ask(), "renew 5/4") << "a new epoch first: the lost answer said what there is to do";
  acquired(5);
  see(me, 5, "n2");
  ASSERT_EQ(ask(), "release 5/5");
  machine.on_released(*asked, true, now);
  EXPECT_TRUE(machine.idle());
  see(0, 5, "n2");
  EXPECT_EQ(ask(), "");
}

TEST_F(WorkerMachine, GivesBackAReleaseInDoubtThatDidNotHappen) {
  see(0, 3, "n1");
  ask();
  acquired(4);
  see(me, 4, "");
  ASSERT_EQ(ask(), "release 5/4");
  machine.on_released(*asked, error{errc::in_doubt, "connection reset"}, now);
  EXPECT_EQ(machine.held(), 0);
  see(me, 4, "");
  EXPECT_EQ(ask(), "renew 5/4");
  acquired(5);
  see(me, 5, "");
  EXPECT_EQ(ask(), "release 5/5");
}

TEST_F(WorkerMachine, AsksAgainWhenAReleaseDidNothing) {
  see(0, 3, "n1");
  ask();
  acquired(4);
  see(me, 4, "");
  ASSERT_EQ(ask(), "release 5/4");
  machine.on_released(*asked, error{errc::unavailable, "away"}, now);
  EXPECT_EQ(ask(), "") << "the store is given a moment";
  now.boot += 1s;
  machine.on_deadline(now.boot + 5s);
  EXPECT_EQ(ask(), "release 5/4");
}

TEST_F(WorkerMachine, AsksNothingPastItsDeadline) {
  see(0, 3, "n1");
  machine.on_deadline(now.boot);
  EXPECT_EQ(ask(), "");
}

}  // namespace
}  // namespace weir::cluster
