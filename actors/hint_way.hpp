// The way of this node's hints to the others: from any thread, to the MESH while there is one.
#pragma once

#include <mutex>
#include <string>
#include <utility>

#include "actors/interfaces.hpp"

namespace weir::actors {

class hint_way {
 public:
  void lead_to(mesh_actor mesh) {
    const std::lock_guard guard(lock_);
    to_ = std::move(mesh);
  }
  void tell_all(cluster::hints what) {
    const std::lock_guard guard(lock_);
    if (to_) caf::anon_send(to_, tell_atom_v, hints_ptr(std::make_shared<cluster::hints>(std::move(what))));
  }
  void tell(const std::string& node, cluster::hints what) {
    const std::lock_guard guard(lock_);
    if (to_)
      caf::anon_send(to_, tell_atom_v, node, hints_ptr(std::make_shared<cluster::hints>(std::move(what))));
  }
  void show(const news_ptr& news) {
    const std::lock_guard guard(lock_);
    if (to_) caf::anon_send(to_, view_atom_v, news);
  }

 private:
  std::mutex lock_;
  mesh_actor to_;
};

}  // namespace weir::actors
