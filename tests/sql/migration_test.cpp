// Migrations: from nothing to the present version, and everything that must be refused.
#include <algorithm>
#include <thread>

#include "drivers/postgres/migrator.hpp"
#include "tests/sql/fixture.hpp"
#include "weir_sql/statements.hpp"

namespace weir::test_support {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class migrations : public testing::Test {
 protected:
  void SetUp() override {
    if (test_database_url().empty()) GTEST_SKIP() << "WEIR_TEST_DATABASE_URL names no database";
    schema_ = std::make_unique<postgres_schema>(false);
  }
  const postgres::options& where() const { return schema_->where(); }
  postgres::schema_status migrated() { return must(postgres::migrate(where(), {})); }
  /// What a session of any store says when it opens.
  error refusal() {
    const auto answer = postgres::make_driver(where())->open_console()->reconnect();
    return answer ? error{errc::internal, "it opened"} : answer.error();
  }

  /// All migrations up to the one whose name ends so, with a statement in front of that one.
  void apply_up_to(std::string_view ending, const std::string& before) {
    for (int i = 0; i < postgres::sql::migration_count; ++i) {
      const postgres::sql::migration& next = postgres::sql::migrations[i];
      const bool last = std::string_view{next.name}.find(ending) != std::string_view::npos;
      if (last) schema_->exec(before);
      schema_->exec(next.text);
      if (last) return;
    }
    FAIL() << "there is no migration " << ending;
  }
  void migrate_by_a_later_program() {
    schema_->exec(
        "insert into weir.migration(version, name, checksum) "
        "select max(version) + 1, 'later', repeat('0', 64) from weir.migration");
  }

  std::unique_ptr<postgres_schema> schema_;
};

TEST_F(migrations, GoFromNothingToThePresentVersionAndStay) {
  const auto before = must(postgres::schema_status_of(where()));
  EXPECT_TRUE(before.missing());
  EXPECT_EQ(before.pending.size(), static_cast<std::size_t>(before.wanted));

  std::vector<std::string> lines;
  const auto note = [&](const std::string& line) { lines.push_back(line); };
  const auto after = must(postgres::migrate(where(), note));
  EXPECT_EQ(after.current, after.wanted);
  EXPECT_THAT(after.pending, IsEmpty());
  ASSERT_EQ(lines.size(), before.pending.size());
  for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_THAT(lines[i], HasSubstr(before.pending[i]));

  lines.clear();
  EXPECT_EQ(must(postgres::migrate(where(), note)).current, after.wanted);
  EXPECT_THAT(lines, IsEmpty()) << "a second time there is nothing to do";
  EXPECT_TRUE(postgres::make_driver(where())->open_console()->view().ok());
}

TEST_F(migrations, AMissingSchemaNamesTheCommand) {
  const auto told = refusal();
  EXPECT_EQ(told.code, errc::schema_missing);
  EXPECT_THAT(told.message, AllOf(HasSubstr(where().schema), HasSubstr("weir db migrate")));
  EXPECT_EQ(code_of(postgres::make_driver(where())->open_membership()->identify()), errc::schema_missing);
}

TEST_F(migrations, AnEmptySchemaOfThatNameIsFilled) {
  schema_->exec("create schema weir");
  EXPECT_TRUE(must(postgres::schema_status_of(where())).missing());
  EXPECT_EQ(refusal().code, errc::schema_missing);
  EXPECT_FALSE(migrated().older());
}

TEST_F(migrations, AnOlderSchemaIsRefusedAndUpgradable) {
  const int wanted = migrated().wanted;
  schema_->exec("delete from weir.migration where version = " + std::to_string(wanted));
  const auto told = refusal();
  EXPECT_EQ(told.code, errc::schema_mismatch);
  EXPECT_THAT(told.message, HasSubstr("weir db migrate"));
  const auto status = must(postgres::schema_status_of(where()));
  EXPECT_TRUE(status.older());
  EXPECT_EQ(status.pending.size(), 1U);
}

TEST_F(migrations, TheEpochsOfPartitionsThatAreGoneAlreadyCount) {
  apply_up_to("_epoch_floor", R"(
    insert into weir.node(name, machine, version, address, http, labels, weight, actions, cluster_settings)
    values ('n1', 'm', '0', '', '', '{}', 1, '{}', '{}');
    insert into weir.ownership(part_id, timeline, epoch, node_id)
    select part_id, 1, epoch, node_id
    from weir.node, (values (1, 70), (900, 41), (900, 40)) gone(part_id, epoch))");
  EXPECT_EQ(schema_->value("select epoch_floor from weir.cluster"), "41") << "partition 1 is there";
}

TEST_F(migrations, RightsThatSomebodyGaveByHandOutliveAFunctionThatIsMadeAnew) {
  apply_up_to(
      "_trace",
      "grant execute on function weir.enqueue(text, text, jsonb, text, timestamptz, text) to pg_monitor");
  const auto may = [this](const std::string& role) {
    return schema_->value("select has_function_privilege('" + role +
                          "', 'weir.enqueue(text, text, jsonb, text, timestamptz, text, text)', 'execute')");
  };
  EXPECT_EQ(may("pg_monitor"), "t");
  EXPECT_EQ(may("pg_read_all_data"), "f") << "nobody else";
}

TEST_F(migrations, ANewerSchemaIsWorkedWithAndLeftAlone) {
  const int wanted = migrated().wanted;
  migrate_by_a_later_program();
  EXPECT_TRUE(postgres::make_driver(where())->open_console()->view().ok());
  const auto after = must(postgres::migrate(where(), {}));
  EXPECT_EQ(after.current, wanted + 1);
  EXPECT_TRUE(after.newer());
  EXPECT_TRUE(after.fits());
}

TEST_F(migrations, ANewerSchemaThatIsNotForThisProgramIsRefused) {
  const int wanted = migrated().wanted;
  migrate_by_a_later_program();
  schema_->exec("update weir.cluster set oldest_program = " + std::to_string(wanted + 1));
  const auto told = refusal();
  EXPECT_EQ(told.code, errc::schema_mismatch);
  EXPECT_THAT(told.message, HasSubstr("upgrade this program"));
  EXPECT_FALSE(must(postgres::schema_status_of(where())).fits());
  EXPECT_EQ(code_of(postgres::migrate(where(), {})), errc::schema_mismatch);
}

TEST_F(migrations, AChangedOneIsNamed) {
  migrated();
  schema_->exec("update weir.migration set checksum = repeat('0', 64) where version = 2");
  const auto name = schema_->value("select name from weir.migration where version = 2");
  for (const auto& answer : {postgres::schema_status_of(where()), postgres::migrate(where(), {})}) {
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, errc::schema_mismatch);
    EXPECT_THAT(answer.error().message, AllOf(HasSubstr(name), HasSubstr("checksum")));
  }
}

TEST_F(migrations, AFailingOneLeavesNoTraceOfItself) {
  schema_->exec("create schema weir");
  schema_->exec("create table weir.beat(something int)");  // in the way of the second
  const auto answer = postgres::migrate(where(), {});
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().message, HasSubstr("0002_membership"));
  EXPECT_EQ(must(postgres::schema_status_of(where())).current, 1);
  EXPECT_EQ(schema_->value("select to_regclass('weir.node')::text"), "");
  schema_->exec("drop table weir.beat");
  EXPECT_FALSE(migrated().older());
}

TEST_F(migrations, TwoMigratorsAtOnceApplyEachOnce) {
  std::vector<std::string> lines[2];
  std::optional<result<postgres::schema_status>> answers[2];
  std::thread other(
      [&] { answers[0] = postgres::migrate(where(), [&](auto& line) { lines[0].push_back(line); }); });
  answers[1] = postgres::migrate(where(), [&](auto& line) { lines[1].push_back(line); });
  other.join();
  for (const auto& answer : answers)
    EXPECT_TRUE(answer->ok()) << (answer->ok() ? "" : answer->error().message);
  EXPECT_EQ(lines[0].size() + lines[1].size(), static_cast<std::size_t>((*answers[1])->wanted));
}

TEST_F(migrations, AnotherClustersDataIsRefused) {
  migrated();
  schema_->exec("update weir.cluster set system_identifier = 1");
  const auto told = refusal();
  EXPECT_EQ(told.code, errc::schema_mismatch);
  EXPECT_THAT(told.message, HasSubstr("weir db adopt"));
}

TEST_F(migrations, ASchemaNameThatIsNoPlainNameIsRefusedUnsent) {
  for (const char* name : {"", "We ir", "1st", "x\"; drop schema public; --", "a.b", "gr\xc3\xbc"}) {
    postgres::options bad = where();
    bad.schema = name;
    EXPECT_EQ(code_of(postgres::schema_status_of(bad)), errc::invalid) << name;
    EXPECT_EQ(code_of(postgres::migrate(bad, {})), errc::invalid) << name;
    EXPECT_EQ(code_of(postgres::make_driver(bad)->open_tasks()->reconnect()), errc::invalid) << name;
  }
}

}  // namespace
}  // namespace weir::test_support
