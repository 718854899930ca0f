// Events go to all who watch, each frame made once.
#include "http/event_hub.hpp"

#include <vector>

#include <gmock/gmock.h>

namespace weir::http {
namespace {

using testing::ElementsAre;

TEST(EventHub, SendsTheSameFrameToAll) {
  event_hub hub;
  std::vector<event_hub::frame> one;
  std::vector<event_hub::frame> two;
  hub.watch([&](event_hub::frame next) { one.push_back(std::move(next)); });
  hub.watch([&](event_hub::frame next) { two.push_back(std::move(next)); });
  hub.publish("cluster", "{}");
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(*one[0], "id: 1\nevent: cluster\ndata: {}\n\n");
  EXPECT_EQ(one[0], two[0]) << "shared";
}

TEST(EventHub, ShowsTheLastFrameToANewcomerUntilItIsForgotten) {
  event_hub hub;
  std::vector<std::string> seen;
  const auto note = [&](event_hub::frame next) { seen.push_back(*next); };
  hub.publish("cluster", "0");
  const auto first = hub.watch([](const event_hub::frame&) {});
  hub.publish("cluster", "1");
  hub.watch(note);
  EXPECT_THAT(seen, ElementsAre("id: 2\nevent: cluster\ndata: 1\n\n")) << "not what nobody watched";
  hub.leave(first);
  hub.forget();
  hub.watch(note);
  EXPECT_EQ(seen.size(), 1U);
}

TEST(EventHub, SaysWhenSomebodyBeginsToWatchWhatNobodyWatched) {
  int begun = 0;
  event_hub hub([&] { ++begun; });
  const auto first = hub.watch([](const event_hub::frame&) {});
  const auto second = hub.watch([](const event_hub::frame&) {});
  EXPECT_EQ(begun, 1);
  EXPECT_EQ(hub.watchers(), 2U);
  hub.leave(first);
  hub.leave(second);
  hub.leave(second);
  EXPECT_EQ(hub.watchers(), 0U);
  hub.watch([](const event_hub::frame&) {});
  EXPECT_EQ(begun, 2);
}

}  // namespace
}  // namespace weir::http
