#include "app/api/node_metrics.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <map>

#include <sys/resource.h>
#include <unistd.h>

#include <weir/result.hpp>

#include "cluster/wakeup.hpp"
#include "domain/execution.hpp"
#include "domain/move_reason.hpp"

namespace weir::app {

namespace {

using domain::run_result;
/// How runs of an email can end; shown from the start.
constexpr std::array mail_results{run_result::success, run_result::retry, run_result::failure,
                                  run_result::timeout, run_result::crash, run_result::interrupted};

constexpr std::array error_classes{errc::unavailable,    errc::in_doubt,        errc::refused,
                                   errc::not_found,      errc::invalid,         errc::conflict,
                                   errc::schema_missing, errc::schema_mismatch, errc::read_only,
                                   errc::overloaded,     errc::timeout,         errc::internal};

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// The second word of /proc/self/statm: resident pages.
double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  long all = 0;
  long resident = 0;
  file >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  std::error_code ignored;
  double count = 0;
  for (auto each = std::filesystem::directory_iterator("/proc/self/fd", ignored);
       !ignored && each != std::filesystem::directory_iterator(); each.increment(ignored))
    ++count;
  return count;
}

/// When this process began: field 22 of /proc/self/stat, in ticks since the machine's boot, which is in /proc/stat.
double started_at() {
  std::ifstream mine("/proc/self/stat");
  std::string text;
  std::getline(mine, text);
  double ticks = 0;
  std::size_t at = text.rfind(')') + 2;  // field 3
  for (int field = 3; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at) + 1;
  ticks = std::strtod(text.c_str() + at, nullptr);
  std::ifstream machine("/proc/stat");
  for (std::string word; machine >> word;) {
    double boot = 0;
    if (word == "btime" && machine >> boot) return boot + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  return 0;
}

void write_process(std::string& out) {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto one = [&](const std::string& name, const std::string& help, const std::string& type,
                       double value) {
    http::write_readings(out, name, help, type, {}, {{{}, value}});
  };
  one("process_cpu_seconds_total", "Processor time of this process.", "counter",
      seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
  one("process_resident_memory_bytes", "Resident memory.", "gauge", resident_bytes());
  one("process_open_fds", "Open descriptors.", "gauge", open_descriptors());
  one("process_start_time_seconds", "When it started, since 1970.", "gauge", started_at());
  http::write_readings(out, "weir_build_info", "Always 1; the labels tell.", "gauge", {"version"},
                       {{{WEIR_VERSION}, 1}});
}

}  // namespace

node_metrics::node_metrics(const std::vector<action_config>& actions) {
  for (const action_config& action : actions) {
    if (action.kind == action_config::type::email) mail_actions.insert(action.name);
  }
  // A counter that comes into being with its first event has not grown, to whoever looks at its growth.
  for (const auto code : error_classes) errors.with({to_string(code)});
  for (const auto& reason : term_book::reasons()) leader_changes.with({reason});
  for (const auto reason : domain::all_move_reasons()) moves.with({domain::to_string(reason)});
  for (const auto source : cluster::all_wakeups) wakeups.with({cluster::to_string(source)});
}

void node_metrics::write_mails(std::string& out) const {
  std::map<std::string, double> by_result;
  for (const auto result : mail_results) by_result[domain::to_string(result)] = 0;
  attempts.each([&](const http::label_values& labels, const http::counter& runs) {
    if (mail_actions.count(labels[1]) > 0) by_result[labels[2]] += runs.value();
  });
  std::vector<http::gauge_reading> sent;
  sent.reserve(by_result.size());
  for (const auto& [result, times] : by_result) sent.push_back({{result}, times});
  http::write_readings(out, "weir_emails_total", "Runs of actions of type email that ended on this node.",
                       "counter", {"result"}, sent);
}

void node_metrics::write_spans(std::string& out) const {
  if (!spans) return;
  const trace::span_counts now = spans();
  http::write_readings(out, "weir_spans_exported_total", "Spans of runs that the collector took.", "counter",
                       {}, {{{}, static_cast<double>(now.exported)}});
  http::write_readings(out, "weir_spans_dropped_total", "Spans of runs that were lost, by why.", "counter",
                       {"reason"},
                       {{{"full"}, static_cast<double>(now.queue_full)},
                        {{"refused"}, static_cast<double>(now.refused)},
                        {{"gave_up"}, static_cast<double>(now.gave_up)}});
}

std::string node_metrics::text() const {
  std::string out;
  enqueued.write(out);
  finished.write(out);
  attempts.write(out);
  wait.write(out);
  run.write(out);
  statements.write(out);
  errors.write(out);
  beat.write(out);
  requests.write(out);
  leader_changes.write(out);
  moves.write(out);
  wakeups.write(out);
  write_mails(out);
  write_spans(out);
  if (const int up = links; up >= 0)
    http::write_readings(out, "weir_links_up", "Other nodes that this node is linked with.", "gauge", {},
                         {{{}, static_cast<double>(up)}});
  write_process(out);
  return out;
}

}  // namespace weir::app
