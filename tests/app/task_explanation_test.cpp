// Why a task waits: a row per reason, then the shape of the JSON and of the text.
#include "app/cli/task_explanation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/sample_view.hpp"

namespace weir::app {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

/// A ready task in slot 0 of single stream "lane", owned by n1 under epoch 3, all well.
task_evidence plain() {
  task_evidence seen;
  seen.now = sample_now();
  seen.task.id = 7;
  seen.task.name = "mail";
  seen.task.key = "k";
  seen.task.stream = "lane";
  seen.task.created_at = seen.task.do_after = seen.now - seconds{60};
  node_row node;
  node.id = 11;
  node.facts.name = "n1";
  node.facts.actions = {"mail"};
  node.state = node_state::active;
  node.beat_age_seconds = 0.4;
  seen.rows.nodes = {node};
  stream_row stream;
  stream.id = 2;
  stream.name = "lane";
  stream.mode = stream_mode::single;
  seen.rows.streams = {stream};
  partition_row part;
  part.id = 17;
  part.stream = 2;
  part.owner = 11;
  part.owner_name = part.assigned_to = "n1";
  part.epoch = 3;
  seen.rows.partitions = {part};
  seen.facts.part = 17;
  seen.facts.slot = 0;
  seen.leader = term_row{};
  return seen;
}

attempt_record attempt(char result, const std::string& message) {
  attempt_record one;
  one.attempt = 1;
  one.node = "n1";
  one.started_at = one.finished_at = sample_now() - seconds{5};
  one.result = result;
  one.message = message;
  return one;
}

void waits(task_evidence& seen, char state, seconds due_in, epoch_number epoch = 3) {
  task_facts::open_row row;
  row.state = state;
  row.epoch = epoch;
  row.due = seen.now + due_in;
  row.since = seen.now - seconds{4};
  row.attempts = row.runs = 1;
  seen.facts.open = row;
}

TEST(TaskExplanation, NamesTheReasonThatMustChangeFirst) {
  const struct {
    const char* code;
    const char* says;
    std::function<void(task_evidence&)> change;
  } cases[] = {
      {"queued", "on node n1, behind about 3 tasks", [](auto& seen) { seen.facts.ahead = 3; }},
      {"rate_limited", "waits for the rate limit of stream lane (10/s) on node n1, behind about 1 task",
       [](auto& seen) {
         seen.rows.streams[0].rate = {10, seconds{1}};
         seen.facts.ahead = 1;
       }},
      {"queued", "its turn",
       [](auto& seen) {
         seen.rows.streams[0].rate = {10, seconds{1}};
         seen.facts.running = 1;  // of at most 1
       }},
      {"stream_rests",
       "Stream lane rests on node n1 after 5 failed runs in a row, one is tried in 40s; the last one said: "
       "no route",
       [](auto& seen) {
         seen.rows.nodes[0].said.resting = {{2, 5, seconds{40}, "no route"}};
       }},
      {"stream_rests", "one is tried now",
       [](auto& seen) {
         seen.rows.nodes[0].said.resting = {{2, 5, seconds{0}, "no route"}};
       }},
      {"queued", "its turn",
       [](auto& seen) {
         seen.rows.nodes[0].said.resting = {{3, 5, seconds{40}, "another"}};
       }},
      {"retry_later", "in 40s",
       [](auto& seen) {
         seen.rows.nodes[0].said.resting = {{2, 5, seconds{9}, "no route"}};
         waits(seen, 'r', seconds{40});
       }},
      {"queued", "10,000+ tasks", [](auto& seen) { seen.facts.ahead = 10'001; }},
      {"not_due", "not due before 2026-11-22T19:36:03.250000Z, in 10m00s",
       [](auto& seen) { seen.task.do_after = seen.now + seconds{600}; }},
      {"not_due", "in 30s", [](auto& seen) { waits(seen, 'w', seconds{30}); }},
      {"retry_later", "in 40s; attempt 1 on node n1 ended with timeout: too slow",
       [](auto& seen) {
         waits(seen, 'r', seconds{40});
         seen.attempts = {attempt('t', "too slow")};
       }},
      {"queued", "its turn", [](auto& seen) { waits(seen, 'r', seconds{-1}); }},
      {"key_busy", "waits for task 5 of the same key", [](auto& seen) { seen.facts.running_of_key = 5; }},
      {"will_be_superseded", "superseded by task 9", [](auto& seen) { seen.facts.newer_of_key = 9; }},
      {"paused", "weir stream resume lane", [](auto& seen) { seen.rows.streams[0].paused = true; }},
      {"paused", "until 2026-11-22T19:27:03.250000Z, in 1m00s",
       [](auto& seen) {
         seen.rows.streams[0].paused = true;
         seen.rows.streams[0].paused_until = seen.now + seconds{60};
       }},
      {"pinned_node_away", "pinned to node n2, which was never seen",
       [](auto& seen) { seen.rows.streams[0].pin = "n2"; }},
      {"unowned", "node n1 is to take it", [](auto& seen) { seen.rows.partitions[0].owner = 0; }},
      {"no_leader", "No node leads",
       [](auto& seen) {
         seen.rows.partitions[0].owner = 0;
         seen.leader.reset();
       }},
      {"no_nodes", "weir run",
       [](auto& seen) {
         seen.rows.nodes[0].state = node_state::dead;
         seen.rows.partitions[0].owner = 0;
       }},
      {"owner_silent", "node n1, has not beaten for 9.0s",
       [](auto& seen) { seen.rows.nodes[0].beat_age_seconds = 9; }},
      {"no_action", "No running node has an action named mail",
       [](auto& seen) { seen.rows.nodes[0].facts.actions.clear(); }},
      {"action_away", "it waits for node n2, which is stopped, or another that has it",
       [](auto& seen) {
         seen.rows.nodes.push_back(seen.rows.nodes[0]);
         seen.rows.nodes[1].id = 12;
         seen.rows.nodes[1].facts.name = "n2";
         seen.rows.nodes[1].state = node_state::stopped;
         seen.rows.nodes[0].facts.actions.clear();
       }},
      {"no_action",
       "Node n1 owns its partition and has no action named mail, node n2 has: `weir stream move lane n2`",
       [](auto& seen) {
         seen.rows.nodes.push_back(seen.rows.nodes[0]);
         seen.rows.nodes[1].id = 12;
         seen.rows.nodes[1].facts.name = "n2";
         seen.rows.nodes[0].facts.actions = {"print"};
       }},
      {"running", "It runs on node n1, attempt 2, for 4.0s",
       [](auto& seen) {
         seen.task.state = task_state::in_progress;
         waits(seen, 'i', seconds{-4});
       }},
      {"cut_off", "was cut off",
       [](auto& seen) {
         seen.task.state = task_state::in_progress;
         waits(seen, 'i', seconds{-4}, 2);
       }},
      {"done", "DONE at 2026-11-22T19:26:03.250000Z: attempt 1 on node n1 ended with success: sent",
       [](auto& seen) {
         seen.task.state = task_state::done;
         seen.task.finished_at = seen.now;
         seen.attempts = {attempt('d', "sent")};
       }},
      {"failed", "FAILED for good",
       [](auto& seen) {
         seen.task.state = task_state::failed;
         seen.attempts = {attempt('f', "no such address")};
       }},
      {"superseded", "superseded by task 9, a newer task of its key, which is DONE",
       [](auto& seen) {
         seen.task.state = task_state::cancelled;
         seen.successor = seen.task;
         seen.successor->id = 9;
         seen.successor->state = task_state::done;
       }},
      {"cancelled", "CANCELLED: no node has an action named 'mail'",
       [](auto& seen) {
         seen.task.state = task_state::cancelled;
         seen.task.message = "no node has an action named 'mail'";
       }},
  };
  for (const auto& c : cases) {
    auto seen = plain();
    c.change(seen);
    const auto why = reasons_of(seen);
    ASSERT_FALSE(why.empty());
    EXPECT_EQ(why.front().code, c.code) << c.says;
    EXPECT_THAT(why.front().sentence, HasSubstr(c.says));
  }
}

TEST(TaskExplanation, TellsEverythingElseThatHolds) {
  auto seen = plain();
  seen.rows.streams[0].paused = true;
  seen.task.do_after = seen.now + seconds{600};
  seen.facts.newer_of_key = 9;
  std::vector<std::string> codes;
  for (const auto& one : reasons_of(seen)) codes.push_back(one.code);
  EXPECT_THAT(codes, ElementsAre("paused", "not_due", "will_be_superseded"));
  EXPECT_THAT(explanation_text(seen, false, 0), HasSubstr("\nalso: It is not due before"));
}

TEST(TaskExplanation, HasTheSameMembersWhateverItSays) {
  const auto members = [](const task_evidence& seen) {
    std::vector<std::string> names;
    const auto shown = explanation_json(seen);
    for (const auto& [name, value] : shown.items()) names.push_back(name);
    return names;
  };
  const auto expected = members(plain());
  auto bare = plain();
  bare.rows = {};
  bare.facts = {};
  bare.task.key.reset();
  EXPECT_EQ(members(bare), expected) << "a task of a deleted stream";
  auto over = plain();
  over.task.state = task_state::cancelled;
  over.successor = over.task;
  over.attempts = {attempt('s', "superseded by 9")};
  EXPECT_EQ(members(over), expected);
  waits(over, 'r', seconds{10});
  EXPECT_EQ(members(over), expected);
}

TEST(TaskExplanation, ShowsTheFactsBelowTheConclusion) {
  auto seen = plain();
  seen.rows.streams[0].pin = "n1";
  const auto text = explanation_text(seen, false, 0);
  EXPECT_EQ(text.substr(0, text.find('\n')), reasons_of(seen).front().sentence);
  for (const auto* line :
       {"task          7 mail, key k\n", "stream        lane, slot 0\n", "pin           node n1, strict\n",
        "owner         node n1, epoch 3, last beat 0.4s ago\n", "performed by  n1\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

}  // namespace
}  // namespace weir::app
