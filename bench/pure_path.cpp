// What a node itself does for a task from its insert to its written outcome, without database, threads or clock: for
// counting instructions (`valgrind --tool=callgrind`), which are the same on a busy machine. Usage: PROGRAM TASKS
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "cluster/worker_machine.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr node_id me = 1;
constexpr stream_id stream = 1;
constexpr part_id partitions = 4;
constexpr int batch = 500;

struct played {
  cluster::moment now{boot_time{100h}, wall_time{9h}};
  action_options noop;
  cluster::worker_machine machine;
  task_id last = 0;
  long finished = 0;

  played()
      : machine(
            settings(), [this](const std::string&) { return &noop; }, [] { return 0.5; }) {
    beat_view view;
    view.timeline = 1;
    stream_row row;
    row.id = stream;
    row.name = "bench";
    row.concurrency = batch;
    view.streams.push_back(row);
    for (part_id part = 1; part <= partitions; ++part) {
      partition_row one;
      one.id = part;
      one.stream = stream;
      one.timeline = 1;
      one.assigned_to = "n1";
      view.partitions.push_back(one);
    }
    machine.on_deadline(now.boot + 1h);
    machine.on_view(view, true, now);
    while (const auto asked = machine.next_ownership(now)) {
      ownership held;
      held.held = {asked->held.part, 1};
      held.timeline = 1;
      machine.on_acquired(*asked, held, now);
    }
    read();
  }
  static cluster::worker_settings settings() {
    cluster::worker_settings mine;
    mine.me = me;
    mine.name = "n1";
    return mine;
  }
  void read() {
    if (machine.next_read(now)) machine.on_read(read_reply{"s", {}}, now);
  }

  /// One message of a batch: handed, run, finished.
  void one_batch() {
    now.boot += 10ms;
    now.wall += 10ms;
    const hand_offer offer = machine.offer_hands(batch, now);
    std::vector<task_row> rows;
    for (int i = 0; i < batch && !offer.held.empty(); ++i) {
      task_row row;
      row.id = ++last;
      row.xid = static_cast<transaction_id>(last / batch + 1000);
      row.part = offer.held[static_cast<std::size_t>(i) % offer.held.size()].part;
      row.name = "noop";
      row.data =
          R"({"pad": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"})";
      row.created_by = "bench";
      row.created_at = now.wall;
      rows.push_back(std::move(row));
    }
    machine.on_handed(offer, std::move(rows), now);
    for (bool busy = true; busy;) {
      busy = false;
      for (const cluster::run_order& order : machine.next_runs(now)) {
        busy = true;
        for (const domain::run_request& request : order.requests) {
          domain::run_verdict verdict;
          verdict.run_id = request.run_id;
          verdict.started_at = now.wall;
          machine.on_verdict(verdict, now);
        }
      }
      while (const auto finish = machine.next_finish(now)) {
        busy = true;
        finished += static_cast<long>(finish->rows.size());
        finish_reply done;
        for (const fence& one : finish->held) done.held.push_back(one.part);
        machine.on_finished(done, now);
      }
    }
    read();
  }
};

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  const long wanted = argc == 2 ? std::strtol(argv[1], nullptr, 10) : 0;
  if (wanted <= 0) {
    std::fprintf(stderr, "usage: %s TASKS\n", argc > 0 ? argv[0] : "weir-bench-pure-path");
    return 2;
  }
  weir::played node;
  for (long sent = 0; sent < wanted; sent += weir::batch) node.one_batch();
  std::printf("%ld of %ld\n", node.finished, static_cast<long>(node.last));
  return node.finished == node.last && node.last >= wanted ? 0 : 1;
}
