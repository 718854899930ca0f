// The seam between the node and the code that performs tasks: one run asked for, one verdict given.
//
// An executor runs actions somewhere else than in an actor: on a bounded pool of threads (parallel
// streams) or in a runner process (single streams). `runner/` implements it, `actors/` uses it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/boot_clock.hpp>

namespace weir::domain {

/// How one run ended. The letter is what weir.attempt stores; the word is what people read.
enum class run_result : char {
  success = 'd',
  retry = 'r',
  failure = 'f',
  snooze = 'z',
  cancel = 'c',
  timeout = 't',      ///< the action's own timeout; retried by its policy
  crash = 'x',        ///< its process ended by a signal or by exit; counts to max_crashes only
  last_crash = 'X',   ///< a crash after which its task is FAILED
  interrupted = 'i',  ///< ended from outside (deadline, drain, cancel, its node's death); counts to neither
  superseded = 's',   ///< never ran: a newer task of its key started
  moved = 'm',        ///< re-routed: lives on as another task
};

/// "success", "retry", ... as INTERFACE section 3 spells them.
const char* to_string(run_result result) noexcept;
/// True if an attempt with this result ends its task.
constexpr bool is_final(run_result result) noexcept {
  return result == run_result::success || result == run_result::failure || result == run_result::cancel ||
         result == run_result::superseded || result == run_result::moved || result == run_result::last_crash;
}

/// Everything a run needs, in values that can cross a process boundary.
struct run_request {
  std::uint64_t run_id = 0;  ///< unique within this node process; the verdict carries it back
  std::int64_t task_id = 0;
  std::string name;
  std::optional<std::string> key;
  std::string stream;
  std::string data;  ///< JSON text, as stored
  std::string created_by;
  wall_time created_at{};
  std::string traceparent;  ///< for what the action does; "" = none
  int attempt = 1;
  std::uint64_t fencing_token = 0;
};

/// The verdict of a run.
struct run_verdict {
  std::uint64_t run_id = 0;
  run_result result = run_result::success;
  std::string message;
  std::optional<std::chrono::milliseconds> delay;  ///< of retry and snooze, where the action gave one
  wall_time started_at{};
  std::chrono::milliseconds took{0};
};

/// Runs actions. All members may be called from any thread and return at once.
class executor {
 public:
  using on_verdict = std::function<void(run_verdict)>;  ///< called from any thread, once per started run

  virtual ~executor() = default;

  /// Starts runs in their order; the verdict of each comes through the callback given at construction,
  /// whatever happens to it.
  virtual void start_all(std::vector<run_request> requests) = 0;
  void start(run_request request) {
    std::vector<run_request> one;
    one.push_back(std::move(request));
    start_all(std::move(one));
  }
  /// The stream has come: makes ready what its tasks need, before there are any. Without it that happens with
  /// the first run.
  /// @param fencing_token  of the term that begins.
  virtual void open(std::uint64_t fencing_token) = 0;
  /// Ownership now ends at `deadline`; called after every good beat. An executor that was promised none
  /// yet runs nothing. Must not block: it is called on the beat's own thread.
  virtual void extend(boot_time deadline) = 0;
  /// Asks a run to end (stop_requested); after `grace` it is ended and its verdict is `interrupted`.
  virtual void interrupt(std::uint64_t run_id, std::chrono::milliseconds grace) = 0;
  /// Ends everything now. After `close` returned true (poll it), no code of an action runs any more:
  /// only then may the stream be released. Runs still open get the verdict `interrupted`.
  virtual bool closed() = 0;
  virtual void close(std::chrono::milliseconds grace) = 0;
};

}  // namespace weir::domain
