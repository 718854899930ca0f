// What a node counts (INTERFACE section 9). Everything here is this process's own; see cluster_gauges.hpp for the rest.
#pragma once

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <weir/config.hpp>

#include "app/api/term_book.hpp"
#include "app/trace/span_counts.hpp"
#include "http/metrics.hpp"

namespace weir::app {

/// Threads: all of it, from any.
struct node_metrics {
  /// @param actions  of the configuration: those that send mails count them.
  explicit node_metrics(const std::vector<action_config>& actions = {});

  http::family<http::counter> enqueued{
      "weir_tasks_enqueued_total", "Tasks inserted through this node.", {"stream", "name"}};
  http::family<http::counter> finished{
      "weir_tasks_finished_total", "Tasks whose end this node wrote.", {"stream", "name", "result"}};
  http::family<http::counter> attempts{
      "weir_attempts_total", "Runs that ended on this node.", {"stream", "name", "result"}};
  http::family<http::histogram> wait{
      "weir_task_wait_seconds",
      "From the creation of a task to its first start.",
      {"stream"},
      {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 300, 3600}};
  http::family<http::histogram> run{"weir_task_run_seconds",
                                    "How long runs took.",
                                    {"stream"},
                                    {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 1800}};
  http::family<http::histogram> statements{"weir_db_statement_seconds",
                                           "Round trips to the database, by what was asked.",
                                           {"op"},
                                           {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5}};
  http::family<http::counter> errors{"weir_db_errors_total", "Statements that failed, by class.", {"class"}};
  http::family<http::histogram> beat{"weir_beat_seconds",
                                     "Round trips of beats.",
                                     {},
                                     {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5}};
  http::family<http::counter> requests{"weir_http_requests_total",
                                       "Requests that were answered, by route and status.",
                                       {"method", "route", "status"}};

  http::family<http::counter> leader_changes{
      "weir_leader_changes_total", "Terms that began on this node, by why the one before ended.", {"reason"}};
  http::family<http::counter> moves{
      "weir_moves_total", "Partitions that got another node while this node led, by why.", {"reason"}};
  http::family<http::counter> wakeups{
      "weir_wakeups_total", "Times that this node looked for tasks in the database, by why.", {"source"}};

  term_book terms;             ///< become leader_changes when somebody asks
  std::atomic<int> links{-1};  ///< nodes that this one is linked with; -1: it takes no links
  /// What became of the spans of runs; set before anybody asks, or never: none are told.
  std::function<trace::span_counts()> spans;
  std::set<std::string> mail_actions;  ///< names of actions of type email

  /// All of it as text, with what the process itself costs.
  std::string text() const;

 private:
  void write_mails(std::string& out) const;
  void write_spans(std::string& out) const;
};

}  // namespace weir::app
