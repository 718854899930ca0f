// What operators do leaves a row: each action, refused ones too, in the words of the audit.
#include <nlohmann/json.hpp>

#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::SizeIs;

class audited : public conformance {
 protected:
  void SetUp() override {
    conformance::SetUp();
    if (IsSkipped()) return;
    own_lane();
    console().act_as({"ann@desk", "cli", "", ""});
    schedules_ = store().driver().open_schedules();
    schedules_->act_as({"token deploy", "http", "", ""});
    seen_ = newest_id();
  }

  std::int64_t newest_id() {
    audit_filter one;
    one.limit = 1;
    const auto page = must(console().audit(one));
    return page.items.empty() ? 0 : page.items.front().id;
  }
  /// Rows since the last look, oldest first.
  std::vector<audit_record> fresh() {
    auto all = must(console().audit({1000, std::nullopt, std::nullopt})).items;
    std::vector<audit_record> rows;
    for (auto at = all.rbegin(); at != all.rend(); ++at) {
      if (at->id > seen_) rows.push_back(*at);
    }
    if (!rows.empty()) seen_ = rows.back().id;
    return rows;
  }
  /// The one row since the last look, as "action object details result".
  std::string told() {
    const auto rows = fresh();
    if (rows.size() != 1) return std::to_string(rows.size()) + " rows";
    const auto& row = rows.front();
    return row.action + " " + row.object + " " + json::parse(row.details).dump() + " " + row.result;
  }
  task_id added(const insert_row& row) { return must(tasks().insert({row})).front().id; }

  std::unique_ptr<schedule_store> schedules_;
  std::int64_t seen_ = 0;
};

TEST_F(audited, EveryActionOnStreamsAndNodesLeavesARow) {
  stream_declaration wanted;
  wanted.name = "mail";
  wanted.mode = stream_mode::parallel;
  wanted.partitions = 4;
  wanted.concurrency = 2;
  must(console().create_stream(wanted));
  EXPECT_EQ(told(), R"(stream.create mail {"concurrency":2,"mode":"parallel","partitions":4} ok)");
  stream_change change;
  change.concurrency = 3;
  must(console().change_stream("mail", change));
  EXPECT_EQ(told(), R"(stream.set mail {"concurrency":3} ok)");
  change = {};
  change.rate = start_rate{5, std::chrono::minutes{1}};
  change.breaker_failures = 5;
  change.breaker_pause = std::chrono::seconds{30};
  must(console().change_stream("mail", change));
  EXPECT_EQ(told(), R"(stream.set mail {"breaker.failures":5,"breaker.pause":"30s","rate":"5/m"} ok)");
  change = {};
  change.rate = start_rate{};
  must(console().change_stream("mail", change));
  EXPECT_EQ(told(), R"(stream.set mail {"rate":"off"} ok)");
  must(console().pin("mail", "n1", pin_policy::prefer));
  EXPECT_EQ(told(), R"(stream.pin mail {"node":"n1","policy":"prefer"} ok)");
  must(console().pin("mail", std::nullopt, std::nullopt));
  EXPECT_EQ(told(), "stream.unpin mail {} ok");
  must(console().pause("mail", std::nullopt));
  EXPECT_EQ(told(), "stream.pause mail {} ok");
  must(console().resume("mail"));
  EXPECT_EQ(told(), "stream.resume mail {} ok");
  must(console().wish_for({{lane_.part, "n1"}}));
  EXPECT_EQ(told(), R"(stream.move lane {"moves":[{"node":"n1","partition":)" + std::to_string(lane_.part) +
                        "}]} ok");
  must(console().delete_stream("mail"));
  EXPECT_EQ(told(), "stream.delete mail {} ok");
  must(console().pause_name("import", wall_time{std::chrono::hours{24 * 366 * 100}}));
  EXPECT_EQ(told(), R"(task.pause import {"until":"2070-03-17T00:00:00.000000Z"} ok)");
  must(console().resume_name("import"));
  EXPECT_EQ(told(), "task.resume import {} ok");
  must(console().drain("n1", true));
  EXPECT_EQ(told(), "node.drain n1 {} ok");
  must(console().drain("n1", false));
  EXPECT_EQ(told(), "node.undrain n1 {} ok");
  must(console().note_reload("n1", {"log.level"}, {}));
  EXPECT_EQ(told(), R"(config.reload n1 {"applied":["log.level"],"needs_restart":[]} ok)");
  must(console().resign_leader());
  EXPECT_EQ(told(), R"(leader.resign n1 {"term":)" + std::to_string(term_.term) + "} ok");
}

TEST_F(audited, EveryActionOnSchedulesAndControllersLeavesARow) {
  schedule_declaration poll;
  poll.name = poll.task = "poll";
  poll.every = std::chrono::minutes{15};
  poll.data = R"({"password":"secret"})";
  must(schedules_->add(poll));
  const auto rows = fresh();
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].action, "schedule.add");
  EXPECT_EQ(rows[0].who, "token deploy");
  EXPECT_EQ(rows[0].way, "http");
  EXPECT_EQ(json::parse(rows[0].details).dump(), R"({"every":"15m","missed":"once","task":"poll"})")
      << "not the data of its task";
  must(schedules_->pause("poll", std::nullopt));
  EXPECT_EQ(told(), "schedule.pause poll {} ok");
  must(schedules_->resume("poll"));
  EXPECT_EQ(told(), "schedule.resume poll {} ok");
  const auto id = must(schedules_->trigger("poll", "ann"));
  EXPECT_EQ(told(), R"(schedule.trigger poll {"task":")" + std::to_string(id) + "\"} ok");
  must(schedules_->remove("poll"));
  EXPECT_EQ(told(), "schedule.remove poll {} ok");
  const std::string controller = "4f0c1b2e-0000-4000-8000-000000000001";
  const auto cdc = store().driver().open_cdc();
  must(cdc->begin(controller, "customers"));
  must(cdc->resync(controller));
  EXPECT_EQ(told(), "cdc.resync " + controller + " {} ok");
}

TEST_F(audited, AnOrderOfOneTaskNamesIt) {
  auto row = task_of("a");
  row.do_after = store().now() + std::chrono::hours{1};
  const auto id = added(row);
  must(console().order({task_request::what::cancel, {id}, std::nullopt, "ann"}));
  EXPECT_EQ(told(), "task.cancel " + std::to_string(id) + R"( {"done":1,"tasks":1} ok)");
  const auto made = must(console().requeue({id}, "ann"));
  EXPECT_EQ(told(), "task.requeue " + std::to_string(id) + R"( {"made":1,"new_id":")" +
                        std::to_string(made.at(0)) + R"(","tasks":1} ok)");
}

TEST_F(audited, AnOrderOfManyTasksInPartsIsOneRowWithTheFilterAndTheCount) {
  std::vector<task_id> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(added(task_of("bulk")));
  console().act_as({"ann@desk", "cli", "request-1", R"({"name":"bulk"})"});
  must(console().order({task_request::what::cancel, {ids[0], ids[1], ids[2]}, std::nullopt, "ann"}));
  must(console().order({task_request::what::cancel, {ids[3], ids[4]}, std::nullopt, "ann"}));
  EXPECT_EQ(told(), R"(task.cancel  {"done":5,"filter":{"name":"bulk"},"tasks":5} ok)");
  console().act_as({"ann@desk", "cli", "request-2", R"({"name":"bulk"})"});
  must(console().order({task_request::what::cancel, {ids[0]}, std::nullopt, "ann"}));
  EXPECT_EQ(told(), R"(task.cancel  {"ended":1,"filter":{"name":"bulk"},"tasks":1} ok)") << "another request";
}

TEST_F(audited, WhatWasRefusedIsThereWithTheReason) {
  EXPECT_EQ(code_of(console().pause("nothing", std::nullopt)), errc::not_found);
  EXPECT_THAT(told(), testing::StartsWith("stream.pause nothing {} not_found: "));
  EXPECT_EQ(code_of(console().delete_stream("default")), errc::refused);
  EXPECT_THAT(told(), testing::StartsWith("stream.delete default {} refused: "));
  EXPECT_EQ(code_of(schedules_->remove("nothing")), errc::not_found);
  EXPECT_THAT(told(), testing::StartsWith("schedule.remove nothing {} not_found: "));
  stream_declaration other;
  other.name = "lane";
  other.mode = stream_mode::parallel;
  other.partitions = 7;
  EXPECT_EQ(code_of(console().create_stream(other)), errc::conflict);
  EXPECT_THAT(told(), testing::HasSubstr(" conflict: "));
}

TEST_F(audited, AnOrderThatDidNothingSaysWhy) {
  const auto order = [this](std::vector<task_id> tasks) {
    must(console().order({task_request::what::retry, std::move(tasks), std::nullopt, "ann"}));
    return told();
  };
  EXPECT_EQ(order({999}), R"(task.retry 999 {"tasks":1,"unknown":1} not_found: task 999 does not exist)");
  EXPECT_EQ(order({999, 998}), R"(task.retry  {"ids":["999","998"],"tasks":2,"unknown":2} )"
                               "not_found: task 999 does not exist");
  const auto id = added(task_of("a"));
  EXPECT_EQ(order({999, id}), R"(task.retry  {"done":1,"ids":["999",")" + std::to_string(id) +
                                  R"("],"tasks":2,"unknown":1} ok)");
  must(console().order({task_request::what::cancel, {id}, std::nullopt, "ann"}));
  told();
  EXPECT_EQ(order({id}), "task.retry " + std::to_string(id) + R"( {"ended":1,"tasks":1} refused: task )" +
                             std::to_string(id) + " has ended");
  EXPECT_EQ(must(console().requeue({999}, "ann")).at(0), 0);
  EXPECT_THAT(told(),
              testing::StartsWith(R"(task.requeue 999 {"made":0,"tasks":1} refused: task 999 has not)"));
}

TEST_F(audited, LongDetailsAreCut) {
  stream_declaration wanted;
  const std::string filter = json{{"key", std::string(3000, 'k')}}.dump();
  console().act_as({"ann@desk", "cli", "", filter});
  must(console().order({task_request::what::cancel, {added(task_of("a"))}, std::nullopt, "ann"}));
  const auto rows = fresh();
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_LE(rows[0].details.size(), 2000U);
  EXPECT_TRUE(json::parse(rows[0].details).contains("cut")) << rows[0].details;
}

TEST_F(audited, WhoNobodyNamedIsTheLogin) {
  const auto nameless = store().driver().open_console();
  must(nameless->pause("default", std::nullopt));
  const auto rows = fresh();
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].who, rows[0].login);
  EXPECT_EQ(rows[0].way, "program");
  EXPECT_NE(rows[0].login, "");
}

TEST_F(audited, IsListedNewestFirstPageByPage) {
  for (const char* stream : {"default", "lane"}) must(console().pause(stream, std::nullopt));
  const auto now = store().now();
  must(console().resume("default"));
  audit_filter filter;
  filter.limit = 2;
  const auto first = must(console().audit(filter));
  ASSERT_THAT(first.items, SizeIs(2));
  EXPECT_EQ(first.items[0].action, "stream.resume");
  EXPECT_EQ(first.items[1].object, "lane");
  ASSERT_TRUE(first.next.has_value());
  filter.before = first.next;
  EXPECT_EQ(must(console().audit(filter)).items.at(0).object, "default");
  filter = {};
  filter.since = now + std::chrono::hours{1};
  EXPECT_THAT(must(console().audit(filter)).items, SizeIs(0));
  filter.since = now - std::chrono::hours{1};
  EXPECT_GE(must(console().audit(filter)).items.size(), 3U);
}

TEST_F(audited, AnActionThatDidNotHappenInTheStoreLeavesNoRow) {
  EXPECT_EQ(code_of(console().pin("default", "", std::nullopt)), errc::invalid);
  EXPECT_THAT(fresh(), SizeIs(0));
  EXPECT_EQ(must(console().rows()).streams.at(0).pin, std::nullopt);
}

}  // namespace
}  // namespace weir::conformance
