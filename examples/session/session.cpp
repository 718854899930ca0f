// A single stream with a session: logged in when the stream comes to this node, logged out before it leaves.
// The login here is a lock on a file, which bears one.
//
//   LOGIN_FILE=/tmp/ledger.login session --config n1/weir.toml
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>

#include <weir/weir.hpp>

using namespace std::chrono_literals;

namespace {

std::string login_file() {
  const char* given = std::getenv("LOGIN_FILE");
  return given == nullptr ? "ledger.login" : given;
}

int session = -1;  // of this process, the stream's runner: it ends with it, however that happens

void log_in(weir::stream_context& ctx) {
  session = open(login_file().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (session < 0 || flock(session, LOCK_EX | LOCK_NB) != 0) {
    throw std::runtime_error(login_file() + ": " + std::strerror(errno));
  }
  ctx.log("logged in under token " + std::to_string(ctx.fencing_token()));
}

void log_out(weir::stream_context& ctx) {
  close(session);
  ctx.log("logged out");
}

weir::outcome import(const weir::task& task, weir::context& ctx) {
  const int rows = task.data.at("rows").get<int>();
  for (int row = 0; row < rows; ++row) {
    if (ctx.stop_requested())
      return weir::outcome::retry("asked to stop");  // drain, timeout, end of ownership
    ctx.progress(double(row) / rows, "row " + std::to_string(row));
  }
  return weir::outcome::success(std::to_string(rows) + " rows");
}

}  // namespace

int main(int argc, char** argv) {
  weir::node node{weir::load_config(argc, argv)};
  node.stream("ledger", weir::single_instance.on_open(log_in).on_close(log_out));
  node.action("import", import, weir::on_stream("ledger").timeout(10min).retry(weir::every(1min)));
  node.on_error([](const weir::error& e) { std::cerr << "weir: " << e.message << '\n'; });
  return node.run();
}
