// Every actor of a node, and every message. The only place to look for who says what to whom.
//
// Messages only wake the next step: the database is the truth, so any of them may be lost or late. Most stay
// inside the process: their contents are shared, immutable values that are never serialised. What travels between
// processes is cluster::hints, from node to node, and what <weir/caf.hpp> shows.
//
//   pulse thread --news--> SUPERVISOR --view--> WORKER --asks--> KEEPER, READER, FINISHER   (own a session each)
//                              |    \--spawns on a new term--> COORDINATOR, SCHEDULER       (own session each)
//   ELECTOR --gained, lost-----/                                                            (own session)
//   programs by link --> GATE --enqueue--> GATEWAY --batches--> INBOX                              (own session)
//   weir::client by link, HTTP --orders--/    \--committed tasks of this node's partitions--> WORKER
//   WORKER, GATEWAY, COORDINATOR --hints--> MESH --> a PEER per link  <== by link ==>  PEER of that node
//                                                      \--its hints--> pulse thread, WORKER, COORDINATOR
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <caf/all.hpp>

#include <weir/caf.hpp>
#include <weir/driver/types.hpp>
#include <weir/result.hpp>

#include "actors/verdict_box.hpp"
#include "cluster/elector.hpp"
#include "cluster/hints.hpp"
#include "cluster/pulse.hpp"
#include "cluster/worker_machine.hpp"

namespace weir::actors::links {
struct link;
}

namespace weir::actors {

template <class T>
using shared = std::shared_ptr<const T>;
/// An answer of the store, error included; mutable, because its one receiver takes it apart.
template <class T>
using answer = std::shared_ptr<result<T>>;

using news_ptr = shared<cluster::pulse_news>;
using change_ptr = shared<cluster::elector::change>;
using ownership_ask = shared<cluster::ownership_request>;
using read_ask = shared<std::vector<read_request>>;
using promote_ask = shared<std::vector<promote_request>>;
using newer_ask = shared<cluster::worker_machine::newer_question>;
using requests_ask = shared<std::vector<request_page>>;
using finish_ask = shared<finish_request>;
using verdict_ptr = std::shared_ptr<verdict_box>;
using enqueue_ask = shared<std::vector<insert_row>>;
using inserted_answer = answer<std::vector<inserted>>;
/// An enqueue of somebody who is no actor. The answer is told on a thread of the actor system: it must not block. A
/// gateway that ends tells nothing.
struct enqueue_order {
  std::vector<insert_row> rows;
  std::function<void(const result<std::vector<inserted>>&)> answer;
};
using order_ptr = std::shared_ptr<enqueue_order>;
using offer_ptr = shared<hand_offer>;
using hints_ptr = shared<cluster::hints>;
using names_ptr = shared<std::set<std::string>>;
/// Mutable: its one receiver takes the descriptor.
using link_ptr = std::shared_ptr<links::link>;

/// One batch of the gateway, with the partitions that the worker offered for it.
struct insert_batch {
  std::vector<insert_row> rows;
  hand_offer offer;
};
using insert_ask = shared<insert_batch>;

/// What became of an offer. Mutable: its one receiver takes the rows.
struct handed_tasks {
  hand_offer offer;
  result<std::vector<task_row>> rows;
};
using handed_ptr = std::shared_ptr<handed_tasks>;

/// What a worker shows of itself.
struct worker_report {
  int held = 0;
  int running = 0;
  bool idle = true;
  std::int64_t refused = 0;
};

}  // namespace weir::actors

// Contents never leave the process: CAF is told not to ask for serialisation.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::news_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::change_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::ownership_ask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::read_ask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::promote_ask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::newer_ask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::requests_ask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::finish_ask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::verdict_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::enqueue_ask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::order_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::offer_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::hints_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::names_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::link_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::insert_ask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::handed_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::inserted_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::worker_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::answer<weir::ownership>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::answer<bool>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::answer<weir::read_reply>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::answer<weir::promote_reply>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::answer<std::vector<weir::newer_reply>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::answer<std::vector<weir::task_request>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::answer<weir::finish_reply>)

// What travels between nodes: every node of a cluster knows it under these names.
CAF_BEGIN_TYPE_ID_BLOCK(weir_peers, caf::id_block::weir_gate::end)
CAF_ADD_TYPE_ID(weir_peers, (weir::cluster::hints))
CAF_ADD_ATOM(weir_peers, weir::actors, greet_atom, "greet")
CAF_ADD_ATOM(weir_peers, weir::actors, hint_atom, "hint")
CAF_END_TYPE_ID_BLOCK(weir_peers)

CAF_BEGIN_TYPE_ID_BLOCK(weir_actors, caf::id_block::weir_peers::end)
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::news_ptr))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::change_ptr))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::ownership_ask))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::read_ask))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::promote_ask))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::newer_ask))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::requests_ask))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::finish_ask))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::verdict_ptr))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::enqueue_ask))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::order_ptr))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::offer_ptr))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::hints_ptr))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::names_ptr))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::link_ptr))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::insert_ask))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::handed_ptr))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::inserted_answer))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::worker_report))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::answer<weir::ownership>))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::answer<bool>))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::answer<weir::read_reply>))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::answer<weir::promote_reply>))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::answer<std::vector<weir::newer_reply>>))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::answer<std::vector<weir::task_request>>))
CAF_ADD_TYPE_ID(weir_actors, (weir::actors::answer<weir::finish_reply>))
CAF_ADD_ATOM(weir_actors, weir::actors, news_atom, "news")
CAF_ADD_ATOM(weir_actors, weir::actors, view_atom, "view")
CAF_ADD_ATOM(weir_actors, weir::actors, verdict_atom, "verdict")
CAF_ADD_ATOM(weir_actors, weir::actors, step_atom, "step")
CAF_ADD_ATOM(weir_actors, weir::actors, stop_atom, "stop")
CAF_ADD_ATOM(weir_actors, weir::actors, fenced_atom, "fenced")
CAF_ADD_ATOM(weir_actors, weir::actors, idle_atom, "idle")
CAF_ADD_ATOM(weir_actors, weir::actors, report_atom, "report")
CAF_ADD_ATOM(weir_actors, weir::actors, change_atom, "change")
CAF_ADD_ATOM(weir_actors, weir::actors, resign_atom, "resign")
CAF_ADD_ATOM(weir_actors, weir::actors, acquire_atom, "acquire")
CAF_ADD_ATOM(weir_actors, weir::actors, release_atom, "release")
CAF_ADD_ATOM(weir_actors, weir::actors, read_atom, "read")
CAF_ADD_ATOM(weir_actors, weir::actors, promote_atom, "promote")
CAF_ADD_ATOM(weir_actors, weir::actors, newer_atom, "newer")
CAF_ADD_ATOM(weir_actors, weir::actors, requests_atom, "requests")
CAF_ADD_ATOM(weir_actors, weir::actors, finish_atom, "finish")
CAF_ADD_ATOM(weir_actors, weir::actors, bury_atom, "bury")
CAF_ADD_ATOM(weir_actors, weir::actors, insert_atom, "insert")
CAF_ADD_ATOM(weir_actors, weir::actors, offer_atom, "offer")
CAF_ADD_ATOM(weir_actors, weir::actors, handed_atom, "handed")
CAF_ADD_ATOM(weir_actors, weir::actors, look_atom, "look")
CAF_ADD_ATOM(weir_actors, weir::actors, tell_atom, "tell")
CAF_ADD_ATOM(weir_actors, weir::actors, up_atom, "up")
CAF_ADD_ATOM(weir_actors, weir::actors, failed_atom, "failed")
CAF_ADD_ATOM(weir_actors, weir::actors, closed_atom, "closed")
CAF_ADD_ATOM(weir_actors, weir::actors, ready_atom, "ready")
CAF_ADD_ATOM(weir_actors, weir::actors, linked_atom, "linked")
CAF_END_TYPE_ID_BLOCK(weir_actors)

namespace weir::actors {

/// KEEPER: takes and gives back partitions. Detached, owns an ownership session.
using keeper_actor = caf::typed_actor<
    caf::replies_to<acquire_atom, ownership_ask>::with<answer<ownership>>,  // acquire, or renew
    caf::replies_to<release_atom, ownership_ask>::with<answer<bool>>>;

/// READER: reads, promotes, asks for newer ones and for what people want. Detached, owns a task session.
using reader_actor =
    caf::typed_actor<caf::replies_to<read_atom, read_ask>::with<answer<read_reply>>,
                     caf::replies_to<promote_atom, promote_ask>::with<answer<promote_reply>>,
                     caf::replies_to<newer_atom, newer_ask>::with<answer<std::vector<newer_reply>>>,
                     caf::replies_to<requests_atom, requests_ask>::with<answer<std::vector<task_request>>>>;

/// FINISHER: writes results. Detached, owns a task session.
using finisher_actor = caf::typed_actor<caf::replies_to<finish_atom, finish_ask>::with<answer<finish_reply>>>;

/// UNDERTAKER: declares dead who was seen without a beat for a ttl, and says whether anybody was. Detached, opens a
/// session when needed.
using undertaker_actor = caf::typed_actor<caf::replies_to<bury_atom, news_ptr>::with<bool>>;

/// WORKER: the partitions of this node and their tasks. One a node.
using worker_actor =
    caf::typed_actor<caf::reacts_to<view_atom, news_ptr>,  // what the last beat saw, and the new deadline
                     caf::reacts_to<verdict_atom, verdict_ptr>,          // from executors: runs have ended
                     caf::replies_to<offer_atom, int>::with<offer_ptr>,  // who takes that many tasks?
                     caf::reacts_to<handed_atom, handed_ptr>,            // the end of an offer
                     caf::reacts_to<hint_atom, hints_ptr>,    // from a peer, or this node's GATEWAY
                     caf::reacts_to<linked_atom, names_ptr>,  // the nodes that can be told
                     caf::reacts_to<stop_atom>,               // drain and release everything
                     caf::reacts_to<fenced_atom>,             // this incarnation is dead: drop everything
                     caf::replies_to<report_atom>::with<worker_report>,
                     caf::reacts_to<step_atom, std::uint64_t>>;  // INTERNAL: time to look again (generation)

/// ELECTOR: tries to lead, renews. Detached, owns a leadership session.
using elector_actor = caf::typed_actor<
    caf::replies_to<resign_atom, std::string>::with<bool>,  // step down for good; did it lead?
    caf::reacts_to<step_atom>>;  // try or renew; from then on INTERNAL, once a second

/// COORDINATOR: the leader's assigner. Lives for one term. Detached, owns a coordination session.
using coordinator_actor = caf::typed_actor<caf::reacts_to<look_atom>,   // place again now
                                           caf::reacts_to<step_atom>>;  // INTERNAL: the same, twice a beat

/// SCHEDULER: fires what schedules have due. Lives with the COORDINATOR. Detached, owns a schedule session.
using scheduler_actor =
    caf::typed_actor<caf::reacts_to<step_atom>>;  // INTERNAL: look, at the next tick or sooner

/// RETENTION: lets ended tasks go. Lives with the COORDINATOR. Detached, owns a retention session now and then.
using retention_actor = caf::typed_actor<caf::reacts_to<step_atom>>;  // INTERNAL: the next portion, or a look

/// INBOX: inserts batches. Detached, owns a task session.
using inbox_actor = caf::typed_actor<caf::replies_to<insert_atom, insert_ask>::with<inserted_answer>>;

/// GATEWAY: takes tasks from programs; batches them while the previous commit is in flight, and hands those of
/// this node's own partitions to the WORKER.
using gateway_actor = caf::typed_actor<
    caf::replies_to<enqueue_atom, enqueue_ask>::with<inserted_answer>,  // answered after the commit
    caf::reacts_to<enqueue_atom, order_ptr>,                            // likewise
    caf::reacts_to<step_atom, std::uint64_t>>;  // INTERNAL: no more is waited for (generation)

/// PEER: one end of a link between two nodes, as the other one sees it.
using peer_actor = caf::typed_actor<
    caf::reacts_to<greet_atom, caf::strong_actor_ptr>,        // the dialer's end of it
    caf::replies_to<hint_atom, cluster::hints>::with<bool>>;  // taken: there is room for more

/// The same, for its own node.
using peer_end_actor =
    peer_actor::extend<caf::reacts_to<tell_atom, hints_ptr>,       // to be told
                       caf::reacts_to<step_atom, std::uint64_t>>;  // INTERNAL: ask, or give up

/// MESH: keeps one link with every other node, and passes this node's hints on.
using mesh_actor =
    caf::typed_actor<caf::reacts_to<view_atom, news_ptr>,                // who is there
                     caf::reacts_to<up_atom, link_ptr>,                  // from the transport, of a node
                     caf::reacts_to<failed_atom, std::string, node_id>,  // a dial came to nothing
                     caf::reacts_to<closed_atom, std::uint64_t>,         // a link is no more
                     caf::reacts_to<ready_atom, std::uint64_t>,          // from a PEER: the other end answers
                     caf::reacts_to<tell_atom, hints_ptr>,               // to all
                     caf::reacts_to<tell_atom, std::string, hints_ptr>,  // to one node, by name
                     caf::reacts_to<step_atom, std::uint64_t>>;          // INTERNAL: time to dial

/// SUPERVISOR: starts the others, passes the news on, and takes everything down in order.
using supervisor_actor =
    caf::typed_actor<caf::reacts_to<news_atom, news_ptr>,      // from the pulse thread
                     caf::reacts_to<change_atom, change_ptr>,  // from the ELECTOR
                     caf::reacts_to<look_atom>,   // a peer says so: if this node leads, place again
                     caf::reacts_to<stop_atom>,   // drain, then end
                     caf::reacts_to<idle_atom>>;  // from the WORKER: nothing is held any more

}  // namespace weir::actors
