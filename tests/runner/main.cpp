// The program that is its own runner: as the node's program does, it first looks whether it was started as one.
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "helper.hpp"
#include "odd_actions.hpp"
#include "runner/serve.hpp"

#if defined(__SANITIZE_ADDRESS__)
// The tests look at signals, not at the sanitizer's report of them.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "handle_segv=0:handle_abort=0"; }
#endif

int main(int argc, char** argv) {
  using namespace weir::runner;
  if (std::getenv("WEIR_TEST_DIE_EARLY") != nullptr && invited()) return 78;
  std::thread early;  // a program may have threads before it comes to serve
  if (std::getenv("WEIR_TEST_EARLY_THREAD") != nullptr && invited()) {
    early = std::thread{[] { ::pause(); }};
  }
  if (auto invitation = take_invitation()) {
    const stream_hooks hooks = odd_hooks(invitation->stream);
    return serve_runner(std::move(*invitation), odd_actions(), hooks);
  }
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && (words[0] == "--hold" || words[0] == "--without-rights")) return play(words);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
