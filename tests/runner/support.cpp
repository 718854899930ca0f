// Waiting with a bound, and files that go away again.
#include "support.hpp"

#include <poll.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace weir::runner {

domain::executor::on_verdict verdict_box::taker() {
  return [this](domain::run_verdict verdict) {
    const std::lock_guard lock{mutex_};
    const std::uint64_t id = verdict.run_id;
    EXPECT_TRUE(verdicts_.emplace(id, std::move(verdict)).second) << "run " << id << " got a second verdict";
    changed_.notify_all();
  };
}

log_sink verdict_box::log_taker() {
  return [this](const log_line& line) {
    const std::lock_guard lock{mutex_};
    lines_.push_back(line);
    changed_.notify_all();
  };
}

domain::run_verdict verdict_box::wait_for(std::uint64_t run_id, std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  if (!changed_.wait_for(lock, patience, [&] { return verdicts_.count(run_id) == 1; })) {
    ADD_FAILURE() << "no verdict for run " << run_id;
    domain::run_verdict none;
    none.result = domain::run_result::moved;
    return none;
  }
  return verdicts_.at(run_id);
}

bool verdict_box::wait_for_line(const std::string& text, std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, patience, [&] {
    for (const log_line& line : lines_) {
      if (line.text.find(text) != std::string::npos) return true;
    }
    return false;
  });
}

std::size_t verdict_box::verdicts() const {
  const std::lock_guard lock{mutex_};
  return verdicts_.size();
}

std::vector<log_line> verdict_box::lines() const {
  const std::lock_guard lock{mutex_};
  return lines_;
}

domain::run_request request(std::uint64_t id, const std::string& name, std::string data) {
  domain::run_request r;
  r.run_id = id;
  r.task_id = static_cast<std::int64_t>(id) + 1000;
  r.name = name;
  r.stream = "partner";
  r.data = std::move(data);
  r.created_by = "test";
  r.fencing_token = 77;
  return r;
}

bool eventually(const std::function<bool()>& done, std::chrono::milliseconds patience) {
  const boot_time limit = boot_clock::now() + patience;
  while (!done()) {
    if (boot_clock::now() > limit) return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

boot_time far_away() { return boot_clock::now() + std::chrono::hours{1}; }

void close_and_wait(domain::executor& executor, std::chrono::milliseconds grace) {
  executor.close(grace);
  EXPECT_TRUE(eventually([&] { return executor.closed(); }));
}

temporary_directory::temporary_directory() {
  std::string pattern = std::filesystem::temp_directory_path() / "weir-test-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string temporary_directory::script(const std::string& name, const std::string& text) const {
  const std::string path = file(name);
  std::ofstream{path} << text;
  ::chmod(path.c_str(), 0755);
  return path;
}

std::string content(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();  // a process that has just gone fails the read, not the test
  return text.str();
}

}  // namespace weir::runner
