// weir::client: checks tasks, and lets one caller at a time send them.
#include <weir/client.hpp>

#include <mutex>
#include <utility>

#include <weir/defaults.hpp>

#include "app/row_sender.hpp"
#include "domain/task_bounds.hpp"
#include "domain/trace_context.hpp"

namespace weir {

namespace {

result<std::vector<insert_row>> rows_of(const std::vector<new_task>& tasks, const std::string& who) {
  std::vector<insert_row> rows;
  rows.reserve(tasks.size());
  for (const new_task& task : tasks) {
    insert_row row;
    row.name = task.name();
    row.key = task.key();
    row.stream = task.stream();
    row.data = task.data().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    row.do_after = task.do_after();
    row.created_by = task.created_by().value_or(who);
    row.traceparent = task.traceparent();
    auto good = domain::check_data(row.data, defaults::payload_bytes);
    if (good && !row.traceparent.empty()) good = domain::check_traceparent(row.traceparent);
    if (!good)
      return error{good.error().code, "task " + domain::in_quotes(row.name) + ": " + good.error().message};
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

struct client::parts {
  std::string name;
  std::mutex turn;
  std::unique_ptr<app::row_sender> way;
};

client::client(const std::string& url, client_options options) : parts_(std::make_unique<parts>()) {
  parts_->name = options.name;
  parts_->way = app::make_row_sender(url, std::move(options));
}

client::~client() = default;

result<std::int64_t> client::enqueue(const new_task& task) {
  auto ids = enqueue(std::vector<new_task>{task});
  if (!ids) return ids.error();
  return ids->front();
}

result<std::vector<std::int64_t>> client::enqueue(const std::vector<new_task>& tasks) {
  if (tasks.empty()) return std::vector<std::int64_t>{};
  auto rows = rows_of(tasks, parts_->name);
  if (!rows) return rows.error();
  const std::lock_guard guard(parts_->turn);
  return parts_->way->send(std::move(*rows));
}

}  // namespace weir
