// The randomised storage test on the memory driver, and the proof that it sees what it is there to see.
//
// WEIR_SEED=N repeats one seed; WEIR_SEEDS=N runs that many.
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

#include "tests/cluster/storage_memory.hpp"

namespace weir::storage_test {
namespace {

// A sanitizer without optimisation takes twenty times as long for a seed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t seeds_by_default = 40;
#else
constexpr std::uint64_t seeds_by_default = 200;
#endif

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

outcome_of_storage run_seed(std::uint64_t seed, mutant kind = mutant::none) {
  const plan wanted = plan::of(seed);
  memory_backend store(seed, wanted.troubled ? 0.015 : 0);
  return run_storage(wanted, store, kind);
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t n = 0; n < lines.size() && n < 10; ++n) text += lines[n] + "\n";
  return text + (lines.size() > 10 ? "... " + std::to_string(lines.size()) + " in all\n" : "");
}

TEST(StorageRandom, KeepsEveryPromiseWhateverHappens) {
  const std::uint64_t one = number_from("WEIR_SEED", 0);
  const std::uint64_t first = one != 0 ? one : 1;
  const std::uint64_t count = one != 0 ? 1 : number_from("WEIR_SEEDS", seeds_by_default);
  outcome_of_storage sum;
  int failed = 0;
  for (std::uint64_t seed = first; seed < first + count && failed < 5; ++seed) {
    const auto outcome = run_seed(seed);
    EXPECT_TRUE(outcome.violations.empty()) << "WEIR_SEED=" << seed << "\n" << text_of(outcome.violations);
    failed += outcome.violations.empty() ? 0 : 1;
    sum.tasks += outcome.tasks;
    sum.runs += outcome.runs;
    sum.refused += outcome.refused;
    sum.renewals += outcome.renewals;
    sum.handed += outcome.handed;
    sum.joins += outcome.joins;
    sum.late_commits += outcome.late_commits;
    sum.orders += outcome.orders;
    sum.elections += outcome.elections;
    sum.gone += outcome.gone;
    sum.dropped += outcome.dropped;
  }
  std::cout << "seeds " << first << ".." << first + count - 1 << ": " << sum.tasks << " tasks, " << sum.runs
            << " runs, " << sum.late_commits << " late commits, " << sum.joins << " incarnations, "
            << sum.refused << " stale writes refused, " << sum.renewals << " epochs renewed, " << sum.handed
            << " tasks handed, " << sum.elections << " elections, " << sum.gone << " tasks let go, "
            << sum.dropped << " segments dropped\n";
  if (one != 0) return;
  EXPECT_GT(sum.refused, 0) << "no stale owner ever wrote: the test proves too little";
  EXPECT_GT(sum.renewals, 0) << "no write was ever in doubt: the test proves too little";
  EXPECT_GT(sum.handed, 0);
  EXPECT_GT(sum.late_commits, 0);
  EXPECT_GT(sum.orders, 0);
  EXPECT_GT(sum.elections, 0);
  EXPECT_GT(sum.gone, 0U);
  EXPECT_GT(sum.dropped, 0);
}

TEST(StorageRandom, RepeatsASeedExactly) {
  const auto once = run_seed(11);
  const auto again = run_seed(11);
  EXPECT_EQ(once.tasks, again.tasks);
  EXPECT_EQ(once.runs, again.runs);
  EXPECT_EQ(once.joins, again.joins);
}

class StorageMutant : public testing::TestWithParam<mutant> {};

TEST_P(StorageMutant, IsCaught) {
  constexpr std::uint64_t seeds = 400;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto outcome = run_seed(seed, GetParam());
    if (outcome.violations.empty()) continue;
    std::cout << to_string(GetParam()) << " is caught by seed " << seed << ": " << outcome.violations.front()
              << "\n";
    return;
  }
  FAIL() << to_string(GetParam()) << " went unnoticed for " << seeds << " seeds";
}

INSTANTIATE_TEST_SUITE_P(Each, StorageMutant,
                         testing::Values(mutant::mark_by_id, mutant::no_fence, mutant::reads_again,
                                         mutant::finished_supersedes, mutant::superseding_late,
                                         mutant::mark_passes_unsettled, mutant::doubt_is_failure,
                                         mutant::outlives_deadline, mutant::clears_nothing,
                                         mutant::one_age_for_all),
                         [](const auto& at) {
                           std::string name = to_string(at.param);
                           name.erase(std::remove(name.begin(), name.end(), '_'), name.end());
                           return name;
                         });

}  // namespace
}  // namespace weir::storage_test
