// Nothing, on purpose.
#include "actions/noop.hpp"

namespace weir::actions {

action make_noop_action() {
  return [](const task&, context&) { return outcome::success(); };
}

}  // namespace weir::actions
