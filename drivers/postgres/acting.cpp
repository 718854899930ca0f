// Actions and their rows in the audit.
#include "drivers/postgres/acting.hpp"

#include "drivers/postgres/task_statements.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

parameters row_of(const operator_identity& by, const domain::operator_action& what,
                  const std::optional<error>& why) {
  parameters row;
  row.add(by.who).add(by.way).add(what.name).add(what.object).add(what.details);
  return row.add(domain::result_text(what, why)).add(by.request);
}

/// A statement that failed took its transaction along, so this is one of its own. If it is lost, nothing happened that
/// nobody knows of.
void note_failure(session& on, const operator_identity& by, const domain::operator_action& what,
                  const error& why) {
  if (domain::is_noted(why)) static_cast<void>(note(on, by, what, why));
}

}  // namespace

result<pqxx::result> act(session& on, const operator_identity& by, domain::operator_action what,
                         const sql::statement& order, const parameters& with, const verdict& judge) {
  std::optional<error> why;
  auto answer = on.run_both(order, with, sql::note_action, [&](const pqxx::result& rows) {
    if (judge) why = judge(rows, what);
    return row_of(by, what, why);
  });
  if (answer && why) return *why;
  if (!answer) note_failure(on, by, what, answer.error());
  return answer;
}

result<void> act(session& on, const operator_identity& by, domain::operator_action what,
                 const std::function<result<bool>(const session::step&, domain::operator_action&)>& order) {
  const auto done = on.run_steps([&](const session::step& run) -> result<bool> {
    auto carried = order(run, what);
    if (!carried || !*carried) return carried;
    if (const auto noted = run(sql::note_action, row_of(by, what, {})); !noted) return noted.error();
    return true;
  });
  if (!done) note_failure(on, by, what, done.error());
  return done;
}

result<void> note(session& on, const operator_identity& by, const domain::operator_action& what,
                  const std::optional<error>& why) {
  const auto noted = on.run(sql::note_action, row_of(by, what, why), effect::writes);
  if (!noted) return noted.error();
  return {};
}

result<std::vector<inserted>> operator_session::enqueue(const std::vector<insert_row>& rows) {
  return insert_tasks(session_, rows);
}

}  // namespace weir::postgres
