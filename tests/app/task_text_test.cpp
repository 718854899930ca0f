// Tasks as INTERFACE section 3 spells them.
#include "app/cli/task_text.hpp"

#include <gtest/gtest.h>

#include "app/cli/json_text.hpp"
#include "tests/app/golden.hpp"
#include "tests/app/sample_view.hpp"

namespace weir::app {
namespace {

task_record sample_task() {
  task_record out;
  out.id = 9'007'199'254'740'993;  // not a double
  out.name = "customer_update";
  out.key = "42";
  out.stream = "partner";
  out.data = R"({"customer_id": "42", "big": 12345678901234567890123})";
  out.state = task_state::retry;
  out.attempt = 2;
  out.message = "partner said: \"busy\"\nagain \x1b[31m";
  out.do_after = sample_now();
  out.created_at = sample_now() - std::chrono::seconds{60};
  out.created_by = "app";
  return out;
}

std::vector<attempt_record> sample_attempts() {
  attempt_record first;
  first.attempt = 1;
  first.node = "n1";
  first.epoch = 3;
  first.started_at = sample_now() - std::chrono::seconds{50};
  first.finished_at = first.started_at + std::chrono::milliseconds{120};
  first.result = 'x';
  first.message = "killed by SIGSEGV";
  auto second = first;
  second.attempt = 2;
  second.result = 'r';
  second.message = "busy";
  return {first, second};
}

TEST(TaskJson, HasTheShapeOfTheInterface) {
  const auto attempts = sample_attempts();
  expect_golden("task.json", pretty(task_json(sample_task(), &attempts)) + "\n");
}

TEST(TaskJson, AlwaysHasEveryKey) {
  task_record bare;
  bare.data = "{}";
  const auto parsed = ordered_json::parse(task_json(bare));
  std::vector<std::string> keys;
  for (const auto& [key, value] : parsed.items()) keys.push_back(key);
  EXPECT_EQ(keys,
            (std::vector<std::string>{"id", "name", "key", "stream", "data", "state", "attempt", "message",
                                      "do_after", "created_at", "created_by", "finished_at"}));
  EXPECT_TRUE(parsed["id"].is_string());
  EXPECT_TRUE(parsed["key"].is_null());
  EXPECT_TRUE(parsed["message"].is_null());
  EXPECT_TRUE(parsed["finished_at"].is_null());
  EXPECT_EQ(parsed["state"], "READY");
}

TEST(TaskPage, NamesTheCursorAsText) {
  task_page page;
  EXPECT_EQ(task_page_json(page), R"({"items":[],"next":null})");
  page.next = 17;
  EXPECT_EQ(task_page_json(page), R"({"items":[],"next":"17"})");
}

TEST(TaskTable, IsForPeople) {
  task_page page;
  page.items = {sample_task(), sample_task()};
  page.items[1].id = 7;
  page.items[1].key = std::nullopt;
  page.items[1].state = task_state::done;
  page.items[1].message = std::nullopt;
  expect_golden("task_list.txt", task_table(page, false, 0));
}

TEST(TaskCard, IsForPeople) {
  expect_golden("task_show.txt", task_card(sample_task(), sample_attempts(), false, 0));
}

}  // namespace
}  // namespace weir::app
