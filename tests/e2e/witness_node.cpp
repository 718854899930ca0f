// A node whose actions write down when they ran and with what, for the scenarios whose checkers read it: one line of
// JSON in the file $WITNESS at the start of each run and one at its end. Errors of the node go to the file $ERRORS.
//
// What a run does is in its task's data: "ms" how long it takes, "retries" how often it asks to be tried again first,
// "do": throw, crash, block (ignores everything for "ms"), fail. Streams: "first", "second" (single, in a runner),
// "third" (single, on threads), "wide" (parallel).
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include <weir/weir.hpp>

using namespace std::chrono_literals;

namespace {

void write_line(const char* variable, const nlohmann::json& what) {
  const char* file = std::getenv(variable);
  if (file == nullptr) return;
  const std::string line = what.dump() + "\n";
  const int fd = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
  ::close(fd);
}

/// The clock that Python calls time.monotonic().
double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void note(const char* event, const weir::task& task, const weir::context& ctx, const char* how) {
  write_line("WITNESS", {{"event", event},
                         {"t", now()},
                         {"id", task.id},
                         {"name", task.name},
                         {"stream", task.stream},
                         {"key", task.key ? nlohmann::json(*task.key) : nlohmann::json(nullptr)},
                         {"data", task.data},
                         {"attempt", task.attempt},
                         {"node", ctx.node()},
                         {"token", ctx.fencing_token()},
                         {"how", how}});
}

void stay(std::chrono::milliseconds time, const weir::context& ctx, bool heeds) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end && !(heeds && ctx.stop_requested()))
    std::this_thread::sleep_for(2ms);
}

weir::outcome witness(const weir::task& task, weir::context& ctx) {
  const auto what = task.data.value("do", std::string{});
  note("start", task, ctx, "");
  stay(std::chrono::milliseconds{task.data.value("ms", 0)}, ctx, what != "block");
  if (what == "crash") std::abort();
  if (what == "throw") {
    note("end", task, ctx, "throw");
    throw std::runtime_error("thrown on purpose");
  }
  if (what == "fail") {
    note("end", task, ctx, "failure");
    return weir::outcome::failure("failed on purpose");
  }
  if (ctx.stop_requested() || task.attempt <= task.data.value("retries", 0)) {
    note("end", task, ctx, "retry");
    return weir::outcome::retry("not yet");
  }
  note("end", task, ctx, "success");
  return weir::outcome::success("attempt " + std::to_string(task.attempt));
}

/// Fails as often as the file $HOOK_FAILS has characters.
void open_hook(weir::stream_context&) {
  const char* file = std::getenv("HOOK_FAILS");
  if (file == nullptr || ::access(file, F_OK) != 0) return;
  ::unlink(file);
  throw std::runtime_error("no login today");
}

}  // namespace

int main(int argc, char** argv) {
  weir::node node{weir::load_config(argc, argv)};
  node.stream("first", weir::single_instance.on_open(open_hook));
  node.stream("second", weir::single_instance);
  node.stream("third", weir::single_instance.isolation(weir::isolation::thread));
  node.stream("wide", weir::parallel.partitions(6).concurrency(4));
  for (const std::string stream : {"first", "second", "third", "wide"}) {
    node.action(stream, witness,
                weir::on_stream(stream).retry(weir::every(100ms)).max_attempts(0).max_crashes(2));
    node.action(
        stream + "_short", witness,
        weir::on_stream(stream).timeout(500ms).retry(weir::every(100ms)).max_attempts(2).max_crashes(1));
  }
  node.action("deadly", witness,
              weir::on_stream("wide").retry(weir::every(100ms)));  // three crashes, as usual
  node.action("each_second", witness, weir::on_stream("wide").retry(weir::every(1s)).max_attempts(3));
  node.action("listed", witness,
              weir::on_stream("wide").retry(weir::backoff({200ms, 800ms})).max_attempts(4));
  node.action("growing", witness,
              weir::on_stream("wide").retry(weir::exponential(200ms, 1s)).max_attempts(5));
  node.action("as_the_seed", witness, weir::on_stream("wide").retry(weir::every(1h)).max_attempts(0));
  node.on_error([](const weir::error& e) {
    write_line("ERRORS", {{"code", weir::to_string(e.code)}, {"message", e.message}});
    if (e.message.find("no login today") != std::string::npos)
      throw std::runtime_error("a handler that throws");
  });
  return node.run();
}
