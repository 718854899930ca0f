// Tasks as JSON (INTERFACE section 3) and as tables. Pure: records in, text out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/driver/console_store.hpp>

namespace weir::app {

/// One task, compact, without a line end. With `attempts`: as `task show` prints it.
std::string task_json(const task_record& task, const std::vector<attempt_record>* attempts = nullptr);

/// {"items":[..],"next":cursor or null}, compact.
std::string task_page_json(const task_page& page);

/// Newest first, as the page has them.
std::string task_table(const task_page& page, bool colour, int width);

/// One task with its history, for people.
std::string task_card(const task_record& task, const std::vector<attempt_record>& attempts, bool colour,
                      int width);

}  // namespace weir::app
