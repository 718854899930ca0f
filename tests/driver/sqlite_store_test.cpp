// The file of the sqlite driver: whose it is, what survives, and what becomes of a write that fails.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <thread>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/sqlite/database.hpp"
#include "drivers/sqlite/sqlite_driver.hpp"
#include "drivers/sqlite/store_file.hpp"
#include "tests/driver/fixture.hpp"

namespace weir::sqlite {
namespace {

using conformance::code_of;
using conformance::must;
using conformance::task_of;
using testing::HasSubstr;

/// While it lives, no file of this process grows beyond so many bytes: what a full disk does to SQLite.
class full_disk {
 public:
  explicit full_disk(std::uintmax_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit tight{static_cast<rlim_t>(bytes), before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &tight);
  }
  ~full_disk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  full_disk(const full_disk&) = delete;
  full_disk& operator=(const full_disk&) = delete;

 private:
  rlimit before_{};
};

class SqliteStore : public testing::Test {
 protected:
  SqliteStore() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-store-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~SqliteStore() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file() const { return folder_ / "below" / "weir.db"; }
  result<std::unique_ptr<sqlite_driver>> open() { return sqlite_driver::open({file()}); }
  void sql(const std::string& text) {
    auto opened = database::open(file());
    must((*opened)->run(text));
  }
  static task_id enqueue(driver& to) { return must(to.open_console()->enqueue({task_of("t")})).at(0).id; }
  static std::set<task_id> ids_in(driver& of) {
    std::set<task_id> ids;
    task_filter filter;
    filter.limit = 1000;
    for (const auto& one : must(of.open_console()->tasks(filter)).items) ids.insert(one.id);
    return ids;
  }

  std::filesystem::path folder_;
};

TEST_F(SqliteStore, IsForItsUserOnly) {
  const auto opened = must(open());
  enqueue(*opened);
  for (const char* end : {"", "-wal", "-shm", ".lock"}) {
    struct stat about {};
    ASSERT_EQ(::stat((file().string() + end).c_str(), &about), 0) << end;
    EXPECT_EQ(about.st_mode & 0777U, 0600U) << end;
  }
}

TEST_F(SqliteStore, IsOneProcessesAtATime) {
  const auto first = must(open());
  const auto second = open();
  ASSERT_EQ(code_of(second), errc::refused);
  EXPECT_THAT(second.error().message, HasSubstr("in use by process " + std::to_string(::getpid())));
}

TEST_F(SqliteStore, HasAfterwardsWhatWasAnswered) {
  std::set<task_id> answered;
  for (int i = 0; i < 3; ++i) {
    const auto opened = must(open());
    EXPECT_EQ(ids_in(*opened), answered);
    for (int n = 0; n < 5; ++n)
      EXPECT_TRUE(answered.insert(enqueue(*opened)).second) << "an id was given again";
  }
}

TEST_F(SqliteStore, StaysTheSameServer) {
  const auto server = must(must(open())->open_membership()->identify()).server;
  EXPECT_EQ(must(must(open())->open_membership()->identify()).server, server);
  std::filesystem::remove_all(file().parent_path());
  EXPECT_NE(must(must(open())->open_membership()->identify()).server, server);
}

TEST_F(SqliteStore, KilledInTheMiddleHasAllThatWasAnswered) {
  int answers[2];
  ASSERT_EQ(::pipe(answers), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto opened = open();
    for (;;) {
      const auto made = (*opened)->open_console()->enqueue({task_of("t")});
      if (!made || ::write(answers[1], &made->at(0).id, sizeof(task_id)) < 0) ::_exit(1);
    }
  }
  ::close(answers[1]);
  std::set<task_id> answered;
  task_id one = 0;
  while (::read(answers[0], &one, sizeof one) == static_cast<ssize_t>(sizeof one)) {
    answered.insert(one);
    if (answered.size() == 300) ::kill(child, SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  ::close(answers[0]);
  const auto kept = ids_in(*must(open()));
  for (const task_id id : answered) EXPECT_EQ(kept.count(id), 1U) << id;
  EXPECT_LE(kept.size(), answered.size() + 1) << "but for the one that was not answered";
}

TEST_F(SqliteStore, RefusesWhatIsNoStoreOfItsOwn) {
  const auto refused = [this](const char* why) {
    const auto opened = open();
    ASSERT_EQ(code_of(opened), errc::schema_mismatch);
    EXPECT_THAT(opened.error().message, HasSubstr(why));
  };
  std::filesystem::create_directories(file().parent_path());
  std::ofstream(file()) << std::string(10'000, 'x');
  refused("is not a store of weir dev");
  std::filesystem::remove(file());
  sql("create table mine(a)");
  refused("is not a store of weir dev");
  std::filesystem::remove(file());
  must(open());
  sql("pragma user_version = 9");
  refused(
      "is a store of version 9, and this weir knows versions up to 2: go on with the weir that made it, "
      "whose");
  sql("pragma user_version = 2; alter table task drop column data");
  refused("has other tables than weir makes");
}

/// What a store of version 1 does not have.
const std::string columns_of_version_2 =
    "; alter table task drop column traceparent; alter table owner drop column since; "
    "alter table owner drop column ended; alter table owner drop column reason";

TEST_F(SqliteStore, OfAnOlderVersionIsBroughtToThisOneWithAllItHas) {
  enqueue(*must(open()));
  sql("pragma user_version = 1" + columns_of_version_2);
  EXPECT_EQ(must(store_file::open(file(), opened_for::copy))->load().value().task_rows.size(), 1U);
  sql("alter table task add column traceparent text; alter table task drop column traceparent");  // none was there
  EXPECT_EQ(ids_in(*must(open())).size(), 1U);
  EXPECT_EQ(ids_in(*must(open())).size(), 1U) << "and stays one";
  must(must(store_file::open(file(), opened_for::copy))->give_up());
  sql("pragma user_version = -1" + columns_of_version_2);
  EXPECT_EQ(must(store_file::open(file(), opened_for::copy))->load().value().task_rows.size(), 1U);
  EXPECT_EQ(code_of(open()), errc::refused) << "its tasks still live elsewhere";
}

TEST_F(SqliteStore, NamesTheWeirThatMadeAStoreOfAnotherVersion) {
  {
    node_facts facts;
    facts.name = "laptop";
    facts.version = "9.8.7";
    must(must(open())->open_membership()->join(facts));
  }
  sql("pragma user_version = 9");
  const auto opened = open();
  ASSERT_EQ(code_of(opened), errc::schema_mismatch);
  EXPECT_THAT(opened.error().message, HasSubstr("go on with weir 9.8.7, whose `weir db copy`"));
}

TEST_F(SqliteStore, IsRefusedForWorkOnceItsTasksLiveElsewhere) {
  enqueue(*must(open()));
  EXPECT_EQ(must(store_file::open(file(), opened_for::copy))->load().value().task_rows.size(), 1U);
  must(must(store_file::open(file(), opened_for::copy))->give_up());
  const auto opened = open();
  ASSERT_EQ(code_of(opened), errc::refused);
  EXPECT_THAT(opened.error().message, HasSubstr("where its tasks live on: move it away"));
  EXPECT_EQ(must(store_file::open(file(), opened_for::copy))->load().value().task_rows.size(), 1U)
      << "the database decides whether it was copied there";
}

TEST_F(SqliteStore, IsNotMadeToBeCopied) {
  EXPECT_EQ(code_of(store_file::open(file(), opened_for::copy)), errc::not_found);
  EXPECT_FALSE(std::filesystem::exists(file().parent_path()));
  std::filesystem::create_directories(file().parent_path());
  std::ofstream(file()).flush();
  EXPECT_EQ(code_of(store_file::open(file(), opened_for::copy)), errc::schema_mismatch);
  EXPECT_EQ(std::filesystem::file_size(file()), 0U);
}

TEST_F(SqliteStore, RefusesADamagedFile) {
  {
    const auto opened = must(open());
    for (int i = 0; i < 50; ++i) enqueue(*opened);
  }
  sql("pragma wal_checkpoint(truncate)");
  const auto size = std::filesystem::file_size(file());
  std::fstream bytes(file(), std::ios::in | std::ios::out | std::ios::binary);
  for (std::uintmax_t at = 8192; at < size; at += 512) {
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes << "garbage garbage garbage garbage";
  }
  bytes.close();
  const auto opened = open();
  ASSERT_EQ(code_of(opened), errc::schema_mismatch);
  EXPECT_THAT(opened.error().message, HasSubstr("is damaged"));
}

TEST_F(SqliteStore, RefusesARowThatNoWeirWrites) {
  must(open());
  sql("insert into receipt(token, ids) values ('t', 'no list')");
  const auto opened = open();
  ASSERT_EQ(code_of(opened), errc::schema_mismatch);
  EXPECT_THAT(opened.error().message, HasSubstr("has a row in table receipt that no weir writes (ids: "));
}

TEST_F(SqliteStore, AnswersNothingThatTheDiskDoesNotTake) {
  const auto opened = must(open());
  const task_id before = enqueue(*opened);
  const auto console = opened->open_console();
  {
    const full_disk full(std::filesystem::file_size(file().string() + "-wal"));
    const auto made = console->enqueue({task_of("lost")});
    ASSERT_EQ(code_of(made), errc::in_doubt);
    EXPECT_THAT(made.error().message, HasSubstr("the store cannot be written: "));
    EXPECT_EQ(code_of(console->tasks({})), errc::unavailable)
        << "what it has in memory may be more than is kept";
    EXPECT_EQ(code_of(opened->open_console()->tasks({})), errc::unavailable);
  }
  must(console->reconnect());
  EXPECT_EQ(ids_in(*opened), std::set<task_id>{before}) << "read anew from the file";
  const task_id after = enqueue(*opened);
  EXPECT_EQ(ids_in(*opened), (std::set<task_id>{before, after}));
}

TEST_F(SqliteStore, EndsEverySessionWhenItIsReadAnew) {
  const auto opened = must(open());
  const auto members = opened->open_membership();
  node_facts facts;
  facts.name = "n1";
  const node_id me = must(members->join(facts)).id;
  const auto election = opened->open_leadership();
  const auto term = must(election->try_lead(me));
  ASSERT_TRUE(term);
  {
    const full_disk full(std::filesystem::file_size(file().string() + "-wal"));
    EXPECT_EQ(code_of(opened->open_console()->enqueue({task_of("lost")})), errc::in_doubt);
  }
  must(opened->open_console()->reconnect());
  EXPECT_EQ(code_of(election->renew(me, *term)), errc::unavailable) << "the lock went with its session";
  must(election->reconnect());
  EXPECT_TRUE(must(election->try_lead(me)));
}

TEST_F(SqliteStore, KeepsThePositionsOfOwnersTrueWhenItIsReadAnew) {
  const auto opened = must(open());
  const auto members = opened->open_membership();
  node_facts facts;
  facts.name = "n1";
  const node_id me = must(members->join(facts)).id;
  for (int i = 0; i < 20; ++i)
    static_cast<void>(must(members->beat(me, {})));  // transactions that write nothing
  const auto owner = opened->open_tasks();
  const auto parts = must(opened->open_coordination()->load()).partitions;
  const auto begin =
      must(owner->read({{{parts.at(0).id, 1}, {"1:1:", std::nullopt, 0, 0}, false, 10}})).taken;
  {
    const full_disk full(std::filesystem::file_size(file().string() + "-wal"));
    EXPECT_EQ(code_of(opened->open_console()->enqueue({task_of("lost")})), errc::in_doubt);
  }
  must(opened->open_console()->reconnect());
  must(owner->reconnect());
  const task_id added = enqueue(*opened);
  std::vector<read_request> all;
  for (const auto& part : parts) all.push_back({{part.id, 1}, {begin, std::nullopt, 0, 0}, false, 10});
  EXPECT_EQ(conformance::ids_of(must(owner->read(all)).rows), std::vector<task_id>{added});
}

TEST_F(SqliteStore, TellsAllWhoWaitForTheSameWrite) {
  const auto opened = must(open());
  enqueue(*opened);
  std::atomic<int> in_doubt{0}, unavailable{0}, kept{0};
  {
    const full_disk full(std::filesystem::file_size(file().string() + "-wal") + 60'000);
    std::vector<std::thread> callers;
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&] {
        const auto console = opened->open_console();
        for (;;) {
          const auto made = console->enqueue({task_of("t")});
          if (made)
            ++kept;
          else
            return static_cast<void>(++(made.error().code == errc::in_doubt ? in_doubt : unavailable));
        }
      });
    }
    for (auto& each : callers) each.join();
  }
  EXPECT_GE(in_doubt, 1);
  EXPECT_EQ(in_doubt + unavailable, 8);
  must(opened->open_console()->reconnect());
  EXPECT_EQ(static_cast<int>(must(opened->open_console()->unfinished({}, 100'000)).size()), kept + 1);
}

TEST_F(SqliteStore, CommitsManyAtOnceThatWaitTogether) {
  const auto opened = must(open());
  constexpr int callers = 8, each = 50;
  std::vector<std::thread> all;
  for (int i = 0; i < callers; ++i) {
    all.emplace_back([&] {
      const auto console = opened->open_console();
      for (int n = 0; n < each; ++n) static_cast<void>(must(console->enqueue({task_of("t")})));
    });
  }
  for (auto& one : all) one.join();
  EXPECT_EQ(must(opened->open_console()->unfinished({}, 100'000)).size(), std::size_t{callers} * each);
}

}  // namespace
}  // namespace weir::sqlite
