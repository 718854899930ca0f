// When a stream rests, when one run is tried, and what ends the rest: a row per story.
#include "domain/circuit_breaker.hpp"

#include <gtest/gtest.h>

namespace weir::domain {
namespace {

using namespace std::chrono_literals;
using change = circuit_breaker::change;

constexpr boot_time begin{100h};
constexpr breaker_rule three_then_a_minute{3, 1min};

/// One run after the other, a letter each; in capitals what opens or closes it. A dot is a minute without a start.
std::string told(const std::string& story, const breaker_rule& rule = three_then_a_minute) {
  circuit_breaker breaker;
  boot_time now = begin;
  std::uint64_t run = 0;
  std::string out;
  for (const char c : story) {
    if (c == '.') {
      now += 1min;
      continue;
    }
    const auto next = breaker.next(now);
    if (!next || *next > now) {
      out += '-';  // it rests
      continue;
    }
    breaker.started(++run);
    switch (breaker.ended(run, static_cast<run_result>(c), "no", rule, now)) {
      case change::none: out += c; break;
      case change::opened: out += '!'; break;
      case change::closed: out += '+'; break;
    }
  }
  return out;
}

TEST(CircuitBreaker, TellsTheseStories) {
  const struct {
    const char* story;
    const char* told;
    const char* why;
  } cases[] = {
      {"dddd", "dddd", "nothing fails"},
      {"rrdrrdrr", "rrdrrdrr", "a success ends the row"},
      {"rrrd", "rr!-", "three in a row: the fourth has to wait"},
      {"rtfd", "rt!-", "retries, timeouts and failures count"},
      {"xXxd", "xX!-", "crashes count"},
      {"rirzrcd", "rirz!--", "what says nothing neither counts nor ends the row"},
      {"rrr.dr", "rr!+r", "after a minute one is tried, and its success closes it"},
      {"rrr.rd.d", "rr!!-+", "its failure opens it again, at once and for as long"},
      {"rrr.idrrr", "rr!i+rr!", "who is tried and interrupted says nothing: the next is tried"},
      {"rrr.zr.drr", "rr!z!+rr", "the same for a snooze; after the success the row begins anew"},
  };
  for (const auto& c : cases) EXPECT_EQ(told(c.story), c.told) << c.story << ": " << c.why;
}

TEST(CircuitBreaker, NeverOpensWithoutARule) {
  EXPECT_EQ(told(std::string(50, 'f'), breaker_rule{}), std::string(50, 'f'));
}

struct AnOpenCircuitBreaker : testing::Test {
  circuit_breaker breaker;
  AnOpenCircuitBreaker() {
    for (const std::uint64_t run : {1U, 2U, 3U, 4U}) breaker.started(run);
    breaker.ended(1, run_result::retry, "first", three_then_a_minute, begin);
    breaker.ended(2, run_result::retry, "second", three_then_a_minute, begin);
    EXPECT_EQ(breaker.ended(3, run_result::retry, "third", three_then_a_minute, begin), change::opened);
  }
};

TEST_F(AnOpenCircuitBreaker, SaysUntilWhenAndWhy) {
  EXPECT_TRUE(breaker.open());
  EXPECT_EQ(breaker.failures(), 3);
  EXPECT_EQ(breaker.message(), "third");
  EXPECT_EQ(breaker.next(begin), begin + 1min);
}

TEST_F(AnOpenCircuitBreaker, IsNotMovedByWhatBeganBefore) {
  EXPECT_EQ(breaker.ended(4, run_result::success, "", three_then_a_minute, begin), change::none);
  EXPECT_EQ(breaker.next(begin + 10s), begin + 1min);
}

TEST_F(AnOpenCircuitBreaker, TriesOneAtATime) {
  breaker.started(5);
  EXPECT_EQ(breaker.next(begin + 2min), std::nullopt);
  EXPECT_EQ(breaker.ended(4, run_result::failure, "", three_then_a_minute, begin + 2min), change::none);
  EXPECT_EQ(breaker.next(begin + 2min), std::nullopt) << "run 4 is not the one that is tried";
  breaker.forget(5);
  EXPECT_EQ(breaker.next(begin + 2min), begin + 1min) << "another may be tried";
}

TEST_F(AnOpenCircuitBreaker, EndsWithItsRuleAndWhenTheStreamGoes) {
  circuit_breaker gone = breaker;
  EXPECT_EQ(breaker.obey({5, 1min}), change::none) << "another rule waits for the next run, too";
  EXPECT_EQ(breaker.obey({}), change::closed);
  EXPECT_EQ(breaker.next(begin), begin);
  EXPECT_EQ(breaker.obey({}), change::none);
  EXPECT_EQ(gone.reset(), change::closed);
  EXPECT_EQ(gone.failures(), 0);
}

}  // namespace
}  // namespace weir::domain
