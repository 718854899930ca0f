// weir.enqueue_many: an array of tasks, all or nothing.
#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class enqueue_many : public sql_test {
 protected:
  std::string call(const std::string& json) { return "select weir.enqueue_many($json$" + json + "$json$)"; }
};

TEST_F(enqueue_many, GivesIdsInTheOrderOfTheArray) {
  const auto rows = exec(
      "select weir.enqueue_many((select jsonb_agg(jsonb_build_object('name', 't' || n) order by n) "
      "from generate_series(1, 1000) n))");
  ASSERT_EQ(rows.size(), 1000U);
  for (pqxx::result::size_type i = 1; i < rows.size(); ++i) {
    ASSERT_LT(rows[i - 1][0].as<std::int64_t>(), rows[i][0].as<std::int64_t>());
  }
  EXPECT_EQ(number("select count(*) from (select name, row_number() over (order by id) n from weir.task) x "
                   "where name <> 't' || n"),
            0);
}

TEST_F(enqueue_many, TakesTheArgumentsOfEnqueueAsKeys) {
  exec("select weir.create_stream('one', 'single', 1, 1, null, 'strict', 'process', 0, false)");
  exec(call(R"([{"name": "a", "key": "k", "data": {"n": [1, null]}, "stream": "one",
                 "do_after": "2999-01-01T00:00:00Z", "created_by": "shop"},
                {"name": "b", "key": "", "data": null, "stream": null, "do_after": null, "created_by": null}])"));
  const auto a = exec(
      "select key, data::text, do_after = '2999-01-01Z', created_by, part_id from weir.task "
      "where name = 'a'")[0];
  EXPECT_STREQ(a[0].c_str(), "k");
  EXPECT_STREQ(a[1].c_str(), R"({"n": [1, null]})");
  EXPECT_STREQ(a[2].c_str(), "t");
  EXPECT_STREQ(a[3].c_str(), "shop");
  EXPECT_EQ(a[4].as<int>(), number("select first_part from weir.stream where name = 'one'"));
  EXPECT_EQ(value("select coalesce(key, 'none') || data::text || coalesce(do_after::text, '') from weir.task "
                  "where name = 'b'"),
            "none{}");
  EXPECT_EQ(value("select created_by from weir.task where name = 'b'"), value("select session_user::text"));
}

TEST_F(enqueue_many, AnEmptyArrayIsNothing) { EXPECT_EQ(exec(call("[]")).size(), 0U); }

TEST_F(enqueue_many, RefusesTheWholeAndNamesTheTask) {
  struct {
    const char* json;
    const char* message;
  } const cases[] = {
      {R"({"name": "a"})", "takes an array"},
      {R"([{"name": "a"}, 7])", "task 2 of 2: it is not an object"},
      {R"([{"name": "a"}, {"nmae": "b"}])", "task 2 of 2: unknown key \"nmae\""},
      {R"([{"name": "a"}, {"key": "b"}])", "task 2 of 2: the task name is missing"},
      {R"([{"name": "a"}, {"name": 7}])", "task 2 of 2: \"name\" must be a string"},
      {R"([{"name": "a"}, {"name": "b", "key": {"x": 1}}])", "task 2 of 2: \"key\" must be a string"},
      {R"([{"name": "a"}, {"name": "b", "stream": "nowhere"}])",
       "task 2 of 2: there is no stream \"nowhere\""},
      {R"([{"name": "a"}, {"name": "b", "do_after": "tomorrowish"}])",
       "task 2 of 2: do_after \"tomorrowish\""},
      {R"([{"name": "a"}, {"name": "b", "do_after": "2026-13-01"}])", "task 2 of 2: do_after"},
      {R"([{"name": "a"}, {"name": "a\u0007"}])", "task 2 of 2: the task name contains a control character"},
  };
  for (const auto& one : cases) EXPECT_THAT(error_of(call(one.json)), HasSubstr(one.message)) << one.json;
  EXPECT_THAT(error_of("select weir.enqueue_many(null)"), HasSubstr("takes an array"));
  EXPECT_THAT(error_of("select weir.enqueue_many(jsonb_build_array(jsonb_build_object('name', 'a', 'data', "
                       "repeat('x', 1048577))))"),
              AllOf(HasSubstr("task 1 of 1"), HasSubstr("1 MiB")));
  EXPECT_EQ(number("select count(*) from weir.task"), 0);
}

}  // namespace
}  // namespace weir::test_support
