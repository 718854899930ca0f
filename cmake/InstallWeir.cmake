# What `cmake --install BUILD --prefix P` gives to whoever runs weir (component runtime), and to whoever builds programs
# with it (library: what they need to run; dev: to be built). docs/install.md says how it is used.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
get_property(floors GLOBAL PROPERTY WEIR_FLOORS)

# -- the command, its manual page and completions, which it prints itself
install(TARGETS weir RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT runtime)
set(pages "${PROJECT_BINARY_DIR}/pages")
set(page_files)
foreach(page "man:weir.1" "bash:weir.bash" "zsh:_weir" "fish:weir.fish")
  string(REPLACE ":" ";" page "${page}")
  list(GET page 0 what)
  list(GET page 1 file)
  add_custom_command(OUTPUT "${pages}/${file}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${pages}"
    COMMAND weir completion ${what} > "${pages}/${file}"
    DEPENDS weir
    COMMENT "Printing ${file}"
    VERBATIM)
  list(APPEND page_files "${pages}/${file}")
endforeach()
add_custom_command(OUTPUT "${pages}/weir.1.gz"
  COMMAND "${WEIR_GZIP}" -9nc "${pages}/weir.1" > "${pages}/weir.1.gz"
  DEPENDS "${pages}/weir.1"
  VERBATIM)
add_custom_target(weir_pages ALL DEPENDS ${page_files} "${pages}/weir.1.gz")
install(FILES "${pages}/weir.1.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT runtime)
install(FILES "${pages}/weir.bash" RENAME weir COMPONENT runtime
  DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${pages}/_weir" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" COMPONENT runtime)
install(FILES "${pages}/weir.fish" COMPONENT runtime DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")

# -- the library, shared: the floors' own objects, of which only the public names are seen
set(objects ${floors})
list(TRANSFORM objects REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>")
add_library(weir_library SHARED ${objects})
set(names "${PROJECT_SOURCE_DIR}/cmake/libweir.map")
set_target_properties(weir_library PROPERTIES
  OUTPUT_NAME weir
  EXPORT_NAME weir
  LINKER_LANGUAGE CXX
  VERSION "${PROJECT_VERSION}"
  # Before 1.0 a minor version may change what programs were built with.
  SOVERSION "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}"
  LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}"
  LINK_DEPENDS "${names}")
target_link_options(weir_library PRIVATE "LINKER:--version-script=${names}" LINKER:--no-undefined)
target_link_libraries(weir_library PRIVATE ${floors} PUBLIC nlohmann_json::nlohmann_json)
target_include_directories(weir_library INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_compile_features(weir_library INTERFACE cxx_std_17)

set(package "${CMAKE_INSTALL_LIBDIR}/cmake/weir")
install(TARGETS weir_library EXPORT weir
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library NAMELINK_COMPONENT dev)
install(EXPORT weir NAMESPACE weir:: FILE weirTargets.cmake DESTINATION "${package}" COMPONENT dev)

# -- and as an archive, made when it is wanted: nobody else shall wait for a quarter of a gigabyte at each build
set(script "CREATE libweir.a\n")
foreach(floor IN LISTS floors)
  string(APPEND script "ADDLIB $<TARGET_FILE:${floor}>\n")
endforeach()
string(APPEND script "SAVE\nEND\n")
file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/archive/libweir.mri" CONTENT "${script}")
install(CODE "
  set(place \"${PROJECT_BINARY_DIR}/archive\")
  execute_process(COMMAND \"${CMAKE_AR}\" -M INPUT_FILE \"\${place}/libweir.mri\" WORKING_DIRECTORY \"\${place}\"
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-debug --enable-deterministic-archives \"\${place}/libweir.a\"
    COMMAND_ERROR_IS_FATAL ANY)
  file(INSTALL \"\${place}/libweir.a\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}\")
  file(REMOVE \"\${place}/libweir.a\")
  " COMPONENT dev)

# -- what finds it
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/weir" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT dev
  FILES_MATCHING PATTERN "*.hpp")
set(made "${PROJECT_BINARY_DIR}/package")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/weirConfig.cmake.in" "${made}/weirConfig.cmake"
  INSTALL_DESTINATION "${package}" PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file("${made}/weirConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
file(RELATIVE_PATH weir_pc_to_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" weir_pc_to_prefix "${weir_pc_to_prefix}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/weir.pc.in" "${made}/weir.pc" @ONLY)
install(FILES "${made}/weirConfig.cmake" "${made}/weirConfigVersion.cmake" DESTINATION "${package}" COMPONENT dev)
install(FILES "${PROJECT_SOURCE_DIR}/cmake/FindCAF.cmake" "${PROJECT_SOURCE_DIR}/cmake/Findlibpqxx.cmake"
  DESTINATION "${package}/modules" COMPONENT dev)
install(FILES "${made}/weir.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT dev)
