// What nodes tell each other by link. Every one of them may be lost: the database says the same, only later.
#pragma once

#include <vector>

#include <weir/driver/types.hpp>

namespace weir::cluster {

struct hints {
  bool look = false;           ///< nodes or wishes have changed: beat now, and place again if you lead
  std::vector<part_id> freed;  ///< were just given back, and are wished for at the receiver
  std::vector<part_id> fed;    ///< have new tasks that nobody was handed

  bool empty() const { return !look && freed.empty() && fed.empty(); }
};
template <class Inspector>
auto inspect(Inspector& f, hints& h) {
  return f(h.look, h.freed, h.fed);
}

}  // namespace weir::cluster
