// The beat: what moves the deadline, what ends the incarnation, who is suspected, when to beat again.
#include "cluster/pulse.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using what = pulse_news::what;

constexpr node_id me = 1;
constexpr node_id other = 2;
constexpr boot_time joined{100h};

/// Answers as a test says after a while of its clock, and notes what it was asked.
class scripted_membership final : public membership_store {
 public:
  explicit scripted_membership(boot_time& clock) : clock_(clock) {}

  std::vector<std::string> asked;
  result<beat_view> answer = beat_view{};
  result<void> session;
  milliseconds takes{0};
  beat_note said;

  result<void> reconnect() override {
    asked.push_back("reconnect");
    return session;
  }
  result<beat_view> beat(node_id who, const beat_note& note) override {
    said = note;
    asked.push_back("beat " + std::to_string(who));
    clock_ += takes;
    return answer;
  }
  result<void> set_state(node_id who, node_state state) override {
    asked.push_back(std::to_string(who) + " " + to_string(state));
    return {};
  }
  result<registration> identify() override { return unexpected(); }
  result<std::optional<incarnation>> find(const std::string&) override { return unexpected(); }
  result<registration> join(const node_facts&) override { return unexpected(); }
  result<void> note_process_end(node_id, const std::string&) override { return unexpected(); }
  result<bool> declare_dead(node_id, std::int64_t, std::int32_t) override { return unexpected(); }
  result<bool> declare_dead_by_proof(node_id) override { return unexpected(); }

 private:
  static error unexpected() {
    ADD_FAILURE() << "a pulse only beats";
    return {errc::internal, "unexpected"};
  }
  boot_time& clock_;
};

struct Pulse : testing::Test {
  boot_time now = joined;
  scripted_membership store{now};
  pulse_settings settings{me, 6s, 1s, 1s, 4};
  pulse machine{store, settings, joined, [this] { return now; }};

  Pulse() { answer_with({}); }

  /// The next answers show these nodes besides me.
  void answer_with(const std::vector<std::pair<node_id, std::int64_t>>& others) {
    beat_view view;
    view.timeline = 4;
    view.nodes.push_back(row(me, 1));
    for (const auto& [id, beat] : others) view.nodes.push_back(row(id, beat));
    store.answer = view;
  }
  static node_row row(node_id id, std::int64_t beat) {
    node_row node;
    node.id = id;
    node.facts.name = "n" + std::to_string(id);
    node.state = node_state::active;
    node.beat = beat;
    return node;
  }
  beat_view& view() { return *store.answer; }
  /// Beats at the time the last beat asked for.
  pulse_news step() {
    const auto news = machine.step();
    now = news.next;
    return news;
  }
  std::vector<std::string> asked() { return std::exchange(store.asked, {}); }
};

TEST_F(Pulse, OwnsFromJoiningOnForATtlLessTheMargin) { EXPECT_EQ(machine.deadline(), joined + 5s); }

TEST_F(Pulse, MovesItsDeadlineFromBeforeTheBeatWasSent) {
  store.takes = 800ms;
  const auto news = machine.step();
  EXPECT_EQ(news.kind, what::good);
  EXPECT_EQ(news.deadline, joined + 5s) << "not from the answer, which came 800 ms later";
  now = joined + 1s;
  EXPECT_EQ(machine.step().deadline, joined + 6s);
  EXPECT_EQ(machine.deadline(), joined + 6s);
}

TEST_F(Pulse, BeatsOnceABeatWhateverTheAnswerTakes) {
  EXPECT_EQ(machine.step().next, joined + 1s);
  store.takes = 800ms;
  EXPECT_EQ(machine.step().next, joined + 1s) << "from when it was sent";
}

TEST_F(Pulse, HandsOnWhatTheDatabaseShows) {
  answer_with({{other, 3}});
  const auto news = step();
  ASSERT_EQ(news.view.nodes.size(), 2U);
  EXPECT_EQ(news.view.nodes[1].facts.name, "n2");
  EXPECT_THAT(asked(), ElementsAre("beat 1"));
}

TEST_F(Pulse, KeepsItsDeadlineWhenABeatFails) {
  step();
  for (const errc code : {errc::unavailable, errc::in_doubt, errc::timeout, errc::read_only}) {
    store.answer = error{code, "away"};
    const auto news = machine.step();
    EXPECT_EQ(news.kind, what::failed) << to_string(code);
    EXPECT_EQ(news.trouble, "away");
    EXPECT_EQ(news.deadline, joined + 5s);
    EXPECT_EQ(machine.deadline(), joined + 5s);
  }
}

TEST_F(Pulse, TriesAgainSoonerTheNearerTheDeadline) {
  store.answer = error{errc::unavailable, "away"};
  store.session = error{errc::unavailable, "still away"};
  const struct {
    milliseconds left, wait;
  } cases[] = {{5s, 1s}, {1s, 500ms}, {100ms, 100ms}, {0s, 1s}, {-1h, 1s}};
  for (const auto& c : cases) {
    now = machine.deadline() - c.left;
    EXPECT_EQ(machine.step().next, now + c.wait) << c.left.count();
  }
}

TEST_F(Pulse, BeatsOnANewSessionAfterAFailure) {
  store.answer = error{errc::in_doubt, "connection reset"};
  step();
  asked();
  store.session = error{errc::unavailable, "refused"};
  const auto news = step();
  EXPECT_EQ(news.kind, what::failed);
  EXPECT_EQ(news.trouble, "refused");
  EXPECT_THAT(asked(), ElementsAre("reconnect")) << "no beat on a session that is not there";

  store.session = {};
  answer_with({});
  EXPECT_EQ(step().kind, what::good);
  EXPECT_EQ(step().kind, what::good);
  EXPECT_THAT(asked(), ElementsAre("reconnect", "beat 1", "beat 1"));
}

TEST_F(Pulse, EndsWhenItsIncarnationWasDeclaredDead) {
  step();
  store.answer = error{errc::refused, "declared dead"};
  const auto news = machine.step();
  EXPECT_EQ(news.kind, what::fenced);
  EXPECT_EQ(news.trouble, "declared dead");
  EXPECT_EQ(machine.deadline(), joined + 5s) << "what still runs is ended by then";
}

TEST_F(Pulse, EndsWhenTheDatabaseChangedItsTimeline) {
  step();
  view().timeline = 5;
  const auto news = step();
  EXPECT_EQ(news.kind, what::fenced);
  EXPECT_EQ(news.trouble, "the database changed its timeline from 4 to 5");
  EXPECT_EQ(news.deadline, joined + 5s) << "the beat may have counted for somebody else";
}

TEST_F(Pulse, TakesAnyTimelineThatItWasNotToldToKeepTo) {
  settings.timeline = 0;
  pulse any{store, settings, joined, [this] { return now; }};
  view().timeline = 5;
  EXPECT_EQ(any.step().kind, what::good);
}

TEST_F(Pulse, SuspectsANodeWhoseBeatStoodStillForATtl) {
  answer_with({{other, 3}});
  for (int n = 0; n < 6; ++n) EXPECT_THAT(step().suspects, IsEmpty()) << n;
  const auto news = step();
  ASSERT_EQ(news.suspects.size(), 1U);
  EXPECT_EQ(news.suspects[0].id, other);
  EXPECT_EQ(news.suspects[0].beat, 3);
  EXPECT_EQ(news.suspects[0].timeline, 4);
}

TEST_F(Pulse, SuspectsNobodyWhileItsOwnBeatsFail) {
  answer_with({{other, 3}});
  for (int n = 0; n < 5; ++n) step();
  const auto shown = store.answer;
  store.answer = error{errc::unavailable, "away"};
  EXPECT_THAT(step().suspects, IsEmpty());
  store.answer = shown;
  for (int n = 0; n < 6; ++n) EXPECT_THAT(step().suspects, IsEmpty()) << "observation began anew: " << n;
  EXPECT_EQ(step().suspects.size(), 1U);
}

TEST_F(Pulse, ObservesByWhenTheAnswerCame) {
  answer_with({{other, 3}});
  store.takes = 700ms;
  machine.step();
  store.takes = 0ms;
  for (int n = 1; n <= 6; ++n) {
    now = joined + n * 1s;
    EXPECT_THAT(machine.step().suspects, IsEmpty()) << "seen first 700 ms after the beat was sent";
  }
  now = joined + 6700ms;
  EXPECT_EQ(machine.step().suspects.size(), 1U);
}

TEST_F(Pulse, BeatsWhenTheNextDeathIsDue) {
  answer_with({{other, 3}});
  store.takes = 300ms;
  machine.step();
  store.takes = 0ms;
  pulse_news news;
  for (int n = 1; n <= 6; ++n) {
    now = joined + n * 1s;
    news = machine.step();
    if (n < 6) {
      EXPECT_EQ(news.next, now + 1s);
    }
  }
  EXPECT_EQ(news.next, joined + 6300ms) << "not a beat after it";
}

TEST_F(Pulse, LooksMoreOftenForTwoBeatsAfterADeath) {
  answer_with({{other, 3}});
  for (int n = 0; n < 6; ++n) step();
  const boot_time death = now;
  EXPECT_EQ(machine.step().next, death + 200ms);
  answer_with({});
  now = death + 1999ms;
  EXPECT_EQ(machine.step().next, now + 200ms);
  now = death + 2s;
  EXPECT_EQ(machine.step().next, now + 1s);
}

TEST_F(Pulse, LooksMoreOftenWhileItStops) {
  machine.begin_stop();
  EXPECT_EQ(machine.step().next, now + 200ms);
}

TEST_F(Pulse, KnowsWhenATimelineWasSeenForATtl) {
  for (int n = 0; n < 6; ++n) EXPECT_FALSE(step().timeline_waited) << n;
  EXPECT_TRUE(step().timeline_waited);
  store.answer = error{errc::unavailable, "away"};
  EXPECT_FALSE(step().timeline_waited) << "unknown";
  answer_with({});
  EXPECT_TRUE(step().timeline_waited) << "its time goes on while nobody looks";
}

TEST_F(Pulse, ShowsWhetherItDrains) {
  const struct {
    bool stopping, wanted;
    node_state shown;
    const char* written;  // "" = nothing
  } cases[] = {
      {false, false, node_state::active, ""},          {false, true, node_state::active, "1 draining"},
      {false, true, node_state::draining, ""},         {false, false, node_state::draining, "1 active"},
      {true, false, node_state::active, "1 draining"}, {true, false, node_state::draining, ""},
      {true, true, node_state::draining, ""},          {false, false, node_state::joining, ""},
      {true, false, node_state::joining, ""}};
  for (const auto& c : cases) {
    pulse one{store, settings, joined, [this] { return now; }};
    if (c.stopping) one.begin_stop();
    view().drain_wanted = c.wanted;
    view().state = c.shown;
    one.step();
    std::vector<std::string> expected = {"beat 1"};
    if (*c.written != '\0') expected.push_back(c.written);
    EXPECT_EQ(asked(), expected) << c.stopping << c.wanted << to_string(c.shown);
  }
}

TEST_F(Pulse, SaysGoodbye) {
  EXPECT_TRUE(machine.leave());
  EXPECT_THAT(asked(), ElementsAre("1 stopped"));
}

TEST_F(Pulse, SaysWithItsBeatWhatTheWorkerNoted) {
  worker_note note;
  note.late_writes_refused = 3;
  machine.step(note);
  EXPECT_EQ(store.said.late_writes_refused, 3);
}

}  // namespace
}  // namespace weir::cluster
