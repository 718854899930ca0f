#include "app/stated_settings.hpp"

#include <weir/node.hpp>

#include "config/key_table.hpp"

namespace weir::app {

namespace {

bool same(const start_rate& a, const start_rate& b) {
  return a.starts == b.starts && a.interval == b.interval;
}
template <class Value>
bool same(const Value& a, const Value& b) {
  return a == b;
}

}  // namespace

stream_declaration only_stated(stream_declaration wanted, const stream_row& in_force,
                               const std::map<std::string, std::string>& origins) {
  if (wanted.mode != in_force.mode) return wanted;
  const stream_declaration preset = stream_settings{wanted.mode}.wanted();
  const auto keep = [&](config::key_path key, auto& value, const auto& present, const auto& usual) {
    key.insert(key.begin(), {"stream", wanted.name});
    const auto origin = origins.find(config::joined(key));
    const bool stated = origin == origins.end() ? !same(value, usual) : origin->second != "default";
    if (!stated) value = present;
  };
  keep({"partitions"}, wanted.partitions, in_force.partitions, preset.partitions);
  keep({"concurrency"}, wanted.concurrency, in_force.concurrency, preset.concurrency);
  keep({"pin_policy"}, wanted.policy, in_force.policy, preset.policy);
  keep({"isolation"}, wanted.where, in_force.where, preset.where);
  keep({"handover_delay"}, wanted.handover_delay, in_force.handover_delay, preset.handover_delay);
  keep({"async_finish"}, wanted.async_finish, in_force.async_finish, preset.async_finish);
  keep({"notify"}, wanted.notify, in_force.notify, preset.notify);
  keep({"rate"}, wanted.rate, in_force.rate, preset.rate);
  keep({"breaker", "failures"}, wanted.breaker.failures, in_force.breaker.failures, preset.breaker.failures);
  keep({"breaker", "pause"}, wanted.breaker.pause, in_force.breaker.pause, preset.breaker.pause);
  return wanted;
}

}  // namespace weir::app
