#include "actors/links/program_way.hpp"

#include <future>
#include <utility>

namespace weir::actors::links {

program_way::~program_way() { hang_up(); }

result<link> program_way::connect(const std::string& address, const expected_peer& expected) {
  hang_up();
  if (!way_) {
    transport_options wanted;
    wanted.me.role = role_;
    wanted.me.name = options_.name;
    wanted.me.cluster = options_.cluster;
    if (!options_.cert.empty()) wanted.tls = tls_files{options_.ca, options_.cert, options_.key};
    auto started = transport::start(std::move(wanted));
    if (!started) return started.error();
    way_ = std::move(*started);
  }
  const auto answered = std::make_shared<std::promise<result<link>>>();
  auto up = answered->get_future();
  way_->dial(address, expected, [answered](result<link> found) { answered->set_value(std::move(found)); });
  result<link> found = up.get();
  if (found) link_ = found->id;
  return found;
}

void program_way::hang_up() {
  if (link_) way_->close(*link_);
  link_.reset();
}

}  // namespace weir::actors::links
