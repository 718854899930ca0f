// A node in one file: one single-instance stream, one action. Run it several times under different names.
#include <weir/weir.hpp>

using namespace std::chrono_literals;

weir::outcome sync_customer(const weir::task& task, weir::context& ctx) {
  auto id = task.data.at("customer_id").get<std::string>();  // may run twice: make it safe to
  ctx.log("fencing token " + std::to_string(ctx.fencing_token()));
  return weir::outcome::success("synced " + id);
}

int main(int argc, char** argv) {
  weir::node node{weir::load_config(argc, argv)};  // weir.toml < WEIR_* < flags
  node.stream("netsuite", weir::single_instance);  // on exactly one node at a time
  node.action("customer_update", sync_customer,
              weir::on_stream("netsuite").timeout(2min).retry(weir::every(1min)));
  return node.run();  // until SIGTERM: drains, hands over, exits 0
}
