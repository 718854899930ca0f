// A runner that does not read: the node never blocks, and the newest deadline is the one that counts.
#include <csignal>

#include <gtest/gtest.h>

#include "helper.hpp"
#include "odd_actions.hpp"
#include "runner/process_executor.hpp"
#include "support.hpp"

namespace weir::runner {
namespace {

using domain::run_result;

TEST(FullPipe, ExtendNeitherBlocksNorIsLost) {
  verdict_box box;
  process_executor executor{odd_actions(), test_options(64), box.taker(), box.log_taker()};
  const boot_time first = boot_clock::now() + 1500ms;
  executor.extend(first);
  executor.start(request(1, "log"));
  EXPECT_EQ(box.wait_for(1).result, run_result::success);

  std::vector<pid_t> all = descendants(executor.pid());
  const pid_t runner = all.empty() ? executor.pid() : all.back();
  ::kill(runner, SIGSTOP);
  const std::string data = "\"" + std::string(defaults::payload_bytes - 2, 'd') + "\"";
  for (std::uint64_t id = 2; id <= 20; ++id) executor.start(request(id, "success", data));
  boot_time newest;
  boot_clock::duration longest{0};
  for (int i = 0; i < 2000; ++i) {
    newest = boot_clock::now() + 1h;
    const boot_time before = boot_clock::now();
    executor.extend(newest);
    longest = std::max(longest, boot_clock::now() - before);
  }
  EXPECT_LT(longest, 200ms);
  EXPECT_FALSE(eventually([&] { return box.verdicts() > 1; }, 100ms));
  ::kill(runner, SIGCONT);
  for (std::uint64_t id = 2; id <= 20; ++id) EXPECT_EQ(box.wait_for(id).result, run_result::success) << id;
  EXPECT_TRUE(eventually([&] { return boot_clock::now() > first + 50ms; }));
  executor.start(request(21, "success"));
  EXPECT_EQ(box.wait_for(21).result, run_result::success);
  EXPECT_NE(executor.pid(), 0);
  close_and_wait(executor, 10s);
}

}  // namespace
}  // namespace weir::runner
