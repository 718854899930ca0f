// "Did you mean ...?": the known word nearest to a mistyped one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

/// Single-character edits (insert, delete, replace, swap of neighbours) that lead from a to b.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate within a third of the word's length (at least 1, at most 3 edits), the first of equals.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

/// " (did you mean 'x'?)", or "" when nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace weir::config
