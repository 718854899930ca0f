// Reads tasks for people.
#include "drivers/postgres/console_tasks.hpp"

#include <algorithm>
#include <unordered_map>

#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/task_search.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

/// Counts are exact up to here; one more is looked at, to know that there are more.
constexpr std::int64_t exact = 10'000;
/// Tasks of a stream that are looked at of those beyond the marks of its partitions: under load most have ended.
constexpr std::int64_t most_behind = exact + 1;
/// How many failed and how many retrying tasks are looked at for their errors.
constexpr int most_errors = 1'000;
constexpr int most_ids = 10'000;

double seconds(const pqxx::field& field) { return field.is_null() ? 0 : std::max(0.0, field.as<double>()); }

task_record record_of(const pqxx::row& row) {
  task_record record;
  record.id = number(row[0]);
  record.name = text(row[1]);
  record.key = maybe_text(row[2]);
  record.stream = text(row[3]);
  record.data = text(row[4]);
  record.state = parse_task_state(text(row[5])).value_or(task_state::ready);
  record.attempt = number<int>(row[6]);
  record.message = maybe_text(row[7]);
  record.do_after = instant(row[8]);
  record.created_at = instant(row[9]);
  record.created_by = text(row[10]);
  record.traceparent = text(row[11]);
  record.finished_at = maybe_instant(row[12]);
  return record;
}

result<std::vector<task_record>> records_of(operator_session& on, const std::vector<task_id>& wanted) {
  std::vector<task_record> records;
  if (wanted.empty()) return records;
  array_text ids;
  for (const task_id id : wanted) ids.add(id);
  const auto rows = on.read(sql::task_records, parameters{}.add(ids));
  if (!rows) return rows.error();
  for (const auto& row : *rows) records.push_back(record_of(row));
  return records;
}

bool is_in(const task_filter& filter, task_state state) {
  return filter.states.empty() ||
         std::find(filter.states.begin(), filter.states.end(), state) != filter.states.end();
}

order_answer answer_of(const std::string& word) {
  if (word == "done") return order_answer::done;
  if (word == "asked") return order_answer::asked;
  if (word == "ended") return order_answer::ended;
  if (word == "running") return order_answer::running;
  return order_answer::unknown;
}

error no_task(task_id id) { return {errc::not_found, "there is no task " + std::to_string(id)}; }

}  // namespace

result<audit_page> list_audit(operator_session& on, const audit_filter& filter) {
  const int limit = std::clamp(filter.limit, 1, 1000);
  parameters with;
  with.add(filter.before);
  filter.since ? with.add(microseconds_of(*filter.since)) : with.add_null();
  const auto rows = on.read(sql::audit_list, with.add(limit + 1));
  if (!rows) return rows.error();
  audit_page page;
  for (const auto& row : *rows) {
    if (static_cast<int>(page.items.size()) == limit) {
      page.next = page.items.back().id;
      break;
    }
    page.items.push_back({number(row[0]), instant(row[1]), text(row[2]), text(row[3]), text(row[4]),
                          text(row[5]), text(row[6]), text(row[7]), text(row[8])});
  }
  return page;
}

result<task_page> list_tasks(operator_session& on, const task_filter& filter) {
  auto found = search_tasks(on, filter, std::clamp(filter.limit, 1, 1000));
  if (!found) return found.error();
  auto records = records_of(on, found->ids);
  if (!records) return records.error();
  task_page page{{}, found->next};
  for (auto& each : *records) {
    // some have gone on between the two statements
    if (is_in(filter, each.state)) page.items.push_back(std::move(each));
  }
  return page;
}

result<task_id_page> list_ids(operator_session& on, const task_filter& filter) {
  return search_tasks(on, filter, std::clamp(filter.limit, 1, most_ids));
}

result<task_record> find_task(operator_session& on, task_id id) {
  auto records = records_of(on, {id});
  if (!records) return records.error();
  if (records->empty()) return no_task(id);
  return std::move(records->front());
}

result<std::vector<attempt_record>> attempts_of(operator_session& on, task_id id) {
  const auto rows = on.read(sql::task_attempts, parameters{}.add(id));
  if (!rows) return rows.error();
  std::vector<attempt_record> attempts;
  for (const auto& row : *rows) {
    attempts.push_back({number<int>(row[0]), text(row[1]), number(row[2]), instant(row[3]), instant(row[4]),
                        text(row[5]).at(0), text(row[6])});
  }
  return attempts;
}

result<std::vector<order_answer>> order_tasks(operator_session& on, const task_order& what) {
  array_text ids;
  for (const task_id id : what.tasks) ids.add(id);
  const std::string kind(1, static_cast<char>(what.kind));
  std::optional<std::int64_t> not_before;
  if (what.not_before) not_before = microseconds_of(*what.not_before);
  std::vector<order_answer> all;
  const auto rows =
      on.act(domain::ordering(what, {}, on.acts_as().filter), sql::ask_tasks,
             parameters{}.add(kind).add(ids).add(not_before).add(what.who),
             [&](const pqxx::result& answered, domain::operator_action& told) -> std::optional<error> {
               std::unordered_map<task_id, order_answer> answers;
               for (const auto& row : answered) answers[number(row[0])] = answer_of(text(row[1]));
               for (const task_id id : what.tasks) all.push_back(answers.at(id));
               told = domain::ordering(what, all, on.acts_as().filter);
               return std::nullopt;
             });
  if (!rows) return rows.error();
  return all;
}

result<std::vector<task_id>> requeue_tasks(operator_session& on, const std::vector<task_id>& tasks,
                                           const std::string& who) {
  array_text ids;
  for (const task_id id : tasks) ids.add(id);
  std::vector<task_id> made;
  const auto rows = on.act(
      domain::requeueing(tasks, {}, on.acts_as().filter), sql::requeue_tasks, parameters{}.add(ids).add(who),
      [&](const pqxx::result& answered, domain::operator_action& told) -> std::optional<error> {
        for (const auto& row : answered) made.push_back(maybe_number<task_id>(row[1]).value_or(0));
        told = domain::requeueing(tasks, made, on.acts_as().filter);
        return std::nullopt;
      });
  if (!rows) return rows.error();
  return made;
}

result<std::optional<task_id>> successor_of(operator_session& on, task_id id) {
  const auto rows = on.read(sql::successor, parameters{}.add(id));
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<task_id>{};
  return maybe_number<task_id>((*rows)[0][0]);
}

result<task_facts> facts_of(operator_session& on, task_id id) {
  const auto rows = on.read(sql::task_facts, parameters{}.add(id).add(exact + 1));
  if (!rows) return rows.error();
  if (rows->empty()) return no_task(id);
  const auto row = (*rows)[0];
  task_facts facts;
  facts.part = number<part_id>(row[0]);
  facts.slot = maybe_number<int>(row[1]);
  if (!row[2].is_null()) {
    facts.open =
        task_facts::open_row{text(row[2]).at(0),  number(row[3]),      instant(row[4]),    instant(row[5]),
                             number<int>(row[6]), number<int>(row[7]), number<int>(row[8])};
  }
  facts.running_of_key = maybe_number<task_id>(row[9]);
  facts.newer_of_key = maybe_number<task_id>(row[10]);
  facts.ahead = number(row[11]);
  facts.running = number(row[12]);
  return facts;
}

result<std::int64_t> count_unfinished(operator_session& on, const std::string& name, std::int64_t cap) {
  const auto rows = on.read(sql::count_unfinished, parameters{}.add(name).add(cap));
  if (!rows) return rows.error();
  return number((*rows)[0][0]);
}

result<std::int64_t> count_ended(operator_session& on) {
  const auto rows = on.read(sql::count_ended, {});
  if (!rows) return rows.error();
  return number((*rows)[0][0]);
}

result<std::vector<task_id>> unfinished_tasks(operator_session& on, const task_filter& filter, int most) {
  const auto rows = on.read(
      sql::unfinished_tasks,
      parameters{}.add(filter.stream).add(filter.name).add(filter.key).add(states_or_null(filter)).add(most));
  if (!rows) return rows.error();
  std::vector<task_id> ids;
  ids.reserve(row_count(*rows));
  for (const auto& row : *rows) ids.push_back(number(row[0]));
  return ids;
}

result<std::vector<error_group>> recent_errors(operator_session& on, int limit) {
  const auto rows = on.read(sql::recent_errors, parameters{}.add(most_errors).add(limit));
  if (!rows) return rows.error();
  std::vector<error_group> groups;
  for (const auto& row : *rows) {
    groups.push_back(
        {text(row[0]), text(row[1]).at(0), text(row[2]), number(row[3]), number(row[4]), instant(row[5])});
  }
  return groups;
}

result<std::vector<stream_counts>> count_streams(operator_session& on) {
  const auto rows = on.read(sql::stream_counts, parameters{}.add(exact + 1).add(most_behind));
  if (!rows) return rows.error();
  std::vector<stream_counts> all;
  for (const auto& row : *rows) {
    stream_counts counts;
    counts.stream = number<stream_id>(row[0]);
    const auto unread = number(row[1]);
    const auto waiting = number(row[3]);
    counts.ready = std::min(unread + waiting, exact);
    counts.retry = std::min(number(row[4]), exact);
    counts.in_progress = std::min(number(row[6]), exact);
    // waiting and retry were counted under one cap
    counts.capped = flag(row[10]) || unread + waiting > exact || waiting + number(row[4]) > exact ||
                    number(row[6]) > exact;
    counts.oldest_ready_seconds = std::max(seconds(row[2]), seconds(row[5]));
    counts.done = number(row[7]);
    counts.failed = number(row[8]);
    counts.cancelled = number(row[9]);
    all.push_back(counts);
  }
  return all;
}

}  // namespace weir::postgres
