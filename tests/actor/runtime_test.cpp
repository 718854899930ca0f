// Whole incarnations with all their threads, several in one process over one memory store.
#include "actors/runtime.hpp"

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "drivers/memory/memory_driver.hpp"

namespace weir::actors {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;
constexpr int partitions = 16;

/// What ran where; tests wait on it. Thread-safe.
class diary {
 public:
  void note(const std::string& node, task_id task) {
    const std::lock_guard guard(lock_);
    ran_[node].insert(task);
    changed_.notify_all();
  }
  bool wait_for_tasks(std::size_t count) {
    std::unique_lock guard(lock_);
    return changed_.wait_for(guard, patience, [&] { return all().size() >= count; });
  }
  std::set<task_id> by(const std::string& node) {
    const std::lock_guard guard(lock_);
    return ran_[node];
  }

 private:
  std::set<task_id> all() const {
    std::set<task_id> tasks;
    for (const auto& [_, some] : ran_) tasks.insert(some.begin(), some.end());
    return tasks;
  }

  std::mutex lock_;
  std::condition_variable changed_;
  std::map<std::string, std::set<task_id>> ran_;
};

/// Every run succeeds at once.
class instant_executor final : public domain::executor {
 public:
  instant_executor(std::string node, diary& ran, on_verdict tell)
      : node_(std::move(node)), ran_(ran), tell_(std::move(tell)) {}

  void open(std::uint64_t) override {}
  void start_all(std::vector<domain::run_request> requests) override {
    for (const domain::run_request& one : requests) {
      ran_.note(node_, one.task_id);
      domain::run_verdict verdict;
      verdict.run_id = one.run_id;
      tell_(std::move(verdict));
    }
  }
  void extend(boot_time) override {}
  void interrupt(std::uint64_t, std::chrono::milliseconds) override {}
  bool closed() override { return true; }
  void close(std::chrono::milliseconds) override {}

 private:
  std::string node_;
  diary& ran_;
  on_verdict tell_;
};

/// A registered node with a way of its own to the store.
class test_node {
 public:
  test_node(std::string name, std::shared_ptr<memory::world> world, diary& ran)
      : name_(std::move(name)), driver_(std::move(world)), ran_(ran) {
    joined_ = boot_clock::now();
    node_facts facts;
    facts.name = name_;
    facts.machine = "machine-of-" + name_;
    facts.actions = {"paint"};
    const auto store = driver_.open_membership();
    id = store->join(facts).value().id;
    EXPECT_TRUE(driver_.open_coordination()->declare(id, {}).ok());
    EXPECT_TRUE(store->set_state(id, node_state::active).ok());
  }

  void start() {
    runtime_settings settings;
    settings.pulse = {id, 30s, 50ms, 1s, 0};
    settings.worker.me = id;
    settings.worker.name = name_;
    settings.joined = joined_;
    runtime_parts parts;
    parts.store = &driver_;
    parts.executors = [this](const stream_row&, domain::executor::on_verdict tell) {
      return std::make_unique<instant_executor>(name_, ran_, std::move(tell));
    };
    parts.actions = [this](const std::string& task) { return task == "paint" ? &paint_ : nullptr; };
    parts.on_error = [](const error&) {};
    runs = std::make_unique<runtime>(settings, std::move(parts));
  }

  node_id id = 0;
  std::unique_ptr<runtime> runs;

 private:
  std::string name_;
  memory::memory_driver driver_;
  diary& ran_;
  boot_time joined_{};
  action_options paint_;
};

class runtimes : public testing::Test {
 protected:
  /// Looks again and again until `so` holds of the store.
  template <class Condition>
  bool until(Condition so) {
    const auto end = boot_clock::now() + patience;
    while (boot_clock::now() < end) {
      {
        const std::lock_guard guard(world_->mutex);
        if (so()) return true;
      }
      std::unique_lock guard(look_lock_);
      look_.wait_for(guard, 5ms);
    }
    return false;
  }
  int owned_by(node_id node) const {
    int count = 0;
    for (const auto& [_, part] : world_->partitions) count += part.owner == node ? 1 : 0;
    return count;
  }
  bool all_written() const {
    for (const auto& [_, part] : world_->partitions) {
      if (!part.unfinished.empty()) return false;
    }
    return true;
  }
  static std::vector<insert_row> tasks(int count) {
    insert_row row;
    row.name = "paint";
    row.data = "{}";
    return std::vector<insert_row>(static_cast<std::size_t>(count), row);
  }

  std::shared_ptr<memory::world> world_ = memory::make_world();
  diary ran_;

 private:
  std::mutex look_lock_;
  std::condition_variable look_;
};

TEST_F(runtimes, OneEndsThoughAThreadThatEnqueuedLivesOn) {
  test_node n1("n1", world_, ran_);
  n1.start();
  std::promise<void> asked;
  std::promise<void> go_home;
  std::thread caller([&] {
    EXPECT_TRUE(n1.runs->enqueue(tasks(1)).ok());
    asked.set_value();
    go_home.get_future().wait();
  });
  asked.get_future().wait();
  n1.runs->stop();
  EXPECT_EQ(n1.runs->wait_for(patience), runtime::ending::stopped);
  auto gone = std::async(std::launch::async, [&] { n1.runs.reset(); });
  EXPECT_EQ(gone.wait_for(patience), std::future_status::ready)
      << "its end waits for a thread of somebody else";
  go_home.set_value();
  caller.join();
}

TEST_F(runtimes, TwoShareTheWorkAndTheOtherTakesAllWhenOneStops) {
  test_node n1("n1", world_, ran_);
  test_node n2("n2", world_, ran_);
  n1.start();
  n2.start();
  ASSERT_TRUE(until([&] { return world_->terms.size() == 1; })) << "nobody leads";
  ASSERT_TRUE(until([&] { return owned_by(n1.id) == partitions / 2 && owned_by(n2.id) == partitions / 2; }));

  const auto first = n1.runs->enqueue(tasks(100));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->size(), 100U);
  ASSERT_TRUE(ran_.wait_for_tasks(100));
  EXPECT_FALSE(ran_.by("n1").empty());
  EXPECT_FALSE(ran_.by("n2").empty());
  ASSERT_TRUE(until([&] { return all_written(); }));

  n1.runs->stop();
  EXPECT_EQ(n1.runs->wait_for(patience), runtime::ending::stopped);
  n1.runs.reset();
  ASSERT_TRUE(until([&] { return owned_by(n2.id) == partitions; }));
  const std::size_t before = ran_.by("n1").size();
  ASSERT_TRUE(n2.runs->enqueue(tasks(50)).ok());
  ASSERT_TRUE(ran_.wait_for_tasks(150));
  EXPECT_EQ(ran_.by("n1").size(), before);
  ASSERT_TRUE(until([&] { return all_written(); }));

  n2.runs->stop();
  EXPECT_EQ(n2.runs->wait_for(patience), runtime::ending::stopped);
  n2.runs.reset();
  EXPECT_EQ(owned_by(0), partitions);
  EXPECT_TRUE(world_->broken_rules.empty());
  EXPECT_EQ(world_->leader_lock, nullptr);
}

TEST_F(runtimes, AnIncarnationThatWasDeclaredDeadEndsFenced) {
  test_node n1("n1", world_, ran_);
  n1.start();
  ASSERT_TRUE(until([&] { return owned_by(n1.id) == partitions; }));
  memory::memory_driver other(world_);
  ASSERT_TRUE(other.open_membership()->declare_dead_by_proof(n1.id).value());
  EXPECT_EQ(n1.runs->wait_for(patience), runtime::ending::fenced);
  n1.runs.reset();
  EXPECT_EQ(world_->find_node(n1.id)->state, node_state::dead) << "the dead say no goodbye";
}

TEST_F(runtimes, ALeaderThatIsDestroyedWithoutAStopLeavesNoActorBehind) {
  test_node n1("n1", world_, ran_);
  n1.start();
  ASSERT_TRUE(until([&] { return owned_by(n1.id) == partitions; }));
  EXPECT_EQ(n1.runs->wait_for(0ms), runtime::ending::running);
  n1.runs.reset();  // would wait for ever for an actor that nobody ended
  EXPECT_EQ(owned_by(n1.id), partitions) << "no goodbye: its partitions wait for its ttl";
}

}  // namespace
}  // namespace weir::actors
