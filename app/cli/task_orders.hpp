// What is asked of many tasks at once, by command or by HTTP: which are meant, and what became of each.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <weir/boot_clock.hpp>
#include <weir/driver/console_store.hpp>
#include <weir/result.hpp>

namespace weir::app {

/// One kind of order, as far as they differ.
struct order_kind {
  std::string verb;                   ///< "cancel"
  std::string past;                   ///< "cancelled"
  std::vector<task_state> by_filter;  ///< the states that a filter without states means
};
/// cancel, retry, snooze, requeue; null: none of them.
const order_kind* find_order(const std::string& verb);

/// What became of an order for one task.
struct task_answer {
  task_id id = 0;
  std::string word;  ///< for people: "cancelled", "asked its owner", "has ended"
  errc trouble{};    ///< refused or not_found; 0 = as wanted
  task_id made = 0;  ///< the copy, of a requeue
};

/// The tasks that a filter means, the kind's states if it has none; oldest first, at most `most`.
/// (Copies of one key must be made in the order of the tasks, or the last run has old data.)
result<std::vector<task_id>> tasks_meant(console_store& store, const order_kind& kind, task_filter filter,
                                         std::size_t most);

/// How many tasks those are, for somebody who waits: counts up to `most`, and looks no further once `time` has passed.
/// The last look may take some 10 ms more.
/// @param now  tells the time
result<bounded_count> count_meant(console_store& store, const order_kind& kind, task_filter filter, int most,
                                  boot_clock::duration time,
                                  const std::function<boot_time()>& now = boot_clock::now);

using order_page = std::function<result<std::vector<task_answer>>(console_store&)>;
/// Brings one page to a store. A page is one transaction, so that what is done is never asked again.
using order_desk = std::function<result<std::vector<task_answer>>(const order_page&)>;

/// Carries the order out, page by page; an answer for each task, in their order.
/// @param not_before  of a snooze: needed there.
/// @param after_page  hears how many are done; of an error those before it are.
result<std::vector<task_answer>> carry_out(const order_desk& at, const order_kind& kind,
                                           const std::vector<task_id>& tasks,
                                           const std::optional<wall_time>& not_before, const std::string& who,
                                           const std::function<void(std::size_t)>& after_page = {});

}  // namespace weir::app
