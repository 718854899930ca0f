# Finds libpqxx by pkg-config (Debian ships no CMake package). Defines libpqxx::pqxx.
find_package(PkgConfig REQUIRED)
pkg_check_modules(libpqxx QUIET IMPORTED_TARGET libpqxx)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(libpqxx REQUIRED_VARS libpqxx_LINK_LIBRARIES VERSION_VAR libpqxx_VERSION)
if(libpqxx_FOUND AND NOT TARGET libpqxx::pqxx)
  add_library(libpqxx::pqxx INTERFACE IMPORTED)
  target_link_libraries(libpqxx::pqxx INTERFACE PkgConfig::libpqxx)
endif()
