// sql/sqlite, as the build puts it into the program.
#pragma once

namespace weir::sqlite::sql {

extern const char* const schema;
extern const char* const upgrade_to_2;
/// With {table}, {columns}, {places}, {key} and {is_key} to be filled in.
extern const char* const put;
extern const char* const remove;
extern const char* const load;
extern const char* const made_by;

}  // namespace weir::sqlite::sql
