// What keys do in `weir top`, and that every frame fits its window.
#include <gtest/gtest.h>

#include "app/cli/cell_text.hpp"
#include "app/cli/top_view.hpp"
#include "tests/app/command_harness.hpp"
#include "tests/app/sample_view.hpp"

namespace weir::app {
namespace {

bool has(const std::vector<std::string>& lines, const std::string& text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const auto& one) { return one.find(text) != std::string::npos; });
}

TEST(TopKeys, ChooseAPaneAndScroll) {
  const struct {
    const char* keys;
    pane at;
    int first;
  } cases[] = {{"1", pane::streams, 0},       {"4", pane::errors, 0},       {"5", pane::streams, 7},
               {"\t", pane::nodes, 0},        {"\x1b[C", pane::nodes, 0},   {"\x1b[D", pane::errors, 0},
               {"\x1b[B", pane::streams, 8},  {"\x1b[A", pane::streams, 6}, {"\x1b[6~", pane::streams, 17},
               {"\x1b[5~", pane::streams, 0}, {"g", pane::streams, 0},      {"x", pane::streams, 7},
               {"", pane::streams, 7}};
  for (const auto& one : cases) {
    top_state before;
    before.first = 7;
    const auto after = pressed(before, one.keys, 10);
    EXPECT_EQ(after.at, one.at) << one.keys;
    EXPECT_EQ(after.first, one.first) << one.keys;
    EXPECT_FALSE(after.done) << one.keys;
  }
  for (const char* key : {"q", "Q", "\x1b", "\x03", "\x04"}) EXPECT_TRUE(pressed({}, key, 10).done);
}

TEST(TopFrame, FitsEveryWindow) {
  auto view = sample_view();
  for (int i = 0; i < 60; ++i) {
    view.rows.streams.push_back(view.rows.streams[1]);
    view.rows.streams.back().id = 100 + i;
    view.rows.streams.back().name = "stream-" + std::to_string(i);
  }
  for (int at = 0; at < 4; ++at) {
    for (const int columns : {20, 40, 80, 132, 200}) {
      for (const int rows : {1, 2, 5, 10, 24, 50, 200}) {
        top_state state{static_cast<pane>(at), 1000, false};
        top_input input{{view, sample_now()}};
        input.errors = {{"mail", 'f', "no such customer", 3, 42, sample_now()}};
        const auto frame = top_frame(input, state, {false, columns, rows});
        EXPECT_LE(frame.size(), static_cast<std::size_t>(rows));
        for (const auto& one : frame) EXPECT_LE(display_width(one), columns) << one;
      }
    }
  }
}

TEST(TopFrame, ScrollsNoFurtherThanTheLastRow) {
  auto view = sample_view();
  for (int i = 0; i < 30; ++i) {
    view.rows.streams.push_back(view.rows.streams[1]);
    view.rows.streams.back().id = 100 + i;
    view.rows.streams.back().name = "stream-" + std::to_string(i);
  }
  top_state state;
  state.first = 1'000'000;
  const auto frame = top_frame({{view, sample_now()}}, state, {false, 200, 20});
  EXPECT_TRUE(has(frame, "stream-29"));
  EXPECT_TRUE(has(frame, " of 33"));
  state = pressed(state, "\x1b[A", 10);
  EXPECT_FALSE(has(top_frame({{view, sample_now()}}, state, {false, 200, 20}), "stream-29"));
}

TEST(TopFrame, SaysWhyAPaneIsEmpty) {
  const auto view = sample_view();
  top_state state{pane::errors, 0, false};
  top_input input{{view, sample_now()}};
  input.trouble = "the API does not offer this";
  EXPECT_TRUE(has(top_frame(input, state, {false, 100, 24}), "the API does not offer this"));
  input.trouble.clear();
  input.errors.emplace();
  EXPECT_TRUE(has(top_frame(input, state, {false, 100, 24}), "nothing here"));
  input.cluster.trouble = "database away for 3.0s: connection refused";
  EXPECT_TRUE(has(top_frame(input, state, {false, 100, 24}), "database away for 3.0s"));
}

TEST(TopCommand, NeedsATerminal) {
  command_harness weir;
  const auto done = weir.run({"top"});
  EXPECT_EQ(done.code, 2);
  EXPECT_NE(done.err.find("weir status --watch"), std::string::npos) << done.err;
}

}  // namespace
}  // namespace weir::app
