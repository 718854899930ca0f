// exec: what programs receive, what their end means, and that nothing of them stays.
#include "actions/exec.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "runner/perform.hpp"
#include "support.hpp"

namespace weir::actions {
namespace {

using namespace std::chrono_literals;
using domain::run_request;
using domain::run_result;
using domain::run_verdict;
using runner::request;

/// Runs commands the way an executor does, in this thread.
struct Exec : ::testing::Test {
  runner::temporary_directory place;
  runner::verdict_box box;
  std::shared_ptr<runner::shared_instant> owned = std::make_shared<runner::shared_instant>();
  runner::run_control control{owned};
  std::optional<std::chrono::milliseconds> timeout;

  Exec() { owned->set(runner::far_away()); }

  run_verdict run(std::vector<std::string> command, run_request what = request(5, "sync", R"({"id":"42"})")) {
    action_config config;
    config.name = "sync";
    config.kind = action_config::type::exec;
    config.command = std::move(command);
    config.directory = place.path();
    runner::action_table table;
    table["sync"] = {make_exec_action(config), {}};
    if (timeout) {
      table["sync"].options.timeout = timeout;
      control.set_timeout(boot_clock::now() + *timeout);
    }
    return runner::perform(table, what, "n1", control, box.log_taker());
  }
  run_verdict shell(const std::string& text) { return run({"/bin/sh", "-c", text}); }
  /// True if no process that a script started with `exec 9>LOCK; flock -s 9` lives.
  bool free(const std::string& lock) const {
    const int fd = ::open(place.file(lock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const bool got = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
    ::close(fd);
    return got;
  }
};

struct exec_case {
  const char* script;
  run_result result;
  const char* message;
};

TEST_F(Exec, TheExitStatusAndTheLastLineAreTheVerdict) {
  const exec_case table[] = {
      {"exit 0", run_result::success, ""},
      {"echo one; echo two", run_result::success, "two"},
      {"echo two; echo; echo '  '", run_result::success, "two"},
      {"printf unfinished", run_result::success, "unfinished"},
      {"printf 'dos\\r\\n'", run_result::success, "dos"},
      {"echo not now; exit 75", run_result::retry, "not now"},
      {"exit 75", run_result::retry, "exited with status 75"},
      {"echo no such customer; exit 1", run_result::failure, "no such customer"},
      {"exit 255", run_result::failure, "exited with status 255"},
      {"kill -SEGV $$", run_result::crash, "killed by SIGSEGV"},
      {"echo last words; kill -9 $$", run_result::crash, "killed by SIGKILL: last words"},
      {"kill -TERM $$", run_result::crash, "killed by SIGTERM"},
  };
  for (const exec_case& c : table) {
    const run_verdict verdict = shell(c.script);
    EXPECT_EQ(verdict.result, c.result) << c.script;
    EXPECT_EQ(verdict.message, c.message) << c.script;
  }
}

TEST_F(Exec, TheTaskComesAsJsonOnStdin) {
  run_request what = request(5, "sync", R"({"id":"42","n":[1,2.5,null],"u":"ä"})");
  what.key = "customer 42";
  what.created_at = wall_time{std::chrono::microseconds{1'000'001}};
  what.attempt = 3;
  EXPECT_EQ(
      run({"/bin/sh", "-c", "cat"}, what).message,
      R"({"id":"1005","name":"sync","key":"customer 42","stream":"partner",)"
      R"("data":{"id":"42","n":[1,2.5,null],"u":"ä"},"state":"IN PROGRESS","attempt":3,"message":null,)"
      R"("do_after":null,"created_at":"1970-01-01T00:00:01.000001Z","created_by":"test","finished_at":null})");
  EXPECT_NE(shell("cat").message.find(R"("key":null)"), std::string::npos);
}

TEST_F(Exec, TheEnvironmentIsTheNodesWithoutSecrets) {
  ::setenv("WEIR_DATABASE_URL", "postgres://secret", 1);
  ::setenv("WEIR_ACTION__MAIL__API_KEY", "secret", 1);
  ::setenv("PGPASSWORD", "secret", 1);
  ::setenv("WEIR_TASK_KEY", "of somebody else", 1);
  ::setenv("OF_THE_NODE", "kept", 1);
  const run_verdict verdict = shell(
      "env | grep -c -e secret -e 'somebody else'; "
      "echo $OF_THE_NODE $WEIR_TASK_ID $WEIR_TASK_NAME ${WEIR_TASK_KEY-unset} $WEIR_STREAM $WEIR_ATTEMPT "
      "$WEIR_NODE "
      "$WEIR_FENCING_TOKEN $(env | grep -c -e secret -e 'somebody else')");
  EXPECT_EQ(verdict.message, "kept 1005 sync unset partner 1 n1 77 0");
  EXPECT_EQ(shell("echo ${WEIR_TRACEPARENT-unset}").message, "unset");
  run_request keyed = request(5, "sync");
  keyed.key = "a b=c";
  keyed.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_EQ(run({"/bin/sh", "-c", "echo $WEIR_TRACEPARENT"}, keyed).message, keyed.traceparent);
  EXPECT_EQ(run({"/bin/sh", "-c", "echo \"$WEIR_TASK_KEY\""}, keyed).message, "a b=c");
  for (const char* name :
       {"WEIR_DATABASE_URL", "WEIR_ACTION__MAIL__API_KEY", "PGPASSWORD", "WEIR_TASK_KEY", "OF_THE_NODE"}) {
    ::unsetenv(name);
  }
}

TEST_F(Exec, StartsInItsDirectoryWithItsArgumentsAsGiven) {
  EXPECT_EQ(shell("pwd").message, std::filesystem::canonical(place.path()).string());
  EXPECT_EQ(run({"/bin/echo", "a  b", "$HOME", "'c'"}).message, "a  b $HOME 'c'");
  EXPECT_EQ(run({"echo", "from PATH"}).message, "from PATH");
  EXPECT_EQ(run({place.script("hello", "#!/bin/sh\necho hello\n")}).message, "hello");
  place.script("beside", "#!/bin/sh\necho beside\n");
  EXPECT_EQ(run({"./beside"}).message, "beside");
}

TEST_F(Exec, WhatCannotBeStartedIsAFailureThatSaysWhy) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the thread sanitizer makes a fork of vfork, so the child cannot tell why";
#endif
  std::ofstream{place.file("plain")} << "no program\n";
  const std::pair<std::string, const char*> table[] = {
      {"/no/such/program", "No such file"},
      {"no-such-program", "not in PATH"},
      {place.file("plain"), "chmod +x"},
      {place.script("empty", ""), "begin with #!"},
      {place.script("lost", "#!/no/such/interpreter\n"), "interpreter"},
      {place.path(), "chmod +x"},
  };
  for (const auto& [program, text] : table) {
    const run_verdict verdict = run({program});
    EXPECT_EQ(verdict.result, run_result::failure) << program;
    EXPECT_NE(verdict.message.find(text), std::string::npos) << verdict.message;
    EXPECT_NE(verdict.message.find(program), std::string::npos) << verdict.message;
  }
}

TEST_F(Exec, StderrGoesToTheLog) {
  shell("echo first >&2; printf 'second\\nthird' >&2");
  const auto lines = box.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].text, "first");
  EXPECT_EQ(lines[2].text, "third");
}

TEST_F(Exec, OutputIsBounded) {
  const run_verdict verdict = shell("head -c 20000000 /dev/zero | tr '\\0' x; echo; echo end");
  EXPECT_EQ(verdict.message, "end");
  EXPECT_LE(shell("head -c 20000000 /dev/zero | tr '\\0' x").message.size(), 2000U);
  shell("yes | head -n 5000 >&2");
  EXPECT_EQ(box.lines().size(), 1001U);
  EXPECT_EQ(box.lines().back().text, "more lines on stderr are not logged");
}

TEST_F(Exec, AProgramThatReadsNothingIsNoProblem) {
  const std::string data = "\"" + std::string(900'000, 'd') + "\"";
  EXPECT_EQ(run({"/bin/true"}, request(5, "sync", data)).result, run_result::success);
  EXPECT_EQ(run({"/bin/sh", "-c", "exec <&-; sleep 0.1; echo ok"}, request(5, "sync", data)).message, "ok");
  EXPECT_EQ(run({"/usr/bin/wc", "-c"}, request(5, "sync", data)).message.substr(0, 3), "900");
}

TEST_F(Exec, InheritsNothingButItsPipes) {
  const int stray = ::open("/dev/zero", O_RDONLY);
  EXPECT_EQ(shell("ls /proc/self/fd | tr '\\n' ' '").message, "0 1 2 3");  // 3: the listing itself
  ::close(stray);
  EXPECT_EQ(run({"/bin/grep", "-cE", "Sig(Blk|Ign):\\s0+$", "/proc/self/status"}).message, "2");
}

TEST_F(Exec, EndsWhenItIsAskedTo) {
  timeout = 100ms;
  const run_verdict verdict = shell("trap 'echo tidied up; exit 0' TERM; while :; do sleep 0.02; done");
  EXPECT_EQ(verdict.result, run_result::success) << "it ended well, only late";
  EXPECT_EQ(verdict.message, "tidied up");
}

TEST_F(Exec, IsKilledWithItsGroupWhenItDoesNotListen) {
  timeout = 100ms;
  const run_verdict verdict = shell(
      "exec 9>lock; flock -s 9; trap '' TERM; (trap '' TERM; while :; do sleep 0.02; done) & while :; do "
      "sleep 0.02; done");
  EXPECT_EQ(verdict.result, run_result::timeout);
  EXPECT_EQ(verdict.message, "timed out after 100ms: ended when asked to, killed by SIGKILL");
  EXPECT_LT(verdict.took, defaults::grace);
  EXPECT_TRUE(runner::eventually([&] { return free("lock"); }, 1s));
}

TEST_F(Exec, AStoppedProgramIsEndedToo) {
  timeout = 100ms;
  EXPECT_EQ(shell("kill -STOP $$").result, run_result::timeout);
}

TEST_F(Exec, WhatItLeavesInItsGroupEndsWithIt) {
  EXPECT_EQ(shell("exec 9>lock; flock -s 9; sleep 1000 & echo started").message, "started");
  EXPECT_TRUE(runner::eventually([&] { return free("lock"); }, 1s));
}

TEST_F(Exec, DiesWithTheThreadThatRunsIt) {
  const pid_t node = ::fork();
  if (node == 0) {
    shell("exec 9>lock; flock -s 9; echo > begun; exec sleep 1000");
    ::_exit(0);
  }
  EXPECT_TRUE(runner::eventually([&] { return std::filesystem::exists(place.file("begun")); }));
  EXPECT_FALSE(free("lock"));
  ::kill(node, SIGKILL);
  ::waitpid(node, nullptr, 0);
  EXPECT_TRUE(runner::eventually([&] { return free("lock"); }, 1s));
}

TEST_F(Exec, LeaksNeitherFdsNorZombies) {
  const auto count = [] {
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return std::distance(begin(all), end(all));
  };
  shell("exit 0");
  const auto before = count();
  for (int i = 0; i < 20; ++i) {
    shell("exit 0");
    run({"/no/such/program"});
  }
  EXPECT_EQ(count(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

}  // namespace
}  // namespace weir::actions
