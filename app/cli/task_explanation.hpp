// `weir task explain`: why a task runs, or does not. Pure: what was observed in, reasons and text out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>

#include "app/cli/json_text.hpp"

namespace weir::app {

/// Everything that is looked at. Read by several statements, so parts may be a moment apart.
struct task_evidence {
  task_record task;
  std::vector<attempt_record> attempts;
  std::optional<task_record> successor;  ///< the task that superseded it
  task_facts facts;
  catalog rows;
  std::optional<term_row> leader;
  wall_time now{};
};

/// One reason. The code is stable: done, failed, cancelled, superseded, running, cut_off, no_nodes, paused,
/// name_paused, pinned_node_away, no_leader, unowned, owner_silent, no_action, not_due, retry_later, stream_rests,
/// key_busy, will_be_superseded, rate_limited, queued.
struct reason {
  std::string code;
  std::string sentence;
};

/// At least one; the first is the conclusion, the others hold as well. An ended or running task has one.
std::vector<reason> reasons_of(const task_evidence& seen);

/// {"id","state","reason","conclusion","reasons":[{"code","message"}],...}: every member is always there.
ordered_json explanation_json(const task_evidence& seen);

/// The conclusion, what else holds, then the facts.
std::string explanation_text(const task_evidence& seen, bool colour, int width);

}  // namespace weir::app
