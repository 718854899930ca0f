# What the author of another driver needs, as component `driver`: the public headers, the rules that they call, and the
# conformance suite. `cmake --install BUILD --component driver --prefix P`, then find_package(weir-driver).
set_target_properties(weir_domain PROPERTIES EXPORT_NAME driver)
weir_public(driver $<LINK_ONLY:weir_domain>)
set(weir_driver_targets weir_flags weir_domain)
if(TARGET weir_conformance)
  set_target_properties(weir_conformance PROPERTIES EXPORT_NAME driver_conformance)
  list(APPEND weir_driver_targets weir_conformance)
endif()

if(NOT PROJECT_IS_TOP_LEVEL AND NOT WEIR_INSTALL)
  return()  # a program that has weir as a folder is installed without it
endif()

include(GNUInstallDirs)
set(weir_driver_package "${CMAKE_INSTALL_LIBDIR}/cmake/weir-driver")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/weir" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT driver
  FILES_MATCHING PATTERN "*.hpp")
install(TARGETS ${weir_driver_targets} EXPORT weir-driver
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT driver
  OBJECTS DESTINATION "${CMAKE_INSTALL_LIBDIR}/weir-driver" COMPONENT driver)
install(EXPORT weir-driver NAMESPACE weir:: FILE weir-driver-targets.cmake DESTINATION "${weir_driver_package}"
  COMPONENT driver)

file(WRITE "${PROJECT_BINARY_DIR}/weir-driver-config.cmake" "\
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(nlohmann_json)
find_dependency(date)
find_dependency(GTest)
include(\"\${CMAKE_CURRENT_LIST_DIR}/weir-driver-targets.cmake\")
")
include(CMakePackageConfigHelpers)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/weir-driver-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/weir-driver-config.cmake" "${PROJECT_BINARY_DIR}/weir-driver-config-version.cmake"
  DESTINATION "${weir_driver_package}" COMPONENT driver)
