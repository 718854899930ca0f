# Debian packages by `cpack -G DEB` (./dev package): weir, the command with its units; libweir0.1, what programs need to
# run; libweir-dev, what they need to be built. What a package depends on, dpkg-shlibdeps finds out.
include(GNUInstallDirs)
set(made "${PROJECT_BINARY_DIR}/debian")
set(soname "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
set(maintainer "The weir maintainers <weir@example.org>")

# -- units, for packages only: others have no place for them, and another place for the program
foreach(unit "weir@.service" "weir-migrate.service")
  file(READ "${PROJECT_SOURCE_DIR}/deploy/systemd/${unit}" text)
  string(REPLACE "/usr/local/bin/weir" "/usr/bin/weir" text "${text}")
  file(WRITE "${made}/${unit}" "${text}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/deploy/systemd/${unit}")
  install(FILES "${made}/${unit}" DESTINATION lib/systemd/system COMPONENT service EXCLUDE_FROM_ALL)
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/deploy/systemd/weir.sysusers" RENAME weir.conf DESTINATION lib/sysusers.d
  COMPONENT service EXCLUDE_FROM_ALL)
install(FILES "${PROJECT_SOURCE_DIR}/deploy/systemd/weir.toml" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/weir/examples"
  COMPONENT service EXCLUDE_FROM_ALL)

# -- what each Debian package has to say of itself
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)  # of SOURCE_DATE_EPOCH, where that is set
file(WRITE "${made}/changelog" "weir (${PROJECT_VERSION}) unstable; urgency=medium\n\n"
  "  * What is new is in CHANGELOG.md of the sources.\n\n -- ${maintainer}  ${now}\n")
execute_process(COMMAND "${WEIR_GZIP}" -9nc "${made}/changelog" OUTPUT_FILE "${made}/changelog.gz"
  COMMAND_ERROR_IS_FATAL ANY)
foreach(pair "service:weir" "library:libweir${soname}" "dev:libweir-dev")
  string(REPLACE ":" ";" pair "${pair}")
  list(GET pair 0 component)
  list(GET pair 1 name)
  install(FILES "${made}/changelog.gz" "${PROJECT_SOURCE_DIR}/deploy/debian/copyright"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/${name}" COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weir)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "${maintainer}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_OUTPUT_FILE_PREFIX "${PROJECT_SOURCE_DIR}/build/packages")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL runtime service library dev)
set(CPACK_COMPONENT_RUNTIME_GROUP command)
set(CPACK_COMPONENT_SERVICE_GROUP command)
set(CPACK_COMPONENT_LIBRARY_GROUP library)
set(CPACK_COMPONENT_DEV_GROUP dev)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME weir)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION misc)
set(CPACK_DEBIAN_COMMAND_PACKAGE_DEPENDS tzdata)  # schedules have zones
set(CPACK_DEBIAN_COMMAND_PACKAGE_RECOMMENDS ca-certificates)  # https of actions
set(CPACK_DEBIAN_COMMAND_PACKAGE_SUGGESTS "postgresql, systemd")
set(CPACK_COMPONENT_COMMAND_DESCRIPTION "The weir command and daemon, with units for systemd: a leader assigns
streams of tasks to nodes; a single-instance stream runs on one node at a time.")
set(scripts "${PROJECT_SOURCE_DIR}/deploy/debian")
set(CPACK_DEBIAN_COMMAND_PACKAGE_CONTROL_EXTRA "${scripts}/postinst" "${scripts}/prerm" "${scripts}/postrm")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME "libweir${soname}")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS tzdata)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "What C++ programs need to run that have a weir::node or a
weir::client.")
# By hand: what CPack makes of them calls ldconfig itself.
file(WRITE "${made}/shlibs" "libweir ${soname} libweir${soname} (>= ${PROJECT_VERSION})\n")
file(WRITE "${made}/triggers" "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA "${made}/shlibs" "${made}/triggers")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libweir-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libweir${soname} (= ${PROJECT_VERSION}), nlohmann-json3-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_RECOMMENDS "pkg-config, libcaf-dev, libpqxx-dev")
set(CPACK_COMPONENT_DEV_DESCRIPTION "Headers and libraries to build C++ programs with weir, found by
CMake and pkg-config. <weir/caf.hpp> needs libcaf-dev, <weir/pqxx.hpp>
libpqxx-dev; the archive needs all that weir is made with.")
include(CPack)
