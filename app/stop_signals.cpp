#include "app/stop_signals.hpp"

#include <csignal>

namespace weir::app {

namespace {
volatile std::sig_atomic_t received = 0;
volatile std::sig_atomic_t hung_up = 0;
void count_one(int /*signal*/) { received = received + 1; }
void count_hangup(int /*signal*/) { hung_up = hung_up + 1; }
}  // namespace

struct stop_signals::saved {
  struct sigaction term {};
  struct sigaction interrupt {};
  struct sigaction hangup {};
  struct sigaction pipe {};
};

stop_signals::stop_signals() : before_(new saved) {
  struct sigaction counting {};
  counting.sa_handler = count_one;
  sigemptyset(&counting.sa_mask);
  counting.sa_flags = SA_RESTART;
  ::sigaction(SIGTERM, &counting, &before_->term);
  ::sigaction(SIGINT, &counting, &before_->interrupt);
  counting.sa_handler = count_hangup;
  ::sigaction(SIGHUP, &counting, &before_->hangup);
  // A peer that hangs up is an error of the write, not the end of the process.
  struct sigaction ignoring {};
  ignoring.sa_handler = SIG_IGN;
  sigemptyset(&ignoring.sa_mask);
  ::sigaction(SIGPIPE, &ignoring, &before_->pipe);
}

stop_signals::~stop_signals() {
  ::sigaction(SIGTERM, &before_->term, nullptr);
  ::sigaction(SIGINT, &before_->interrupt, nullptr);
  ::sigaction(SIGHUP, &before_->hangup, nullptr);
  ::sigaction(SIGPIPE, &before_->pipe, nullptr);
  delete before_;
}

int stop_signals::count() noexcept { return received; }
int stop_signals::hangups() noexcept { return hung_up; }

}  // namespace weir::app
