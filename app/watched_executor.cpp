#include "app/watched_executor.hpp"

#include <utility>

namespace weir::app {

namespace {

class watched_executor final : public domain::executor {
 public:
  watched_executor(std::unique_ptr<domain::executor> real, std::shared_ptr<run_watcher> watcher)
      : real_(std::move(real)), watcher_(std::move(watcher)) {}

  void start_all(std::vector<domain::run_request> requests) override {
    watcher_->begin(requests);
    real_->start_all(std::move(requests));
  }
  void open(std::uint64_t fencing_token) override { real_->open(fencing_token); }
  void extend(boot_time deadline) override { real_->extend(deadline); }
  void interrupt(std::uint64_t run_id, std::chrono::milliseconds grace) override {
    real_->interrupt(run_id, grace);
  }
  bool closed() override { return real_->closed(); }
  void close(std::chrono::milliseconds grace) override { real_->close(grace); }

 private:
  std::unique_ptr<domain::executor> real_;
  std::shared_ptr<run_watcher> watcher_;
};

}  // namespace

actors::executor_factory watched(
    actors::executor_factory make,
    std::function<std::shared_ptr<run_watcher>(const std::string& stream)> watcher) {
  return [make = std::move(make), watcher = std::move(watcher)](
             const stream_row& stream,
             domain::executor::on_verdict verdicts) -> std::unique_ptr<domain::executor> {
    auto watching = watcher(stream.name);
    auto real = make(stream, [watching, verdicts = std::move(verdicts)](domain::run_verdict verdict) {
      watching->end(verdict);
      verdicts(std::move(verdict));
    });
    return std::make_unique<watched_executor>(std::move(real), std::move(watching));
  };
}

}  // namespace weir::app
