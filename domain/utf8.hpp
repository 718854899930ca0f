// Reading UTF-8 strictly, one code point at a time. PostgreSQL refuses text that is not valid UTF-8, so
// everything that may become a row is looked at with this first.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace weir::domain {

/// The code point that starts at byte `at` (< text.size()); `at` then stands behind it.
/// nullopt: no valid code point starts there (overlong forms, surrogates and values above U+10FFFF
/// included); `at` then stands behind the one offending byte.
std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at) noexcept;

/// The offset of the first byte that is not part of valid UTF-8; nullopt if there is none.
std::optional<std::size_t> first_invalid_utf8(std::string_view text) noexcept;

}  // namespace weir::domain
