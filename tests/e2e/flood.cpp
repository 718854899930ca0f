// A producer in a hurry, for scenarios: enqueues COUNT tasks in batches of BATCH through weir::client and says how
// that went, as one JSON object; the ids that were acknowledged go to a file, one a line.
//
// usage: flood URL SCHEMA NAME COUNT BATCH KEYS IDS   (KEYS: keys to choose from in turn, 0 = none)
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>

#include <weir/weir.hpp>

namespace {

std::vector<weir::new_task> next_batch(const std::string& name, long first, long count, long keys) {
  std::vector<weir::new_task> batch;
  for (long n = first; n < first + count; ++n) {
    weir::new_task task{name};
    if (keys > 0) task.key("k" + std::to_string(n % keys));
    batch.push_back(task.data({{"n", n}}));
  }
  return batch;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) return 2;
  using clock = std::chrono::steady_clock;
  const long count = std::stol(argv[4]);
  const long batch = std::stol(argv[5]);
  weir::client_options options;
  options.schema = argv[2];
  weir::client client{argv[1], options};
  std::ofstream ids{argv[7]};
  std::vector<double> took;
  long done = 0, failed = 0, in_doubt = 0;
  std::string last;
  const auto begin = clock::now();
  for (long at = 0; at < count; at += batch) {
    const auto tasks = next_batch(argv[3], at, std::min(batch, count - at), std::stol(argv[6]));
    const auto sent = clock::now();
    const auto made = client.enqueue(tasks);
    took.push_back(std::chrono::duration<double, std::milli>(clock::now() - sent).count());
    if (!made) {
      (made.error().code == weir::errc::in_doubt ? in_doubt : failed) += static_cast<long>(tasks.size());
      last = made.error().message;
      continue;
    }
    done += static_cast<long>(made->size());
    for (const auto id : *made) ids << id << '\n';
    ids.flush();
  }
  const double seconds = std::chrono::duration<double>(clock::now() - begin).count();
  std::sort(took.begin(), took.end());
  const auto at = [&](double share) {
    return took[static_cast<std::size_t>(share * double(took.size() - 1))];
  };
  std::cout << nlohmann::json{{"enqueued", done},      {"failed", failed},  {"in_doubt", in_doubt},
                              {"seconds", seconds},    {"p50_ms", at(0.5)}, {"p99_ms", at(0.99)},
                              {"max_ms", took.back()}, {"last_error", last}}
            << '\n';
  return 0;
}
