// What stands in bodies and queries of the API.
#include <algorithm>

#include "app/api/idempotency.hpp"
#include "app/api/new_task.hpp"
#include "app/api/request_body.hpp"
#include "hold.hpp"
#include "http/target.hpp"

using namespace weir::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::app;
  constexpr std::size_t limit = 4096;
  weir::http::request asked;
  asked.body = std::string{text_of(data, size)};
  asked.headers["idempotency-key"] = asked.body;
  auto body = request_body::of(asked);
  if (auto* read = std::get_if<request_body>(&body)) {
    read->text("name");
    read->epoch("expected_epoch");
    read->number("slot", 0, 1023);
    read->duration("for");
    read->time("until");
    read->flag("dry_run");
    const auto filter = read->object("filter");
    read->texts("state");
    const auto good = read->checked();
    hold(good.ok() || !good.error().message.empty(), "a refusal says why");
    hold(filter.checked().ok() || read->has("filter"), "an empty filter is fine");
  } else {
    hold(std::get<refusal>(body).status == 400, "what cannot be read is malformed");
  }
  auto task = read_new_task(asked.body, limit);
  if (auto* row = std::get_if<weir::insert_row>(&task)) {
    hold(!row->name.empty() && row->data.size() <= limit, "what is taken is within its bounds");
  } else {
    const unsigned status = std::get<refusal>(task).status;
    hold(status == 400 || status == 413 || status == 422, "a refusal has its status");
  }
  auto lines = read_new_tasks(asked.body, limit);
  if (auto* all = std::get_if<std::vector<new_task_line>>(&lines)) {
    std::vector<weir::task_id> ids;
    for (const auto& line : *all)
      if (line.row) ids.push_back(static_cast<weir::task_id>(ids.size() + 1));
    const std::string answer = result_lines(*all, ids);
    hold(static_cast<std::size_t>(std::count(answer.begin(), answer.end(), '\n')) == all->size(),
         "a result a line");
  }
  const auto key = idempotency_key::of(asked);
  if (key && *key) hold((*key)->token(weir::wall_time{}).size() == 36, "a key has a token");
  if (auto target = weir::http::parse_target("/tasks?" + asked.body)) {
    asked.query = target->query;
    const auto filter = filter_of(asked);
    hold(!filter || (filter->limit >= 1 && filter->limit <= 1000), "a page has its bounds");
    const auto audit = audit_filter_of(asked);
    hold(!audit || audit->limit >= 1, "so has one of the audit");
  }
  return 0;
}
