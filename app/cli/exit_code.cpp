// errc -> exit code. `late` never comes from an error: a statement's own timeout is a plain failure.
#include "app/cli/exit_code.hpp"

namespace weir::app {

exit_code exit_code_of(errc code) noexcept {
  switch (code) {
    case errc::unavailable: return exit_code::unreachable;
    case errc::in_doubt: return exit_code::failed;
    case errc::refused: return exit_code::refused;
    case errc::not_found: return exit_code::not_found;
    case errc::invalid: return exit_code::usage;
    case errc::conflict: return exit_code::refused;
    case errc::schema_missing: return exit_code::configuration;
    case errc::schema_mismatch: return exit_code::configuration;
    case errc::read_only: return exit_code::unreachable;
    case errc::overloaded: return exit_code::failed;
    case errc::timeout: return exit_code::failed;
    case errc::internal: return exit_code::failed;
  }
  return exit_code::failed;
}

}  // namespace weir::app
