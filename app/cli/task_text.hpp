// Tasks as JSON (INTERFACE section 3) and as tables. Pure: records in, text out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>

#include "app/cli/table.hpp"

namespace weir::app {

/// One task, compact, without a line end. With `attempts`: as `task show` prints it.
std::string task_json(const task_record& task, const std::vector<attempt_record>* attempts = nullptr);

/// {"items":[..],"next":cursor or null}, compact.
std::string task_page_json(const task_page& page);

/// Newest first, as the page has them.
std::string task_table(const task_page& page, bool colour, int width);

/// What a result is called: "success", "retry", ...; "unknown" for a letter of a newer version.
std::string result_word(char letter);

/// What goes wrong lately, as the groups come.
/// @param result  how the results look
table error_table(const std::vector<error_group>& groups, wall_time now, look result);

/// One task with its history, for people.
std::string task_card(const task_record& task, const std::vector<attempt_record>& attempts, bool colour,
                      int width);

}  // namespace weir::app
