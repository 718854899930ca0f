// The live view: rates between frames, a database that goes away and comes back, the terminal given back.
#include "app/cli/live_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/command_harness.hpp"
#include "tests/app/sample_view.hpp"

namespace weir::app {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& one : lines) out += one + "\n";
  return out;
}

TEST(LiveView, ComputesRatesFromTotals) {
  live_view live;
  const boot_time start{seconds{100}};
  auto view = sample_view();
  live.saw(view, start);
  view.counts[1].done += 150;
  view.counts[1].cancelled += 50;
  live.saw(view, start + seconds{2});
  EXPECT_THAT(joined(live.frame(sample_now(), start + seconds{2}, {})), HasSubstr("100.0/s"));
}

TEST(LiveView, KeepsTheLastViewWhileTheDatabaseIsAway) {
  live_view live;
  const boot_time start{seconds{100}};
  live.missed("connection refused", start);
  EXPECT_EQ(joined(live.frame(sample_now(), start + seconds{4}, {})),
            "weir  database away for 4.0s: connection refused\n");
  live.saw(sample_view(), start + seconds{5});
  EXPECT_THAT(joined(live.frame(sample_now(), start + seconds{5}, {})), Not(HasSubstr("database away")));
  live.missed("connection refused", start + seconds{6});
  live.missed("connection refused", start + seconds{8});
  const auto text = joined(live.frame(sample_now(), start + seconds{9}, {}));
  EXPECT_THAT(text, HasSubstr("database away for 3.0s"));
  EXPECT_THAT(text, HasSubstr("partner")) << "what was last seen";
}

TEST(StatusWatch, AppendsFramesOffATerminal) {
  command_harness weir;
  weir.frames = 3;
  const auto done = weir.run({"status", "--watch=1s", "-o", "ndjson"});
  EXPECT_EQ(done.code, 0) << done.err;
  std::istringstream text{done.out};
  int frames = 0;
  for (std::string one; std::getline(text, one); ++frames)
    EXPECT_TRUE(ordered_json::parse(one).contains("streams"));
  EXPECT_EQ(frames, 3);
}

TEST(StatusWatch, GoesOnWhileTheDatabaseIsAway) {
  command_harness weir;
  weir.frames = 4;
  weir.world.state = error{errc::unavailable, "no answer"};
  weir.on_pause = [&](int pause) {
    if (pause == 1) weir.world.state = schema_state{3, 3, {}};
  };
  const auto done = weir.run({"status", "--watch"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("database away for 2.0s: no answer"));
  EXPECT_THAT(done.out, HasSubstr("STREAM"));
}

TEST(StatusWatch, EndsOnAWrongSchema) {
  command_harness weir;
  weir.world.state = schema_state{0, 3, {}};
  EXPECT_EQ(weir.run({"status", "--watch"}).code, 78);
}

TEST(StatusWatch, DrawsInPlaceAndGivesTheTerminalBack) {
  command_harness weir;
  weir.terminal = true;
  weir.environment["NO_COLOR"] = "1";
  const auto done = weir.run({"status", "--watch"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out.rfind("\x1b[?1049h\x1b[?25l", 0), 0U) << "enters the second screen first";
  const std::string leave = "\x1b[?25h\x1b[?1049l";
  ASSERT_GT(done.out.size(), leave.size());
  EXPECT_EQ(done.out.substr(done.out.size() - leave.size()), leave);
  EXPECT_THAT(done.out, Not(HasSubstr("\x1b[32m"))) << "NO_COLOR";
}

TEST(Status, ColoursOnlyTerminals) {
  command_harness weir;
  EXPECT_THAT(weir.run({"status"}).out, Not(HasSubstr("\x1b")));
  weir.terminal = true;
  EXPECT_THAT(weir.run({"status"}).out, HasSubstr("\x1b["));
}

}  // namespace
}  // namespace weir::app
