// What a collector is sent, by the letter of OTLP's JSON.
#include "app/trace/otlp_json.hpp"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace weir::app::trace {
namespace {

using nlohmann::json;
using std::chrono::microseconds;

domain::trace_context context(const char* traceparent) {
  return domain::parse_traceparent(traceparent).value_or(domain::trace_context{});
}

span ended_span() {
  span one;
  one.context = context("00-5ae1c09f7b2d4e6683f0a1b2c3d4e5f6-9c0d1e2f3a4b5c6d-01");
  one.name = "process invoices";
  one.started_at = wall_time{microseconds{1'700'000'000'000'001}};
  one.ended_at = wall_time{microseconds{1'700'000'000'250'000}};
  return one;
}

json written(const std::vector<span>& spans, const resource& from = {"weir", "n1", "0.1.0"}) {
  return json::parse(otlp_json(spans, from));
}
json written_span(const span& one) { return written({one})["resourceSpans"][0]["scopeSpans"][0]["spans"][0]; }

TEST(OtlpJson, SaysWhoseSpansTheyAre) {
  const json whole = written({ended_span(), ended_span()});
  EXPECT_EQ(whole.size(), 1U);
  ASSERT_EQ(whole["resourceSpans"].size(), 1U);
  const json& group = whole["resourceSpans"][0];
  EXPECT_EQ(group["resource"]["attributes"], json::parse(R"([
    {"key": "service.name", "value": {"stringValue": "weir"}},
    {"key": "service.instance.id", "value": {"stringValue": "n1"}},
    {"key": "service.version", "value": {"stringValue": "0.1.0"}}])"));
  ASSERT_EQ(group["scopeSpans"].size(), 1U);
  EXPECT_EQ(group["scopeSpans"][0]["scope"], json::parse(R"({"name": "weir", "version": "0.1.0"})"));
  EXPECT_EQ(group["scopeSpans"][0]["spans"].size(), 2U);
}

TEST(OtlpJson, HasIdsInHexTimesAsTextsAndEnumerationsAsNumbers) {
  EXPECT_EQ(written_span(ended_span()), json::parse(R"({
    "traceId": "5ae1c09f7b2d4e6683f0a1b2c3d4e5f6",
    "spanId": "9c0d1e2f3a4b5c6d",
    "flags": 1,
    "name": "process invoices",
    "kind": 5,
    "startTimeUnixNano": "1700000000000001000",
    "endTimeUnixNano": "1700000000250000000",
    "attributes": []})"));
}

TEST(OtlpJson, TellsProducersFromConsumers) {
  span one = ended_span();
  one.kind = span_kind::producer;
  EXPECT_EQ(written_span(one)["kind"], 4);
}

TEST(OtlpJson, NamesTheParentInAnotherProcess) {
  span one = ended_span();
  one.parent = context("00-5ae1c09f7b2d4e6683f0a1b2c3d4e5f6-00000000000000ff-01").span_id;
  EXPECT_EQ(written_span(one)["parentSpanId"], "00000000000000ff");
  EXPECT_EQ(written_span(one)["flags"], 0x301);
}

TEST(OtlpJson, LinksToTheSpanOfAnotherTrace) {
  span one = ended_span();
  one.link = context("00-00000000000000000000000000000abc-00000000000000ff-00");
  EXPECT_EQ(written_span(one)["links"], json::parse(R"([
    {"traceId": "00000000000000000000000000000abc", "spanId": "00000000000000ff", "flags": 768}])"));
  EXPECT_EQ(written_span(one).count("parentSpanId"), 0U);
}

TEST(OtlpJson, KeepsTheTypeOfEachAttribute) {
  span one = ended_span();
  one.attributes = {{"messaging.system", std::string{"weir"}},
                    {"smallest", std::numeric_limits<std::int64_t>::min()},
                    {"weir.marked", false}};
  EXPECT_EQ(written_span(one)["attributes"], json::parse(R"([
    {"key": "messaging.system", "value": {"stringValue": "weir"}},
    {"key": "smallest", "value": {"intValue": "-9223372036854775808"}},
    {"key": "weir.marked", "value": {"boolValue": false}}])"));
}

TEST(OtlpJson, SaysWhyASpanFailed) {
  span one = ended_span();
  one.message = "not told of one that did not";
  EXPECT_EQ(written_span(one).count("status"), 0U);
  one.failed = true;
  one.message = "HTTP 404";
  EXPECT_EQ(written_span(one)["status"], json::parse(R"({"code": 2, "message": "HTTP 404"})"));
}

TEST(OtlpJson, NoClockMakesASpanThatEndsBeforeItBegins) {
  span one = ended_span();
  one.ended_at = one.started_at - microseconds{1};
  EXPECT_EQ(written_span(one)["endTimeUnixNano"], written_span(one)["startTimeUnixNano"]);
  one.started_at = one.ended_at = wall_time{microseconds{-5}};
  EXPECT_EQ(written_span(one)["startTimeUnixNano"], "0");
}

TEST(OtlpJson, ReplacesWhatIsNotUtf8) {
  span one = ended_span();
  one.name = "a\xff";
  one.failed = true;
  one.message = "\xc3";
  one.attributes = {{"k\xfe", std::string{"v\x80"}}};
  const json out = written_span(one);
  EXPECT_EQ(out["name"], "a\ufffd");
  EXPECT_EQ(out["status"]["message"], "\ufffd");
  EXPECT_EQ(out["attributes"][0]["key"], "k\ufffd");
  EXPECT_EQ(out["attributes"][0]["value"]["stringValue"], "v\ufffd");
  EXPECT_EQ(written({}, {"weir", "\xff",
                         ""})["resourceSpans"][0]["resource"]["attributes"][1]["value"]["stringValue"],
            "\ufffd");
}

TEST(PartialSuccess, IsReadFromAGoodAnswer) {
  const struct {
    const char* answer;
    std::int64_t rejected;
    const char* message;
  } cases[] = {
      {R"({"partialSuccess": {"rejectedSpans": "3", "errorMessage": "too old"}})", 3, "too old"},
      {R"({"partialSuccess": {"rejectedSpans": 2}})", 2, ""},
      {R"({"partialSuccess": {"errorMessage": "slow down"}})", 0, "slow down"},
      {R"({"partialSuccess": {"rejectedSpans": "-3", "errorMessage": 7}})", 0, ""},
      {R"({"partialSuccess": {"rejectedSpans": "3 or so"}})", 0, ""},
      {R"({"partialSuccess": {"rejectedSpans": 99999999999999999999}})", 0, ""},
      {R"({"partialSuccess": null})", 0, ""},
      {R"({"partialSuccess": [1]})", 0, ""},
      {"{}", 0, ""},
      {"[]", 0, ""},
      {"", 0, ""},
      {"OK", 0, ""},
  };
  for (const auto& c : cases) {
    const auto found = read_partial_success(c.answer);
    EXPECT_EQ(found.rejected, c.rejected) << c.answer;
    EXPECT_EQ(found.message, c.message) << c.answer;
  }
}

}  // namespace
}  // namespace weir::app::trace
