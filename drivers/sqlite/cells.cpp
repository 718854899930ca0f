#include "drivers/sqlite/cells.hpp"

namespace weir::sqlite {
namespace {

nlohmann::json json_of(const retention_ages& of) {
  nlohmann::json json = nlohmann::json::object();
  if (of.done) json["done"] = of.done->count();
  if (of.failed) json["failed"] = of.failed->count();
  if (of.cancelled) json["cancelled"] = of.cancelled->count();
  return json;
}

retention_ages ages_of(const nlohmann::json& json) {
  const auto age = [&json](const char* state) {
    return json.contains(state) ? std::optional{std::chrono::milliseconds{json.at(state).get<std::int64_t>()}}
                                : std::nullopt;
  };
  return {age("done"), age("failed"), age("cancelled")};
}

}  // namespace

cell to_cell(const retention_policy& policy) {
  nlohmann::json json{{"all", json_of(policy.all)}, {"streams", nlohmann::json::object()}};
  for (const auto& [name, of] : policy.streams) json["streams"][name] = json_of(of);
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void from_cell(const cell& from, retention_policy& policy) {
  const auto json = nlohmann::json::parse(text_of(from));
  policy.all = ages_of(json.at("all"));
  policy.streams.clear();
  for (const auto& [name, of] : json.at("streams").items()) policy.streams[name] = ages_of(of);
}

void from_cell(const cell& from, cdc_hash& hash) {
  const auto known = domain::parse_object_hash(text_of(from));
  if (!known) throw strange_cell("'" + text_of(from) + "' is no hash");
  hash = *known;
}

std::int64_t integer_of(const cell& from) {
  const auto* number = std::get_if<std::int64_t>(&from);
  if (number == nullptr) throw strange_cell("a number is missing");
  return *number;
}

const std::string& text_of(const cell& from) {
  const auto* text = std::get_if<std::string>(&from);
  if (text == nullptr) throw strange_cell("a text is missing");
  return *text;
}

}  // namespace weir::sqlite
