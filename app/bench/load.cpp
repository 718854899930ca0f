#include "app/bench/load.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include <weir/client.hpp>

namespace weir::app::bench {

namespace {

using clock = std::chrono::steady_clock;

/// A gateway that is full says so at once; this long later there is room.
constexpr std::chrono::milliseconds overload_pause{2};

/// What all callers add to.
struct ledger {
  std::mutex lock;
  load_taken taken;
  std::optional<error> failed;
};

void send_share(const load_plan& plan, std::int64_t share, ledger& book) {
  client_options options;
  options.name = "weir bench";
  client producer{plan.gateway, options};
  const nlohmann::json data{{"pad", std::string(plan.data_bytes > 10 ? plan.data_bytes - 10 : 0, 'x')}};
  std::vector<double> answers;
  std::int64_t sent = 0;
  while (sent < share) {
    const auto count = std::min<std::int64_t>(plan.batch, share - sent);
    const std::vector<new_task> tasks(static_cast<std::size_t>(count), new_task{task_name}.data(data));
    const auto at = clock::now();
    const auto ids = producer.enqueue(tasks);
    if (!ids && ids.error().code == errc::overloaded) {
      std::this_thread::sleep_for(overload_pause);
      continue;
    }
    if (!ids) {
      const std::lock_guard guard(book.lock);
      book.failed = ids.error();
      return;
    }
    answers.push_back(std::chrono::duration<double, std::milli>(clock::now() - at).count());
    sent += count;
  }
  const std::lock_guard guard(book.lock);
  book.taken.tasks += sent;
  book.taken.answers_ms.insert(book.taken.answers_ms.end(), answers.begin(), answers.end());
}

}  // namespace

result<load_taken> send_load(const load_plan& plan) {
  ledger book;
  const auto begin = clock::now();
  std::vector<std::thread> callers;
  for (int n = 0; n < plan.callers; ++n) {
    const std::int64_t share = plan.tasks / plan.callers + (n < plan.tasks % plan.callers ? 1 : 0);
    callers.emplace_back([&plan, &book, share] { send_share(plan, share, book); });
  }
  for (std::thread& caller : callers) caller.join();
  if (book.failed) return *book.failed;
  book.taken.seconds = std::chrono::duration<double>(clock::now() - begin).count();
  std::sort(book.taken.answers_ms.begin(), book.taken.answers_ms.end());
  return std::move(book.taken);
}

double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

}  // namespace weir::app::bench
