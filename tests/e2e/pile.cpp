// A program that waits for no answer before it sends the next message: MESSAGES of 500 tasks at once to one gate. Says
// "overloaded" when the first is refused so, and at the end, as one JSON object, what became of all.
//
// usage: pile GATEWAY NAME MESSAGES
#include <chrono>
#include <future>
#include <iostream>
#include <map>

#include <weir/caf.hpp>
#include <weir/weir.hpp>

namespace {

struct settings : caf::actor_system_config {
  settings() { weir::prepare_for_gates(*this); }
};

using clock = std::chrono::steady_clock;

/// What became of all messages; of the actor that sends them.
struct tally {
  std::map<std::string, int> answers;
  std::size_t enqueued = 0;
  int open = 0;
  double first_refusal_s = 0;
  clock::time_point begin = clock::now();
  std::promise<void> done;

  void take(const std::string& word, std::size_t tasks) {
    enqueued += tasks;
    if (++answers[word] == 1 && word == "overloaded") {
      first_refusal_s = std::chrono::duration<double>(clock::now() - begin).count();
      std::cout << "overloaded" << std::endl;
    }
    if (--open == 0) done.set_value();
  }
};

void send_all(caf::event_based_actor* self, const weir::gate_actor& gate,
              const std::vector<weir::task_message>& tasks, tally* all) {
  for (int n = all->open; n > 0; --n) {
    self->request(gate, std::chrono::seconds{60}, weir::enqueue_atom_v, tasks)
        .then(
            [=](const weir::enqueue_answer& answer) {
              const bool ok = answer.failed == 0;
              all->take(ok ? "ok" : weir::to_string(static_cast<weir::errc>(answer.failed)),
                        answer.ids.size());
            },
            [=](const caf::error&) { all->take("no answer", 0); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  settings config;
  caf::actor_system system{config};
  weir::gate_link_options patient;
  patient.patience = std::chrono::seconds{60};
  weir::gate_link link{system, patient};
  const auto gate = link.connect(argv[1]);
  if (!gate) {
    std::cerr << gate.error().message << '\n';
    return 1;
  }
  weir::task_message task;
  task.name = argv[2];
  tally all;
  all.open = std::stoi(argv[3]);
  auto done = all.done.get_future();
  system.spawn(send_all, *gate, std::vector<weir::task_message>(500, task), &all);
  done.wait();
  std::cout << nlohmann::json{{"answers", all.answers},
                              {"enqueued", all.enqueued},
                              {"first_refusal_s", all.first_refusal_s}}
            << std::endl;
  return 0;
}
