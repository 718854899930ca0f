#include "actors/worker.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "actors/crash_point.hpp"
#include "domain/duration_text.hpp"
#include "domain/log_event.hpp"

namespace weir::actors {

using namespace std::chrono_literals;

namespace {

using self_ptr = worker_actor::stateful_pointer<worker_state>;
using parts_ptr = std::shared_ptr<const worker_parts>;

/// Longer than any statement may take; a session that does not answer by then is as good as in doubt.
constexpr auto store_patience = 60s;

void pump(self_ptr self, const parts_ptr& parts);

template <class T>
answer<T> lost_answer(const caf::error& why) {
  return std::make_shared<result<T>>(error{errc::in_doubt, "no answer from the session: " + to_string(why)});
}

/// Asks a store actor; `take` gets the answer, or an in-doubt error if the actor died.
template <class T, class Actor, class Atom, class Ask, class Take>
void ask(self_ptr self, const parts_ptr& parts, const Actor& to, Atom atom, Ask question, Take take) {
  self->request(to, store_patience, atom, std::move(question))
      .then(
          [=](const answer<T>& reply) {
            take(reply);
            pump(self, parts);
          },
          [=](const caf::error& why) {
            take(lost_answer<T>(why));
            pump(self, parts);
          });
}

template <class Row, class Id>
const Row* find_id(const std::vector<Row>& rows, Id id) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.id == id; });
  return found == rows.end() ? nullptr : &*found;
}

/// Says that a partition is ours, and of which stream it is, as far as the last view knows.
void tell_taken(const news_ptr& seen, const fence& held) {
  std::string place = "partition " + std::to_string(held.part);
  nlohmann::ordered_json fields{{"partition", held.part}, {"epoch", held.epoch}};
  const auto row = seen ? find_id(seen->view.partitions, held.part) : nullptr;
  if (const auto stream = row != nullptr ? find_id(seen->view.streams, row->stream) : nullptr) {
    place = "stream " + stream->name + ", slot " + std::to_string(row->slot) + " (" + place + ")";
    fields["stream"] = stream->name;
    fields["slot"] = row->slot;
  }
  const domain::log_event event{"partition.taken", std::move(fields)};
  spdlog::info("{}: mine under epoch {}", place, held.epoch);
}

void pump_store(self_ptr self, const parts_ptr& parts, const cluster::moment& now) {
  cluster::worker_machine* m = self->state.machine.get();
  const auto clock = parts->now;
  if (auto next = m->next_finish(now)) {
    ask<finish_reply>(self, parts, parts->finisher, finish_atom_v,
                      std::make_shared<const finish_request>(std::move(*next)),
                      [=](const answer<finish_reply>& reply) { m->on_finished(*reply, clock()); });
  }
  const auto count = [&](cluster::wakeup why) {
    if (parts->on_wakeup) parts->on_wakeup(why);
  };
  // What is due again, or was cut off with its owner, goes before what nobody has begun.
  if (auto next = m->next_promote(now)) {
    count(cluster::wakeup::due);
    ask<promote_reply>(
        self, parts, parts->reader, promote_atom_v,
        std::make_shared<const std::vector<promote_request>>(std::move(*next)),
        [=](const answer<promote_reply>& reply) { m->on_promoted(std::move(*reply), clock()); });
  }
  if (auto next = m->next_read(now)) {
    count(m->read_for());
    ask<read_reply>(self, parts, parts->reader, read_atom_v,
                    std::make_shared<const std::vector<read_request>>(std::move(*next)),
                    [=](const answer<read_reply>& reply) { m->on_read(std::move(*reply), clock()); });
  }
  if (auto next = m->next_newer()) {
    ask<std::vector<newer_reply>>(
        self, parts, parts->reader, newer_atom_v,
        std::make_shared<const cluster::worker_machine::newer_question>(std::move(*next)),
        [=](const answer<std::vector<newer_reply>>& reply) { m->on_newer(*reply); });
  }
  if (auto next = m->next_requests(now)) {
    ask<std::vector<task_request>>(
        self, parts, parts->reader, requests_atom_v,
        std::make_shared<const std::vector<request_page>>(std::move(*next)),
        [=](const answer<std::vector<task_request>>& reply) { m->on_requests(std::move(*reply), clock()); });
  }
}

void pump_ownership(self_ptr self, const parts_ptr& parts, const cluster::moment& now) {
  cluster::worker_machine* m = self->state.machine.get();
  const auto next = m->next_ownership(now);
  if (!next) return;
  const auto question = std::make_shared<const cluster::ownership_request>(*next);
  const auto clock = parts->now;
  if (next->kind == cluster::ownership_request::what::release) {
    ask<bool>(self, parts, parts->keeper, release_atom_v, question, [=](const answer<bool>& reply) {
      m->on_released(*question, *reply, clock());
      if (auto freed = m->next_freed(); !freed.empty()) parts->on_freed(std::move(freed));
    });
    return;
  }
  ask<ownership>(self, parts, parts->keeper, acquire_atom_v, question, [=](const answer<ownership>& reply) {
    if (*reply) tell_taken(self->state.seen, (**reply).held);
    m->on_acquired(*question, std::move(*reply), clock());
  });
}

void pump_executors(self_ptr self, const parts_ptr& parts, const cluster::moment& now) {
  worker_state& state = self->state;
  for (const cluster::open_order& order : state.machine->next_opens(now)) parts->executors->open(order);
  for (cluster::run_order& order : state.machine->next_runs(now)) {
    parts->executors->start(std::move(order));
    crash_point("worker_started");
  }
  for (const auto& order : state.machine->next_interrupts(now)) parts->executors->interrupt(order);
  for (std::string& stream : state.machine->next_closes()) {
    parts->executors->close(stream);
    state.closing.push_back(std::move(stream));
  }
  const auto still = std::partition(state.closing.begin(), state.closing.end(),
                                    [&](const std::string& s) { return !parts->executors->closed(s); });
  for (auto gone = still; gone != state.closing.end(); ++gone) state.machine->on_closed(*gone);
  state.closing.erase(still, state.closing.end());
}

void log_of(const cluster::breaker_news& news) {
  const domain::log_event event{news.open ? "stream.rests" : "stream.goes_on", {{"stream", news.stream}}};
  if (!news.open) return spdlog::info("stream {}: does not rest here any more", news.stream);
  spdlog::warn(
      "stream {}: {} runs failed in a row, the last one said: {}; nothing of it starts here for {}, then one "
      "is tried",
      news.stream, news.failures, news.message, domain::format_duration(news.pause));
}

/// The beat's thread shows it; looked at with every step, so it costs two comparisons as long as nothing is new.
void leave_note(worker_state& state, const worker_parts& parts) {
  const auto breakers = state.machine->next_breaker_news();
  const std::int64_t refused = state.machine->late_writes_refused();
  if (refused == state.refused_noted && breakers.empty()) return;
  for (const auto& news : breakers) log_of(news);
  state.refused_noted = refused;
  parts.notes->put(state.machine->note());
}

void plan_next_step(self_ptr self, const parts_ptr& parts) {
  worker_state& state = self->state;
  const boot_time now = parts->now().boot;
  boot_time at = state.machine->next_wake({now, {}});
  if (!state.closing.empty()) at = std::min(at, now + 5ms);
  if (state.step_at > now && state.step_at <= at) return;  // the pending step comes soon enough
  state.step_at = at;
  self->delayed_send(self, std::max<boot_clock::duration>(at - now, 0ns), step_atom_v, ++state.generation);
}

/// Everything that can be done now is done; then a time to look again is set.
void pump(self_ptr self, const parts_ptr& parts) {
  const cluster::moment now = parts->now();
  pump_executors(self, parts, now);
  pump_store(self, parts, now);
  pump_ownership(self, parts, now);
  worker_state& state = self->state;
  leave_note(state, *parts);
  if (state.ending && !state.said_idle && state.closing.empty() && state.machine->idle()) {
    state.said_idle = true;
    parts->on_idle();
  }
  plan_next_step(self, parts);
}

}  // namespace

worker_actor::behavior_type worker(worker_actor::stateful_pointer<worker_state> self, worker_parts given) {
  const auto parts = std::make_shared<const worker_parts>(std::move(given));
  self->state.machine =
      std::make_unique<cluster::worker_machine>(parts->settings, parts->actions, parts->random);
  return {
      [=](view_atom, const news_ptr& news) {
        self->state.seen = news;
        auto& m = *self->state.machine;
        m.on_deadline(news->deadline);
        m.on_view(news->view, news->timeline_waited, parts->now());
        pump(self, parts);
      },
      [=](verdict_atom, const verdict_ptr& box) {
        crash_point("worker_verdict");
        for (const domain::run_verdict& verdict : box->take())
          self->state.machine->on_verdict(verdict, parts->now());
        pump(self, parts);
      },
      [=](offer_atom, int rows) -> offer_ptr {
        return std::make_shared<const hand_offer>(self->state.machine->offer_hands(rows, parts->now()));
      },
      [=](handed_atom, const handed_ptr& handed) {
        self->state.machine->on_handed(handed->offer, std::move(handed->rows), parts->now());
        crash_point("worker_handed");
        pump(self, parts);
      },
      [=](hint_atom, const hints_ptr& heard) {
        self->state.machine->on_hints(heard->freed, heard->fed, parts->now());
        pump(self, parts);
      },
      [=](linked_atom, const names_ptr& names) {
        self->state.machine->on_linked(*names);
        pump(self, parts);
      },
      [=](stop_atom) {
        self->state.ending = true;
        self->state.machine->begin_stop(parts->now());
        pump(self, parts);
      },
      [=](fenced_atom) {
        self->state.ending = true;
        self->state.machine->on_fenced(parts->now());
        pump(self, parts);
      },
      [=](report_atom) -> worker_report {
        const auto& m = *self->state.machine;
        return {m.held(), m.running(), m.idle(), m.late_writes_refused()};
      },
      [=](step_atom, std::uint64_t generation) {
        if (generation != self->state.generation) return;
        self->state.step_at = {};
        pump(self, parts);
      },
  };
}

}  // namespace weir::actors
