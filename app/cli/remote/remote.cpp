// Which commands go by a node's API, and what they open then.
#include "app/cli/remote/remote.hpp"

#include <set>

#include <weir/assert.hpp>

#include "app/cli/api_client.hpp"
#include "app/cli/remote/remote_stores.hpp"

namespace weir::app {

namespace {

/// Commands open a console and schedules; a node never runs on this.
class remote_driver final : public driver {
 public:
  explicit remote_driver(invocation& call) : call_(call) {}

  std::unique_ptr<console_store> open_console() override { return std::make_unique<remote_console>(call_); }
  std::unique_ptr<schedule_store> open_schedules() override {
    return std::make_unique<remote_schedules>(call_);
  }
  std::unique_ptr<membership_store> open_membership() override { return nobody<membership_store>(); }
  std::unique_ptr<leadership_store> open_leadership() override { return nobody<leadership_store>(); }
  std::unique_ptr<ownership_store> open_ownership() override { return nobody<ownership_store>(); }
  std::unique_ptr<coordination_store> open_coordination() override { return nobody<coordination_store>(); }
  std::unique_ptr<task_store> open_tasks() override { return nobody<task_store>(); }
  std::unique_ptr<retention_store> open_retention() override { return nobody<retention_store>(); }
  std::unique_ptr<cdc_store> open_cdc() override { return nobody<cdc_store>(); }
  std::unique_ptr<cdc_reader> open_cdc_reader(const cdc_query&) override { return nobody<cdc_reader>(); }

 private:
  /// Verbs that need such a store are not also_by_api, and refused before.
  template <class Store>
  static std::unique_ptr<Store> nobody() {
    WEIR_ASSERT(false);
    return nullptr;
  }

  invocation& call_;
};

}  // namespace

bool goes_by_api(const std::string& path) {
  static const std::set<std::string> offered{"weir status",          "weir top",
                                             "weir node list",       "weir node show",
                                             "weir node drain",      "weir node undrain",
                                             "weir stream list",     "weir stream show",
                                             "weir stream pin",      "weir stream unpin",
                                             "weir stream pause",    "weir stream resume",
                                             "weir stream move",     "weir stream history",
                                             "weir leader show",     "weir leader history",
                                             "weir leader resign",   "weir schedule list",
                                             "weir schedule show",   "weir schedule pause",
                                             "weir schedule resume", "weir schedule trigger",
                                             "weir schedule next",   "weir task enqueue",
                                             "weir task list",       "weir task show",
                                             "weir task cancel",     "weir task retry",
                                             "weir task snooze",     "weir task requeue",
                                             "weir task pause",      "weir task resume",
                                             "weir audit list",      "weir config reload"};
  // What asks nobody goes with any --url.
  static const std::set<std::string> alone{"weir completion",  "weir version",     "weir config check",
                                           "weir config show", "weir config init", "weir config schema"};
  return offered.count(path) != 0 || alone.count(path) != 0 || path.rfind("weir cert", 0) == 0;
}

std::optional<exit_code> print_of_api(invocation& call, const std::string& path, bool list) {
  if (!call.by_api() || call.wants_table()) return std::nullopt;
  const auto page = call.ask_api("GET", path);
  if (!page) return call.fail(page.error());
  if (list)
    call.print_list(ordered_json::parse(*page));
  else
    call.print_json(*page);
  return exit_code::ok;
}

std::unique_ptr<driver> open_remote(invocation& call) { return std::make_unique<remote_driver>(call); }

std::optional<std::vector<warning>> warnings_told(const console_store& store) {
  const auto* remote = dynamic_cast<const remote_console*>(&store);
  if (remote == nullptr) return std::nullopt;
  return remote->warnings();
}

exit_code with_remote(invocation& call, const std::function<exit_code(open_console&)>& work) {
  open_console console;
  console.opened = open_remote(call);
  console.store = console.opened->open_console();
  return work(console);
}

}  // namespace weir::app
