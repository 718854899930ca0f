// The loop around a crashing program, with real processes: shell scripts that count their starts.
#include "app/supervise.hpp"
#include "app/former_process.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class supervising : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "weir_supervise_XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  /// Runs a script with $starts, the number of this start from 1.
  int run(const std::string& script) {
    supervised what;
    what.program = "/bin/sh";
    what.arguments = {
        "sh", "-c",
        "echo x >>" + counter().string() + "; starts=$(wc -l <" + counter().string() + "); " + script};
    what.limits.first_pause = 1ms;
    what.limits.longest_pause = 4ms;
    what.limits.most_quick_crashes = 4;
    what.log = [this](const std::string& sentence) {
      log_ += sentence + "\n";
      if (on_log) on_log(sentence);
    };
    return supervise(what);
  }
  int starts() const {
    std::ifstream in{counter()};
    int lines = 0;
    for (std::string one; std::getline(in, one);) ++lines;
    return lines;
  }
  std::filesystem::path counter() const { return directory_ / "starts"; }

  std::filesystem::path directory_;
  std::string log_;
  std::function<void(const std::string&)> on_log;
};

TEST_F(supervising, ACleanExitEndsIt) {
  EXPECT_EQ(run("exit 0"), 0);
  EXPECT_EQ(starts(), 1);
}

TEST_F(supervising, BadConfigurationEndsIt) {
  EXPECT_EQ(run("exit 78"), 78);
  EXPECT_EQ(starts(), 1);
}

TEST_F(supervising, ACrashedProgramIsStartedAgain) {
  EXPECT_EQ(run("case $starts in 1) kill -9 $$;; 2) exit 1;; 3) exit 5;; esac"), 5);
  EXPECT_EQ(starts(), 3);
  EXPECT_THAT(log_, HasSubstr("killed by signal 9"));
  EXPECT_THAT(log_, HasSubstr("quick crash 2 of 4"));
}

TEST_F(supervising, ItGivesUpWithTheProgramsOwnCode) {
  EXPECT_EQ(run("exit 4"), 4);
  EXPECT_EQ(starts(), 4);
  EXPECT_THAT(log_, HasSubstr("4 quick crashes in a row, giving up"));
}

TEST_F(supervising, SignalsAreThePrograms) {
  for (const std::string name : {"TERM", "INT"}) {
    const int before = starts();
    EXPECT_EQ(run("trap 'exit 7' " + name + "; kill -" + name + " $PPID; while :; do :; done"), 7) << name;
    EXPECT_EQ(starts(), before + 1) << "7 would be a crash, but the end was asked for";
  }
}

TEST_F(supervising, ASignalInAPauseEndsItThen) {
  on_log = [](const std::string& sentence) {
    if (sentence.find("starting it again") != std::string::npos) ::kill(::getpid(), SIGTERM);
  };
  EXPECT_EQ(run("exit 1"), 0);
  EXPECT_EQ(starts(), 1);
}

TEST_F(supervising, TheProgramHasAProcessGroupOfItsOwn) {
  EXPECT_EQ(run("test $(ps -o pgid= -p $$) -eq $$"), 0);
}

TEST_F(supervising, TheProgramsSignalsAreNotBlocked) {
  EXPECT_EQ(run("grep -q '^SigBlk:[[:space:]]*0*$' /proc/self/status && exit 0; exit 2"), 0);
}

TEST_F(supervising, TheNextProcessHearsHowTheOneBeforeEnded) {
  const std::string told = (directory_ / "told").string();
  const std::string tell = "echo \"${WEIR_FORMER_PROCESS:-nobody}\" >>" + told + "; ";
  EXPECT_EQ(run(tell + "case $starts in 1) kill -SEGV $$;; 2) exit 3;; esac; exit 0"), 0);
  std::ifstream in{told};
  std::vector<std::string> lines;
  for (std::string one; std::getline(in, one);) lines.push_back(one);
  EXPECT_THAT(lines, ElementsAre("nobody", testing::MatchesRegex("[0-9]+ was killed by signal 11"),
                                 testing::MatchesRegex("[0-9]+ exited with 3")));
}

TEST(FormerProcess, WhatMakesNoSenseIsPassedOver) {
  for (const char* said : {"", "12", "12 ", "-3 x", "x was killed", "12x y", "99999999999 x"}) {
    ::setenv("WEIR_FORMER_PROCESS", said, 1);
    EXPECT_FALSE(take_former_process()) << said;
    EXPECT_EQ(std::getenv("WEIR_FORMER_PROCESS"), nullptr);
  }
}

TEST(FormerProcess, IsTakenOnce) {
  ::setenv("WEIR_FORMER_PROCESS", "12 was killed by signal 6", 1);
  const auto former = take_former_process();
  ASSERT_TRUE(former);
  EXPECT_EQ(former->pid, 12);
  EXPECT_EQ(former->how, "was killed by signal 6");
  EXPECT_FALSE(take_former_process());
}

TEST(Unsupervised, IsTheSameCommandLineWithoutTheFlag) {
  EXPECT_THAT(unsupervised({"weir", "run", "--supervise", "--node-name", "n1", "--supervise=true"}),
              ElementsAre("weir", "run", "--node-name", "n1"));
}

}  // namespace
}  // namespace weir::app
