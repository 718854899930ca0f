// Change data capture on a real server: sources in other databases, what a source may not do, and whole passes.
#include "actions/cdc_pass.hpp"
#include "tests/sql/fixture.hpp"

namespace weir::test_support {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string controller = "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e";

class no_context final : public context {
 public:
  bool stop_requested() const override { return false; }
  boot_time deadline() const override { return boot_time::max(); }
  std::uint64_t fencing_token() const override { return 1; }
  int attempt() const override { return 1; }
  const std::string& node() const override { return name_; }
  void log(const std::string&) override {}
  void progress(double, const std::string&) override {}

 private:
  std::string name_ = "n1";
};

/// The url of the tests' database with another one's name in it.
std::string url_of(const std::string& database) {
  std::string url = test_database_url();
  const std::size_t query = std::min(url.find('?'), url.size());
  const std::size_t slash = url.rfind('/', query);
  return url.substr(0, slash + 1) + database + url.substr(query);
}

class a_source : public sql_test {
 protected:
  void SetUp() override {
    sql_test::SetUp();
    if (IsSkipped()) return;
    exec("drop table if exists weir.customer");
    exec("create table weir.customer(id int primary key, name text)");
  }
  void TearDown() override {
    if (IsSkipped()) return;
    exec("drop table if exists weir.customer");
    if (other_) {
      other_.reset();
      exec("drop database if exists " + other_name_ + " with (force)");
    }
  }

  /// A database beside the tests' own, with nothing of weir in it.
  pqxx::connection& other() {
    if (!other_) {
      other_name_ = schema().name() + "_shop";
      exec("create database " + other_name_);
      other_ = std::make_unique<pqxx::connection>(url_of(other_name_));
    }
    return *other_;
  }
  void in_other(const std::string& text) {
    pqxx::nontransaction work{other()};
    work.exec(text);
  }

  cdc_query query(const std::string& text, std::chrono::milliseconds timeout = 5s) {
    return {other_ ? url_of(other_name_) : "", schema().sql(text), timeout};
  }
  /// The error of reading a source to its end, or how many rows it has.
  std::string read(const cdc_query& source, std::optional<errc> wanted = std::nullopt) {
    const auto reader = driver().open_cdc_reader(source);
    auto opened = reader->open({});
    std::size_t rows = 0;
    while (opened) {
      const auto page = reader->next();
      if (!page) {
        opened = page.error();
        break;
      }
      if (page->empty()) return std::to_string(rows);
      rows += page->size();
    }
    EXPECT_EQ(opened.error().code, wanted) << opened.error().message;
    return opened.error().message;
  }
  std::string pass(const actions::cdc_plan& plan) {
    no_context ctx;
    const auto done = actions::run_pass(plan, driver(), ctx);
    return done ? done->text() : done.error().message;
  }

 private:
  std::unique_ptr<pqxx::connection> other_;
  std::string other_name_;
};

const char* const customers = "select id as object_id, md5(c::text)::uuid as hash from customer c";

TEST_F(a_source, MayBeAnotherDatabase) {
  in_other("create table customer(id int primary key, name text)");
  in_other("insert into customer select n, 'name ' || n from generate_series(1, 12000) n");
  actions::cdc_plan plan;
  plan.name = "customers";
  plan.controller = controller;
  plan.source = query(customers);
  plan.limit = 100'000;
  plan.enqueues = true;
  EXPECT_EQ(pass(plan), "12000 created");
  EXPECT_EQ(pass(plan), "nothing has changed");
  in_other("update customer set name = 'other' where id % 1000 = 0");
  in_other("delete from customer where id = 7");
  EXPECT_EQ(pass(plan), "12 updated, 1 deleted");
  EXPECT_EQ(number("select count(*) from weir.task where name = 'customers.create'"), 12000);
  EXPECT_EQ(
      value("select string_agg(key, ' ' order by key::int) from weir.task where name = 'customers.update'"),
      "1000 2000 3000 4000 5000 6000 7000 8000 9000 10000 11000 12000");
  EXPECT_EQ(
      value("select key || ' ' || (data ->> 'object_id') from weir.task where name = 'customers.delete'"),
      "7 7");
  EXPECT_EQ(
      value("select string_agg(distinct h.hash::text, ' ') from weir.cdc_hash h where h.object_id = '1000'"),
      value("select md5('(1000,other)')::uuid::text"));
  EXPECT_EQ(number("select objects from weir.cdc_controller"), number("select count(*) from weir.cdc_hash"));
  const auto deadline = boot_clock::now() + 5s;
  const std::string sessions =
      "select count(*) from pg_stat_activity where application_name = '" + schema().name() + " cdc source'";
  while (number(sessions) > 0 && boot_clock::now() < deadline) {
  }
  EXPECT_EQ(number(sessions), 0) << "no session stays there";
}

TEST_F(a_source, IsReadThroughTheDriversOwnUrlByDefault) {
  exec("insert into weir.customer select n from generate_series(1, 5) n");
  EXPECT_EQ(read(query("select id as object_id, md5(c::text)::uuid as hash from weir.customer c;  \n")), "5");
  EXPECT_EQ(read(query("select id as object_id, md5('x') as hash from weir.customer -- all of them")), "5");
  EXPECT_EQ(read(query("select id as object_id, null as hash from weir.customer where id > 9")), "0");
  EXPECT_EQ(read(query("with c as (select 'it''s %upto%' as object_id, null as hash) select * from c")), "1");
}

TEST_F(a_source, KeepsItsOwnSearchPath) {
  in_other("create schema shop");
  in_other("create table shop.customer(id int primary key)");
  in_other("alter role current_user in database " + schema().name() + "_shop set search_path = shop");
  EXPECT_EQ(read(query(customers)), "0");
}

TEST_F(a_source, SaysWhatIsWrongWithItsStatement) {
  const struct {
    const char* text;
    const char* complaint;
  } cases[] = {
      {"selct 1", "the source: syntax error at or near"},
      {"select 1 as object_id", "the source: column q.hash does not exist"},
      {"select 1 as hash", "the source: column q.object_id does not exist"},
      {"select * from nowhere", "the source: relation \"nowhere\" does not exist"},
      {"select 1/0 as object_id, null as hash", "the source: division by zero"},
      {"select 1 as object_id, null as hash; select 2", "the source: syntax error at or near \";\""},
      {"insert into weir.customer values (1) returning id as object_id, null as hash", "the source: "},
      {"with w as (insert into weir.customer values (1) returning id) select id as object_id, null as hash "
       "from w",
       "the source: "},
      {"select setval('weir.task_id', 77) as object_id, null as hash",
       "the source: cannot execute setval() in a read-only transaction"},
      {"select set_config('transaction_read_only', 'off', true) as object_id, null as hash",
       "the source: transaction read-write mode must be set before any query"},
  };
  for (const auto& one : cases)
    EXPECT_THAT(read(query(one.text), errc::invalid), HasSubstr(one.complaint)) << one.text;
  EXPECT_EQ(number("select count(*) from weir.customer"), 0);
}

TEST_F(a_source, IsGivenUpAfterItsTimeout) {
  EXPECT_THAT(read(query("select pg_sleep(60)::text as object_id, null as hash", 100ms), errc::timeout),
              HasSubstr("statement timeout (source_timeout is 100ms)"));
}

TEST_F(a_source, ThatIsNotThereIsSaidToBeTheSource) {
  auto away = query("select 1");
  away.url = "host=127.0.0.1 port=1 dbname=shop user=reader password=secret";
  const std::string said = read(away, errc::unavailable);
  EXPECT_THAT(said, HasSubstr("the source: "));
  EXPECT_THAT(said, testing::Not(HasSubstr("secret")));
  away.url = "postgres://user:se/cr@et@host/x";
  EXPECT_THAT(read(away, errc::invalid), testing::Not(HasSubstr("cr@et")));
}

TEST_F(a_source, ThatEndsItsSessionsIsReadAnewNextTime) {
  exec("insert into weir.customer select n from generate_series(1, 20000) n");
  const auto reader =
      driver().open_cdc_reader(query("select id as object_id, null as hash from weir.customer"));
  must(reader->open({}));
  ASSERT_EQ(must(reader->next()).size(), 5000U);
  schema().end_sessions();
  EXPECT_EQ(code_of(reader->next()), errc::unavailable);
  EXPECT_EQ(code_of(reader->next()), errc::unavailable) << "not the end";
  must(reader->open({"9998", std::nullopt}));
  EXPECT_EQ(must(reader->next()).size(), 1U);
}

TEST_F(a_source, IsComparedByTheKeyWhateverElseIsKept) {
  // Two controllers with many rows, no statistics: a page is an index range, not a scan of the other's rows.
  for (const std::string& id : {controller, std::string{"00000000-0000-4000-8000-000000000001"}}) {
    exec("insert into weir.cdc_hash(controller, hash, round, object_id) select '" + id +
         "', md5(n::text)::uuid, 1, n::text from generate_series(1, 20000) n");
  }
  exec("select pg_stat_force_next_flush()");  // what was counted before is not of this transaction
  EXPECT_EQ(number("select count(*) from weir.cdc_stored('" + controller +
                   "', 1, '500', 100); select idx_tup_fetch + seq_tup_read from pg_stat_xact_user_tables "
                   "where relid = 'weir.cdc_hash'::regclass"),
            100)
      << "rows that were looked at";
}

}  // namespace
}  // namespace weir::test_support
