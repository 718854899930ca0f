// GATEWAY: takes tasks from programs. While one batch commits, the next one gathers; every sender is
// answered after the commit of its own tasks. What falls into partitions of this node goes straight to the
// worker then, without being read again.
//
// Senders of few tasks, each waiting for its answer, are given a moment to come back before the next batch is sent: a
// statement and a commit for sixteen of them cost hardly more than for one.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>

#include "actors/interfaces.hpp"

namespace weir::actors {

struct gateway_state {
  static inline const char* name = "gateway";
  struct waiting {
    enqueue_ask rows;
    std::size_t bytes = 0;
    std::function<void(inserted_answer)> answer;
    bool alone = false;  ///< its batch was refused: sent by itself, so that only the culprit fails
  };
  std::deque<waiting> queue;
  std::size_t queued_rows = 0;
  std::size_t queued_bytes = 0;
  bool busy = false;
  std::size_t awaited = 0;  ///< the next batch waits until so many senders are there; 0 = for nobody
  std::uint64_t generation = 0;
  std::size_t in_vain =
      0;  ///< batches that go at once after the last wait in vain, twice as many after the next
  std::size_t at_once = 0;  ///< so many of them are left
};

struct gateway_parts {
  inbox_actor inbox;
  worker_actor worker;  ///< none: nothing is handed
  /// These have new tasks that were not handed; their owners may be anywhere.
  std::function<void(const std::vector<part_id>&)> on_fed;
  std::size_t batch_rows = 1000;
  /// How long senders that were just answered are waited for. Sixteen programs on the same machine are back within it;
  /// a statement with its commit takes as long. Where they are not back in time, fewer and fewer batches wait.
  std::chrono::microseconds gather{800};
  std::size_t gather_rows = 64;  ///< with so many tasks a batch is worth its statement: nobody is waited for
  std::size_t batch_bytes = std::size_t{4} << 20U;  ///< of one statement, unless one sender's rows have more
  /// Beyond either, senders are told `overloaded` at once.
  std::size_t queue_rows = 100000;
  std::size_t queue_bytes = std::size_t{64} << 20U;
};

gateway_actor::behavior_type gateway(gateway_actor::stateful_pointer<gateway_state> self,
                                     gateway_parts parts);

}  // namespace weir::actors
