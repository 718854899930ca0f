// SQL as it was embedded at build time, and the configured schema put into it.
//
// The SQL in sql/ always spells the schema `weir`, and only in these places: `weir.` followed by a letter or by
// `%` (format), `schema weir`, `schema if not exists weir` and `search_path = weir`, each as whole words.
// with_schema replaces exactly those.
#pragma once

#include <string>
#include <string_view>

namespace weir::postgres::sql {

/// A named statement of sql/queries.
struct statement {
  const char* name;
  const char* text;
};

/// A file of sql/migrations.
struct migration {
  int version;
  const char* name;
  const char* checksum;  ///< sha256 of the file, hexadecimal
  const char* text;
};

extern const migration migrations[];
extern const int migration_count;

/// `text` with the schema called `schema` (a valid name) instead of `weir`.
std::string with_schema(std::string_view text, const std::string& schema);

}  // namespace weir::postgres::sql
