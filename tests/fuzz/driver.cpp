// Runs a target without clang: its corpus, then random changes of it, for as long as it is told.
//
//   fuzz-NAME FILE...                                replays inputs
//   fuzz-NAME --corpus DIR [--seconds N] [--seed S]  the corpus, then changes of it; one second, a seed of its own
//
// The work is done by a child; the input that it is at lies in memory that both see. So whatever ends it (a property, a
// sanitizer, a signal, a hang, a lack of memory) leaves its input, which is kept, and the line to replay it is printed.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "hold.hpp"

namespace {

using dice = std::mt19937_64;

constexpr std::size_t longest_input = 4096;
/// No input of this length may take longer, on a busy machine and under a sanitizer either.
constexpr unsigned seconds_an_input = 10;
constexpr long memory_kib = 1L << 20;

struct shared_input {
  std::size_t size = 0;
  std::uint64_t runs = 0;
  std::uint8_t bytes[1U << 21U];
};

struct wishes {
  std::vector<std::string> files;
  std::string corpus;
  double seconds = 1;
  std::uint64_t seed = std::random_device{}();
};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    std::fprintf(stderr, "%s can't be read\n", path.c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>{file}, {}};
}

void run(shared_input& at, const std::string& input) {
  at.size = std::min(input.size(), sizeof at.bytes);
  std::memcpy(at.bytes, input.data(), at.size);
  ++at.runs;
  ::alarm(seconds_an_input);
  // A copy of its own, so that a sanitizer sees every byte read beyond its end.
  const std::vector<std::uint8_t> own(at.bytes, at.bytes + at.size);
  LLVMFuzzerTestOneInput(own.data(), own.size());
}

std::size_t below(dice& random, std::size_t bound) { return bound == 0 ? 0 : random() % bound; }

/// Bytes that mean something to one parser or other.
std::string telling(dice& random) {
  static const std::vector<std::string> some{std::string(1, '\0'),
                                             "\n",
                                             "\"",
                                             "'",
                                             "\\",
                                             "[",
                                             "]",
                                             "{",
                                             "}",
                                             "=",
                                             ":",
                                             ",",
                                             "-",
                                             "*",
                                             "/",
                                             "0",
                                             "9",
                                             "99999999999999999999",
                                             "-1",
                                             "\xff",
                                             "\xc3",
                                             "\xed\xa0\x80",
                                             "\xf4\x90\x80\x80",
                                             "\x1b[2J",
                                             "\\u0000",
                                             "\xe2\x80\xa8",
                                             "1e999",
                                             std::string(64, '['),
                                             std::string(4, '\xff'),
                                             "%00",
                                             "$1",
                                             "--"};
  return some[below(random, some.size())];
}

std::string changed(std::string input, const std::vector<std::string>& corpus, dice& random) {
  const std::size_t times = 1 + below(random, 4);
  for (std::size_t n = 0; n < times; ++n) {
    const std::size_t at = below(random, input.size() + 1);
    const std::size_t length = below(random, std::min<std::size_t>(input.size() - at, 16) + 1);
    switch (below(random, 7)) {
      case 0: input.erase(at, length); break;
      case 1: input.insert(at, telling(random)); break;
      case 2: input.insert(at, 1, static_cast<char>(random())); break;
      case 3: input.insert(at, input.substr(at, length)); break;
      case 4:
        if (at < input.size())
          input[at] = static_cast<char>(input[at] ^ static_cast<char>(1U << below(random, 8)));
        break;
      case 5: input.replace(at, length, telling(random)); break;
      default: {
        const std::string& other = corpus[below(random, corpus.size())];
        input = input.substr(0, at) + other.substr(below(random, other.size() + 1));
      }
    }
  }
  if (input.size() > longest_input) input.resize(longest_input);
  return input;
}

void work(const wishes& wanted, shared_input& at) {
  for (const auto& file : wanted.files) run(at, read_file(file));
  if (wanted.corpus.empty()) return;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator{wanted.corpus}) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> corpus{std::string{}};
  for (const auto& path : paths) corpus.push_back(read_file(path));
  for (const auto& input : corpus) run(at, input);
  dice random{wanted.seed};
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>{wanted.seconds};
  while (std::chrono::steady_clock::now() < end) {
    run(at, changed(corpus[below(random, corpus.size())], corpus, random));
  }
}

wishes read_arguments(int argc, char** argv) {
  wishes wanted;
  for (int n = 1; n < argc; ++n) {
    const std::string word = argv[n];
    const bool more = n + 1 < argc;
    if (word == "--corpus" && more)
      wanted.corpus = argv[++n];
    else if (word == "--seconds" && more)
      wanted.seconds = std::atof(argv[++n]);
    else if (word == "--seed" && more)
      wanted.seed = std::strtoull(argv[++n], nullptr, 10);
    else
      wanted.files.push_back(word);
  }
  if (wanted.files.empty() && wanted.corpus.empty()) {
    std::fprintf(stderr, "usage: %s FILE... | --corpus DIR [--seconds N] [--seed S]\n", argv[0]);
    std::exit(2);
  }
  return wanted;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
    return "took longer than " + std::to_string(seconds_an_input) + " s";
  if (WIFSIGNALED(status)) return std::string{"was ended by "} + ::strsignal(WTERMSIG(status));
  return "exited with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

int main(int argc, char** argv) {
  const wishes wanted = read_arguments(argc, argv);
  const std::string name = std::filesystem::path{argv[0]}.filename();
  std::printf("%s: seed %llu\n", name.c_str(), static_cast<unsigned long long>(wanted.seed));
  std::fflush(stdout);
  void* const memory =
      ::mmap(nullptr, sizeof(shared_input), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 2;
  auto* const at = new (memory) shared_input{};

  const pid_t child = ::fork();
  if (child == 0) {
    work(wanted, *at);
    std::exit(0);
  }
  int status = 0;
  rusage used{};
  if (child < 0 || ::wait4(child, &status, 0, &used) != child) return 2;
  const bool fat = used.ru_maxrss > memory_kib;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !fat) {
    std::printf("%llu inputs, %ld MiB at most\n", static_cast<unsigned long long>(at->runs),
                used.ru_maxrss >> 10);
    return 0;
  }
  const std::string kept = name + "-" + std::to_string(wanted.seed) + ".input";
  std::ofstream{kept, std::ios::binary}.write(reinterpret_cast<const char*>(at->bytes),
                                              static_cast<std::streamsize>(at->size));
  std::fprintf(stderr, "%s %s\nits input is kept; replay it by\n  %s %s\n", name.c_str(),
               fat ? "took more than 1 GiB of memory" : how_it_ended(status).c_str(), argv[0],
               std::filesystem::absolute(kept).c_str());
  return 1;
}
