// Every default of weir, with its reason. The configuration reference is made from this list.
#pragma once

#include <chrono>
#include <cstddef>

namespace weir::defaults {

using std::chrono::milliseconds;
using std::chrono::seconds;

// -- [cluster]: how a dead node is told from a slow one. The same on all nodes.
/// An observer that saw no beat for this long may declare a node dead: long enough for a database restart.
inline constexpr milliseconds ttl = seconds{6};
/// A node's row counts up this often: five chances within a ttl, one statement a second and node.
inline constexpr milliseconds beat = seconds{1};
/// An owner stops this long before anyone may take over: covers clock drift (6 ms at 1000 ppm) and the kill.
inline constexpr milliseconds margin = seconds{1};

// -- [node]
/// How long a drain waits for running tasks before it ends them. Kubernetes allows 30 s in all.
inline constexpr milliseconds drain_timeout = seconds{30};
inline constexpr int weight = 1;

// -- streams
/// Runs at once per node of a parallel stream: enough to hide 10 ms calls on two cores.
inline constexpr int parallel_concurrency = 16;
/// A single stream does one thing at a time unless it is told otherwise.
inline constexpr int single_concurrency = 1;
/// Partitions of a parallel stream: spreads over 16 nodes, and costs one index probe each per poll.
inline constexpr int partitions = 16;
/// How long a stream rests whose runs failed in a row, where it says how many: what is down for a moment is back by
/// then, and one run a minute hurts nobody.
inline constexpr milliseconds breaker_pause = seconds{60};

// -- actions
/// With exponential back-off from a second to an hour: about 18 hours of trying.
inline constexpr int max_attempts = 25;
inline constexpr milliseconds retry_first = seconds{1};
inline constexpr milliseconds retry_max = seconds{3600};
/// A task that took its process down three times is not tried a fourth time.
inline constexpr int max_crashes = 3;
/// No timeout unless the action has one: only its author knows.
/// After a run was asked to end (timeout, drain): how long until it is ended.
inline constexpr milliseconds grace = seconds{2};
/// A task whose name no node performs is kept this long: a node that has the action may be starting.
inline constexpr milliseconds missing_action_grace = seconds{10};
/// The same where a node that has ended performed it: whoever is upgraded or repaired is expected back within a day.
inline constexpr milliseconds away_action_grace = seconds{86'400};

// -- [limits]
/// JSON text of one task. Larger things belong into a store of their own.
inline constexpr std::size_t payload_bytes = std::size_t{1} << 20U;
inline constexpr std::size_t name_characters = 64;
inline constexpr std::size_t key_bytes = 512;
inline constexpr std::size_t message_bytes = 2000;
inline constexpr int json_depth = 64;

// -- [trace]
/// Whoever names a collector wants to see something; a node that performs thousands of runs a second wants less.
inline constexpr int trace_percent = 100;
/// Spans that wait for their collector; further ones are dropped. Eight seconds of a thousand a second while a
/// collector starts anew, some 12 MB when full.
inline constexpr int trace_queue = 8192;
/// Spans of one request: some 500 KB of JSON; a collector takes 20 MiB unless it is told otherwise.
inline constexpr int trace_batch = 512;
/// A span waits at most this long for others to go with: what is looked for in a trace is mostly older.
inline constexpr milliseconds trace_flush = seconds{1};
/// For one request: a collector on the way answers within milliseconds.
inline constexpr milliseconds trace_patience = seconds{5};
/// Where a collector does not answer or is busy it is asked again after this long, then after twice as long each
/// time...
inline constexpr milliseconds trace_retry_first = seconds{1};
/// ... and at least this often, so that soon after its return it has what waited.
inline constexpr milliseconds trace_retry_max = seconds{30};
/// A node that ends tries for this long to send what waits: no longer than people wait for a prompt.
inline constexpr milliseconds trace_goodbye = seconds{2};

// -- the task path
/// Tasks of a partition held in memory, ready or running.
inline constexpr int window_tasks = 2000;
/// Rows of one read or one finish statement: where the cost per row stops falling (measured).
inline constexpr int batch_rows = 500;
/// How long an idle node waits between polls; an enqueue by SQL without notify is seen within this. Three idle nodes
/// then ask some six times a second.
inline constexpr milliseconds poll_idle = milliseconds{480};
/// While tasks keep coming.
inline constexpr milliseconds poll_busy = milliseconds{5};
/// A running task becomes visible as IN PROGRESS, and stops holding the mark, after this.
inline constexpr milliseconds in_progress_after = seconds{1};
/// The low-water mark moves at most this often per partition.
inline constexpr milliseconds mark_interval = seconds{1};

}  // namespace weir::defaults
