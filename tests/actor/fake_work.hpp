// Executors that only note what they are told, and give their verdicts when a test says so.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "actors/executor_factory.hpp"

namespace weir::actors {

/// What the executors of one node were told. One thread.
struct fake_work {
  std::vector<domain::run_request> started;
  std::vector<std::uint64_t> opened;  ///< fencing tokens
  std::vector<std::uint64_t> interrupted;
  int made = 0;
  int closes = 0;
  bool lets_close = true;  ///< what `closed` answers after `close`
  boot_time deadline{};

  executor_factory factory();
};

class fake_executor final : public domain::executor {
 public:
  explicit fake_executor(fake_work& work) : work_(work) { ++work_.made; }

  void start_all(std::vector<domain::run_request> requests) override {
    for (domain::run_request& one : requests) work_.started.push_back(std::move(one));
  }
  void open(std::uint64_t fencing_token) override { work_.opened.push_back(fencing_token); }
  void extend(boot_time deadline) override { work_.deadline = deadline; }
  void interrupt(std::uint64_t run_id, std::chrono::milliseconds) override {
    work_.interrupted.push_back(run_id);
  }
  bool closed() override { return closing_ && work_.lets_close; }
  void close(std::chrono::milliseconds) override {
    ++work_.closes;
    closing_ = true;
  }

 private:
  fake_work& work_;
  bool closing_ = false;
};

inline executor_factory fake_work::factory() {
  return [this](const stream_row&, domain::executor::on_verdict) {
    return std::make_unique<fake_executor>(*this);
  };
}

}  // namespace weir::actors
