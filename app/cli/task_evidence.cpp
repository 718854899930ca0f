#include "app/cli/task_evidence.hpp"

namespace weir::app {

result<task_evidence> gather_evidence(console_store& store, task_id id, wall_time now) {
  task_evidence seen;
  seen.now = now;
  auto task = store.task(id);
  if (!task) return task.error();
  seen.task = std::move(*task);
  auto attempts = store.attempts(id);
  if (!attempts) return attempts.error();
  seen.attempts = std::move(*attempts);
  const auto successor = store.successor(id);
  if (!successor) return successor.error();
  if (*successor) {
    auto newer = store.task(**successor);
    if (newer) seen.successor = std::move(*newer);
  }
  auto facts = store.facts(id);
  if (!facts) return facts.error();
  seen.facts = *facts;
  auto rows = store.rows();
  if (!rows) return rows.error();
  seen.rows = std::move(*rows);
  auto terms = store.leaders(1);
  if (!terms) return terms.error();
  if (!terms->empty() && !terms->front().ended_at) seen.leader = terms->front();
  return seen;
}

}  // namespace weir::app
