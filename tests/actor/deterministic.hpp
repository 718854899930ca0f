// What the sentences about actors are told with: one thread, a virtual clock, the memory driver.
//
// The store actors, detached in a node, are spawned on the same test scheduler here; so nothing happens
// between two calls of run(), and no time passes but by advance().
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include "actors/interfaces.hpp"
#include "cluster/moment.hpp"
#include "drivers/memory/memory_driver.hpp"

namespace weir::actors {

using namespace std::chrono_literals;

struct test_system_config : caf::actor_system_config {
  test_system_config();
};

class deterministic : public testing::Test {
 protected:
  deterministic();
  /// Ends every actor that was kept, or the actor system would wait for it for ever.
  void TearDown() override;

  cluster::moment now() const;
  /// Everything that can happen now happens.
  void run();
  /// Time passes in small steps, so that what is sent again and again is sent as often as it would be.
  void advance(std::chrono::milliseconds by);

  template <class Handle>
  Handle keep(Handle spawned) {
    kept_.push_back(caf::actor_cast<caf::actor>(spawned));
    return spawned;
  }
  /// Ends an actor as a defect in it would.
  template <class Handle>
  void end(const Handle& doomed) {
    caf::anon_send_exit(doomed, caf::exit_reason::kill);
    run();
  }

  /// A program's question: empty until it is answered.
  template <class Answer, class Actor, class... Parts>
  std::shared_ptr<std::optional<Answer>> ask(const Actor& to, Parts... parts) {
    auto answered = std::make_shared<std::optional<Answer>>();
    // The receiver is an argument of spawn, for CAF 0.17 binds a reference to a null tuple if there is none.
    const auto asking = [=](caf::event_based_actor* self, const Actor& receiver) {
      self->request(receiver, 3600s, parts...)
          .then([=](const Answer& reply) { *answered = reply; },
                [=](const caf::error& why) { ADD_FAILURE() << "no answer: " << to_string(why); });
    };
    keep(system_.spawn(asking, to));
    return answered;
  }

  /// Registers an active node.
  node_id join(const std::string& name);
  /// Writes the leader's wish.
  void wish(part_id part, const std::string& node);
  /// Declares a single stream and returns its partition.
  part_id add_single(const std::string& name);
  memory::partition_entry& partition(part_id part);
  std::function<void(const error&)> errors() {
    return [this](const error& what) { errors_.push_back(what); };
  }

 private:
  test_system_config config_;

 protected:
  caf::actor_system system_{config_};
  caf::scheduler::test_coordinator& scheduler_;
  std::shared_ptr<memory::world> world_;
  memory::memory_driver driver_;
  std::vector<error> errors_;  ///< shown by the actors

 private:
  std::vector<caf::actor> kept_;
};

}  // namespace weir::actors
