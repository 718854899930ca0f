// For programs with CAF actors of their own: the interface of a node's gateway, and the messages it takes.
//
// Opt-in: needs CAF 0.17 with caf_io. A program without actors uses <weir/client.hpp>.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <caf/all.hpp>

#include <weir/gate_link_options.hpp>
#include <weir/result.hpp>

namespace weir {

/// One task on its way to a gateway. Empty `key`: none. Empty `stream`: where its name is routed.
struct task_message {
  std::string name;
  std::string key;
  std::string stream;
  std::string data = "{}";       ///< JSON text
  std::int64_t do_after_us = 0;  ///< microseconds since 1970, database clock; 0 = at once
  std::string created_by;        ///< "" = the node that inserts it
};
template <class Inspector>
auto inspect(Inspector& f, task_message& t) {
  return f(caf::meta::type_name("weir::task_message"), t.name, t.key, t.stream, t.data, t.do_after_us,
           t.created_by);
}

/// The answer, after the commit: one id a task, in their order; or why nothing was inserted.
struct enqueue_answer {
  /// 0 = done; else the number of an errc (<weir/result.hpp>). in_doubt: the tasks may have been inserted.
  std::int32_t failed = 0;
  std::string message;
  std::vector<std::int64_t> ids;
};
template <class Inspector>
auto inspect(Inspector& f, enqueue_answer& a) {
  return f(caf::meta::type_name("weir::enqueue_answer"), a.failed, a.message, a.ids);
}

}  // namespace weir

CAF_BEGIN_TYPE_ID_BLOCK(weir_gate, first_custom_type_id)
CAF_ADD_TYPE_ID(weir_gate, (weir::task_message))
CAF_ADD_TYPE_ID(weir_gate, (std::vector<weir::task_message>))
CAF_ADD_TYPE_ID(weir_gate, (weir::enqueue_answer))
CAF_ADD_ATOM(weir_gate, weir, enqueue_atom, "enqueue")
CAF_END_TYPE_ID_BLOCK(weir_gate)

namespace weir {

/// A node's gate. With a token (a UUID of version 7, lower case) the message may be sent again, to any gate, when its
/// answer was lost: it is enqueued once, and answered with the ids of the first time, for an hour. At most 500 tasks
/// and 1 MiB of data in one message. Give requests a deadline of some seconds; after one that passed, the tasks may or
/// may not have been inserted.
using gate_actor =
    caf::typed_actor<caf::replies_to<enqueue_atom, std::vector<task_message>>::with<enqueue_answer>,
                     caf::replies_to<enqueue_atom, std::vector<task_message>,
                                     std::string>::with<enqueue_answer>>;  // with a token

/// What an actor system must know before it is made.
void prepare_for_gates(caf::actor_system_config& config);

/// A program's link to one node's gate. Not thread-safe: one owner. Has a thread of its own.
class gate_link {
 public:
  /// @param system  of a configuration that prepare_for_gates has seen; outlives the link
  explicit gate_link(caf::actor_system& system, gate_link_options options = {});
  ~gate_link();
  gate_link(const gate_link&) = delete;
  gate_link& operator=(const gate_link&) = delete;

  /// Links with the gate at "host:port"; a former link ends. Blocks for up to 8 s: not from an actor.
  /// @param name, incarnation  who must answer there; "" and 0 = whoever does
  /// @return an actor of this system that stands for the gate. Any actor may send to it; when the link breaks, open
  ///         questions are answered with in_doubt and later ones with unavailable: connect again.
  /// @errors unavailable, timeout, refused, invalid (the address, or a certificate file)
  result<gate_actor> connect(const std::string& address, const std::string& name = {},
                             std::int64_t incarnation = 0);
  /// What connect answered last; null without a link.
  gate_actor gate() const;
  void hang_up();

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace weir
