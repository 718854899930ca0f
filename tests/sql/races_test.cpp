// Steps of the protocol raced against each other on real sessions, many rounds each.
#include <atomic>
#include <future>
#include <thread>

#include "drivers/postgres/stores.hpp"
#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

class races : public sql_test {
 protected:
  /// What an enqueue said; "" = it is enqueued.
  using enqueue = std::function<std::string()>;

  enqueue by_producer(const std::string& statement) {
    return [text = schema().sql(statement)]() -> std::string {
      try {
        pqxx::connection producer{test_database_url()};
        pqxx::work work{producer};
        work.exec(text);
        work.commit();
      } catch (const pqxx::sql_error& problem) {
        return problem.what();
      }
      return {};
    };
  }

  enqueue by_node(const std::vector<insert_row>& rows, std::vector<task_id>* made = nullptr) {
    const auto node = join(*driver().open_membership(), "gateway" + std::to_string(++nodes_));
    return [this, rows, node, made]() -> std::string {
      const auto answer = driver().open_tasks()->insert(rows, {node, {}});
      if (!answer) return answer.error().message;
      if (made != nullptr) {
        for (const auto& one : *answer) made->push_back(one.id);
      }
      return {};
    };
  }

  /// Starts `how` on a thread of its own, and answers once it waits for a lock.
  std::future<std::string> started(const enqueue& how) {
    auto waiting = std::async(std::launch::async, how);
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (std::chrono::steady_clock::now() < late &&
           number("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%\"" +
                  schema().name() + "\"%'") == 0) {
    }
    EXPECT_EQ(waiting.wait_for(std::chrono::seconds{0}), std::future_status::timeout);
    return waiting;
  }

  /// Enqueues into stream `lane` while a transaction that deletes it is open, until it waits for that one.
  /// Then `end` ends the deletion.
  std::string enqueue_under_deletion(const enqueue& how, const std::function<void(pqxx::work&)>& end) {
    exec("select weir.create_stream('lane', 'single', 1, 1, null, 'strict', 'process', 0, false)");
    pqxx::connection own{test_database_url()};
    pqxx::work deleting{own};
    deleting.exec(schema().sql("select weir.delete_stream('lane')"));
    auto waiting = started(how);
    end(deleting);
    return waiting.get();
  }

  std::string producer_into_lane() { return "select weir.enqueue('t', stream => 'lane')"; }
  insert_row node_into_lane() {
    insert_row row;
    row.name = "t";
    row.stream = "lane";
    row.data = "{}";
    return row;
  }

 private:
  int nodes_ = 0;
};

/// A message of two tasks, as a node inserts it that looks twice; the ids.
std::vector<task_id> enqueue_message(pqxx::work& work, const postgres_schema& where) {
  std::vector<task_id> ids;
  const auto rows = work.exec(where.sql(
      "select id from weir.enqueue_rows(array['a', 'b'], array[null, 'k'], array['{}', '{}']::jsonb[], "
      "array[null, null], array[null, null]::timestamptz[], array[null, null], null, null, null, null, "
      "array_fill('0198c0de-0000-7000-8000-000000000001'::uuid, array[2])) order by repeats nulls first, "
      "id"));
  for (const auto& row : rows) ids.push_back(row[0].as<task_id>());
  return ids;
}

// A gateway that hangs after its statement was sent, while the program asks another gateway.
TEST_F(races, AMessageThatIsUnderWayTwiceIsEnqueuedOnce) {
  std::vector<insert_row> message(2);
  for (auto& row : message) {
    row.data = "{}";
    row.token = "0198c0de-0000-7000-8000-000000000001";
  }
  message[0].name = "a";
  message[1].name = "b";
  message[1].key = "k";
  for (const bool first_commits : {true, false}) {
    exec("delete from weir.receipt");
    const auto before = number("select count(*) from weir.task");
    pqxx::connection one{test_database_url()};
    pqxx::work slow{one};
    const auto ids = enqueue_message(slow, schema());
    std::vector<task_id> again;
    auto waiting = started(by_node(message, &again));
    if (first_commits)
      slow.commit();
    else
      slow.abort();
    EXPECT_EQ(waiting.get(), "");
    EXPECT_EQ(again.size(), 2U);
    EXPECT_EQ(again == ids, first_commits);
    EXPECT_EQ(number("select count(*) from weir.task") - before, 2);
  }
}

TEST_F(races, ReceiptsAreForgottenAfterAnHourAndNotBefore) {
  const auto token = [](int minutes) {
    return "(lpad(to_hex(((extract(epoch from now()) - " + std::to_string(minutes * 60) +
           ") * 1000)::bigint), 12, '0') || '7000' || '8000000000000000')::uuid";
  };
  exec("insert into weir.receipt(token, ids) values (" + token(61) + ", '{1}'), (" + token(59) + ", '{2}')");
  exec("select weir.keep_room()");
  EXPECT_EQ(number("select sum(ids[1])::bigint from weir.receipt"), 2);
}

// The whole safety of a take-over: after a death no beat was counted that the observer had not seen.
TEST_F(races, ANodeIsDeclaredDeadByTheBeatThatWasSeenOrNotAtAll) {
  const auto observer = driver().open_membership();
  const auto beater = driver().open_membership();
  int deaths = 0;
  for (int round = 0; round < 30; ++round) {
    const auto name = "n" + std::to_string(round);
    const auto id = join(*observer, name);
    const auto timeline = must(observer->identify()).timeline;
    std::atomic<std::int64_t> answered{0};
    std::thread beating([&] {
      while (beater->beat(id).ok()) ++answered;
    });
    std::int64_t seen = 0;
    bool dead = false;
    for (int tries = 0; !dead; ++tries) {
      seen = must(observer->find(name))->beat;
      dead = tries < 200 ? must(observer->declare_dead(id, seen, timeline))
                         : must(observer->declare_dead_by_proof(id));
      deaths += dead && tries < 200 ? 1 : 0;
      if (tries >= 200) seen = -1;
    }
    beating.join();
    const auto counted = number("select beat from weir.beat where node_id = " + std::to_string(id));
    EXPECT_EQ(counted, answered.load()) << "each counted beat was answered, and no other";
    if (seen >= 0) {
      EXPECT_EQ(counted, seen) << "a beat was counted after the observer had looked";
    }
    EXPECT_EQ(value("select state from weir.node where node_id = " + std::to_string(id)), "dead");
  }
  RecordProperty("deaths_by_observation", deaths);
}

TEST_F(races, ABeatThatWaitedForTheDeathIsRefused) {
  const auto membership = driver().open_membership();
  const auto id = join(*membership, "n1");
  pqxx::connection own{test_database_url()};
  pqxx::work killer{own};
  killer.exec(schema().sql("select weir.declare_dead(" + std::to_string(id) + ", 0, weir.tli(), 1, 1)"));
  auto beating = std::async(std::launch::async, [&] { return membership->beat(id); });
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (
      number(
          "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name like '" +
          schema().name() + " %'") == 0) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
  }
  killer.commit();
  EXPECT_EQ(code_of(beating.get()), errc::refused);
}

TEST_F(races, OfTwoNodesWithOneNameOneJoins) {
  for (int round = 0; round < 10; ++round) {
    node_facts facts;
    facts.name = "n" + std::to_string(round);
    facts.cluster_settings = "{}";
    const auto try_join = [&] { return driver().open_membership()->join(facts); };
    auto there = std::async(std::launch::async, try_join);
    const auto here = try_join();
    const auto other = there.get();
    EXPECT_NE(here.ok(), other.ok());
    EXPECT_EQ((here.ok() ? other : here).error().code, errc::conflict);
  }
}

TEST_F(races, OfManyTakersOneGetsAPartition) {
  const auto membership = driver().open_membership();
  const auto id = join(*membership, "n1");
  exec("update weir.assignment set node = 'n1'");
  for (part_id part = 1; part <= 8; ++part) {
    const auto take = [&] {
      const auto store = driver().open_ownership();
      return store->acquire(id, part, false, false);
    };
    auto second = std::async(std::launch::async, take);
    auto third = std::async(std::launch::async, take);
    const result<ownership> answers[] = {take(), second.get(), third.get()};
    int got = 0;
    for (const auto& answer : answers) {
      if (answer.ok())
        ++got;
      else
        EXPECT_EQ(answer.error().code, errc::refused) << answer.error().message;
    }
    EXPECT_EQ(got, 1);
    EXPECT_EQ(number("select epoch from weir.partition where part_id = " + std::to_string(part)), 1);
  }
}

TEST_F(races, ADeadLeadersSessionIsEndedAndItsLockFree) {
  const auto membership = driver().open_membership();
  const auto hanging = driver().open_leadership();
  const auto candidate = driver().open_leadership();
  const auto first = join(*membership, "n1");
  const auto second = join(*membership, "n2");
  const auto term = must(hanging->try_lead(first)).value();
  EXPECT_FALSE(must(candidate->try_lead(second)).has_value());
  EXPECT_TRUE(must(membership->declare_dead_by_proof(first)));
  // the backend ends a moment later
  std::optional<leader_term> next;
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20}; !next;) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    next = must(candidate->try_lead(second));
  }
  EXPECT_EQ(next->term, term.term + 1);
  EXPECT_FALSE(hanging->renew(first, term).ok());
  EXPECT_EQ(value("select reason from weir.term where term = " + std::to_string(term.term)), "dead");
}

TEST_F(races, OnANewTimelineTaskIdsJumpOnce) {
  const auto membership = driver().open_membership();
  const auto before = number("select weir.enqueue('a')");
  schema().fail_over();
  const auto id = join(*membership, "n1");
  exec("update weir.assignment set node = 'n1'");
  const auto ownership = driver().open_ownership();
  must(ownership->acquire(id, 1, true, true));
  const auto after = number("select weir.enqueue('a')");
  EXPECT_GT(after, before + 1048576);
  must(ownership->acquire(id, 2, true, true));
  must(driver().open_leadership()->try_lead(id));
  EXPECT_EQ(number("select weir.enqueue('a')"), after + 1);
}

// The standby had not heard of n2 when it was promoted: neither its row nor that its id was given.
TEST_F(races, OnANewTimelineANodeIdIsNeverGivenTwice) {
  const auto membership = driver().open_membership();
  const auto known = join(*membership, "n1");
  const auto lost = join(*membership, "n2");
  exec("delete from weir.beat where node_id = " + std::to_string(lost));
  exec("delete from weir.node where node_id = " + std::to_string(lost));
  exec("select setval('weir.node_id', " + std::to_string(known) + ")");
  schema().fail_over();
  const auto third = join(*membership, "n3");
  EXPECT_GT(third, lost);
  EXPECT_EQ(join(*membership, "n4"), third + 1) << "it jumps once";
  EXPECT_EQ(number("select count(*) from weir.cluster where timeline = weir.tli()"), 1);
}

// Who enqueues has looked the stream up and waits for the table; then the stream is gone.
TEST_F(races, AnEnqueueThatWaitedForTheDeletionOfItsStreamIsRefused) {
  const auto commit = [](pqxx::work& deletion) { deletion.commit(); };
  EXPECT_THAT(enqueue_under_deletion(by_producer(producer_into_lane()), commit),
              testing::HasSubstr("was deleted just now"));
  EXPECT_THAT(enqueue_under_deletion(by_node({node_into_lane()}), commit),
              testing::HasSubstr("there is no stream \"lane\""));
  EXPECT_EQ(number("select count(*) from weir.task"), 0);
}

TEST_F(races, AnEnqueueThatWaitedForADeletionThatWasRolledBackIsKept) {
  EXPECT_EQ(
      enqueue_under_deletion(by_producer(producer_into_lane()), [](auto& deletion) { deletion.abort(); }),
      "");
  EXPECT_EQ(number("select count(*) from weir.task"), 1);
}

TEST_F(races, AnEnqueueOfANodeThatWaitedForADeletionThatWasRolledBackIsKept) {
  EXPECT_EQ(enqueue_under_deletion(by_node({node_into_lane()}), [](auto& deletion) { deletion.abort(); }),
            "");
  EXPECT_EQ(number("select count(*) from weir.task"), 1);
}

}  // namespace
}  // namespace weir::test_support
