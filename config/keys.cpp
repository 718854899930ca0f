// The rows: one for each key of the configuration, in the order of the reference page.
#include "config/key_table.hpp"

namespace weir::config {

namespace {

// Milliseconds.
constexpr std::int64_t second = 1000;
constexpr std::int64_t hour = 3600 * second;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t century = 36500 * day;
// Bytes.
constexpr std::int64_t mebibyte = 1 << 20;

constexpr bool live = true;

}  // namespace

const std::vector<section>& all_sections() {
  static const std::vector<section> sections{
      {"database", "The PostgreSQL database behind all nodes."},
      {"cluster",
       "How a dead node is told from a slow one. The same on all nodes: a node that differs from the "
       "cluster ends with exit code 78. `margin` must be less than `ttl - beat`, and `ttl` at least three "
       "beats."},
      {"node", "This node."},
      {"tls",
       "Certificates of links between nodes and clients; all three or none. A node names itself "
       "`weir-node:NAME`, a client `weir-client:NAME` (subject alternative name)."},
      {"http", "The API: tasks, streams, schedules, nodes; health."},
      {"log", "Messages on stderr."},
      {"trace",
       "Spans of runs, sent to an OpenTelemetry collector: see [Traces](traces.md). None without `url`."},
      {"limits", "Bounds; what is over one is refused with an error."},
      {"retention",
       "How long ended tasks are kept: see [Retention](operating.md#retention). None: for ever, since "
       "nothing "
       "is deleted that nobody asked for. While nodes differ, the longest counts."},
      {"stream.*",
       "A stream, declared by its name. The first declaration creates it in the database; later ones "
       "are compared only, and the database's value stays in force (`weir stream set` changes it)."},
      {"action.*", "How the tasks of one name are performed. The section's name is the task's name."},
      {"schedule.*",
       "Enqueues one task per tick, cluster-wide: see [Schedules](schedules.md). The first declaration "
       "creates "
       "the schedule in the database; later ones are compared only, and the database's value stays in "
       "force."},
  };
  return sections;
}

const std::vector<key>& all_keys() {  // NOLINT(readability-function-size): a table
  static const std::vector<key> keys{
      // -- [database]
      {"database.url", kind::database, "(libpq's PG* variables)",
       "Address, as `postgres://user@host/db` or `host=... dbname=...`; may lead through a pooler in "
       "transaction "
       "mode. Also `WEIR_DATABASE_URL` and `DATABASE_URL`."},
      {"database.direct_url", kind::database, "(url)",
       "Address for the session connections (lock, beats), past any pooler. Not used when `url` comes from a "
       "stronger source than it."},
      {"database.schema", kind::name, "weir", "PostgreSQL schema that holds weir's tables; up to 63 bytes."},
      {"database.message_queue", kind::text, "weir.message_queue",
       "Where the view with the columns of `episub/queue` stands, for its producers, as SCHEMA.NAME; "
       "`weir db migrate` makes it. An empty text: it takes no rows. `weir.message_queue` is the one in "
       "weir's own "
       "schema."},
      // -- [cluster]
      {"cluster.ttl", kind::duration, "6s",
       "A node whose beat stood still for this long may be declared dead by the others.", 100, hour},
      {"cluster.beat", kind::duration, "1s", "A node counts its beat up this often: one statement each.", 20,
       60 * second},
      {"cluster.margin", kind::duration, "1s",
       "An owner stops this long before anybody may take over: room for clocks that drift and for the kill.",
       20, hour},
      // -- [node]
      {"node.name", kind::name, "(the host's name)",
       "What a pin names and every table shows; unique in the cluster."},
      {"node.listen", kind::link, "127.0.0.1:0",
       "Port of the links from other nodes and from programs that enqueue by message, as `host:port`; port 0 "
       "takes "
       "a free one; other than loopback it needs [tls]. `off`: the node works by polling only."},
      {"node.state_dir", kind::path,
       "(by name: /var/lib/weir/NAME for root, else under $XDG_STATE_HOME or ~/.local/state)",
       "Folder of the node's lock and of the highest database timeline it saw. Two processes of one node "
       "can't share it."},
      {"node.labels.*", kind::text, "", "A label of the node, shown in `weir node show`."},
      {"node.weight", kind::integer, "1", "Share of the parallel partitions; 0 takes none unless pinned.", 0,
       1000},
      {"node.leader_eligible", kind::boolean, "true", "May this node become the leader?"},
      {"node.drain_timeout", kind::duration, "30s",
       "How long a drain waits for running tasks before it ends them.", 0, day},
      // -- [tls]
      {"tls.cert", kind::path, "", "Certificate chain, PEM."},
      {"tls.key", kind::path, "", "Private key, PEM."},
      {"tls.ca", kind::path, "", "Certificates of the authorities that peers must be signed by, PEM."},
      // -- [http]
      {"http.listen", kind::listen, "",
       "Address to serve at, as `host:port`; none: not served. Other than loopback it needs `tokens_file`."},
      {"http.tokens_file", kind::path, "",
       "File of the tokens that callers present; none: loopback only, no token asked."},
      {"http.base_path", kind::text, "/",
       "Path in front of every address, when a proxy serves weir below its root."},
      // -- [log]
      {"log.level", kind::choice, "info", "The least severe messages that are written.", 0, 0,
       "trace|debug|info|warn|error", "", live},
      {"log.format", kind::choice, "auto", "`auto` is text on a terminal and JSON elsewhere.", 0, 0,
       "auto|text|json"},
      // -- [trace]
      {"trace.url", kind::web, "",
       "Where spans are sent (OTLP over HTTP, JSON), as `http://host:4318/v1/traces`; none: not traced."},
      {"trace.headers.*", kind::header, "", "A header of those requests."},
      {"trace.percent", kind::integer, "100",
       "How many of the runs are traced whose tasks came without a trace context. Others go by their "
       "producer: "
       "traced if it is.",
       0, 100},
      {"trace.join", kind::boolean, "false",
       "Are runs spans of their producer's trace? Else each is a trace of its own that is linked to it."},
      {"trace.queue", kind::integer, "8192",
       "Spans that wait for the collector; what comes beyond is dropped and counted (a KiB each).", 1,
       1'000'000},
      // -- [limits]
      {"limits.payload", kind::size, "1MiB", "Largest `data` of a task, as JSON text.", 1, 64 * mebibyte},
      // -- [retention]
      {"retention.done", kind::duration, "", "Keep DONE tasks this long; none: for ever.", 0, century},
      {"retention.failed", kind::duration, "", "Keep FAILED tasks this long; none: for ever.", 0, century},
      {"retention.cancelled", kind::duration, "", "Keep CANCELLED tasks this long; none: for ever.", 0,
       century},
      // -- [stream.*]
      {"stream.*.mode", kind::choice, "(needed)",
       "`single`: on one node at a time. `parallel`: split over all nodes.", 0, 0, "single|parallel"},
      {"stream.*.partitions", kind::integer, "(16 for parallel, 1 for single)",
       "Parts that nodes own one by one; must be 1 for single.", 1, 1024},
      {"stream.*.concurrency", kind::integer, "(16 for parallel, 1 for single)", "Tasks at once per node.", 1,
       1024},
      {"stream.*.pin", kind::name, "",
       "Node to run on. Counts at creation only: `weir stream pin` and `unpin` change it."},
      {"stream.*.pin_policy", kind::choice, "strict",
       "While the pinned node is away, `strict` waits and `prefer` runs elsewhere.", 0, 0, "strict|prefer"},
      {"stream.*.isolation", kind::choice, "(process for single, thread for parallel)",
       "Where actions run: in a process of their own that the kernel ends at the deadline, or on threads of "
       "the node.",
       0, 0, "process|thread"},
      {"stream.*.on_deadline", kind::choice, "kill",
       "What happens to runs on threads at the deadline: `cancel` only asks them to end, which is weaker.", 0,
       0, "kill|cancel"},
      {"stream.*.handover_delay", kind::duration, "0s",
       "Wait before a new owner starts, for requests that still work inside the outside system.", 0, hour},
      {"stream.*.async_finish", kind::boolean, "false",
       "Commit results without waiting for the disk; a crash of the database may run the last tasks again."},
      {"stream.*.notify", kind::boolean, "false",
       "What is enqueued by SQL wakes its node at once, not at the next poll; commits then wait for each "
       "other (NOTIFY)."},
      {"stream.*.rate", kind::rate, "",
       "Each node starts at most this many of its tasks, evenly spread; none: no limit. A single stream is "
       "on "
       "one node, so it is the rate of all."},
      {"stream.*.breaker.failures", kind::integer, "0",
       "After this many failed runs in a row a node lets the stream rest for `breaker.pause`; 0: never.", 0,
       1000},
      {"stream.*.breaker.pause", kind::duration, "1m",
       "How long it rests; then one run is tried, and its success ends the rest.", 1, day},
      {"stream.*.retention.done", kind::duration, "", "As [retention], for this stream.", 0, century},
      {"stream.*.retention.failed", kind::duration, "", "As [retention], for this stream.", 0, century},
      {"stream.*.retention.cancelled", kind::duration, "", "As [retention], for this stream.", 0, century},
      // -- [action.*]
      {"action.*.type", kind::choice, "(needed)", "Who performs the tasks; `noop` succeeds at once.", 0, 0,
       "exec|http|email|cdc|noop"},
      {"action.*.stream", kind::name, "",
       "Declares the route of these tasks to a stream, which may live in the database.", 0, 0, "",
       "exec|http|email|noop"},
      {"action.*.timeout", kind::duration, "",
       "A run that takes longer is ended and tried again; none: no timeout.", 1, century},
      {"action.*.max_crashes", kind::integer, "3", "A task that took its process down this often is FAILED.",
       1, 1000, "", "", live},
      {"action.*.retry.every", kind::duration, "", "The same delay after each attempt.", 1, century, "", "",
       live},
      {"action.*.retry.backoff", kind::durations, "",
       "A list of delays, one after another; the last repeats.", 1, century, "", "", live},
      {"action.*.retry.exponential", kind::duration, "1s", "A first delay that doubles, with jitter.", 1,
       century, "", "", live},
      {"action.*.retry.max", kind::duration, "1h", "Longest delay of `exponential`.", 1, century, "", "",
       live},
      {"action.*.retry.max_attempts", kind::integer, "25",
       "Attempts before a task is FAILED; 0: without end.", 0, 1000000, "", "", live},
      {"action.*.command", kind::words, "",
       "Program and its arguments; a program with a `/` starts at the file's folder.", 0, 0, "", "exec"},
      {"action.*.url", kind::web, "", "Where the task is posted to.", 0, 0, "", "http"},
      {"action.*.headers.*", kind::header, "",
       "A header of the request; `NAME_file` reads its value from a file. Values of headers that carry "
       "credentials "
       "are not shown.",
       0, 0, "", "http"},
      {"action.*.api_key", kind::secret, "", "Key of the mail service.", 0, 0, "", "email"},
      {"action.*.base_url", kind::web, "https://api.sendgrid.com", "Address of the mail service.", 0, 0, "",
       "email"},
      {"action.*.bcc", kind::mail, "", "Gets a blind copy of every mail.", 0, 0, "", "email"},
      {"action.*.controller", kind::uuid, "", "Names this watch over changes, and its stream.", 0, 0, "",
       "cdc"},
      {"action.*.source_url", kind::database, "([database])", "Address of the database that is watched.", 0,
       0, "", "cdc"},
      {"action.*.query", kind::text, "",
       "Statement that gives `object_id` (text) and `hash` (uuid) of every object.", 0, 0, "", "cdc"},
      {"action.*.source_timeout", kind::duration, "5m", "Longest statement in the source.", 1, century, "",
       "cdc"},
      {"action.*.limit", kind::integer, "500", "Changes of one pass; the next one goes on behind them.", 1,
       100000, "", "cdc"},
      {"action.*.allow_empty", kind::boolean, "false",
       "Delete everything when the source gives no object at all; without it that is a failure while more "
       "than 100 "
       "objects are kept.",
       0, 0, "", "cdc"},
      // -- [schedule.*]
      {"schedule.*.task", kind::name, "(needed)", "Name of the task to enqueue."},
      {"schedule.*.cron", kind::cron, "",
       "Five fields: minute, hour, day of month, month, day of week; or `@hourly`, `@daily`, `@weekly`, "
       "`@monthly`, "
       "`@yearly`. This or `every`."},
      {"schedule.*.every", kind::duration, "",
       "Interval; ticks are at its whole multiples since 1970-01-01 00:00 UTC. This or `cron`.", second,
       century},
      {"schedule.*.zone", kind::zone, "UTC", "IANA time zone of `cron`."},
      {"schedule.*.missed", kind::choice, "once",
       "What becomes of ticks that passed while the whole cluster was away: nothing, one task, a task each.",
       0, 0, "skip|once|all"},
      {"schedule.*.key", kind::key, "", "Key of the task; up to 512 bytes."},
      {"schedule.*.data", kind::data, "{}", "Data of the task: a table, or JSON text."},
  };
  return keys;
}

}  // namespace weir::config
