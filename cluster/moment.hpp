// Now, on both clocks: boot time decides, wall time is written down for people.
#pragma once

#include <weir/boot_clock.hpp>

namespace weir::cluster {

struct moment {
  boot_time boot{};
  wall_time wall{};
};

}  // namespace weir::cluster
