// SIGTERM and SIGINT as a count: the first asks for a drain, the second for an end now. SIGHUP: read the configuration
// again.
#pragma once

namespace weir::app {

/// Installs the signal actions for its lifetime and puts back what was there before.
class stop_signals {
 public:
  stop_signals();
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// Signals received so far.
  static int count() noexcept;
  /// SIGHUPs received so far.
  static int hangups() noexcept;

 private:
  struct saved;
  saved* before_;
};

}  // namespace weir::app
