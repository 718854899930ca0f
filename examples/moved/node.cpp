// The worker of docs/from-episub-queue.md, moved over: what was a SyncManager in Go.
#include <iostream>

#include <weir/weir.hpp>

// Was: a TaskAction. Its result was a TaskResult and a TaskMessage.
weir::outcome update_customer(const weir::task& task, weir::context& ctx) {
  if (!task.key) return weir::outcome::failure("which customer?");  // was ERROR
  ctx.log("customer " + *task.key + ", asked for by " + task.created_by);
  if (task.data.value("busy", false)) return weir::outcome::retry("the shop is busy");  // was RETRY
  return weir::outcome::success("updated");                                             // was SUCCESS
}

// Was: a ScheduledAction with Do() error and Stream() string. A schedule enqueues a task of this name.
weir::outcome sweep(const weir::task&, weir::context&) { return weir::outcome::success("swept"); }

int main(int argc, char** argv) {
  weir::node node{weir::load_config(argc, argv)};  // was: NewPostgresDriver(...), NewSyncManager(driver)
  node.on_error([](const weir::error& e) { std::cerr << "shop: " << e.message << '\n'; });  // SetErrorHandler
  node.stream("shop", weir::single_instance);  // was: "run only one instance of this service"
  node.action("CUSTOMER", update_customer,     // was: RegisterTaskHandler(action, "CUSTOMER")
              weir::on_stream("shop").retry(weir::every(std::chrono::hours{1})).max_attempts(0));
  node.action("SWEEP", sweep, weir::on_stream("shop"));
  return node.run();  // was: Run(); SIGTERM or node.stop() were: Stop()
}
