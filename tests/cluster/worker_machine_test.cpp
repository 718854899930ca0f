// What a node asks of the store about the partitions that it holds, wants, or owns without knowing it, and
// what it offers to take straight from inserts.
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
  action_options sync;
  worker_machine machine{settings(),
                         [this](const std::string& name) { return name == "sync" ? &sync : nullptr; },
                         [] { return 0.5; }};

  static worker_settings settings() {
    worker_settings mine;
    mine.me = me;
    mine.name = "n1";
    mine.limits = {20, 5, 100};
    return mine;
  }
  /// A beat shows the partition; time passes until the next one.
  std::vector<std::string> paused;
  std::int64_t pauses = 0;
  void see(node_id owner, epoch_number epoch, const std::string& assigned_to) {
    beat_view view;
    view.timeline = 1;
    stream_row stream;
    stream.id = 2;
    stream.name = "wide";
    stream.concurrency = 100;
    view.streams.push_back(stream);
    partition_row row;
    row.id = part;
    row.stream = stream.id;
    row.timeline = 1;
    row.owner = owner;
    row.epoch = epoch;
    row.assigned_to = assigned_to;
    view.partitions.push_back(row);
    view.nodes = nodes;
    view.paused_names = paused;
    view.pauses = pauses;
    now.boot += 1s;
    machine.on_deadline(now.boot + 5s);
    machine.on_view(view, true, now);
  }
  /// The same, wished for at another active node.
  void see_with_node(const std::string& name, epoch_number epoch) {
    node_row other;
    other.facts.name = name;
    other.state = node_state::active;
    nodes = {other};
    see(me, epoch, name);
  }
  /// "acquire 5/0", "" if there is nothing to ask.
  std::string ask() {
    const auto next = machine.next_ownership(now);
    if (!next) return "";
    asked = next;  // until it is answered
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

  /// Holds the partition under epoch 4.
  void own() {
    see(0, 3, "n1");
    ask();
    acquired(4);
  }
  /// Holds it, and has read what a former owner left: nothing.
  void own_and_recover() {
    own();
    begin_read();
    read({});
  }
  void begin_read() { ASSERT_TRUE(machine.next_read(now)); }
  void begin_read_at_next_poll() {
    now.boot += settings().poll_idle;
    machine.on_deadline(now.boot + 5s);
    begin_read();
  }
  void read(std::vector<task_row> rows) { machine.on_read(read_reply{"s", std::move(rows)}, now); }
  static task_row task(task_id id, std::optional<std::string> key = {}) {
    task_row row;
    row.part = part;
    row.id = id;
    row.xid = static_cast<transaction_id>(100 + id);
    row.name = "sync";
    row.key = std::move(key);
    row.data = "{}";
    return row;
  }
  static std::vector<task_row> keyed(task_id first, task_id last) {
    std::vector<task_row> rows;
    for (task_id id = first; id <= last; ++id) rows.push_back(task(id, "k" + std::to_string(id)));
    return rows;
  }
  /// "5/4" for each partition of the offer.
  std::vector<std::string> offer(int rows) {
    offered = machine.offer_hands(rows, now);
    std::vector<std::string> fences;
    for (const fence& held : offered.held)
      fences.push_back(std::to_string(held.part) + "/" + std::to_string(held.epoch));
    return fences;
  }
  void hand(result<std::vector<task_row>> rows) { machine.on_handed(offered, std::move(rows), now); }
  std::vector<task_id> runs() {
    std::vector<task_id> ids;
    for (const run_order& order : machine.next_runs(now)) {
      for (const domain::run_request& request : order.requests) ids.push_back(request.task_id);
    }
    return ids;
  }

  std::vector<node_row> nodes;
  std::optional<ownership_request> asked;
  hand_offer offered;
};

using fences = std::vector<std::string>;
using ids = std::vector<task_id>;

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

// -- being handed tasks ------------------------------------------------------------

TEST_F(WorkerMachine, OffersTheFencesOfWhatItOwnsOneInsertAtATime) {
  own_and_recover();
  EXPECT_EQ(offer(2), fences{"5/4"});
  EXPECT_EQ(offered.me, me);
  const hand_offer first = offered;
  EXPECT_EQ(offer(2), fences{}) << "the first is not answered";
  offered = first;
  hand(std::vector<task_row>{task(9), task(7)});
  EXPECT_EQ(runs(), (ids{9, 7}));
  EXPECT_EQ(offer(2), fences{"5/4"});
}

TEST_F(WorkerMachine, OffersNothingThatItMayNotOrCannotTake) {
  EXPECT_EQ(offer(1), fences{}) << "it holds nothing";
  own();
  EXPECT_EQ(offer(1), fences{}) << "not recovered";
  begin_read();
  read({});
  EXPECT_EQ(offer(16), fences{}) << "no room";
  machine.on_deadline(now.boot);
  EXPECT_EQ(offer(1), fences{}) << "past the deadline";
  machine.on_deadline(now.boot + 5s);
  see(me, 4, "");
  EXPECT_EQ(offer(1), fences{}) << "it lets go of it";
  see(me, 4, "n1");
  EXPECT_EQ(offer(1), fences{"5/4"}) << "none of these offers waits for an answer";
  hand(std::vector<task_row>{});
  machine.on_fenced(now);
  EXPECT_EQ(offer(1), fences{});
}

TEST_F(WorkerMachine, ReadsAtOnceForAHandedTaskWithAKey) {
  own_and_recover();
  EXPECT_FALSE(machine.next_read(now)) << "it is not time to";
  offer(1);
  hand(keyed(9, 9));
  EXPECT_EQ(runs(), ids{});
  begin_read();
  read({});
  EXPECT_EQ(runs(), ids{9});
}

TEST_F(WorkerMachine, OffersAgainAfterAnInsertThatFailed) {
  own_and_recover();
  offer(2);
  begin_read_at_next_poll();
  read({task(8, "k")});
  EXPECT_EQ(runs(), ids{}) << "it may be newer than what is inserted";
  hand(error{errc::unavailable, "away"});
  EXPECT_EQ(runs(), ids{8});
  EXPECT_EQ(ask(), "") << "nothing is in doubt";
  EXPECT_EQ(offer(2), fences{"5/4"});
}

TEST_F(WorkerMachine, TakesANewEpochAfterAnInsertInDoubt) {
  own_and_recover();
  offer(2);
  hand(error{errc::in_doubt, "connection reset"});
  EXPECT_EQ(offer(2), fences{});
  ASSERT_EQ(ask(), "renew 5/4");
  acquired(5);
  EXPECT_EQ(offer(2), fences{}) << "what happened is not read yet";
  begin_read();
  read({task(9)});
  EXPECT_EQ(runs(), ids{9});
  EXPECT_EQ(offer(2), fences{"5/5"});
}

TEST_F(WorkerMachine, TakesANewEpochAfterAnInsertInDoubtEvenToLetGoOfIt) {
  own_and_recover();
  offer(2);
  see(me, 4, "");
  hand(error{errc::in_doubt, "connection reset"});
  EXPECT_EQ(ask(), "renew 5/4");
}

TEST_F(WorkerMachine, ReleasesNothingDuringAnInsert) {
  own_and_recover();
  offer(1);
  see(me, 4, "");
  EXPECT_EQ(ask(), "");
  hand(std::vector<task_row>{task(9)});
  EXPECT_EQ(runs(), ids{}) << "that is its next owner's";
  EXPECT_EQ(ask(), "release 5/4");
}

TEST_F(WorkerMachine, TakesANewEpochWhenItsWindowIsFullOfWhatWaitsForARead) {
  own_and_recover();
  begin_read_at_next_poll();
  offer(10);
  hand(keyed(101, 110));
  offer(5);
  read(keyed(1, 5));
  ASSERT_TRUE(machine.next_newer());
  machine.on_newer(std::vector<newer_reply>{});
  hand(keyed(111, 115));
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(ask(), "") << "the next step to read notices";
  EXPECT_FALSE(machine.next_read(now));
  ASSERT_EQ(ask(), "renew 5/4");
  EXPECT_EQ(offer(1), fences{});
  acquired(5);
  begin_read();
  read(keyed(1, 2));
  EXPECT_EQ(runs(), (ids{1, 2}));
}

TEST_F(WorkerMachine, IgnoresTheAnswerToAnOfferOfALostPartition) {
  own_and_recover();
  offer(1);
  see(8, 5, "n1");
  hand(std::vector<task_row>{task(9)});
  EXPECT_EQ(runs(), ids{});
  EXPECT_EQ(machine.held(), 0);
  see(0, 5, "n1");
  ASSERT_EQ(ask(), "acquire 5/0");
  acquired(6);
  begin_read();
  read({});
  EXPECT_EQ(offer(1), fences{"5/6"}) << "it may offer again";
}

TEST_F(WorkerMachine, IgnoresAnAnswerInDoubtAboutAPartitionThatCameBackMeanwhile) {
  own_and_recover();
  offer(1);
  see(8, 5, "n1");
  see(0, 5, "n1");
  ASSERT_EQ(ask(), "acquire 5/0");
  acquired(6);
  begin_read();
  read({});
  const hand_offer first = offered;
  EXPECT_EQ(offer(1), fences{}) << "the first is not answered";
  offered = first;
  hand(error{errc::in_doubt, "connection reset"});
  EXPECT_EQ(ask(), "");
  EXPECT_EQ(machine.held(), 1);
}

TEST_F(WorkerMachine, IgnoresTheAnswerToAnOfferOfARenewedPartition) {
  own_and_recover();
  offer(1);
  begin_read_at_next_poll();
  read({task(8)});
  ASSERT_EQ(runs(), ids{8});
  domain::run_verdict good;
  good.run_id = 1;
  machine.on_verdict(good, now);
  ASSERT_TRUE(machine.next_finish(now));
  machine.on_finished(error{errc::in_doubt, "connection reset"}, now);
  now.boot += 1s;
  machine.on_deadline(now.boot + 5s);
  ASSERT_EQ(ask(), "renew 5/4");
  acquired(5);
  begin_read();
  hand(std::vector<task_row>{task(9)});
  EXPECT_EQ(runs(), ids{}) << "under this epoch it is read";
  read({task(8), task(9)});
  EXPECT_EQ(runs(), ids{9}) << "once; the end of 8 is known";
}

TEST_F(WorkerMachine, GivesNoticeToANodeThatNoLinkTells) {
  own();
  see(me, 4, "n1");
  machine.on_linked({"n3"});
  see_with_node("n2", 4);
  EXPECT_EQ(ask(), "") << "n2 is alive and may not have seen the wish yet";
  see_with_node("n2", 4);
  see_with_node("n2", 4);
  EXPECT_EQ(ask(), "release 5/4");
  machine.on_released(*asked, true, now);
  EXPECT_TRUE(machine.next_freed().empty());
}

TEST_F(WorkerMachine, GivesALinkedNodeNoNoticeAndNamesWhatItFreed) {
  own();
  machine.on_linked({"n2"});
  see_with_node("n2", 4);
  ASSERT_EQ(ask(), "release 5/4");
  EXPECT_TRUE(machine.next_freed().empty()) << "not before the store has said so";
  machine.on_released(*asked, true, now);
  const auto freed = machine.next_freed();
  ASSERT_EQ(freed.size(), 1U);
  EXPECT_EQ(freed[0].part, part);
  EXPECT_EQ(freed[0].node, "n2");
  EXPECT_TRUE(machine.next_freed().empty()) << "once";
}

TEST_F(WorkerMachine, TriesAgainAtOnceWhatAnotherNodeSaysItFreed) {
  see(9, 3, "n1");
  ASSERT_EQ(ask(), "acquire 5/0");
  machine.on_acquired(*asked, error{errc::refused, "owned"}, now);
  EXPECT_EQ(ask(), "") << "a moment later";
  machine.on_hints({part, 99}, {}, now);
  EXPECT_EQ(ask(), "acquire 5/0");
}

TEST_F(WorkerMachine, SaysWhatItReadsFor) {
  own();
  begin_read();
  EXPECT_EQ(machine.read_for(), wakeup::poll) << "the first one is due at once";
  read({});
  offer(1);
  hand(keyed(9, 9));
  begin_read();
  EXPECT_EQ(machine.read_for(), wakeup::backlog) << "an older task of its key may be there";
  read({});
  begin_read_at_next_poll();
  EXPECT_EQ(machine.read_for(), wakeup::poll);
  read({});
  machine.on_hints({}, {part}, now);
  begin_read();
  EXPECT_EQ(machine.read_for(), wakeup::hint);
}

TEST_F(WorkerMachine, ReadsAtOnceWhatAnotherNodeSaysItFed) {
  own_and_recover();
  EXPECT_FALSE(machine.next_read(now));
  machine.on_hints({}, {99}, now);
  EXPECT_FALSE(machine.next_read(now)) << "not held here";
  machine.on_hints({}, {part}, now);
  begin_read();
  machine.on_hints({}, {part}, now);
  EXPECT_FALSE(machine.next_read(now)) << "one read at a time";
  read({});
  EXPECT_TRUE(machine.next_read(now)) << "the first one may have begun before what was told of";
}

// -- late writes ---------------------------------------------------------------

TEST_F(WorkerMachine, CountsWhatItCouldNotWriteBeforeItsPartitionWasLost) {
  own_and_recover();
  begin_read_at_next_poll();
  read({task(1), task(2), task(3)});
  const auto orders = machine.next_runs(now);
  ASSERT_EQ(orders.size(), 1U) << "one stream";
  const auto& started = orders[0].requests;
  ASSERT_EQ(started.size(), 3U);
  domain::run_verdict verdict;
  verdict.run_id = started[0].run_id;
  machine.on_verdict(verdict, now);
  const auto written = machine.next_finish(now);
  ASSERT_TRUE(written);
  verdict.run_id = started[1].run_id;
  machine.on_verdict(verdict, now);
  EXPECT_EQ(machine.late_writes_refused(), 0);
  machine.on_finished(finish_reply{}, now);
  EXPECT_EQ(machine.late_writes_refused(), 2) << "the one that was sent, and the one behind it";
  verdict.run_id = started[2].run_id;
  machine.on_verdict(verdict, now);
  EXPECT_EQ(machine.late_writes_refused(), 3) << "a result that came after that";
}

TEST_F(WorkerMachine, CountsNoLateWriteWhereNothingWasToBeWritten) {
  own_and_recover();
  see(8, 5, "n2");
  EXPECT_EQ(machine.held(), 0);
  EXPECT_EQ(machine.late_writes_refused(), 0);
}

// -- paused names --------------------------------------------------------------

TEST_F(WorkerMachine, StartsNothingOfAPausedNameAndLooksAgainWhenItIsResumed) {
  own_and_recover();
  paused = {"sync"};
  see(me, 4, "n1");
  begin_read_at_next_poll();
  read({task(1), task(2)});
  EXPECT_TRUE(machine.next_runs(now).empty());
  const auto aside = machine.next_finish(now);
  ASSERT_TRUE(aside);
  EXPECT_EQ(aside->rows.size(), 2U);
  paused.clear();
  see(me, 4, "n1");
  EXPECT_TRUE(machine.next_promote(now));
}

TEST_F(WorkerMachine, KeepsATaskWhoseOnlyPerformerIsAwayForADay) {
  own_and_recover();
  node_row gone;
  gone.facts.name = "n2";
  gone.facts.actions = {"book"};
  gone.state = node_state::stopped;
  task_row booking = task(0);
  booking.name = "book";
  // What becomes of another task after so many seconds without that node.
  const auto outcome_after = [&](double silent) {
    gone.beat_age_seconds = silent;
    nodes = {gone};
    see(me, 4, "n1");
    begin_read_at_next_poll();
    ++booking.id;
    read({booking});
    EXPECT_EQ(runs(), ids{});
    const auto next = machine.next_finish(now);
    if (!next || next->rows.size() != 1) return std::string{"nothing"};
    machine.on_finished(finish_reply{{part}, {}}, now);
    return next->rows.front().open == finish_row::open_change::put ? std::string{"kept"}
                                                                   : next->rows.front().message;
  };
  EXPECT_EQ(outcome_after(1), "kept");
  now.boot += 23h;
  EXPECT_EQ(outcome_after(82'800), "kept");
  now.boot += 1h;
  EXPECT_EQ(outcome_after(86'401), "kept") << "it may be starting under another name";
  now.boot += settings().missing_action_grace;
  EXPECT_EQ(outcome_after(86'412), "no node has an action named 'book'");
}

TEST_F(WorkerMachine, LooksAgainAfterAPauseThatNoViewHasShown) {
  own_and_recover();
  see(me, 4, "n1");
  EXPECT_FALSE(machine.next_promote(now)) << "nothing is due";
  pauses = 2;
  see(me, 4, "n1");
  EXPECT_TRUE(machine.next_promote(now));
}

}  // namespace
}  // namespace weir::cluster
