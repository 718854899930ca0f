# Turns sql/ into one C++ source: every named statement and every migration as a constant.
#
# As a module it gives weir_embed_sql(OUT_SOURCES); as a script (cmake -P) it does the work at build time:
#   cmake -DSQL_DIR=sql -DOUT_DIR=dir -P EmbedSql.cmake
# A statement is what follows a line `-- name: NAME` in sql/queries/*.sql; a migration is a whole file
# sql/migrations/NNNN_what.sql with its sha256.

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(WEIR_EMBED_SQL_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")
  # Sets `out` to the generated files and `out_dir` to their folder.
  function(weir_embed_sql out out_dir)
    set(sql_dir "${PROJECT_SOURCE_DIR}/sql")
    set(generated "${CMAKE_CURRENT_BINARY_DIR}/generated")
    file(GLOB inputs CONFIGURE_DEPENDS "${sql_dir}/queries/*.sql" "${sql_dir}/migrations/*.sql")
    set(outputs "${generated}/weir_sql/statements.hpp" "${generated}/weir_sql/embedded.cpp")
    add_custom_command(OUTPUT ${outputs}
      COMMAND "${CMAKE_COMMAND}" "-DSQL_DIR=${sql_dir}" "-DOUT_DIR=${generated}/weir_sql" -P "${WEIR_EMBED_SQL_SCRIPT}"
      DEPENDS ${inputs} "${WEIR_EMBED_SQL_SCRIPT}"
      COMMENT "Embedding sql/"
      VERBATIM)
    set(${out} ${outputs} PARENT_SCOPE)
    set(${out_dir} "${generated}" PARENT_SCOPE)
  endfunction()
  return()
endif()

cmake_policy(VERSION 3.25)

set(header "// Made from sql/ by cmake/EmbedSql.cmake: the statements by name.\n#pragma once\n\n"
           "#include \"drivers/postgres/sql_text.hpp\"\n\nnamespace weir::postgres::sql {\n\n")
set(source "// Made from sql/ by cmake/EmbedSql.cmake.\n#include \"weir_sql/statements.hpp\"\n\n"
           "namespace weir::postgres::sql {\n\n")
string(CONCAT header ${header})
string(CONCAT source ${source})

file(GLOB queries "${SQL_DIR}/queries/*.sql")
list(SORT queries)
set(seen "")
foreach(file IN LISTS queries)
  file(READ "${file}" text)
  while(TRUE)
    string(FIND "${text}" "-- name: " at)
    if(at EQUAL -1)
      break()
    endif()
    math(EXPR at "${at} + 9")
    string(SUBSTRING "${text}" ${at} -1 text)
    string(FIND "${text}" "\n" end)
    string(SUBSTRING "${text}" 0 ${end} name)
    string(SUBSTRING "${text}" ${end} -1 text)
    if(NOT name MATCHES "^[a-z_]+$")
      message(FATAL_ERROR "${file}: bad statement name '${name}'")
    endif()
    if(name IN_LIST seen)
      message(FATAL_ERROR "${file}: statement '${name}' exists already")
    endif()
    list(APPEND seen "${name}")
    string(FIND "${text}" "\n-- name: " next)
    string(SUBSTRING "${text}" 0 ${next} body)
    string(STRIP "${body}" body)
    string(APPEND header "extern const statement ${name};\n")
    string(APPEND source "const statement ${name}{\"${name}\", R\"weir_sql(${body})weir_sql\"};\n\n")
  endwhile()
endforeach()
string(APPEND header "\n}  // namespace weir::postgres::sql\n")

file(GLOB migrations "${SQL_DIR}/migrations/*.sql")
list(SORT migrations)
set(version 0)
string(APPEND source "const migration migrations[] = {\n")
foreach(file IN LISTS migrations)
  math(EXPR version "${version} + 1")
  get_filename_component(name "${file}" NAME_WE)
  string(REGEX MATCH "^0*([1-9][0-9]*)_[a-z_]+$" matched "${name}")
  if(NOT CMAKE_MATCH_1 EQUAL version)
    message(FATAL_ERROR "${file}: expected migration number ${version}")
  endif()
  file(SHA256 "${file}" checksum)
  file(READ "${file}" text)
  string(APPEND source "  {${version}, \"${name}\", \"${checksum}\", R\"weir_sql(${text})weir_sql\"},\n")
endforeach()
string(APPEND source "};\nconst int migration_count = ${version};\n\n}  // namespace weir::postgres::sql\n")

# Only what differs is written: a changed statement must not compile every user of the header again.
foreach(pair "statements.hpp;header" "embedded.cpp;source")
  list(GET pair 0 name)
  list(GET pair 1 variable)
  file(WRITE "${OUT_DIR}/${name}.new" "${${variable}}")
  file(COPY_FILE "${OUT_DIR}/${name}.new" "${OUT_DIR}/${name}" ONLY_IF_DIFFERENT)
endforeach()
