// Tells a partner of the customers of a shop's database that are new, changed or gone. docs/cdc.md explains it.
#include <cstdlib>
#include <fstream>
#include <string>

#include <weir/weir.hpp>

using namespace std::chrono_literals;

namespace {

// tidy-ok: sql this is the program's own, about the shop
const char* const query = "select id as object_id, md5(c::text)::uuid as hash from customer c";

/// The partner: a file in the place of its API.
weir::outcome tell(const std::string& line) {
  const char* name = std::getenv("PARTNER_FILE");
  std::ofstream partner{name == nullptr ? "partner.txt" : name, std::ios::app};
  partner << line << std::endl;
  return partner ? weir::outcome::success() : weir::outcome::retry("the partner does not listen");
}

weir::outcome push(const weir::object_change& customer, weir::context&) {
  return tell("push " + customer.object_id);  // may run twice: make it safe to
}

weir::outcome withdraw(const weir::object_change& customer, weir::context&) {
  return tell("withdraw " + customer.object_id);
}

}  // namespace

int main(int argc, char** argv) {
  weir::node node{weir::load_config(argc, argv)};
  const char* shop = std::getenv("SHOP_URL");
  node.cdc("customers", weir::cdc_source{"4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e", query}
                            .url(shop == nullptr ? "" : shop)
                            .limit(500)
                            .on_create(push)
                            .on_update(push)
                            .on_delete(withdraw));
  return node.run();
}
