#include "actors/gate.hpp"

#include "domain/due_bound.hpp"
#include "domain/message_token.hpp"
#include "domain/task_bounds.hpp"
#include "domain/trace_context.hpp"

namespace weir::actors {

using namespace std::chrono_literals;

namespace {

std::string of_row(std::size_t n, std::size_t total) {
  return total == 1 ? "" : "task " + std::to_string(n + 1) + " of " + std::to_string(total) + ": ";
}

result<void> check(const insert_row& task, std::size_t data_bytes_max) {
  if (auto good = domain::check_name("task name", task.name); !good) return good;
  if (task.key) {
    if (auto good = domain::check_key(*task.key); !good) return good;
  }
  if (task.stream) {
    if (auto good = domain::check_name("stream", *task.stream); !good) return good;
  }
  if (task.created_by) {
    if (auto good = domain::check_name("created_by", *task.created_by); !good) return good;
  }
  if (!task.traceparent.empty()) {
    if (auto good = domain::check_traceparent(task.traceparent); !good) return good;
  }
  if (task.do_after) {
    if (auto good = domain::check_do_after(*task.do_after); !good) return good;
  }
  return domain::check_data(task.data, data_bytes_max);
}

}  // namespace

result<void> check_message(const std::vector<insert_row>& rows, std::size_t data_bytes_max) {
  if (rows.empty()) return {};
  if (rows.size() > gate_tasks_max)
    return error{errc::invalid, "a message holds at most " + std::to_string(gate_tasks_max) + " tasks"};
  if (const std::string& token = rows.front().token; !token.empty() && !domain::is_message_token(token))
    return error{errc::invalid, "the token is not a UUID of version 7 in lower case"};
  std::size_t bytes = 0;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    bytes += rows[n].data.size();
    if (auto good = check(rows[n], data_bytes_max); !good)
      return error{good.error().code, of_row(n, rows.size()) + good.error().message};
  }
  if (rows.size() > 1 && bytes > gate_bytes_max)
    return error{errc::invalid, "a message of several tasks holds at most 1 MiB of data: send fewer at once"};
  return {};
}

enqueue_answer to_answer(const error& why) { return {static_cast<std::int32_t>(why.code), why.message, {}}; }

namespace {

insert_row to_row(const task_message& message) {
  insert_row row;
  row.name = message.name;
  if (!message.key.empty()) row.key = message.key;
  if (!message.stream.empty()) row.stream = message.stream;
  row.data = message.data;
  if (message.do_after_us != 0) row.do_after = wall_time{std::chrono::microseconds{message.do_after_us}};
  if (!message.created_by.empty()) row.created_by = message.created_by;
  return row;
}

caf::result<enqueue_answer> take(gate_actor::pointer self, const gate_parts& parts,
                                 const std::vector<task_message>& tasks, const std::string& token) {
  auto rows = std::make_shared<std::vector<insert_row>>();
  rows->reserve(tasks.size());
  for (const task_message& task : tasks) {
    rows->push_back(to_row(task));
    rows->back().token = token;
  }
  if (auto good = check_message(*rows, parts.data_bytes_max); !good) return to_answer(good.error());
  auto promise = self->make_response_promise<enqueue_answer>();
  self->request(parts.gateway, 60s, enqueue_atom_v, enqueue_ask(std::move(rows)))
      .then(
          [promise](const inserted_answer& reply) mutable {
            if (!*reply) {
              promise.deliver(to_answer(reply->error()));
              return;
            }
            enqueue_answer answer;
            answer.ids.reserve((*reply)->size());
            for (const inserted& one : **reply) answer.ids.push_back(one.id);
            promise.deliver(std::move(answer));
          },
          [promise](const caf::error&) mutable {
            promise.deliver(to_answer({errc::in_doubt, "the gateway did not answer"}));
          });
  return promise;
}

}  // namespace

gate_actor::behavior_type gate(gate_actor::pointer self, gate_parts parts) {
  return {
      [=](enqueue_atom, const std::vector<task_message>& tasks) { return take(self, parts, tasks, {}); },
      [=](enqueue_atom, const std::vector<task_message>& tasks, const std::string& token) {
        return take(self, parts, tasks, token);
      },
  };
}

}  // namespace weir::actors
