// The data of tasks: what is accepted is JSON for every other reader, and is shown without changing it.
#include "app/cli/json_text.hpp"

#include "domain/task_bounds.hpp"
#include "hold.hpp"

using namespace weir::fuzz;

namespace {

std::size_t depth_of(const nlohmann::json& value) {
  std::size_t deepest = 0;
  if (value.is_structured())
    for (const auto& each : value) deepest = std::max(deepest, depth_of(each));
  return deepest + (value.is_structured() ? 1 : 0);
}

void check_members(std::string_view text) {
  const auto members = weir::app::object_members(text);
  if (!members) return hold_refused(members.error());
  std::string again;
  for (const auto& [name, value] : *members)
    again += (again.empty() ? "" : ",") + nlohmann::json(name).dump() + ":" + std::string{value};
  again = "{" + again + "}";
  const auto same = weir::app::object_members(again);
  hold(same && same->size() == members->size(), "members that are put together again are as many");
  for (std::size_t at = 0; at < same->size(); ++at)
    hold((*same)[at].name == (*members)[at].name && (*same)[at].value == (*members)[at].value,
         "members that are put together again are the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t limit = 4096;
  const auto text = text_of(data, size);
  check_members(text);
  const auto good = weir::domain::check_data(text, limit);
  if (!good) {
    hold_refused(good.error());
    return 0;
  }
  hold(size <= limit && !weir::domain::first_invalid_utf8(text), "data is within its bounds");
  const auto value = nlohmann::json::parse(text, nullptr, false);
  hold(!value.is_discarded(), "data is JSON for another reader");
  hold(depth_of(value) <= 64, "data is at most 64 levels deep");
  const std::string squeezed = weir::app::squeezed(text);
  const std::string pretty = weir::app::pretty(text);
  hold(squeezed.size() <= size, "data without blanks is no longer");
  hold(weir::app::squeezed(pretty) == squeezed && weir::app::squeezed(squeezed) == squeezed,
       "laying out changes blanks alone");
  hold(nlohmann::json::parse(pretty, nullptr, false) == value, "what is laid out means the same");
  if (const auto string = weir::app::string_value(text))
    hold(value == *string, "a string is read as by everybody");
  return 0;
}
