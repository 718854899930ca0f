// The whole matrix of states and events against its golden file; UPDATE_GOLDEN=1 rewrites that.
#include "domain/task_state.hpp"

#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "domain/names.hpp"

namespace weir::domain {
namespace {

constexpr task_state all_states[] = {task_state::ready, task_state::in_progress, task_state::retry,
                                     task_state::done,  task_state::failed,      task_state::cancelled};
constexpr task_event all_events[] = {task_event::start,       task_event::success,    task_event::retry,
                                     task_event::failure,     task_event::snooze,     task_event::cancel,
                                     task_event::timeout,     task_event::crash,      task_event::last_crash,
                                     task_event::interrupted, task_event::superseded, task_event::moved};

std::string name_of(task_event event) {
  if (event == task_event::start) return "start";
  if (event == task_event::last_crash) return "last crash";
  return to_string(*run_result_of(static_cast<char>(event)));
}

std::string matrix() {
  std::ostringstream out;
  const auto cell = [&](const std::string& text) { out << std::left << std::setw(13) << text << "|"; };
  const auto end_line = [&] { out << "\n"; };
  cell("event");
  for (const auto from : all_states) cell(to_string(from));
  end_line();
  for (const auto event : all_events) {
    cell(name_of(event));
    for (const auto from : all_states) {
      const auto to = next_state(from, event);
      cell(to ? to_string(*to) : "-");
    }
    end_line();
  }
  return out.str();
}

TEST(TaskState, FollowsTheGoldenMatrix) {
  const std::string path = std::string{WEIR_GOLDEN_DIR} + "/task_states.txt";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream{path} << matrix();
  std::ifstream file{path};
  const std::string golden{std::istreambuf_iterator<char>{file}, {}};

  EXPECT_EQ(matrix(), golden) << "UPDATE_GOLDEN=1 rewrites " << path;
}

TEST(TaskState, IsFinalExactlyAfterAFinalResult) {
  for (const auto from : all_states) {
    for (const auto event : all_events) {
      const auto to = next_state(from, event);
      if (!to || event == task_event::start) continue;
      EXPECT_EQ(finished(*to), is_final(*run_result_of(static_cast<char>(event)))) << name_of(event);
    }
  }
}

TEST(TaskState, NeverLeavesAFinishedOne) {
  for (const auto from : all_states) {
    for (const auto event : all_events) {
      if (!finished(from)) continue;
      EXPECT_FALSE(next_state(from, event)) << to_string(from) << " " << name_of(event);
    }
  }
}

TEST(TaskState, HasALetterInOpenWhileUnfinished) {
  EXPECT_EQ(open_letter(task_state::ready), 'w');
  EXPECT_EQ(open_letter(task_state::in_progress), 'i');
  EXPECT_EQ(open_letter(task_state::retry), 'r');
  for (const auto state : {task_state::ready, task_state::in_progress, task_state::retry}) {
    EXPECT_EQ(state_of_open_letter(open_letter(state)), state);
  }
  EXPECT_FALSE(state_of_open_letter('d'));
}

}  // namespace
}  // namespace weir::domain
