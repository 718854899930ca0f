// The GATEWAY in front of an inbox that answers when a test says so.
#include "actors/gateway.hpp"

#include <deque>

#include "actors/stores.hpp"
#include "tests/actor/deterministic.hpp"

namespace weir::actors {
namespace {

struct batch {
  insert_ask asked;
  caf::typed_response_promise<inserted_answer> promise;
};
using batches = std::deque<batch>;

/// An inbox that is told its answers: a promise may be kept by its own actor only.
using slow_inbox_actor = inbox_actor::extend<caf::reacts_to<finish_atom, inserted_answer>>;

slow_inbox_actor::behavior_type slow_inbox(slow_inbox_actor::pointer self, std::shared_ptr<batches> asked) {
  return {
      [=](insert_atom, const insert_ask& question) -> caf::result<inserted_answer> {
        auto promise = self->make_response_promise<inserted_answer>();
        asked->push_back({question, promise});
        return promise;
      },
      [=](finish_atom, const inserted_answer& reply) {
        batch first = asked->front();
        asked->pop_front();
        first.promise.deliver(reply);
      },
  };
}

insert_row row_of(const std::string& name) {
  insert_row row;
  row.name = name;
  row.data = "{}";
  return row;
}

class gateway_of_a_node : public deterministic {
 protected:
  using answered = std::shared_ptr<std::optional<inserted_answer>>;

  /// A gateway that waits for nobody, for what is said of anything else.
  static gateway_parts at_once() {
    gateway_parts parts;
    parts.gather = std::chrono::microseconds{0};
    return parts;
  }
  void open(gateway_parts parts = at_once()) {
    inbox_ = keep(system_.spawn(slow_inbox, asked_));
    parts.inbox = inbox_;
    gateway_ = keep(system_.spawn(gateway, parts));
  }
  answered send(const std::vector<std::string>& names) {
    auto rows = std::make_shared<std::vector<insert_row>>();
    for (const auto& name : names) rows->push_back(row_of(name));
    auto reply = ask<inserted_answer>(gateway_, enqueue_atom_v, enqueue_ask(rows));
    run();
    return reply;
  }
  /// The inbox's oldest batch commits; ids go on counting.
  void commit() {
    std::vector<inserted> rows;
    for (std::size_t n = 0; n < asked_->front().asked->rows.size(); ++n)
      rows.push_back({++last_id_, 0, 1, false, "", {}});
    reply(std::move(rows));
  }
  void refuse(errc code) { reply(error{code, "a bad row"}); }
  std::vector<std::string> names_of_first() {
    std::vector<std::string> names;
    for (const auto& row : asked_->front().asked->rows) names.push_back(row.name);
    return names;
  }
  static std::vector<task_id> ids(const answered& reply) {
    std::vector<task_id> all;
    if (!*reply || !**reply) return all;
    if (!(**reply)->ok()) return all;
    for (const auto& row : (**reply)->value()) all.push_back(row.id);
    return all;
  }
  static std::optional<errc> code(const answered& reply) {
    if (!*reply || (**reply)->ok()) return std::nullopt;
    return (**reply)->error().code;
  }

  std::shared_ptr<batches> asked_ = std::make_shared<batches>();
  slow_inbox_actor inbox_;
  gateway_actor gateway_;
  task_id last_id_ = 0;

 private:
  void reply(result<std::vector<inserted>> told) {
    caf::anon_send(inbox_, finish_atom_v, inserted_answer(std::make_shared<decltype(told)>(std::move(told))));
    run();
  }
};

using names = std::vector<std::string>;
using numbers = std::vector<task_id>;

TEST_F(gateway_of_a_node, GathersWhileABatchIsInFlightAndAnswersEachSenderItsOwnIds) {
  open();
  const auto a = send({"a"});
  const auto b = send({"b1", "b2"});
  const auto c = send({"c"});
  ASSERT_EQ(asked_->size(), 1U) << "one insert at a time";
  EXPECT_EQ(names_of_first(), names{"a"});
  commit();
  EXPECT_EQ(ids(a), numbers{1});
  EXPECT_FALSE(b->has_value()) << "answered before its commit";

  ASSERT_EQ(asked_->size(), 1U);
  EXPECT_EQ(names_of_first(), (names{"b1", "b2", "c"}));
  commit();
  EXPECT_EQ(ids(b), (numbers{2, 3}));
  EXPECT_EQ(ids(c), numbers{4});
}

TEST_F(gateway_of_a_node, WaitsAMomentForThoseItHasAnswered) {
  open(gateway_parts{});
  send({"a"});
  const auto b = send({"b"});
  commit();
  EXPECT_TRUE(asked_->empty()) << "the sender of a is expected back";
  send({"a2"});
  EXPECT_EQ(names_of_first(), (names{"b", "a2"}));
  commit();
  EXPECT_EQ(ids(b), numbers{2});
  EXPECT_TRUE(asked_->empty());
  send({"b2"});
  EXPECT_TRUE(asked_->empty()) << "one of two is back";
  advance(std::chrono::milliseconds{1});
  EXPECT_EQ(names_of_first(), names{"b2"}) << "the other one does not come";
}

TEST_F(gateway_of_a_node, WaitsLessOftenForThoseWhoDoNotComeBack) {
  open(gateway_parts{});
  send({"a"});
  std::vector<int> waited;  // 1: the next batch was not sent at once
  for (int turn = 0; turn < 12; ++turn) {
    send({"next"});
    commit();
    waited.push_back(asked_->empty() ? 1 : 0);
    advance(std::chrono::milliseconds{1});
    ASSERT_EQ(asked_->size(), 1U);
  }
  EXPECT_EQ(waited, (std::vector<int>{1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0}));
}

TEST_F(gateway_of_a_node, WaitsForNobodyWhereOneSendsOrManyTasksAreThere) {
  open(gateway_parts{});
  send({"a"});
  commit();
  send({"a2"});
  EXPECT_EQ(names_of_first(), names{"a2"}) << "a lone sender";
  send(names(70, "b"));
  commit();
  EXPECT_EQ(names_of_first(), names(70, "b")) << "enough for a statement of their own";
}

TEST_F(gateway_of_a_node, KeepsToTheSizeOfABatch) {
  gateway_parts parts = at_once();
  parts.batch_rows = 2;
  open(parts);
  send({"a"});
  send({"b"});
  send({"c1", "c2"});
  send({"d1", "d2", "d3"});
  commit();
  EXPECT_EQ(names_of_first(), names{"b"});
  commit();
  EXPECT_EQ(names_of_first(), (names{"c1", "c2"}));
  commit();
  EXPECT_EQ(names_of_first(), (names{"d1", "d2", "d3"})) << "one sender's rows are one transaction";
}

TEST_F(gateway_of_a_node, RefusesOverloadAtOnceAndTakesRowsAgainLater) {
  gateway_parts parts = at_once();
  parts.queue_rows = 2;
  open(parts);
  send({"in flight"});
  const auto waits = send({"b1", "b2"});
  EXPECT_EQ(code(send({"c"})), errc::overloaded);
  EXPECT_EQ(code(waits), std::nullopt);
  commit();
  EXPECT_EQ(code(send({"d"})), std::nullopt);
}

TEST_F(gateway_of_a_node, RefusesOnlyTheSenderOfABadRow) {
  open();
  send({"in flight"});
  const auto good = send({"good"});
  const auto bad = send({"bad"});
  const auto after = send({"after"});
  commit();
  refuse(errc::invalid);
  EXPECT_FALSE(good->has_value() || bad->has_value() || after->has_value());

  EXPECT_EQ(names_of_first(), names{"good"});
  commit();
  EXPECT_EQ(names_of_first(), names{"bad"});
  refuse(errc::invalid);
  EXPECT_EQ(names_of_first(), names{"after"});
  commit();
  EXPECT_EQ(ids(good), numbers{2});
  EXPECT_EQ(code(bad), errc::invalid);
  EXPECT_EQ(ids(after), numbers{3});
}

TEST_F(gateway_of_a_node, TellsEverySenderOfABatchWhenItsFateIsUnknown) {
  open();
  send({"in flight"});
  const auto b = send({"b"});
  const auto c = send({"c"});
  commit();
  refuse(errc::in_doubt);
  EXPECT_EQ(code(b), errc::in_doubt);
  EXPECT_EQ(code(c), errc::in_doubt);
  EXPECT_TRUE(asked_->empty()) << "sent again it could be there twice";
}

TEST_F(gateway_of_a_node, AnswersInDoubtWhenTheInboxDies) {
  open();
  const auto in_flight = send({"a"});
  end(inbox_);
  advance(61s);
  EXPECT_EQ(code(in_flight), errc::in_doubt);
  EXPECT_EQ(code(send({"b"})), errc::in_doubt);
}

TEST_F(gateway_of_a_node, RefusesWhatWouldHoldTooMuchMemory) {
  gateway_parts parts = at_once();
  parts.queue_bytes = 20;
  open(parts);
  send({"in flight"});
  const auto waits = send({"a"});
  EXPECT_EQ(code(send({"a name that is too long by now"})), errc::overloaded);
  commit();
  commit();
  EXPECT_EQ(ids(waits), (numbers{2}));
}

TEST_F(gateway_of_a_node, PutsNoMoreIntoOneStatementThanItsBytes) {
  gateway_parts parts = at_once();
  parts.batch_bytes = 10;
  open(parts);
  send({"first"});
  send({"1234567"});
  send({"b"});
  commit();
  EXPECT_EQ(names_of_first(), names{"1234567"});
  commit();
  EXPECT_EQ(names_of_first(), names{"b"});
}

TEST_F(gateway_of_a_node, AnswersNoRowsWithoutTheDatabase) {
  open();
  const auto none = send({});
  ASSERT_TRUE(none->has_value());
  EXPECT_EQ(code(none), std::nullopt);
  EXPECT_TRUE(asked_->empty());
}

TEST_F(gateway_of_a_node, InsertsThroughARealInbox) {
  gateway_parts parts = at_once();
  parts.inbox = keep(system_.spawn(inbox, &driver_, errors()));
  gateway_ = keep(system_.spawn(gateway, parts));
  const auto reply = send({"paint", "paint"});
  EXPECT_EQ(ids(reply), (numbers{1, 2}));
  EXPECT_EQ(world_->task_rows.size(), 2U);

  world_->break_sessions();
  EXPECT_EQ(code(send({"paint"})), errc::unavailable);
  EXPECT_EQ(ids(send({"paint"})).size(), 1U) << "the session is opened again before its next use";
}

}  // namespace
}  // namespace weir::actors
