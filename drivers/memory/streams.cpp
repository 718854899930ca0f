#include "drivers/memory/streams.hpp"

#include <algorithm>
#include <functional>

#include "domain/duration_text.hpp"
#include "domain/names.hpp"
#include "domain/start_pace.hpp"
#include "domain/task_bounds.hpp"

namespace weir::memory {
namespace {

/// How far unfinished tasks are counted.
constexpr std::size_t most_counted = 10'000;

error out_of_bounds(const stream_declaration& wanted, const std::string& what) {
  return {errc::invalid, "stream " + wanted.name + ": " + what};
}

std::string rate_text(const start_rate& rate) {
  return rate.starts > 0 ? domain::format_rate(rate) : std::string{"not set"};
}

bool any_partition_of(const world& store, const stream_entry& entry,
                      const std::function<bool(const partition_entry&)>& condition) {
  return std::any_of(store.partitions.begin(), store.partitions.end(), [&](const auto& part) {
    return part.second.stream == entry.id && condition(part.second);
  });
}

/// A stream can take another shape when nobody owns it, nobody is inserting, and all its tasks have ended.
result<void> check_quiet(const world& store, const stream_entry& entry) {
  const std::string what = "stream " + entry.settings.name + ": mode and partitions cannot change while ";
  if (any_partition_of(store, entry, [](const auto& part) { return part.owner != 0; })) {
    return error{errc::refused, what + "a node owns it: stop or drain the nodes first"};
  }
  if (store.anybody_writes()) {
    return error{errc::timeout, what + "a transaction is inserting tasks"};
  }
  if (any_partition_of(store, entry, [](const auto& part) { return !part.unfinished.empty(); })) {
    return error{errc::refused, what + "it has unfinished tasks: let it finish them first"};
  }
  return {};
}

}  // namespace

result<void> check_stream(const stream_declaration& wanted) {
  if (auto named = domain::check_name("stream", wanted.name); !named) return named;
  if (wanted.mode == stream_mode::single && wanted.partitions != 1) {
    return out_of_bounds(wanted, "a single stream has exactly 1 partition");
  }
  if (wanted.partitions < 1 || wanted.partitions > 1024) {
    return out_of_bounds(wanted, "partitions must be 1 to 1024");
  }
  if (wanted.concurrency < 1 || wanted.concurrency > 1024) {
    return out_of_bounds(wanted, "concurrency must be 1 to 1024");
  }
  if (wanted.handover_delay.count() < 0) return out_of_bounds(wanted, "handover_delay must not be negative");
  if (wanted.rate.starts < 0 || wanted.rate.starts > 1'000'000) {
    return out_of_bounds(wanted, "rate must be 1 to 1000000 starts");
  }
  if (wanted.breaker.failures < 0 || wanted.breaker.failures > 1000) {
    return out_of_bounds(wanted, "breaker.failures must be 0 to 1000");
  }
  if (wanted.breaker.pause.count() <= 0) return out_of_bounds(wanted, "breaker.pause must be above 0");
  if (wanted.pin) return domain::check_name("pin", *wanted.pin);
  return {};
}

std::vector<std::string> differences(const stream_declaration& wanted, const stream_entry& in_force) {
  std::vector<std::string> found;
  const auto& present = in_force.settings;
  // What follows from another mode is no difference of its own.
  const bool same_mode = wanted.mode == present.mode;
  const auto compare = [&](const std::string& what, const std::string& declared, const std::string& kept) {
    if (declared != kept && (same_mode || what == "mode")) {
      found.push_back("stream " + wanted.name + ": " + what + " = " + declared + " is declared, but " + kept +
                      " is in force");
    }
  };
  compare("mode", to_string(wanted.mode), to_string(present.mode));
  compare("partitions", std::to_string(wanted.partitions), std::to_string(present.partitions));
  compare("concurrency", std::to_string(wanted.concurrency), std::to_string(present.concurrency));
  compare("pin_policy", to_string(wanted.policy), to_string(present.policy));
  compare("isolation", to_string(wanted.where), to_string(present.where));
  compare("handover_delay", domain::format_duration(wanted.handover_delay),
          domain::format_duration(present.handover_delay));
  compare("async_finish", wanted.async_finish ? "true" : "false", present.async_finish ? "true" : "false");
  compare("notify", wanted.notify ? "true" : "false", present.notify ? "true" : "false");
  compare("rate", rate_text(wanted.rate), rate_text(present.rate));
  compare("breaker.failures", std::to_string(wanted.breaker.failures),
          std::to_string(present.breaker.failures));
  compare("breaker.pause", domain::format_duration(wanted.breaker.pause),
          domain::format_duration(present.breaker.pause));
  return found;
}

bool has_unfinished_elsewhere(const world& store, const std::string& task_name, stream_id stream) {
  return std::any_of(store.partitions.begin(), store.partitions.end(), [&](const auto& entry) {
    if (entry.second.stream == stream) return false;
    const auto& ids = entry.second.unfinished;
    return std::any_of(ids.begin(), ids.end(),
                       [&](task_id id) { return store.task_rows.at(id).name == task_name; });
  });
}

result<void> apply(world& store, stream_entry& entry, const stream_change& change) {
  auto wanted = entry.settings;
  if (change.mode) {
    wanted.mode = *change.mode;
    if (wanted.mode == stream_mode::single && !change.partitions) wanted.partitions = 1;
  }
  if (change.partitions) wanted.partitions = *change.partitions;
  if (change.concurrency) wanted.concurrency = *change.concurrency;
  if (change.policy) wanted.policy = *change.policy;
  if (change.where) wanted.where = *change.where;
  if (change.handover_delay) wanted.handover_delay = *change.handover_delay;
  if (change.async_finish) wanted.async_finish = *change.async_finish;
  if (change.notify) wanted.notify = *change.notify;
  if (change.rate) wanted.rate = *change.rate;
  if (change.breaker_failures) wanted.breaker.failures = *change.breaker_failures;
  if (change.breaker_pause) wanted.breaker.pause = *change.breaker_pause;
  if (auto valid = check_stream(wanted); !valid) return valid;

  const bool moved = wanted.partitions != entry.settings.partitions;
  if (moved || wanted.mode != entry.settings.mode) {
    if (auto quiet = check_quiet(store, entry); !quiet) return quiet;
  }
  entry.settings = wanted;
  if (moved) store.replace_partitions(entry);
  return {};
}

result<void> remove(world& store, const stream_entry& entry) {
  const std::string name = "stream " + entry.settings.name;
  if (entry.id == store.find_stream("default")->id) {
    return error{errc::refused, name + " cannot be deleted: tasks whose name has no route go there"};
  }
  std::size_t unfinished = 0;
  for (const auto& [id, part] : store.partitions) {
    if (part.stream == entry.id) unfinished += part.unfinished.size();
  }
  if (unfinished > 0) {
    const std::string count =
        unfinished > most_counted ? "more than " + std::to_string(most_counted) : std::to_string(unfinished);
    return error{errc::refused, name + " has " + count + " unfinished task" + (unfinished == 1 ? "" : "s") +
                                    "; let it finish them first, then delete it"};
  }
  if (store.anybody_writes()) return error{errc::timeout, name + ": a transaction is inserting tasks"};
  store.remove_stream(entry.id);
  return {};
}

}  // namespace weir::memory
