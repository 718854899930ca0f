// <weir/pqxx.hpp>: tasks in the caller's own transaction.
#include <weir/pqxx.hpp>

#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

using testing::HasSubstr;

class own_transaction : public sql_test {
 protected:
  std::int64_t tasks() { return number("select count(*) from weir.task"); }
  pqxx::connection own_{test_database_url()};
};

TEST_F(own_transaction, EnqueuesWhenItCommitsAndNotBefore) {
  pqxx::work work{own_};
  const auto at = wall_time{std::chrono::microseconds{32'472'144'000'000'001}};  // 2999-01-01
  const auto id =
      weir::enqueue(work, new_task{"mail"}.key("k").data({{"to", "x\"'y"}}).do_after(at).created_by("shop"),
                    schema().name());
  EXPECT_EQ(tasks(), 0);
  work.commit();
  const auto row = exec("select id, key, data ->> 'to', weir.to_us(do_after), created_by from weir.task")[0];
  EXPECT_EQ(row[0].as<std::int64_t>(), id);
  EXPECT_STREQ(row[1].c_str(), "k");
  EXPECT_STREQ(row[2].c_str(), "x\"'y");
  EXPECT_EQ(row[3].as<std::int64_t>(), at.time_since_epoch().count());
  EXPECT_STREQ(row[4].c_str(), "shop");
}

TEST_F(own_transaction, EnqueuesNothingWhenItRollsBack) {
  pqxx::work work{own_};
  weir::enqueue(work, new_task{"mail"}, schema().name());
  work.abort();
  EXPECT_EQ(tasks(), 0);
}

TEST_F(own_transaction, TakesManyAtOnceWithIdsInTheirOrder) {
  pqxx::work work{own_};
  const auto ids = weir::enqueue(work, {new_task{"a"}, new_task{"b"}, new_task{"c"}}, schema().name());
  work.commit();
  ASSERT_EQ(ids.size(), 3U);
  EXPECT_LT(ids[0], ids[1]);
  EXPECT_EQ(value("select string_agg(name, '' order by id) from weir.task"), "abc");
  pqxx::work empty{own_};
  EXPECT_TRUE(weir::enqueue(empty, std::vector<new_task>{}, schema().name()).empty());
}

TEST_F(own_transaction, ARefusedTaskNamesWhatIsWrongAndASavepointKeepsTheRest) {
  pqxx::work work{own_};
  weir::enqueue(work, new_task{"kept"}, schema().name());
  try {
    pqxx::subtransaction inner{work};
    weir::enqueue(inner, {new_task{"lost"}, new_task{"x"}.stream("nowhere")}, schema().name());
    FAIL() << "a stream that is not there was taken";
  } catch (const pqxx::sql_error& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("task 2 of 2: there is no stream \"nowhere\""));
  }
  work.commit();
  EXPECT_EQ(value("select string_agg(name, ',') from weir.task"), "kept");
}

}  // namespace
}  // namespace weir::test_support
