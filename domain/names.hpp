// How the enumerations of weir are spelt in SQL, configuration, CLI and JSON, and how they are read back.
//
// to_string of task_state, node_state and run_result is declared beside each of them; here is the rest.
// Every to_string answers a static string; every parse answers nullopt for a word that it does not know.
#pragma once

#include <optional>
#include <string_view>

#include <weir/driver/schedule_types.hpp>
#include <weir/driver/types.hpp>

#include "domain/execution.hpp"

namespace weir {

/// "single", "parallel".
const char* to_string(stream_mode mode) noexcept;
std::optional<stream_mode> parse_stream_mode(std::string_view text) noexcept;

/// "strict", "prefer".
const char* to_string(pin_policy policy) noexcept;
std::optional<pin_policy> parse_pin_policy(std::string_view text) noexcept;

/// "process", "thread".
const char* to_string(isolation where) noexcept;
std::optional<isolation> parse_isolation(std::string_view text) noexcept;

/// "skip", "once", "all".
const char* to_string(missed_policy policy) noexcept;
std::optional<missed_policy> parse_missed_policy(std::string_view text) noexcept;

}  // namespace weir

namespace weir::domain {

/// The result of a word as INTERFACE section 3 spells it ("success", ...), exactly.
std::optional<run_result> parse_run_result(std::string_view word) noexcept;
/// The result of a stored letter ('d', ...).
std::optional<run_result> run_result_of(char letter) noexcept;

}  // namespace weir::domain
