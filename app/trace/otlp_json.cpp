#include "app/trace/otlp_json.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

namespace weir::app::trace {
namespace {

using nlohmann::json;

// Enumerations are numbers in this mapping.
constexpr int kind_producer = 4;
constexpr int kind_consumer = 5;
constexpr int status_error = 2;
// A span's flags: those of W3C, then whether it is known that the parent, or what is linked, is in another process.
constexpr unsigned flag_sampled = 0x1;
constexpr unsigned flag_known_and_remote = 0x300;

/// 64-bit numbers are texts, since JavaScript's would lose digits.
std::string nanoseconds(wall_time at) {
  constexpr std::uint64_t in_a_microsecond = 1000;
  const auto since = std::max<std::int64_t>(at.time_since_epoch().count(), 0);
  return std::to_string(static_cast<std::uint64_t>(since) * in_a_microsecond);
}

json value_of(const std::string& text) { return {{"stringValue", text}}; }
json value_of(std::int64_t number) { return {{"intValue", std::to_string(number)}}; }
json value_of(bool yes) { return {{"boolValue", yes}}; }

json attribute(const std::string& name, json value) { return {{"key", name}, {"value", std::move(value)}}; }

json attributes_of(const std::vector<span_attribute>& all) {
  json out = json::array();
  for (const span_attribute& each : all)
    out.push_back(
        attribute(each.name, std::visit([](const auto& held) { return value_of(held); }, each.value)));
  return out;
}

unsigned flags_of(bool sampled, bool remote) {
  return (sampled ? flag_sampled : 0U) | (remote ? flag_known_and_remote : 0U);
}

json link_to(const domain::trace_context& other) {
  return {{"traceId", domain::trace_id_text(other)},
          {"spanId", domain::span_id_text(other)},
          {"flags", flags_of(other.sampled, true)}};
}

json span_json(const span& one) {
  json out = {{"traceId", domain::trace_id_text(one.context)},
              {"spanId", domain::span_id_text(one.context)},
              {"flags", flags_of(one.context.sampled, one.parent.has_value())},
              {"name", one.name},
              {"kind", one.kind == span_kind::producer ? kind_producer : kind_consumer},
              {"startTimeUnixNano", nanoseconds(one.started_at)},
              {"endTimeUnixNano", nanoseconds(std::max(one.started_at, one.ended_at))},
              {"attributes", attributes_of(one.attributes)}};
  if (one.parent) out["parentSpanId"] = domain::span_id_text(*one.parent);
  if (one.link) out["links"] = json::array({link_to(*one.link)});
  if (one.failed) out["status"] = {{"code", status_error}, {"message", one.message}};
  return out;
}

/// A number, or the text of one. 0: neither.
std::int64_t whole_number(const json& from) {
  if (from.is_number_integer()) return from.get<std::int64_t>();
  if (!from.is_string()) return 0;
  const auto& text = from.get_ref<const std::string&>();
  std::int64_t out = 0;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), out);
  return why == std::errc{} && end == text.data() + text.size() ? out : 0;
}

}  // namespace

std::string otlp_json(const std::vector<span>& spans, const resource& from) {
  json all = json::array();
  for (const span& each : spans) all.push_back(span_json(each));
  const json about = json::array({attribute("service.name", value_of(from.service_name)),
                                  attribute("service.instance.id", value_of(from.instance_id)),
                                  attribute("service.version", value_of(from.version))});
  const json scope = {{"name", "weir"}, {"version", from.version}};
  json scopes = json::array();
  scopes.push_back({{"scope", scope}, {"spans", std::move(all)}});
  json resources = json::array();
  resources.push_back({{"resource", {{"attributes", about}}}, {"scopeSpans", std::move(scopes)}});
  const json whole = {{"resourceSpans", std::move(resources)}};
  return whole.dump(-1, ' ', false, json::error_handler_t::replace);
}

partial_success read_partial_success(std::string_view answer) {
  const json body = json::parse(answer.begin(), answer.end(), nullptr, false);
  if (!body.is_object()) return {};
  const auto part = body.find("partialSuccess");
  if (part == body.end() || !part->is_object()) return {};
  partial_success out;
  if (const auto count = part->find("rejectedSpans"); count != part->end())
    out.rejected = std::max<std::int64_t>(whole_number(*count), 0);
  if (const auto text = part->find("errorMessage"); text != part->end() && text->is_string())
    out.message = text->get<std::string>();
  return out;
}

}  // namespace weir::app::trace
