// Each setting is read by one function, whether it comes from an option or from KEY=VALUE.
#include "app/cli/stream_settings.hpp"

#include <weir/defaults.hpp>

#include "app/cli/arguments.hpp"
#include "config/suggest.hpp"
#include "domain/names.hpp"
#include "domain/start_pace.hpp"
#include "domain/task_bounds.hpp"

namespace weir::app {

namespace {

constexpr int most = 1024;  // partitions of a stream, runs at once
constexpr int most_failures = 1000;

const std::vector<std::string> settable{"mode",      "partitions",       "concurrency",  "pin_policy",
                                        "isolation", "handover_delay",   "async_finish", "notify",
                                        "rate",      "breaker.failures", "breaker.pause"};

error not_one_of(const std::string& option, const std::string& text, const std::string& words) {
  return {errc::invalid, option + ": " + domain::in_quotes(text) + " is not " + words};
}

result<stream_mode> mode_argument(const std::string& option, const std::string& text) {
  if (const auto mode = parse_stream_mode(text)) return *mode;
  return not_one_of(option, text, "single or parallel");
}

result<isolation> isolation_argument(const std::string& option, const std::string& text) {
  if (const auto where = parse_isolation(text)) return *where;
  return not_one_of(option, text, "process or thread");
}

result<start_rate> rate_argument(const std::string& option, const std::string& text) {
  if (text == "off") return start_rate{};
  if (const auto rate = domain::parse_rate(text)) return *rate;
  return not_one_of(option, text, "a rate such as 10/s, 10/m or 10/h, or off");
}

result<std::chrono::milliseconds> pause_argument(const std::string& option, const std::string& text) {
  auto given = duration_argument(option, text);
  if (given && given->count() == 0)
    return error{errc::invalid, option + ": must be above 0 (breaker.failures=0 switches it off)"};
  return given;
}

// Puts a parsed value where it belongs, or passes its error on.
template <class T, class Target>
result<void> put(result<T> parsed, Target& target) {
  if (!parsed) return parsed.error();
  target = *parsed;
  return {};
}

result<void> change_one(stream_change& out, const std::string& key, const std::string& value) {
  if (key == "mode") return put(mode_argument(key, value), out.mode);
  if (key == "partitions") return put(number_argument(key, value, 1, most), out.partitions);
  if (key == "concurrency") return put(number_argument(key, value, 1, most), out.concurrency);
  if (key == "pin_policy") return put(policy_argument(key, value), out.policy);
  if (key == "isolation") return put(isolation_argument(key, value), out.where);
  if (key == "handover_delay") return put(duration_argument(key, value), out.handover_delay);
  if (key == "async_finish") return put(switch_argument(key, value), out.async_finish);
  if (key == "notify") return put(switch_argument(key, value), out.notify);
  if (key == "rate") return put(rate_argument(key, value), out.rate);
  if (key == "breaker.failures")
    return put(number_argument(key, value, 0, most_failures), out.breaker_failures);
  if (key == "breaker.pause") return put(pause_argument(key, value), out.breaker_pause);
  if (key == "pin")
    return error{errc::invalid,
                 "a pin is set by `weir stream pin S NODE` and taken off by `weir stream unpin S`"};
  std::string words;
  for (const auto& word : settable) words += (words.empty() ? "" : ", ") + word;
  return error{errc::invalid, "unknown setting " + domain::in_quotes(key) +
                                  config::did_you_mean(key, settable) + "; there are " + words};
}

}  // namespace

result<pin_policy> policy_argument(const std::string& option, const std::string& text) {
  if (const auto policy = parse_pin_policy(text)) return *policy;
  return not_one_of(option, text, "strict or prefer");
}

result<stream_declaration> declaration_of(const create_options& options) {
  if (auto good = domain::check_name("stream", options.name); !good) return good.error();
  const auto mode = mode_argument("--mode", options.mode);
  if (!mode) return mode.error();
  const bool single = *mode == stream_mode::single;
  stream_declaration out;
  out.name = options.name;
  out.mode = *mode;
  out.partitions = single ? 1 : defaults::partitions;
  out.concurrency = single ? defaults::single_concurrency : defaults::parallel_concurrency;
  out.where = single ? isolation::process : isolation::thread;
  result<void> good;
  const auto take = [&good](const std::optional<std::string>& text, auto&& parse) {
    if (good && text) good = parse(*text);
  };
  take(options.partitions,
       [&](const auto& t) { return put(number_argument("--partitions", t, 1, most), out.partitions); });
  take(options.concurrency,
       [&](const auto& t) { return put(number_argument("--concurrency", t, 1, most), out.concurrency); });
  take(options.policy, [&](const auto& t) { return put(policy_argument("--policy", t), out.policy); });
  take(options.isolation,
       [&](const auto& t) { return put(isolation_argument("--isolation", t), out.where); });
  take(options.handover_delay,
       [&](const auto& t) { return put(duration_argument("--handover-delay", t), out.handover_delay); });
  take(options.pin, [&](const auto& t) -> result<void> {
    out.pin = t;
    return domain::check_name("node", t);
  });
  if (!good) return good.error();
  if (single && out.partitions != 1) {
    return error{errc::invalid,
                 "--partitions: a single stream has one partition; leave it out, or use --mode parallel"};
  }
  return out;
}

result<stream_change> change_of(const std::vector<std::string>& words) {
  stream_change out;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) {
      return error{errc::invalid, domain::in_quotes(word) + ": write KEY=VALUE, such as concurrency=4"};
    }
    if (auto good = change_one(out, word.substr(0, equals), word.substr(equals + 1)); !good)
      return good.error();
  }
  return out;
}

}  // namespace weir::app
