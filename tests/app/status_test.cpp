// The cluster as JSON and as a frame of the live view.
#include <gtest/gtest.h>

#include "app/cli/cell_text.hpp"
#include "app/cli/status_json.hpp"
#include "app/cli/status_table.hpp"
#include "app/cli/status_warnings.hpp"
#include "tests/app/golden.hpp"
#include "tests/app/sample_view.hpp"

namespace weir::app {
namespace {

std::vector<std::string> codes_of(const cluster_view& view) {
  std::vector<std::string> out;
  for (const auto& one : warnings_of(view)) out.push_back(one.code);
  return out;
}

TEST(StatusJson, HasTheShapeOfTheInterface) {
  expect_golden("status.json", pretty(compact(status_json(sample_view()))) + "\n");
}

TEST(StatusJson, ListsSlotsInOrderWhateverTheStoreGave) {
  auto view = sample_view();
  std::swap(view.rows.partitions.front(), view.rows.partitions[2]);
  const auto shown = status_json(view)["streams"][0]["partitions"];
  ASSERT_EQ(shown.size(), 3U);
  for (std::size_t slot = 0; slot < 3; ++slot) EXPECT_EQ(shown[slot]["slot"], slot);
}

TEST(StatusJson, PausedIsFalseTrueOrATime) {
  auto view = sample_view();
  EXPECT_EQ(status_json(view)["streams"][0]["paused"], false);
  view.rows.streams[0].paused = true;
  EXPECT_EQ(status_json(view)["streams"][0]["paused"], true);
  view.rows.streams[0].paused_until = sample_now();
  EXPECT_EQ(status_json(view)["streams"][0]["paused"], "2026-11-22T19:26:03.250000Z");
}

TEST(StatusJson, IsCompleteForAnEmptyCluster) {
  expect_golden("status_empty.json", pretty(compact(status_json(empty_view()))) + "\n");
}

TEST(StatusTable, ShowsTheClusterInOneWideTable) {
  expect_golden("status_wide.txt", status_text({sample_view(), sample_now()}, {}));
}

TEST(StatusTable, SplitsTheMatrixOffWhereItDoesNotFit) {
  expect_golden("status_80.txt", status_text({sample_view(), sample_now()}, {false, 80, 0}));
}

TEST(StatusTable, ShowsRatesPausesAndTroubleInALiveView) {
  const auto view = [] {
    auto made = sample_view();
    made.rows.streams[0].paused = true;
    made.rows.streams[1].paused = true;
    made.rows.streams[1].paused_until = sample_now();
    return made;
  }();
  frame_input input{view, sample_now()};
  input.rates[2] = {95.2, {0, 10, 40, 80, 95.2}};
  input.rates[3] = {0, {0, 0, 0, 0, 0}};
  input.trouble = "database away for 3.0s: connection refused";
  expect_golden("status_live.txt", status_text(input, {false, 150, 40}));
}

TEST(StatusTable, ShowsLateWritesWhereThereWereSome) {
  auto view = sample_view();
  EXPECT_EQ(status_text({view, sample_now()}, {}).find("REFUSED"), std::string::npos);
  view.rows.nodes[1].said.late_writes_refused = 12'345;
  const auto text = status_text({view, sample_now()}, {});
  EXPECT_NE(text.find("REFUSED"), std::string::npos) << text;
  EXPECT_NE(text.find("12,345"), std::string::npos) << text;
  EXPECT_EQ(status_json(view)["nodes"][1]["late_writes_refused"], 12'345);
}

TEST(StatusTable, SaysWhereABrowserSeesTheSame) {
  auto view = sample_view();
  EXPECT_EQ(status_text({view, sample_now()}, {}).find("http://"), std::string::npos);
  view.rows.nodes[1].facts.http = "127.0.0.1:7711";
  EXPECT_NE(status_text({view, sample_now()}, {}).find("http://127.0.0.1:7711/"), std::string::npos);
}

TEST(StatusTable, ShowsAnEmptyCluster) {
  expect_golden("status_empty.txt", status_text({empty_view(), sample_now()}, {}));
}

TEST(StatusTable, FitsEveryTerminal) {
  auto view = sample_view();
  for (int i = 0; i < 60; ++i) {
    auto stream = view.rows.streams[1];
    stream.id = 100 + i;
    stream.name = "stream-" + std::to_string(i);
    view.rows.streams.push_back(stream);
  }
  for (const int columns : {20, 40, 80, 132, 200}) {
    for (const int rows : {1, 5, 10, 24, 50, 200}) {
      const auto lines = status_frame({view, sample_now()}, {true, columns, rows});
      EXPECT_LE(lines.size(), static_cast<std::size_t>(rows)) << columns << "x" << rows;
      for (const auto& one : status_frame({view, sample_now()}, {false, columns, rows})) {
        EXPECT_LE(display_width(one), columns) << columns << "x" << rows << ": " << one;
      }
    }
  }
}

TEST(StatusTable, SaysHowMuchIsHidden) {
  auto view = sample_view();
  view.differences.clear();
  for (int i = 0; i < 50; ++i) {
    view.rows.streams.push_back(view.rows.streams[0]);
    view.rows.streams.back().id = 100 + i;
  }
  const auto text = status_text({view, sample_now()}, {false, 0, 24});
  EXPECT_NE(text.find(" more\n"), std::string::npos) << text;
  EXPECT_NE(text.find("pinned_node_away"), std::string::npos) << "warnings stay when lists are cut:\n"
                                                              << text;
}

TEST(Warnings, ASoundClusterHasNone) {
  auto view = sample_view();
  view.differences.clear();
  view.rows.streams[1].routes = {"mail"};
  view.rows.streams[2].pin = "n1";
  EXPECT_EQ(codes_of(view), std::vector<std::string>{});
}

TEST(Warnings, NameWhatIsWrong) {
  using codes = std::vector<std::string>;
  EXPECT_EQ(codes_of(sample_view()), (codes{"pinned_node_away", "no_action", "declaration_differs"}));
  EXPECT_EQ(codes_of(empty_view()), codes{"no_nodes"});

  auto view = sample_view();
  view.differences.clear();
  view.rows.streams[1].routes.clear();
  view.rows.streams[2].pin.reset();
  view.leader.reset();
  EXPECT_EQ(codes_of(view), codes{"no_leader"});

  view = sample_view();
  view.differences.clear();
  view.rows.streams[1].routes.clear();
  view.rows.streams[2].pin = "n9";
  view.rows.streams[2].policy = pin_policy::prefer;
  view.rows.nodes[0].facts.version = "0.0.9";
  view.rows.nodes[1].beat_age_seconds = 300;
  const auto found = warnings_of(view);
  ASSERT_EQ(codes_of(view), (codes{"node_silent", "versions_differ", "pinned_node_away"}));
  EXPECT_NE(found[1].message.find("0.0.9 on n1; 0.1.0 on n2"), std::string::npos) << found[1].message;
  EXPECT_NE(found[2].message.find("was never seen"), std::string::npos) << found[2].message;
}

TEST(Warnings, NameStreamsThatRest) {
  auto view = sample_view();
  view.differences.clear();
  view.rows.streams[1].routes.clear();
  view.rows.streams[2].pin.reset();
  view.rows.nodes[0].said.resting = {{2, 5, std::chrono::seconds{40}, "no route to host"}};
  view.rows.nodes[2].said.resting = {{2, 5, std::chrono::seconds{40}, "said by a dead node"}};
  const auto found = warnings_of(view);
  ASSERT_EQ(codes_of(view), std::vector<std::string>{"stream_rests"});
  EXPECT_EQ(
      found[0].message,
      "stream mail rests on node n1 after 5 failed runs in a row, one is tried in 40s; the last one said: no "
      "route to host");
}

TEST(Warnings, NameAnActionOfSomeNodesWhoseTasksGoToTheDefaultStream) {
  auto view = sample_view();
  view.differences.clear();
  view.rows.streams[1].routes.clear();
  view.rows.streams[2].pin.reset();
  view.rows.nodes[0].facts.actions = {"customer_update", "mail", "print"};
  const auto found = warnings_of(view);
  ASSERT_EQ(codes_of(view), std::vector<std::string>{"action_elsewhere"});
  EXPECT_NE(found[0].message.find("only n1 performs print"), std::string::npos) << found[0].message;
  view.rows.streams[1].routes = {"print"};
  EXPECT_EQ(codes_of(view), std::vector<std::string>{}) << "the leader gives that stream to n1";
}

}  // namespace
}  // namespace weir::app
