// Sessions: an error tells their owner, and nothing reconnects by itself.
#include "tests/driver/fixture.hpp"

namespace weir::conformance {
namespace {

class sessions : public conformance {
 protected:
  void SetUp() override {
    conformance::SetUp();
    if (!IsSkipped()) own_lane();
  }
  /// The first answer after the break may leave a write in doubt; from then on nothing is reached.
  static bool lost(std::optional<errc> code) { return code == errc::unavailable || code == errc::in_doubt; }
};

TEST_F(sessions, AReadOnABrokenSessionIsUnavailableUntilReconnect) {
  insert(lane_task("t"));
  must(console().view());
  store().break_sessions();
  const std::vector<read_request> onwards{{lane_, start_, false, 10}};
  EXPECT_EQ(code_of(tasks().read(onwards)), errc::unavailable);
  EXPECT_EQ(code_of(tasks().read(onwards)), errc::unavailable) << "no silent reconnect";
  EXPECT_EQ(code_of(tasks().read(onwards)), errc::unavailable);
  EXPECT_EQ(code_of(console().view()), errc::unavailable);
  EXPECT_EQ(code_of(coordination().load()), errc::unavailable);
  must(tasks().reconnect());
  EXPECT_EQ(must(tasks().read(onwards)).rows.size(), 1U);
  EXPECT_EQ(code_of(console().view()), errc::unavailable) << "each session for itself";
  must(console().reconnect());
  must(console().view());
}

TEST_F(sessions, AWriteOnABrokenSessionIsLostAndStaysLost) {
  const auto row = insert(lane_task("t"));
  store().break_sessions();
  EXPECT_TRUE(lost(code_of(tasks().insert({lane_task("u")}))));
  EXPECT_EQ(code_of(tasks().insert({lane_task("u")})), errc::unavailable);
  EXPECT_TRUE(lost(code_of(membership().beat(n1_))));
  EXPECT_TRUE(lost(code_of(ownership_of_nodes().release(n1_, lane_))));
  must(tasks().reconnect());
  must(membership().reconnect());
  must(coordination().reconnect());
  EXPECT_EQ(ids_of(read_all(lane_)), std::vector<task_id>{row});
  EXPECT_EQ(must(membership().beat(n1_)).state, node_state::active) << "a lost session is not a dead node";
  EXPECT_EQ(partition(lane_.part).owner, n1_);
}

TEST_F(sessions, ReconnectingWhatIsWellIsHarmless) {
  must(tasks().reconnect());
  const auto id = insert(lane_task("t"));
  must(tasks().reconnect());
  EXPECT_EQ(ids_of(read_all(lane_)), std::vector<task_id>{id});
}

TEST_F(sessions, TwoSessionsOfOneDriverSeeTheSameStore) {
  auto other = store().driver().open_tasks();
  const auto id = must(other->insert({lane_task("t")})).at(0).id;
  EXPECT_EQ(ids_of(read_all(lane_)), std::vector<task_id>{id});
}

}  // namespace
}  // namespace weir::conformance
