// A node that brings customer updates to a partner who allows one login. The stream "partner" is single:
// however many of these run, one of them is logged in, from the stream's coming to its leaving. "mail" is spread
// over all of them.
//
//   PARTNER_ADDRESS=127.0.0.1:7000 partner-node --config n1/weir.toml
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <weir/weir.hpp>

#include "partner_session.hpp"

using namespace std::chrono_literals;

namespace {

std::string address_of_partner() {
  const char* given = std::getenv("PARTNER_ADDRESS");
  return given == nullptr ? "127.0.0.1:7000" : given;
}

// One a process: the runner of this stream.
partner::session& session() {
  static partner::session one{address_of_partner()};
  return one;
}

void log_in(weir::stream_context& ctx) {
  const auto stop = [&ctx] { return ctx.stop_requested(); };
  const std::string trouble = session().log_in(ctx.node(), ctx.fencing_token(), stop);
  if (!trouble.empty()) throw std::runtime_error(trouble);  // tried again, and no update runs until it works
}

void log_out(weir::stream_context&) { session().log_out(); }

// May run twice for one task (its node died before the outcome was written); the partner keeps the last
// version of a customer, so telling it the same version again does no harm.
weir::outcome customer_update(const weir::task& task, weir::context& ctx) {
  const auto stop = [&ctx] { return ctx.stop_requested(); };
  const std::string trouble = session().update(ctx.node(), ctx.fencing_token(), task.data, stop);
  if (!trouble.empty()) return weir::outcome::retry(trouble);
  return weir::outcome::success("version " + task.data.at("version").dump());
}

// Something cheap for every node to do.
weir::outcome mail(const weir::task& task, weir::context& ctx) {
  const auto to = task.data.at("to").get<std::string>();
  if (to.find('@') == std::string::npos) return weir::outcome::failure("\"" + to + "\" is no address");
  return weir::outcome::success("written to " + to + " on " + ctx.node());
}

}  // namespace

int main(int argc, char** argv) {
  weir::node node{weir::load_config(argc, argv)};
  node.stream("partner", weir::single_instance.on_open(log_in).on_close(log_out));
  // Tried until it works or a newer update of the customer replaces it: a partner may be away for days.
  const auto patiently = weir::on_stream("partner").timeout(30s).retry(weir::every(1s)).max_attempts(0);
  node.action("customer_update", customer_update, patiently);
  node.stream("mail", weir::parallel);
  node.action("mail", mail, weir::on_stream("mail"));
  return node.run();
}
