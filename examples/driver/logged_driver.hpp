// A driver around another one: it tells each statement of the task path, what it brought and how long it took.
//
// The least that a driver is: ten functions that open stores, and a store for what it does itself. What it leaves to
// the driver inside keeps that one's promises; what it does itself has to keep them (docs/drivers.md).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/driver.hpp>

/// Takes a line about one statement. Called by each session's thread, several at once.
using statement_log = std::function<void(const std::string& line)>;

class logged_tasks final : public weir::task_store {
 public:
  logged_tasks(std::unique_ptr<weir::task_store> inner, statement_log log)
      : inner_(std::move(inner)), log_(std::move(log)) {}

  weir::result<void> reconnect() override {
    return told("reconnect", 1, [&] { return inner_->reconnect(); });
  }
  weir::result<weir::read_reply> read(const std::vector<weir::read_request>& asked) override {
    return told("read", asked.size(), [&] { return inner_->read(asked); });
  }
  weir::result<weir::promote_reply> promote(const std::vector<weir::promote_request>& asked) override {
    return told("promote", asked.size(), [&] { return inner_->promote(asked); });
  }
  weir::result<std::vector<weir::newer_reply>> newer(const std::vector<weir::newer_request>& rows,
                                                     const std::vector<weir::task_id>& running) override {
    return told("newer", rows.size(), [&] { return inner_->newer(rows, running); });
  }
  weir::result<std::vector<weir::task_request>> requests(const std::vector<weir::request_page>& pages,
                                                         int limit) override {
    return told("requests", pages.size(), [&] { return inner_->requests(pages, limit); });
  }
  weir::result<weir::finish_reply> finish(const weir::finish_request& asked) override {
    return told("finish", asked.rows.size(), [&] { return inner_->finish(asked); });
  }
  weir::result<std::vector<weir::inserted>> insert(const std::vector<weir::insert_row>& rows,
                                                   const weir::hand_offer& offer) override {
    return told("insert", rows.size(), [&] { return inner_->insert(rows, offer); });
  }

 private:
  /// "finish of 12: ok, 3.100000 ms". The answer goes on untouched: its errors say what the caller may do next.
  template <class Statement>
  auto told(const std::string& what, std::size_t size, const Statement& run) -> decltype(run()) {
    const auto begun = std::chrono::steady_clock::now();
    auto answer = run();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
    const std::string how = answer ? "ok" : weir::to_string(answer.error().code);
    log_(what + " of " + std::to_string(size) + ": " + how + ", " + std::to_string(took.count()) + " ms");
    return answer;
  }

  std::unique_ptr<weir::task_store> inner_;
  statement_log log_;
};

class logged_driver final : public weir::driver {
 public:
  logged_driver(std::unique_ptr<weir::driver> inner, statement_log log)
      : inner_(std::move(inner)), log_(std::move(log)) {}

  std::unique_ptr<weir::task_store> open_tasks() override {
    return std::make_unique<logged_tasks>(inner_->open_tasks(), log_);
  }

  std::unique_ptr<weir::membership_store> open_membership() override { return inner_->open_membership(); }
  std::unique_ptr<weir::leadership_store> open_leadership() override { return inner_->open_leadership(); }
  std::unique_ptr<weir::ownership_store> open_ownership() override { return inner_->open_ownership(); }
  std::unique_ptr<weir::coordination_store> open_coordination() override {
    return inner_->open_coordination();
  }
  std::unique_ptr<weir::console_store> open_console() override { return inner_->open_console(); }
  std::unique_ptr<weir::schedule_store> open_schedules() override { return inner_->open_schedules(); }
  std::unique_ptr<weir::retention_store> open_retention() override { return inner_->open_retention(); }
  std::unique_ptr<weir::cdc_store> open_cdc() override { return inner_->open_cdc(); }
  std::unique_ptr<weir::cdc_reader> open_cdc_reader(const weir::cdc_query& query) override {
    return inner_->open_cdc_reader(query);
  }

 private:
  std::unique_ptr<weir::driver> inner_;
  statement_log log_;
};
