// message_queue: the view that producers of episub/queue write to and count in.
#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

using testing::HasSubstr;

class message_queue : public sql_test {
 protected:
  /// The seed's own statement.
  std::string insert(const std::string& id, const std::string& key, const std::string& state = "READY") {
    return "insert into weir.message_queue(message_queue_id, data, state, task_key, task_name, created_at, "
           "last_attempted, last_attempt_message, do_after, created_by) values ('" +
           id + "', '{\"a\": 1}', '" + state + "', '" + key +
           "', 'CUSTOMER', now(), now(), 'Created', now(), 'shop')";
  }
  std::string state() { return value("select state from weir.message_queue"); }
  void attempt(const std::string& result, int no) {
    exec(
        "insert into weir.attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result, message) "
        "select "
        "id, "
        "'2026-01-01Z', 1, 5, part_id, " +
        std::to_string(no) + ", '" + result + "', 'said " + result + "' from weir.task");
  }
  void open(const std::string& letter) {
    exec(
        "insert into weir.open(task_id, epoch, due, part_id, state, name) select id, 1, '2999-01-01Z', "
        "part_id, '" +
        letter + "', name from weir.task on conflict (task_id) do update set state = excluded.state");
  }
};

TEST_F(message_queue, TakesTheSeedsInsertAndShowsItAgain) {
  const std::string id = "6f1d0a9e-5a1c-4c3c-9d2b-0a1b2c3d4e5f";
  exec(insert(id, "42"));
  const auto row = exec(
      "select message_queue_id, data::text, task_key, task_name, created_by, state, "
      "last_attempt_message, do_after = created_at, last_attempted = created_at "
      "from weir.message_queue")[0];
  EXPECT_EQ(row[0].c_str(), id);
  EXPECT_STREQ(row[1].c_str(), R"({"a": 1})");
  EXPECT_STREQ(row[2].c_str(), "42");
  EXPECT_STREQ(row[3].c_str(), "CUSTOMER");
  EXPECT_STREQ(row[4].c_str(), "shop");
  EXPECT_STREQ(row[5].c_str(), "READY");
  EXPECT_STREQ(row[6].c_str(), "Created");
  EXPECT_STREQ(row[7].c_str(), "t");
  EXPECT_STREQ(row[8].c_str(), "t");
}

TEST_F(message_queue, FillsInWhatIsMissingAndReturnsIt) {
  const auto row = exec(
      "insert into weir.message_queue(task_name) values ('A') "
      "returning message_queue_id::text, state")[0];
  EXPECT_STREQ(row[0].c_str(), "00000000-0000-4000-8000-000000000001");
  EXPECT_STREQ(row[1].c_str(), "READY");
  EXPECT_EQ(value("select message_queue_id::text from weir.message_queue"), row[0].c_str());
  EXPECT_EQ(value("select coalesce(key, 'none') || data::text from weir.task"), "none{}");
}

TEST_F(message_queue, RefusesOtherStatesAndBounds) {
  for (const char* state : {"DONE", "IN PROGRESS", "RETRY", "FAILED", "CANCELLED", "ready"}) {
    EXPECT_THAT(error_of(insert("6f1d0a9e-5a1c-4c3c-9d2b-0a1b2c3d4e5f", "1", state)),
                HasSubstr("READY rows only"));
  }
  EXPECT_THAT(error_of("insert into weir.message_queue(task_key) values ('x')"),
              HasSubstr("name is missing"));
  EXPECT_THAT(error_of("insert into weir.message_queue(task_name, task_key) values ('x', repeat('k', 513))"),
              HasSubstr("longer than 512 bytes"));
  EXPECT_NE(error_of("delete from weir.message_queue"), "");
  EXPECT_NE(error_of("update weir.message_queue set state = 'DONE'"), "");
  EXPECT_EQ(number("select count(*) from weir.task"), 0);
}

TEST_F(message_queue, GoesByRouteLikeEverythingElse) {
  exec("select weir.create_stream('one', 'single', 1, 1, null, 'strict', 'process', 0, false)");
  exec("insert into weir.route values ('CUSTOMER', 2)");
  exec(insert("6f1d0a9e-5a1c-4c3c-9d2b-0a1b2c3d4e5f", "42"));
  EXPECT_EQ(number("select part_id from weir.task"),
            number("select first_part from weir.stream where name = 'one'"));
}

TEST_F(message_queue, ShowsEveryStateAsItIs) {
  exec("select weir.enqueue('t')");
  EXPECT_EQ(state(), "READY");
  open("w");
  EXPECT_EQ(state(), "READY");
  open("i");
  EXPECT_EQ(state(), "IN PROGRESS");
  attempt("r", 1);
  open("r");
  EXPECT_EQ(state(), "RETRY");
  EXPECT_EQ(value("select last_attempt_message from weir.message_queue"), "said r");
  EXPECT_EQ(value("select (last_attempted = '2026-01-01Z' and do_after = '2999-01-01Z')::text from "
                  "weir.message_queue"),
            "true");
  exec("delete from weir.open");
  attempt("d", 2);
  EXPECT_EQ(state(), "DONE");
  const std::pair<const char*, const char*> ends[] = {
      {"f", "FAILED"}, {"c", "CANCELLED"}, {"s", "CANCELLED"}, {"m", "CANCELLED"}};
  for (const auto& [letter, shown] : ends) {
    exec("delete from weir.attempt_row");
    attempt(letter, 1);
    EXPECT_EQ(state(), shown);
  }
}

TEST_F(message_queue, AnswersTheSeedsCounts) {
  exec("select weir.enqueue('A') from generate_series(1, 3)");
  exec("select weir.enqueue('B')");
  attempt("d", 1);
  exec("select weir.enqueue('A')");
  EXPECT_EQ(number("select count(*) from weir.message_queue"), 5);
  EXPECT_EQ(number("select count(*) from weir.message_queue where task_name = 'A' "
                   "and state not in ('CANCELLED', 'DONE', 'FAILED')"),
            1);
}

TEST_F(message_queue, ShowsLongKeysWhole) {
  exec("insert into weir.message_queue(task_name, task_key) values ('x', repeat('k', 500))");
  EXPECT_EQ(number("select length(task_key) from weir.message_queue"), 500);
}

}  // namespace
}  // namespace weir::test_support
