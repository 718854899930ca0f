// Without echo and line by line no more, but with the keys that make signals: those restore the terminal.
#include "app/cli/process_keyboard.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>

namespace weir::app {

namespace {

termios as_it_was{};
termios as_we_want{};
volatile std::sig_atomic_t listening = 0;

class process_keyboard final : public keyboard {
 public:
  process_keyboard() { listen_to_keys(); }
  ~process_keyboard() override {
    restore_terminal();
    listening = 0;
  }
  process_keyboard(const process_keyboard&) = delete;
  process_keyboard& operator=(const process_keyboard&) = delete;

  std::string next(std::chrono::milliseconds patience) override {
    if (pending_.empty()) {
      pollfd input{STDIN_FILENO, POLLIN, 0};
      if (::poll(&input, 1, static_cast<int>(patience.count())) <= 0) return {};  // too late, or a signal
      char bytes[64];
      const ssize_t got = ::read(STDIN_FILENO, bytes, sizeof bytes);
      if (got <= 0) return std::string(1, end_of_input);
      pending_.assign(bytes, static_cast<std::size_t>(got));
    }
    return take_one();
  }

 private:
  static constexpr char end_of_input = '\x04';  // as Ctrl-D

  /// A character, or a sequence such as ESC [ A or ESC O A.
  std::string take_one() {
    std::size_t length = 1;
    const bool sequence =
        pending_.size() > 2 && pending_[0] == '\x1b' && (pending_[1] == '[' || pending_[1] == 'O');
    if (sequence) {
      length = 2;
      while (length < pending_.size() && (pending_[length] < '@' || pending_[length] > '~')) ++length;
      length = std::min(length + 1, pending_.size());
    }
    std::string key = pending_.substr(0, length);
    pending_.erase(0, length);
    return key;
  }

  std::string pending_;
};

}  // namespace

std::unique_ptr<keyboard> open_process_keyboard() {
  if (::tcgetattr(STDIN_FILENO, &as_it_was) != 0) return nullptr;
  as_we_want = as_it_was;
  as_we_want.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  as_we_want.c_cc[VMIN] = 1;
  as_we_want.c_cc[VTIME] = 0;
  listening = 1;
  return std::make_unique<process_keyboard>();
}

void restore_terminal() {
  if (listening != 0) ::tcsetattr(STDIN_FILENO, TCSANOW, &as_it_was);
}

void listen_to_keys() {
  if (listening != 0) ::tcsetattr(STDIN_FILENO, TCSANOW, &as_we_want);
}

}  // namespace weir::app
