// A node whose actions misbehave, for the scenarios: each task of "odd" does what its data says. Stream
// "single" runs it in a runner process, "shared" four at once in one, "crowd" on threads (only what threads
// can survive).
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include <weir/weir.hpp>

using namespace std::chrono_literals;

namespace {

weir::outcome odd(const weir::task& task, weir::context& ctx) {
  const auto what = task.data.value("do", std::string{"succeed"});
  if (what == "throw") throw std::runtime_error("thrown on purpose");
  if (what == "throw_number") throw 42;
  if (what == "exit") std::exit(3);
  if (what == "abort") std::abort();
  if (what == "segfault") raise(SIGSEGV);
  if (what == "kill") kill(getpid(), SIGKILL);
  if (what == "fail") return weir::outcome::failure("failed on purpose");
  if (what == "retry") return weir::outcome::retry("not yet");
  if (what == "cancel") return weir::outcome::cancel("not needed");
  if (what == "snooze" && ctx.attempt() == 1) return weir::outcome::snooze(200ms, "later");
  if (what == "never_end") {
    for (;;) pause();
  }
  if (what == "sleep") {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{task.data.value("ms", 100)};
    while (std::chrono::steady_clock::now() < end) {
      if (ctx.stop_requested()) return weir::outcome::retry("asked to stop");
      std::this_thread::sleep_for(5ms);
    }
  }
  return weir::outcome::success("attempt " + std::to_string(ctx.attempt()));
}

}  // namespace

int main(int argc, char** argv) {
  weir::node node{weir::load_config(argc, argv)};
  const auto quick = [](const char* stream) {
    return weir::on_stream(stream).timeout(1s).retry(weir::every(100ms)).max_attempts(2).max_crashes(2);
  };
  node.stream("single", weir::single_instance);
  node.stream("crowd", weir::parallel);
  node.stream("shared", weir::stream_settings{weir::stream_mode::single}.concurrency(4));
  node.action("odd", odd, quick("single"));
  node.action("odd_shared", odd, quick("shared"));
  node.action("odd_thread", odd, quick("crowd"));
  // Long ones, to be drained or killed in the middle.
  node.action("long", odd, weir::on_stream("single").retry(weir::every(100ms)));
  node.action("long_shared", odd, weir::on_stream("shared").retry(weir::every(100ms)));
  node.action("long_thread", odd, weir::on_stream("crowd").retry(weir::every(100ms)));
  return node.run();
}
