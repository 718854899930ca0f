// Spelt with an ordered object, so that the keys come in the documented order.
#include "actions/task_json.hpp"

#include <nlohmann/json.hpp>

#include "domain/time_text.hpp"

namespace weir::actions {

std::string task_json(const task& what) {
  nlohmann::ordered_json json;
  json["id"] = std::to_string(what.id);
  json["name"] = what.name;
  json["key"] = what.key ? nlohmann::ordered_json(*what.key) : nlohmann::ordered_json(nullptr);
  json["stream"] = what.stream;
  json["data"] = what.data;
  json["state"] = to_string(task_state::in_progress);
  json["attempt"] = what.attempt;
  json["message"] = nullptr;
  json["do_after"] = nullptr;
  json["created_at"] = domain::format_time(what.created_at);
  json["created_by"] = what.created_by;
  json["finished_at"] = nullptr;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace weir::actions
