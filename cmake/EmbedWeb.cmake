# Turns web/ into one C++ source: every file of the dashboard, as it is and as gzip, with the hash of its content.
#
# As a module it gives weir_embed_web(OUT_SOURCE); as a script (cmake -P) it does the work at build time:
#   cmake -DWEB_DIR=web -DOUT_DIR=dir -DGZIP=gzip -P EmbedWeb.cmake
# The bytes go in by the assembler's .incbin, which g++ and clang have; the hashes in the source make it compile anew.

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(WEIR_EMBED_WEB_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")
  find_program(WEIR_GZIP gzip REQUIRED)
  # Sets `out` to the generated source.
  function(weir_embed_web out)
    set(web_dir "${PROJECT_SOURCE_DIR}/web")
    set(generated "${CMAKE_CURRENT_BINARY_DIR}/generated/weir_web")
    file(GLOB_RECURSE inputs CONFIGURE_DEPENDS
      "${web_dir}/*.html" "${web_dir}/*.js" "${web_dir}/*.css" "${web_dir}/*.svg")
    add_custom_command(OUTPUT "${generated}/web_files.cpp"
      COMMAND "${CMAKE_COMMAND}" "-DWEB_DIR=${web_dir}" "-DOUT_DIR=${generated}" "-DGZIP=${WEIR_GZIP}"
        -P "${WEIR_EMBED_WEB_SCRIPT}"
      DEPENDS ${inputs} "${WEIR_EMBED_WEB_SCRIPT}"
      COMMENT "Embedding web/"
      VERBATIM)
    set(${out} "${generated}/web_files.cpp" PARENT_SCOPE)
  endfunction()
  return()
endif()

cmake_policy(VERSION 3.25)

file(GLOB_RECURSE files RELATIVE "${WEB_DIR}"
  "${WEB_DIR}/*.html" "${WEB_DIR}/*.js" "${WEB_DIR}/*.css" "${WEB_DIR}/*.svg")
list(SORT files)
file(MAKE_DIRECTORY "${OUT_DIR}")
set(bytes "")
set(names "")
set(table "")
set(number 0)
foreach(file IN LISTS files)
  file(SHA256 "${WEB_DIR}/${file}" hash)
  string(SUBSTRING "${hash}" 0 16 hash)
  execute_process(COMMAND "${GZIP}" -9nc "${WEB_DIR}/${file}" OUTPUT_FILE "${OUT_DIR}/${number}.gz"
    COMMAND_ERROR_IS_FATAL ANY)
  foreach(pair "plain;${WEB_DIR}/${file}" "zipped;${OUT_DIR}/${number}.gz")
    list(GET pair 0 kind)
    list(GET pair 1 path)
    set(label "weir_web_${number}_${kind}")
    string(APPEND bytes "  \"${label}: .incbin \\\"${path}\\\"\\n${label}_end: .byte 0\\n\"\n")
    string(APPEND names "extern const char ${label}[];\nextern const char ${label}_end[];\n")
  endforeach()
  set(view "{weir_web_${number}_plain, size(weir_web_${number}_plain, weir_web_${number}_plain_end)}, ")
  string(APPEND view "{weir_web_${number}_zipped, size(weir_web_${number}_zipped, weir_web_${number}_zipped_end)}")
  string(APPEND table "  {\"${file}\", \"${hash}\", ${view}},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE "${OUT_DIR}/web_files.cpp"
  "// Made from web/ by cmake/EmbedWeb.cmake.\n#include \"app/api/web_files.hpp\"\n\n"
  "__asm__(\".pushsection .rodata\\n\"\n${bytes}  \".popsection\\n\");\n\n"
  "extern \"C\" {\n${names}}\n\n"
  "namespace weir::app {\n\n"
  "static std::size_t size(const char* from, const char* to) { return static_cast<std::size_t>(to - from); }\n\n"
  "const web_file web_files[] = {\n${table}};\nconst std::size_t web_file_count = ${number};\n\n"
  "}  // namespace weir::app\n")
