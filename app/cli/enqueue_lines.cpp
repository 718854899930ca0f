// The batch machine: gather, send, halve on refusal, wait while the database is away.
#include "app/cli/enqueue_lines.hpp"

#include <array>

#include "app/cli/json_text.hpp"
#include "app/cli/task_input.hpp"

namespace weir::app {

namespace {

using std::chrono::milliseconds;

// Around 15 seconds in all: a database restart, not an outage.
constexpr std::array<milliseconds, 7> waits{milliseconds{200},  milliseconds{400},  milliseconds{800},
                                            milliseconds{1600}, milliseconds{3000}, milliseconds{4000},
                                            milliseconds{5000}};

// Room for the other members beside the data.
constexpr std::size_t members_bytes = std::size_t{16} * 1024;

// Reads one line of at most `limit` bytes; the rest of a longer one is read over. False at the end.
bool read_line(std::istream& in, std::string& text, std::size_t limit, bool& too_long) {
  text.clear();
  too_long = false;
  auto* buffer = in.rdbuf();
  bool any = false;
  for (int c = buffer->sbumpc(); c != std::char_traits<char>::eof(); c = buffer->sbumpc()) {
    any = true;
    if (c == '\n') return true;
    if (text.size() < limit)
      text.push_back(static_cast<char>(c));
    else
      too_long = true;
  }
  return any;
}

bool is_blank_line(const std::string& text) { return text.find_first_not_of(" \t\r") == std::string::npos; }

bool nothing_happened(errc code) {
  return code == errc::unavailable || code == errc::read_only || code == errc::overloaded ||
         code == errc::timeout;
}

bool blames_a_row(errc code) {
  return code == errc::invalid || code == errc::not_found || code == errc::refused || code == errc::conflict;
}

}  // namespace

std::string line_result_json(const line_result& result) {
  ordered_json out{{"line", result.line}};
  if (result.id)
    out["id"] = std::to_string(*result.id);
  else
    out["error"] = {{"code", to_string(result.problem.code)}, {"message", result.problem.message}};
  return compact(out);
}

enqueue_totals line_enqueuer::run(std::istream& in) {
  std::string text;
  bool too_long = false;
  for (std::size_t number = 1;; ++number) {
    if (!pending_.empty() && in.rdbuf()->in_avail() <= 0) flush();
    if (!read_line(in, text, payload_limit_ + members_bytes, too_long)) break;
    if (number == 1 && text.rfind("\xEF\xBB\xBF", 0) == 0) text.erase(0, 3);
    if (!is_blank_line(text)) add(number, text, too_long);
  }
  flush();
  return totals_;
}

void line_enqueuer::add(std::size_t number, const std::string& text, bool too_long) {
  const bool full = pending_.size() >= batch_lines || bytes_ + text.size() > batch_bytes;
  if (full && !pending_.empty()) flush();
  if (too_long) {
    const auto limit = std::to_string(payload_limit_ + members_bytes);
    pending_.push_back(
        {number, error{errc::invalid, "the line is longer than " + limit +
                                          " bytes; raise limits.payload or store the data elsewhere"}});
    return;
  }
  bytes_ += text.size();
  pending_.push_back({number, row_of_line(text, payload_limit_)});
}

void line_enqueuer::flush() {
  if (pending_.empty()) return;
  std::vector<insert_row> rows;
  for (const auto& one : pending_)
    if (one.row) rows.push_back(*one.row);
  const auto sent = rows.empty() ? std::vector<result<task_id>>{} : send(rows);
  std::size_t next = 0;
  for (const auto& one : pending_) {
    const result<task_id> answer = one.row ? sent.at(next++) : result<task_id>{one.row.error()};
    line_result out;
    out.line = one.number;
    if (answer) {
      out.id = *answer;
      ++totals_.enqueued;
    } else {
      out.problem = answer.error();
      ++totals_.failed;
      if (answer.error().code == errc::in_doubt) ++totals_.in_doubt;
    }
    if (hooks_.on_result) hooks_.on_result(out);
  }
  pending_.clear();
  bytes_ = 0;
  if (hooks_.on_batch) hooks_.on_batch(totals_);
}

std::vector<result<task_id>> line_enqueuer::send(const std::vector<insert_row>& rows) {
  const auto answer = insert(rows);
  if (answer && answer->size() == rows.size()) {
    std::vector<result<task_id>> out;
    for (const task_id id : *answer) out.emplace_back(id);
    return out;
  }
  const error problem =
      answer ? error{errc::internal, "the store answered for another number of tasks"} : answer.error();
  if (!blames_a_row(problem.code) || rows.size() == 1)
    return std::vector<result<task_id>>(rows.size(), problem);
  const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
  auto out = send({rows.begin(), middle});
  auto rest = send({middle, rows.end()});
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

result<std::vector<task_id>> line_enqueuer::insert_once(const std::vector<insert_row>& rows) {
  if (hooks_.send) return hooks_.send(rows);
  const auto made = store_.enqueue(rows);
  if (!made) return made.error();
  std::vector<task_id> ids;
  for (const inserted& one : *made) ids.push_back(one.id);
  return ids;
}

result<std::vector<task_id>> line_enqueuer::insert(const std::vector<insert_row>& rows) {
  for (std::size_t attempt = 0;; ++attempt) {
    auto answer = insert_once(rows);
    if (answer) {
      away_ = false;
      return answer;
    }
    const auto code = answer.error().code;
    if (code == errc::in_doubt) {
      static_cast<void>(store_.reconnect());
      return error{errc::in_doubt,
                   "may have been enqueued: the connection broke before the answer came; look "
                   "(weir task list) before sending it again"};
    }
    if (!nothing_happened(code)) return answer;
    if (away_ || attempt == waits.size() || (hooks_.pause && !hooks_.pause(waits.at(attempt)))) {
      away_ = true;
      return answer;
    }
    if (code != errc::overloaded && code != errc::timeout) static_cast<void>(store_.reconnect());
  }
}

}  // namespace weir::app
