// Hashes of objects as text: a uuid, as PostgreSQL writes md5(...)::uuid.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <weir/driver/cdc_store.hpp>

namespace weir::domain {

/// 32 hexadecimal digits in either case, with or without the dashes of a uuid; nullopt for anything else.
std::optional<cdc_hash> parse_object_hash(std::string_view text) noexcept;

/// 8-4-4-4-12 digits in lower case.
std::string format_object_hash(const cdc_hash& hash);

/// The same spelling for every uuid: 36 characters in lower case; nullopt if it is none.
std::optional<std::string> normal_uuid(std::string_view text);

}  // namespace weir::domain
