# How weir's targets are compiled: warnings, ccache, one function per kind of target.

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
endif()

find_program(WEIR_CCACHE ccache)
if(WEIR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths below the repo count as relative, so that a second clone finds what the first one compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${WEIR_CCACHE}")
endif()

# Executables of special builds carry a suffix (weir-asan), so that only the release daemon is `weir`.
set(WEIR_SUFFIX "" CACHE STRING "Suffix of executables, e.g. -asan")
set(WEIR_SANITIZE "" CACHE STRING "Value of -fsanitize, e.g. address,undefined")
option(WEIR_WERROR "Treat warnings as errors" OFF)

add_library(weir_flags INTERFACE)
target_include_directories(weir_flags INTERFACE
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>"
  "$<INSTALL_INTERFACE:include>")
set(weir_warnings
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-align -Wformat=2 -Wimplicit-fallthrough
  $<$<BOOL:${WEIR_WERROR}>:-Werror>)
target_compile_options(weir_flags INTERFACE "$<BUILD_INTERFACE:${weir_warnings}>")
target_compile_definitions(weir_flags INTERFACE "$<BUILD_INTERFACE:WEIR_VERSION=\"${PROJECT_VERSION}\">")
if(WEIR_SANITIZE)
  target_compile_options(weir_flags INTERFACE
    -fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(weir_flags INTERFACE -fsanitize=${WEIR_SANITIZE})
  if(WEIR_SANITIZE STREQUAL thread)
    # Its fences are unknown to the thread sanitizer; the locks around them are not.
    target_compile_definitions(weir_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
else()
  # (fortification needs optimisation)
  set(plain "$<OR:$<NOT:$<CONFIG:Release,RelWithDebInfo,MinSizeRel>>,$<BOOL:$<TARGET_PROPERTY:WEIR_QUICK>>>")
  target_compile_options(weir_flags INTERFACE
    $<BUILD_INTERFACE:$<$<NOT:${plain}>:-D_FORTIFY_SOURCE=2>> $<BUILD_INTERFACE:-fstack-protector-strong>)
  add_link_options(-Wl,-z,relro,-z,now)  # of this folder's programs, not of those that link its libraries
endif()

# One floor of the house: a static library `weir_NAME` from listed sources.
#   weir_floor(domain SOURCES a.cpp b.cpp LINK weir_x third::party)
function(weir_floor name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_library(weir_${name} STATIC ${arg_SOURCES})
  set_property(GLOBAL APPEND PROPERTY WEIR_FLOORS weir_${name})
  target_link_libraries(weir_${name} PUBLIC weir_flags Threads::Threads nlohmann_json::nlohmann_json ${arg_LINK})
endfunction()

# A name for programs of others, `weir::NAME`: the public headers and what is listed. The floors' warnings and
# definitions, and the folder of headers that only they see, stay behind if they are listed as $<LINK_ONLY:weir_x>.
function(weir_public name)
  add_library(weir_public_${name} INTERFACE)
  target_include_directories(weir_public_${name} INTERFACE "${PROJECT_SOURCE_DIR}/include")
  target_compile_features(weir_public_${name} INTERFACE cxx_std_17)
  target_link_libraries(weir_public_${name} INTERFACE ${ARGN} nlohmann_json::nlohmann_json)
  add_library(weir::${name} ALIAS weir_public_${name})
endfunction()

# Sentences of tests are compiled without optimising, in a third of the time; what they test stays as people run it.
function(weir_quick target)
  set_target_properties(${target} PROPERTIES WEIR_QUICK ON)
  target_compile_options(${target} PRIVATE -O0)
endfunction()

# A test program `NAME_test` whose ctest label is its folder, so that `./dev test LABEL` finds it.
#   weir_test(unit_placement SOURCES placement_test.cpp LINK weir_domain LABELS unit)
function(weir_test name)
  cmake_parse_arguments(arg "POSTGRES" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  add_executable(${name}_test ${arg_SOURCES})
  target_link_libraries(${name}_test PRIVATE weir_flags GTest::gtest GTest::gmock GTest::gtest_main ${arg_LINK})
  weir_quick(${name}_test)
  add_test(NAME ${name} COMMAND ${name}_test)
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()
