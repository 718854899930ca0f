// Runs actions in a runner process: this program, started again, one for each term of a single stream.
//
// The kernel ends the runner at the ownership's deadline, whatever it, its node or its database are doing
// then; a crash in it never touches the node. See containment.hpp for what dies with it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <weir/defaults.hpp>

#include "domain/execution.hpp"
#include "runner/action_table.hpp"
#include "runner/log_sink.hpp"

namespace weir::runner {

struct process_options {
  std::string stream;
  std::string node;     ///< what context::node() answers
  int concurrency = 1;  ///< runs at once in the runner; above 64 is taken for 64
  std::size_t payload_limit =
      defaults::payload_bytes;  ///< [limits] payload; no frame is longer than about twice this
  std::chrono::milliseconds grace = defaults::grace;  ///< from a timeout until the runner is killed
  /// The runner has hooks to call: it counts as working once its open hook has succeeded.
  bool hooked = false;
  bool with_database = false;    ///< the runner gets the variables that name the database
  std::vector<int> inherit_fds;  ///< held open by every runner (the state lock); must stay open here as long
};

/// An executor in a process. The runner starts with the first run, or with open(), and again after it ended
/// (after open() at once: the stream's session is to be had again); the program must call runner::serve_runner
/// early when runner::invited(). Timeouts are kept from here: asked to end, then killed, together with whatever
/// runs beside. Callbacks come from one thread of its own and must not block. Destroying it kills the runner,
/// gives the verdicts still owed, and waits until the runner is reaped.
class process_executor final : public domain::executor {
 public:
  process_executor(const action_table& actions, process_options options, on_verdict verdicts, log_sink log);
  ~process_executor() override;
  process_executor(const process_executor&) = delete;
  process_executor& operator=(const process_executor&) = delete;

  /// Asserts that at most 100,000 runs wait.
  void start_all(std::vector<domain::run_request> requests) override;
  void open(std::uint64_t fencing_token) override;
  void extend(boot_time deadline) override;
  void interrupt(std::uint64_t run_id, std::chrono::milliseconds grace) override;
  /// True once the runner was reaped and its namespace is empty.
  bool closed() override;
  void close(std::chrono::milliseconds grace) override;

  /// The process id of the runner's outermost process, 0 while there is none. For people and tests.
  int pid() const;

 private:
  class loop;
  std::unique_ptr<loop> loop_;
};

}  // namespace weir::runner
