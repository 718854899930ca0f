// One line of `weir task enqueue -`.
#include "app/cli/task_input.hpp"

#include <nlohmann/json.hpp>

#include "domain/task_bounds.hpp"
#include "domain/time_text.hpp"
#include "hold.hpp"

using namespace weir::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t limit = 1024;
  const auto text = text_of(data, size);
  const auto row = weir::app::row_of_line(text, limit);
  if (!row) {
    hold_refused(row.error());
    return 0;
  }
  hold(text.find('\0') == std::string_view::npos, "nothing is passed over behind a NUL");
  hold(weir::domain::check_name("", row->name).ok(), "the name of a row is one");
  hold(!row->key || (!row->key->empty() && weir::domain::check_key(*row->key)), "the key of a row is one");
  hold(weir::domain::check_data(row->data, limit).ok(), "the data of a row is JSON");
  std::string line = "{\"name\":" + nlohmann::json(row->name).dump() + ",\"data\":" + row->data;
  if (row->key) line += ",\"key\":" + nlohmann::json(*row->key).dump();
  if (row->stream) line += ",\"stream\":" + nlohmann::json(*row->stream).dump();
  if (row->created_by) line += ",\"created_by\":" + nlohmann::json(*row->created_by).dump();
  const auto again = weir::app::row_of_line(line + "}", limit);
  hold(again && again->name == row->name && again->key == row->key && again->stream == row->stream &&
           again->data == row->data && again->created_by == row->created_by,
       "a row that is written as a line is read as the same");
  return 0;
}
