// When a task that crashes its process is given up, and what its attempts say.
#include "domain/crash_rule.hpp"

#include <gtest/gtest.h>

namespace weir::domain {
namespace {

TEST(CrashRule, RetriesUntilTheLastAllowedCrash) {
  const struct {
    int crashes;
    int max_crashes;
    const char* what;
    bool retry;
    const char* message;
  } cases[] = {{1, 3, "SIGSEGV", true, "crashed (1 of 3): SIGSEGV"},
               {2, 3, "exited with status 3", true, "crashed (2 of 3): exited with status 3"},
               {3, 3, "SIGSEGV", false, "crashed 3 times: SIGSEGV"},
               {4, 3, "SIGSEGV", false, "crashed 4 times: SIGSEGV"},
               {1, 1, "SIGKILL", false, "crashed once: SIGKILL"},
               {1, 0, "SIGKILL", false, "crashed once: SIGKILL"},
               {1, -1, "", false, "crashed once"},
               {0, 3, "", true, "crashed (1 of 3)"}};
  for (const auto& c : cases) {
    const auto verdict = after_crash(c.crashes, c.max_crashes, c.what);
    EXPECT_EQ(verdict.retry, c.retry) << c.message;
    EXPECT_EQ(verdict.message, c.message);
  }
}

}  // namespace
}  // namespace weir::domain
