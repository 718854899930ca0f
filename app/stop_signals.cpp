#include "app/stop_signals.hpp"

#include <csignal>

namespace weir::app {

namespace {
volatile std::sig_atomic_t received = 0;
void count_one(int /*signal*/) { received = received + 1; }
}  // namespace

struct stop_signals::saved {
  struct sigaction term {};
  struct sigaction interrupt {};
  struct sigaction pipe {};
};

stop_signals::stop_signals() : before_(new saved) {
  struct sigaction counting {};
  counting.sa_handler = count_one;
  sigemptyset(&counting.sa_mask);
  counting.sa_flags = SA_RESTART;
  ::sigaction(SIGTERM, &counting, &before_->term);
  ::sigaction(SIGINT, &counting, &before_->interrupt);
  // A peer that hangs up is an error of the write, not the end of the process.
  struct sigaction ignoring {};
  ignoring.sa_handler = SIG_IGN;
  sigemptyset(&ignoring.sa_mask);
  ::sigaction(SIGPIPE, &ignoring, &before_->pipe);
}

stop_signals::~stop_signals() {
  ::sigaction(SIGTERM, &before_->term, nullptr);
  ::sigaction(SIGINT, &before_->interrupt, nullptr);
  ::sigaction(SIGPIPE, &before_->pipe, nullptr);
  delete before_;
}

int stop_signals::count() noexcept { return received; }

}  // namespace weir::app
