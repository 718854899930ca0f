// When a node says of a stream with hooks that it has come.
#include <string>

#include <gtest/gtest.h>

#include "cluster/worker_machine.hpp"
#include "domain/fencing_token.hpp"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;

constexpr node_id me = 7;
constexpr part_id part = 5;

/// One partition of the stream "partner", whose hooks the node's program has.
struct WorkerHooks : testing::Test {
  moment now{boot_time{100h}, wall_time{9h}};
  stream_row stream;
  worker_machine machine{settings(), [](const std::string&) { return nullptr; }, [] { return 0.5; }};

  WorkerHooks() {
    stream.id = 2;
    stream.name = "partner";
    stream.mode = stream_mode::single;
    stream.where = isolation::process;
  }
  static worker_settings settings() {
    worker_settings mine;
    mine.me = me;
    mine.name = "n1";
    mine.hooked = {"partner"};
    return mine;
  }
  /// A beat shows the partition; it is wished here or nowhere.
  void see(node_id owner, epoch_number epoch, bool wished = true) {
    beat_view view;
    view.timeline = 1;
    view.state = node_state::active;
    view.streams.push_back(stream);
    partition_row row;
    row.id = part;
    row.stream = stream.id;
    row.timeline = 1;
    row.owner = owner;
    row.epoch = epoch;
    row.assigned_to = wished ? "n1" : "";
    view.partitions.push_back(row);
    now.boot += 1s;
    machine.on_deadline(now.boot + 5s);
    machine.on_view(view, true, now);
  }
  void own(epoch_number epoch) {
    see(0, epoch - 1);
    const auto asked = machine.next_ownership(now);
    ASSERT_TRUE(asked);
    ownership held;
    held.held = {part, epoch};
    held.timeline = 1;
    machine.on_acquired(*asked, held, now);
  }
  std::vector<std::uint64_t> opens() {
    std::vector<std::uint64_t> tokens;
    for (const open_order& order : machine.next_opens(now)) tokens.push_back(order.fencing_token);
    return tokens;
  }
};

using tokens = std::vector<std::uint64_t>;

TEST_F(WorkerHooks, OpensAStreamOnceWhenItIsOwned) {
  see(0, 3);
  EXPECT_EQ(opens(), tokens{}) << "wished for is not owned";
  own(4);
  EXPECT_EQ(opens(), tokens{domain::fencing_token(1, 4)});
  EXPECT_EQ(opens(), tokens{});
}

TEST_F(WorkerHooks, ClosesItBeforeItLeavesAlthoughNoTaskEverRan) {
  own(4);
  opens();
  see(me, 4, false);
  EXPECT_FALSE(machine.next_ownership(now)) << "not released while its executor is open";
  EXPECT_EQ(machine.next_closes(), std::vector<std::string>{"partner"});
  machine.on_closed("partner");
  const auto asked = machine.next_ownership(now);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->kind, ownership_request::what::release);
}

TEST_F(WorkerHooks, OpensItAgainIfTheWishComesBackWhileItIsBeingClosed) {
  own(4);
  opens();
  see(me, 4, false);
  static_cast<void>(machine.next_ownership(now));
  ASSERT_EQ(machine.next_closes().size(), 1U);
  see(me, 4, true);
  EXPECT_EQ(opens(), tokens{}) << "it is still being closed";
  machine.on_closed("partner");
  EXPECT_EQ(opens(), tokens{domain::fencing_token(1, 4)});
}

TEST_F(WorkerHooks, OpensNothingWithoutADeadline) {
  own(4);
  now.boot += 1h;
  EXPECT_EQ(opens(), tokens{});
}

TEST_F(WorkerHooks, APausedStreamIsOpenedWhenItGoesOn) {
  stream.paused = true;
  own(4);
  EXPECT_EQ(opens(), tokens{});
  stream.paused = false;
  see(me, 4);
  EXPECT_EQ(opens().size(), 1U);
}

TEST_F(WorkerHooks, AStreamThatTheDatabaseHasAsParallelHasNoTerm) {
  stream.mode = stream_mode::parallel;
  stream.where = isolation::thread;
  own(4);
  EXPECT_EQ(opens(), tokens{});
}

}  // namespace
}  // namespace weir::cluster
