// From a configuration or a program's source to a plan, and from a pass to an outcome.
#include "actions/cdc.hpp"

#include <cstdlib>
#include <utility>

#include "domain/duration_text.hpp"
#include "domain/object_hash.hpp"
#include "domain/task_bounds.hpp"

namespace weir::actions {

namespace {

constexpr int most_objects = 100'000;

outcome outcome_of(const error& why) {
  switch (why.code) {
    case errc::unavailable:
    case errc::in_doubt:
    case errc::read_only:
    case errc::overloaded:
    case errc::timeout:
    case errc::refused: return outcome::retry(why.message);
    default: return outcome::failure(why.message);
  }
}

outcome perform(const cdc_plan& plan, weir::driver* store, context& ctx) {
  if (store == nullptr) return outcome::failure("cdc needs a database, and this program gave it none");
  const auto done = run_pass(plan, *store, ctx);
  if (!done) return outcome_of(done.error());
  if (done->stopped) return outcome::retry("stopped before its end: " + done->text());
  return outcome::success(done->text());
}

/// What the configuration's own checks have seen already, for programs.
result<cdc_plan> checked(cdc_plan plan) {
  const auto bad = [&](const std::string& what) {
    return error{errc::invalid, "cdc " + domain::in_quotes(plan.name) + ": " + what};
  };
  const auto controller = domain::normal_uuid(plan.controller);
  if (!controller) {
    return bad("the controller must be a uuid such as \"4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e\", not " +
               domain::in_quotes(plan.controller));
  }
  plan.controller = *controller;
  if (plan.enqueues) {
    const auto named = domain::check_name("task name", plan.name + ".create");
    if (!named) return bad(named.error().message + "; give the action a shorter name");
  }
  if (plan.source.text.find_first_not_of("; \t\r\n") == std::string::npos) return bad("the query is empty");
  if (plan.limit < 1 || plan.limit > most_objects) return bad("the limit must be from 1 to 100,000");
  if (plan.source.timeout <= std::chrono::milliseconds{0})
    return bad("the timeout must be more than nothing");
  return plan;
}

std::string setting(const action_config& config, const char* name, const std::string& preset) {
  const auto found = config.settings.find(name);
  return found == config.settings.end() ? preset : found->second;
}

}  // namespace

result<cdc_plan> plan_of(const action_config& config) {
  cdc_plan plan;
  plan.name = config.name;
  plan.controller = setting(config, "controller", "");
  plan.source.text = setting(config, "query", "");
  plan.source.url = setting(config, "source_url", "");
  const std::string preset = domain::format_duration(defaults::cdc_source_timeout);
  plan.source.timeout = domain::parse_duration(setting(config, "source_timeout", preset))
                            .value_or(std::chrono::milliseconds{0});
  plan.limit = std::atoi(setting(config, "limit", std::to_string(defaults::cdc_limit)).c_str());
  plan.allow_empty = setting(config, "allow_empty", "false") == "true";
  plan.enqueues = true;
  return checked(std::move(plan));
}

result<cdc_plan> plan_of(const std::string& name, const cdc_source& source) {
  cdc_plan plan;
  plan.name = name;
  plan.controller = source.controller();
  plan.source = {source.url(), source.query(), source.timeout()};
  plan.limit = source.limit();
  plan.allow_empty = source.empty_allowed();
  plan.create = source.create_callback();
  plan.update = source.update_callback();
  plan.remove = source.delete_callback();
  return checked(std::move(plan));
}

action make_cdc_action(cdc_plan plan, std::shared_ptr<weir::driver> store) {
  return [plan = std::move(plan), store = std::move(store)](const task&, context& ctx) {
    return perform(plan, store.get(), ctx);
  };
}

}  // namespace weir::actions
