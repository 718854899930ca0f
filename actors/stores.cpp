#include "actors/stores.hpp"

#include <spdlog/spdlog.h>

#include "actors/crash_point.hpp"
#include "domain/log_event.hpp"

namespace weir::actors {

namespace {

/// Carries one call to the session and its answer back; errors are shown on the way.
template <class T, class Store, class Use>
answer<T> ask(session<Store>& db, const error_sink& errors, const char* step, Use use) {
  crash_point("before", step);
  auto reply = std::make_shared<result<T>>(db.call(std::move(use)));
  crash_point("after", step);
  if (!*reply && reply->error().code != errc::refused) errors(reply->error());
  return reply;
}

}  // namespace

keeper_actor::behavior_type keeper(keeper_actor::pointer /*self*/, driver* store, node_id me,
                                   error_sink errors) {
  auto db = std::make_shared<session<ownership_store>>(store->open_ownership());
  return {
      [=](acquire_atom, const ownership_ask& q) {
        return ask<ownership>(*db, errors, "take", [&](ownership_store& s) {
          return q->kind == cluster::ownership_request::what::renew
                     ? s.renew(me, q->held)
                     : s.acquire(me, q->held.part, q->timeline_waited, q->crash_waited);
        });
      },
      [=](release_atom, const ownership_ask& q) {
        return ask<bool>(*db, errors, "release", [&](ownership_store& s) { return s.release(me, q->held); });
      },
  };
}

reader_actor::behavior_type reader(reader_actor::pointer /*self*/, driver* store, error_sink errors) {
  auto db = std::make_shared<session<task_store>>(store->open_tasks());
  return {
      [=](read_atom, const read_ask& q) {
        return ask<read_reply>(*db, errors, "read", [&](task_store& s) { return s.read(*q); });
      },
      [=](promote_atom, const promote_ask& q) {
        return ask<promote_reply>(*db, errors, "promote", [&](task_store& s) { return s.promote(*q); });
      },
      [=](newer_atom, const newer_ask& q) {
        return ask<std::vector<newer_reply>>(*db, errors, "newer",
                                             [&](task_store& s) { return s.newer(q->rows, q->running); });
      },
      [=](requests_atom, const requests_ask& q) {
        return ask<std::vector<task_request>>(*db, errors, "requests", [&](task_store& s) {
          return s.requests(*q, cluster::worker_machine::request_rows);
        });
      },
  };
}

finisher_actor::behavior_type finisher(finisher_actor::pointer /*self*/, driver* store, error_sink errors) {
  auto db = std::make_shared<session<task_store>>(store->open_tasks());
  return {
      [=](finish_atom, const finish_ask& q) {
        return ask<finish_reply>(*db, errors, "finish", [&](task_store& s) { return s.finish(*q); });
      },
  };
}

inbox_actor::behavior_type inbox(inbox_actor::pointer /*self*/, driver* store, error_sink errors) {
  auto db = std::make_shared<session<task_store>>(store->open_tasks());
  return {
      [=](insert_atom, const insert_ask& q) {
        return ask<std::vector<inserted>>(*db, errors, "insert",
                                          [&](task_store& s) { return s.insert(q->rows, q->offer); });
      },
  };
}

undertaker_actor::behavior_type undertaker(undertaker_actor::pointer /*self*/, driver* store,
                                           error_sink errors) {
  return {
      [=](bury_atom, const news_ptr& news) {
        const auto db = store->open_membership();  // rare: not worth a connection kept open
        bool any = false;
        for (const domain::suspect& who : news->suspects) {
          const result<bool> declared = db->declare_dead(who.id, who.beat, who.timeline);
          if (!declared) {
            errors(declared.error());
          } else if (*declared) {
            const domain::log_event event{"node.dead", {{"peer", who.name}, {"incarnation", who.id}}};
            spdlog::warn("node {} (incarnation {}) showed no beat for a ttl: declared dead", who.name,
                         who.id);
            any = true;
          }
        }
        return any;
      },
  };
}

}  // namespace weir::actors
