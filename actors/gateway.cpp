#include "actors/gateway.hpp"

#include <algorithm>
#include <set>

#include "actors/crash_point.hpp"
#include "cluster/handed_rows.hpp"

namespace weir::actors {

using namespace std::chrono_literals;

namespace {

using self_ptr = gateway_actor::stateful_pointer<gateway_state>;
using batch_ptr = std::shared_ptr<std::vector<gateway_state::waiting>>;

/// Even senders that are far away are waited for now and then: they may have come nearer, or be many.
constexpr std::size_t most_at_once = 64;

inserted_answer failed(error why) { return std::make_shared<result<std::vector<inserted>>>(std::move(why)); }

void send_next(self_ptr self, const gateway_parts& parts);

/// After the answers to `answered` senders: those and the ones that wait are one batch, if they come back soon.
void gather(self_ptr self, const gateway_parts& parts, std::size_t answered) {
  gateway_state& state = self->state;
  const std::size_t all = answered + state.queue.size();
  if (all > 1 && state.at_once > 0) {
    --state.at_once;
  } else if (all > 1 && parts.gather.count() > 0) {
    state.awaited = all;
    self->delayed_send(self, parts.gather, step_atom_v, ++state.generation);
  }
  send_next(self, parts);
}

bool waits_for_more(const gateway_state& state, const gateway_parts& parts) {
  return state.queue.size() < state.awaited &&
         state.queued_rows < std::min(parts.gather_rows, parts.batch_rows);
}

/// Cuts the batch's answer into one answer for each sender.
void deliver(const batch_ptr& batch, const inserted_answer& reply) {
  std::size_t at = 0;
  for (auto& one : *batch) {
    if (!*reply) {
      one.answer(failed(reply->error()));
      continue;
    }
    const auto begin = (*reply)->begin() + static_cast<std::ptrdiff_t>(at);
    const auto count = static_cast<std::ptrdiff_t>(one.rows->size());
    one.answer(std::make_shared<result<std::vector<inserted>>>(std::vector<inserted>(begin, begin + count)));
    at += one.rows->size();
  }
}

std::size_t bytes_of(const std::vector<insert_row>& rows) {
  std::size_t bytes = 0;
  for (const insert_row& row : rows) bytes += row.data.size() + row.name.size() + row.key.value_or("").size();
  return bytes;
}

bool joins(const std::vector<gateway_state::waiting>& batch, const std::vector<insert_row>& rows,
           std::size_t bytes, const gateway_state::waiting& next, const gateway_parts& parts) {
  return !next.alone && !batch.front().alone && rows.size() + next.rows->size() <= parts.batch_rows &&
         bytes + next.bytes <= parts.batch_bytes;
}

/// One bad row refuses its whole batch: each sender's rows are tried again by themselves.
void put_back_alone(gateway_state& state, std::vector<gateway_state::waiting>& batch) {
  for (auto one = batch.rbegin(); one != batch.rend(); ++one) {
    one->alone = true;
    state.queued_rows += one->rows->size();
    state.queued_bytes += one->bytes;
    state.queue.push_front(std::move(*one));
  }
}

void tell_worker(self_ptr self, const gateway_parts& parts, const insert_ask& batch,
                 const inserted_answer& reply) {
  if (batch->offer.held.empty()) return;
  auto told = std::make_shared<handed_tasks>(handed_tasks{batch->offer, std::vector<task_row>{}});
  told->rows =
      *reply ? result<std::vector<task_row>>(cluster::handed_rows(batch->rows, **reply)) : reply->error();
  self->send(parts.worker, handed_atom_v, handed_ptr(told));
}

void tell_owners(const gateway_parts& parts, const inserted_answer& reply) {
  if (!*reply || !parts.on_fed) return;
  std::set<part_id> fed;
  for (const inserted& one : **reply) {
    if (!one.handed && one.part != 0) fed.insert(one.part);
  }
  if (!fed.empty()) parts.on_fed({fed.begin(), fed.end()});
}

void insert(self_ptr self, const gateway_parts& parts, const batch_ptr& batch,
            std::shared_ptr<insert_batch> rows) {
  const insert_ask question = std::move(rows);
  const auto done = [=](const inserted_answer& reply) {
    crash_point("gateway_inserted");
    tell_worker(self, parts, question, reply);
    crash_point("gateway_handed");
    tell_owners(parts, reply);
    self->state.busy = false;
    const bool refused = !*reply && reply->error().code == errc::invalid;
    if (refused && batch->size() > 1) {
      put_back_alone(self->state, *batch);
      return send_next(self, parts);
    }
    deliver(batch, reply);
    crash_point("gateway_answered");
    gather(self, parts, batch->size());
  };
  self->request(parts.inbox, 60s, insert_atom_v, question).then(done, [=](const caf::error& why) {
    done(failed({errc::in_doubt, "no answer from the session: " + to_string(why)}));
  });
}

void send_next(self_ptr self, const gateway_parts& parts) {
  gateway_state& state = self->state;
  if (state.busy || state.queue.empty() || waits_for_more(state, parts)) return;
  if (state.awaited > 0) state.in_vain = 0;
  state.awaited = 0;
  const auto batch = std::make_shared<std::vector<gateway_state::waiting>>();
  const auto rows = std::make_shared<insert_batch>();
  std::size_t bytes = 0;
  std::set<std::string> tokens;
  while (!state.queue.empty() &&
         (batch->empty() || joins(*batch, rows->rows, bytes, state.queue.front(), parts))) {
    const auto& next = *state.queue.front().rows;
    // A message that was sent again while its first is still here finds that one's receipt in the next batch.
    if (const auto& token = next.front().token; !token.empty() && !tokens.insert(token).second) break;
    rows->rows.insert(rows->rows.end(), next.begin(), next.end());
    state.queued_rows -= next.size();
    state.queued_bytes -= state.queue.front().bytes;
    bytes += state.queue.front().bytes;
    batch->push_back(std::move(state.queue.front()));
    state.queue.pop_front();
  }
  state.busy = true;
  if (!parts.worker) return insert(self, parts, batch, rows);
  const auto count = static_cast<int>(rows->rows.size());
  // Without a deadline: an offer that was made must be answered, and a worker that is gone answers at once.
  self->request(parts.worker, caf::infinite, offer_atom_v, count)
      .then(
          [=](const offer_ptr& offer) {
            rows->offer = *offer;
            crash_point("gateway_offered");
            insert(self, parts, batch, rows);
          },
          [=](const caf::error&) { insert(self, parts, batch, rows); });
}

/// Answers at once with why it is not taken, or later.
void take(self_ptr self, const gateway_parts& parts, gateway_state::waiting next) {
  gateway_state& state = self->state;
  const bool fits = state.queued_rows + next.rows->size() <= parts.queue_rows &&
                    (state.queue.empty() || state.queued_bytes + next.bytes <= parts.queue_bytes);
  if (!fits) {
    return next.answer(
        failed({errc::overloaded, "the gateway's queue is full (" + std::to_string(state.queued_rows) +
                                      " tasks wait for the database); try again later"}));
  }
  crash_point("gateway_received");
  state.queued_rows += next.rows->size();
  state.queued_bytes += next.bytes;
  state.queue.push_back(std::move(next));
  send_next(self, parts);
}

}  // namespace

gateway_actor::behavior_type gateway(gateway_actor::stateful_pointer<gateway_state> self,
                                     gateway_parts parts) {
  return {
      [=](enqueue_atom, const enqueue_ask& rows) -> caf::result<inserted_answer> {
        if (rows->empty()) return std::make_shared<result<std::vector<inserted>>>(std::vector<inserted>{});
        auto promise = self->make_response_promise<inserted_answer>();
        take(self, parts, {rows, bytes_of(*rows), [promise](inserted_answer reply) mutable {
                             promise.deliver(std::move(reply));
                           }});
        return promise;
      },
      [=](enqueue_atom, const order_ptr& order) {
        const auto tell = [order](const inserted_answer& reply) { order->answer(*reply); };
        if (order->rows.empty()) return order->answer(std::vector<inserted>{});
        take(self, parts, {enqueue_ask(order, &order->rows), bytes_of(order->rows), tell});
      },
      [=](step_atom, std::uint64_t generation) {
        gateway_state& state = self->state;
        if (generation != state.generation || state.awaited == 0) return;
        state.awaited = 0;
        state.in_vain = std::min<std::size_t>(std::max<std::size_t>(1, 2 * state.in_vain), most_at_once);
        state.at_once = state.in_vain;
        send_next(self, parts);
      },
  };
}

}  // namespace weir::actors
