// What a traceparent may look like, and which trace an attempt gets.
#include "domain/trace_context.hpp"

#include <limits>
#include <random>

#include <gmock/gmock.h>

namespace weir::domain {

inline void PrintTo(const trace_context& what, std::ostream* out) { *out << to_traceparent(what); }

namespace {

using testing::HasSubstr;

const std::string trace = "5ae1c09f7b2d4e6683f0a1b2c3d4e5f6";
const std::string parent = "9c0d1e2f3a4b5c6d";
const std::string good = "00-" + trace + "-" + parent + "-01";

template <std::size_t N>
std::array<std::uint8_t, N> random_bytes(std::mt19937_64& random) {
  std::array<std::uint8_t, N> out{};
  for (auto& b : out) b = static_cast<std::uint8_t>(random());
  return out;
}

TEST(Traceparent, IsRead) {
  const struct {
    std::string text;
    bool sampled;
  } cases[] = {{good, true},
               {"00-" + trace + "-" + parent + "-00", false},
               {"00-" + trace + "-" + parent + "-03", true},   // level 2: the trace id is random
               {"00-" + trace + "-" + parent + "-02", false},  // other flags mean nothing here
               {"00-" + trace + "-" + parent + "-ff", true},
               {"01-" + trace + "-" + parent + "-01", true},
               {"fe-" + trace + "-" + parent + "-01-what.is yet TO come", true},
               {"cc-" + trace + "-" + parent + "-01-", true}};
  for (const auto& c : cases) {
    const auto found = parse_traceparent(c.text);
    ASSERT_TRUE(found) << c.text;
    EXPECT_EQ(check_traceparent(c.text).ok(), c.text.size() == 55) << c.text;
    EXPECT_EQ(trace_id_text(*found), trace);
    EXPECT_EQ(span_id_text(*found), parent);
    EXPECT_EQ(found->sampled, c.sampled) << c.text;
  }
}

TEST(Traceparent, IsNotKeptWithAnythingBehindIt) {
  const std::string later = "01" + good.substr(2);
  EXPECT_TRUE(check_traceparent(later));
  for (const std::string& more : {std::string{"-"}, std::string{"-\r\nX-Evil: 1"}, std::string("-\0x", 3),
                                  std::string{"-\xff\xfe"}, "-" + std::string(900'000, 'x')}) {
    const auto checked = check_traceparent(later + more);
    ASSERT_FALSE(checked) << more.size();
    EXPECT_THAT(checked.error().message, HasSubstr("55 are kept: leave out what follows the flags"));
    EXPECT_LT(checked.error().message.size(), 2000U);
  }
}

TEST(Traceparent, IsRefusedWithWhatWhereAndTheFix) {
  const std::string zeros(32, '0');
  const struct {
    std::string text;
    const char* why;
  } cases[] = {
      {"", "has 0 characters, at least 55 are needed: send version-trace-span-flags"},
      {good.substr(0, 54), "has 54 characters, at least 55"},
      {good + "-", "has 56 characters, version 00 has 55: leave out"},
      {good + "0", "has 56 characters, version 00 has 55"},
      {"01" + good.substr(2) + "x", "goes on after the flags without a \"-\" at character 56"},
      {"ff" + good.substr(2), "has the version ff"},
      {"ff" + good.substr(2) + "-more", "has the version ff"},
      {"0g" + good.substr(2), "has no digit of lower-case hex at character 2"},
      {"00_" + good.substr(3), "has no \"-\" at character 3"},
      {"00-5AE1C09F7b2d4e6683f0a1b2c3d4e5f6-" + parent + "-01",
       "has no digit of lower-case hex at character 5"},
      {"00-" + trace + "." + parent + "-01", "has no \"-\" at character 36"},
      {"00-" + trace + "-" + parent + "=01", "has no \"-\" at character 53"},
      {"00-" + trace + "-" + parent + "-0x", "at character 55"},
      {" " + good, "at character 1"},
      {"00-" + zeros + "-" + parent + "-01", "has a trace id of zeros, which names no span: leave"},
      {"00-" + trace + "-" + zeros.substr(0, 16) + "-01", "has a span id of zeros"},
  };
  for (const auto& c : cases) {
    EXPECT_FALSE(parse_traceparent(c.text)) << c.text;
    const auto checked = check_traceparent(c.text);
    ASSERT_FALSE(checked) << c.text;
    EXPECT_EQ(checked.error().code, errc::invalid);
    EXPECT_THAT(checked.error().message, HasSubstr("traceparent \"")) << c.text;
    EXPECT_THAT(checked.error().message, HasSubstr(c.why)) << c.text;
  }
}

TEST(Traceparent, WhatIsWrittenIsReadAgain) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  for (int n = 0; n < 1000; ++n) {
    const trace_context wanted{random_bytes<16>(random), random_bytes<8>(random), random() % 2 == 0};
    const std::string text = to_traceparent(wanted);
    EXPECT_EQ(text.size(), 55U);
    const auto found = parse_traceparent(text);
    ASSERT_TRUE(found) << text;
    EXPECT_EQ(*found, wanted);
  }
}

TEST(Traceparent, OneWrongCharacterIsNeverReadAsTheSameSpan) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  const auto before = parse_traceparent(good);
  ASSERT_TRUE(before);
  for (int n = 0; n < 1000; ++n) {
    std::string text = good;
    const std::size_t at = 3 + random() % 50;  // the version and the flags may change
    text[at] = static_cast<char>(random());
    if (text[at] == good[at]) continue;
    const auto found = parse_traceparent(text);
    EXPECT_TRUE(!found || *found != *before) << text;
  }
}

struct TraceRule : testing::Test {
  trace_id_bytes drawn_trace{0x11, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  span_id_bytes drawn_span{0x21, 2, 3, 4, 5, 6, 7, 8};
  trace_context producer = parse_traceparent(good).value_or(trace_context{});
};

TEST_F(TraceRule, TiesAnAttemptToItsProducer) {
  const struct {
    const char* what;
    bool join, sent, sampled;
    double ratio;
    trace_tie tie;
    bool own_trace, recorded;
  } cases[] = {
      {"linked", false, true, true, 0, trace_tie::link, true, true},
      {"linked to what nobody records", false, true, false, 1, trace_tie::link, true, false},
      {"joined", true, true, true, 0, trace_tie::parent, false, true},
      {"joined to what nobody records", true, true, false, 1, trace_tie::parent, false, false},
      {"alone, all recorded", false, false, false, 1, trace_tie::none, true, true},
      {"alone, none recorded", false, false, false, 0, trace_tie::none, true, false},
      {"alone where others join", true, false, false, 1, trace_tie::none, true, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    producer.sampled = c.sampled;
    const auto sent = c.sent ? std::optional{producer} : std::nullopt;
    const auto made = trace_rule{c.ratio, c.join}.begin(sent, drawn_trace, drawn_span);
    EXPECT_EQ(made.producer, c.tie);
    EXPECT_EQ(made.own.trace_id, c.own_trace ? drawn_trace : producer.trace_id);
    EXPECT_EQ(made.own.span_id, drawn_span);
    EXPECT_EQ(made.own.sampled, c.recorded);
  }
}

TEST_F(TraceRule, LooksAtTheLastSevenBytesOfTheTraceId) {
  const trace_rule quarter{0.25, false};
  const struct {
    std::uint8_t eighth, ninth;
    bool recorded;
  } cases[] = {{0xFF, 0xBF, false}, {0x00, 0xC0, true}, {0x00, 0xFF, true}, {0xFF, 0x00, false}};
  for (const auto& c : cases) {
    trace_id_bytes id{1};
    id[8] = c.eighth;
    id[9] = c.ninth;
    EXPECT_EQ(quarter.begin({}, id, drawn_span).own.sampled, c.recorded)
        << int{c.eighth} << " " << int{c.ninth};
  }
}

TEST_F(TraceRule, RecordsItsRatioAndWhatASmallerOneRecords) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  const trace_rule small{0.1, false};
  const trace_rule great{0.5, false};
  int recorded = 0;
  constexpr int drawn = 10'000;
  for (int n = 0; n < drawn; ++n) {
    const auto id = random_bytes<16>(random);
    const bool by_great = great.begin({}, id, drawn_span).own.sampled;
    recorded += by_great ? 1 : 0;
    EXPECT_TRUE(by_great || !small.begin({}, id, drawn_span).own.sampled);
  }
  EXPECT_NEAR(recorded, 0.5 * drawn, 500);  // ten times the standard deviation
}

TEST_F(TraceRule, NeverGivesIdsOfZeros) {
  const auto made = trace_rule{1, false}.begin(producer, trace_id_bytes{}, span_id_bytes{});
  EXPECT_TRUE(check_traceparent(to_traceparent(made.own))) << to_traceparent(made.own);
}

TEST_F(TraceRule, WantsARatioThatIsOne) {
  for (const double wrong : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_DEATH(trace_rule(wrong, false), "ratio") << wrong;
}

}  // namespace
}  // namespace weir::domain
