// What a runner leaves behind, inherits and gives away: nothing that it should not.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "helper.hpp"
#include "odd_actions.hpp"
#include "runner/process_executor.hpp"
#include "support.hpp"

namespace weir::runner {
namespace {

using domain::run_result;

std::string data_of(const std::string& file) { return nlohmann::json{{"file", file}}.dump(); }

std::size_t open_fds() {
  const std::filesystem::directory_iterator all{"/proc/self/fd"};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::size_t threads() {
  const std::filesystem::directory_iterator all{"/proc/self/task"};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

struct Containment : ::testing::Test {
  temporary_directory place;
  std::string file = place.file("beat");
  heartbeat* page = map_heartbeat(file);
  nothing_left check{file};
  verdict_box box;

  std::unique_ptr<process_executor> make(process_options options = test_options()) {
    auto made = std::make_unique<process_executor>(odd_actions(), options, box.taker(), box.log_taker());
    made->extend(far_away());
    return made;
  }
  /// Leaves a daemon behind; the run itself succeeds.
  void start_daemon(process_executor& executor) {
    executor.start(request(1, "daemon", data_of(file)));
    EXPECT_EQ(box.wait_for(1).result, run_result::success);
    EXPECT_FALSE(nobody_holds(file));
  }
  void SetUp() override {
    if (!may_contain()) GTEST_SKIP() << "no right to make pid namespaces here";
  }
};

TEST_F(Containment, ADaemonDiesWithTheCrashOfItsRunner) {
  const auto executor = make();
  start_daemon(*executor);
  executor->start(request(2, "segfault"));
  EXPECT_EQ(box.wait_for(2).message, "killed by SIGSEGV");
  EXPECT_TRUE(nobody_holds(file)) << "the verdict came before the namespace was empty";
}

TEST_F(Containment, ADaemonIsGoneWhenTheExecutorIsClosed) {
  const auto executor = make();
  start_daemon(*executor);
  close_and_wait(*executor, 10s);
  EXPECT_TRUE(nobody_holds(file));
}

TEST_F(Containment, ADaemonIsGoneWhenTheRunnerWasKilled) {
  const auto executor = make();
  start_daemon(*executor);
  executor->start(request(2, "stubborn"));
  EXPECT_TRUE(box.wait_for_line("begun"));
  close_and_wait(*executor, 10ms);
  EXPECT_TRUE(nobody_holds(file));
}

TEST_F(Containment, ADaemonDiesAtTheDeadlineWithEverythingStopped) {
  const auto executor = make();
  start_daemon(*executor);
  executor->extend(boot_clock::now() + 200ms);
  executor->start(request(2, "log"));  // behind the new deadline in the pipe: it has been armed
  EXPECT_EQ(box.wait_for(2).result, run_result::success);
  const std::vector<pid_t> all = descendants(executor->pid());
  ASSERT_GE(all.size(), 3U) << "init, runner, daemon";
  ::kill(executor->pid(), SIGSTOP);
  for (const pid_t pid : all) ::kill(pid, SIGSTOP);
  EXPECT_TRUE(eventually([&] { return nobody_holds(file); }, 2s));
}

TEST_F(Containment, ClosedWaitsForTheLastOfACrowd) {
  const auto executor = make();
  executor->start(request(1, "crowd", data_of(file)));
  EXPECT_EQ(box.wait_for(1).result, run_result::success);
  executor->start(request(2, "stubborn"));
  EXPECT_TRUE(box.wait_for_line("begun"));
  close_and_wait(*executor, 0ms);
  EXPECT_TRUE(nobody_holds(file));
}

// Init cannot die while a process of its namespace is not reaped, and one that is traced is reaped by its tracer:
// so this test decides when. The guard is gone long before.
TEST_F(Containment, ClosedWaitsForInitAfterTheGuardIsReaped) {
  const auto executor = make();
  start_daemon(*executor);
  executor->start(request(2, "stubborn"));
  EXPECT_TRUE(box.wait_for_line("begun"));
  const pid_t guard = executor->pid();
  const std::vector<pid_t> all = descendants(guard);
  ASSERT_GE(all.size(), 3U) << "init, runner, daemon";
  const std::vector<int> holders = holders_of(file);
  ASSERT_EQ(holders.size(), 1U);
  const pid_t daemon = holders[0];
  if (::ptrace(PTRACE_SEIZE, daemon, nullptr, nullptr) != 0) GTEST_SKIP() << "no right to trace here";

  executor->close(0ms);
  EXPECT_TRUE(eventually([&] { return ::kill(guard, 0) != 0; })) << "the guard was not reaped";
  EXPECT_FALSE(eventually([&] { return executor->closed() || box.verdicts() > 1; }, 100ms))
      << "a word of the run's end, or closed, while init is dying";
  EXPECT_EQ(::kill(all[0], 0), 0);

  int status = 0;
  EXPECT_EQ(::waitpid(daemon, &status, __WALL), daemon);
  EXPECT_EQ(box.wait_for(2).result, run_result::interrupted);
  EXPECT_TRUE(eventually([&] { return executor->closed(); }));
}

TEST_F(Containment, KillingInitEndsTheRunner) {
  const auto executor = make();
  executor->start(request(1, "spin", data_of(file)));
  EXPECT_TRUE(eventually([&] { return page->last != 0; }));
  ::kill(descendants(executor->pid()).at(0), SIGKILL);
  EXPECT_EQ(box.wait_for(1).message, "killed by SIGKILL");
  EXPECT_TRUE(nobody_holds(file));
}

TEST_F(Containment, ClosedMeansReaped) {
  const auto executor = make();
  executor->start(request(1, "spin", data_of(file)));
  EXPECT_TRUE(eventually([&] { return page->last != 0; }));
  const pid_t pid = executor->pid();
  const std::vector<pid_t> all = descendants(pid);
  EXPECT_FALSE(executor->closed());
  close_and_wait(*executor, 5ms);
  EXPECT_TRUE(nobody_holds(file));
  EXPECT_EQ(::kill(pid, 0), -1);
  for (const pid_t part : all) EXPECT_FALSE(alive(part));
  EXPECT_EQ(executor->pid(), 0);
}

TEST(Inheritance, ARunnerHasItsSocketTheLockAndNothingElse) {
  temporary_directory place;
  const int lock = ::open(place.file("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const int stray = ::open("/dev/zero", O_RDONLY);  // not close-on-exec, as careless libraries do it
  ::setenv("WEIR_DATABASE_URL", "postgres://secret", 1);
  ::setenv("PGPASSWORD", "secret", 1);
  ::setenv("WEIR_CONFIG", "/etc/weir/weir.toml", 1);
  verdict_box box;
  process_options options = test_options();
  options.inherit_fds = {lock};
  process_executor executor{odd_actions(), options, box.taker(), box.log_taker()};
  executor.extend(far_away());
  executor.start(request(1, "facts"));
  EXPECT_EQ(box.wait_for(1).result, run_result::success);
  ASSERT_TRUE(box.wait_for_line("\"fds\""));
  const auto facts = nlohmann::json::parse(box.lines().back().text);
  std::string open;
  bool has_lock = false;
  for (const auto& entry : facts.at("fds")) {
    const auto text = entry.get<std::string>();
    open += text + "\n";
    if (text.find("/lock") != std::string::npos) has_lock = true;
    EXPECT_EQ(text.find("/dev/zero"), std::string::npos);
  }
  EXPECT_TRUE(has_lock) << open;
  EXPECT_LE(facts.at("fds").size(), 8U)
      << open;  // 0-2, socket, lock, the guard's line, a timer's, the listing itself
  EXPECT_EQ(facts.at("env"), (nlohmann::json{{"WEIR_CONFIG", "/etc/weir/weir.toml"}}));
  EXPECT_EQ(facts.at("node"), "n1");

  // The lock is held by the runner when the node lets go of it, and free when the runner is gone.
  const int probe = ::open(place.file("lock").c_str(), O_RDWR | O_CLOEXEC);
  EXPECT_EQ(::flock(lock, LOCK_EX | LOCK_NB), 0);
  ::close(lock);
  EXPECT_EQ(::flock(probe, LOCK_EX | LOCK_NB), -1);
  close_and_wait(executor, 10s);
  EXPECT_EQ(::flock(probe, LOCK_EX | LOCK_NB), 0);
  ::close(probe);
  ::close(stray);
  for (const char* name : {"WEIR_DATABASE_URL", "PGPASSWORD", "WEIR_CONFIG"}) ::unsetenv(name);
}

TEST(Leaks, FiftyTermsLeaveNeitherFdsNorThreadsNorZombies) {
  verdict_box box;
  const auto term = [&box](std::uint64_t id) {
    process_executor executor{odd_actions(), test_options(), box.taker(), box.log_taker()};
    executor.extend(far_away());
    executor.start(request(id, id % 3 == 0 ? "segfault" : "success"));
    box.wait_for(id);
    if (id % 2 == 0) close_and_wait(executor, 10s);
  };
  term(1);
  const std::size_t fds = open_fds(), running = threads();
  for (std::uint64_t id = 2; id <= 50; ++id) term(id);
  EXPECT_EQ(open_fds(), fds);
  EXPECT_EQ(threads(), running);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST(WithoutRights, RunnersWorkUnderTheirTimerAndSayWhatTheyCannot) {
  temporary_directory place;
  const std::string out = place.file("out");
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int fd = ::open(out.c_str(), O_WRONLY | O_CREAT, 0600);
    ::dup2(fd, STDOUT_FILENO);
    ::execl("/proc/self/exe", "helper", "--without-rights", nullptr);
    ::_exit(127);
  }
  EXPECT_EQ(reap(pid), 0);
  EXPECT_EQ(
      content(out),
      "success: success did {}\n"
      "segfault: crash killed by SIGSEGV\n"
      "thread: success 42\n"
      "log: no pid namespace for the runner (Operation not permitted): daemons that an action leaves behind "
      "outlive it\n"
      "log: crashed: killed by SIGSEGV\n"
      "deadline: interrupted\n"
      "closed\n");
}

TEST(ByHand, ARunnerWithoutANodeSaysSo) {
  temporary_directory place;
  const std::string err = place.file("err");
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int fd = ::open(err.c_str(), O_WRONLY | O_CREAT, 0600);
    ::dup2(fd, STDERR_FILENO);
    ::setenv("WEIR_RUNNER_FD", "nonsense", 1);
    ::execl("/proc/self/exe", "helper", nullptr);
    ::_exit(127);
  }
  const int status = reap(pid);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_NE(content(err).find("WEIR_RUNNER_FD is set"), std::string::npos);
}

}  // namespace
}  // namespace weir::runner
