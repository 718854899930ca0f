// Which variables stay with the node.
#include "runner/environment.hpp"

#include <cstdlib>

#include <algorithm>

#include <gtest/gtest.h>

#include "runner/invitation.hpp"

namespace weir::runner {
namespace {

TEST(Environment, TheDatabaseStaysWithTheNode) {
  for (const char* name : {"WEIR_DATABASE_URL", "WEIR_DATABASE__URL", "WEIR_DATABASE__DIRECT_URL",
                           "WEIR_DATABASE__URL_FILE", "DATABASE_URL", "PGPASSWORD", "PGHOST", "PGPASSFILE"}) {
    EXPECT_TRUE(names_database(name)) << name;
    EXPECT_TRUE(is_secret(name)) << name;
  }
  for (const char* name :
       {"PATH", "WEIR_CONFIG", "WEIR_NODE__NAME", "PGP_KEY", "MY_DATABASE_URL", "HOME", "PG"}) {
    EXPECT_FALSE(names_database(name)) << name;
    EXPECT_FALSE(is_secret(name)) << name;
  }
}

TEST(Environment, WhatSystemdSaysToTheNodeIsForNoProgramOfAnAction) {
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"}) {
    EXPECT_TRUE(names_service(name)) << name;
    EXPECT_TRUE(is_secret(name)) << name;
  }
  EXPECT_FALSE(names_service("NOTIFY_SOCKETS"));
}

TEST(Environment, OtherSecretsReachTheRunnerButNoProgramOfAnAction) {
  for (const char* name :
       {"WEIR_ACTION__MAIL__API_KEY", "WEIR_ACTION__MAIL__API_KEY_FILE", "WEIR_ACTION__CUSTOMERS__SOURCE_URL",
        "WEIR_TLS__KEY", "WEIR_RUNNER_FD", "WEIR_ACTION__PUSH__HEADERS__AUTHORIZATION",
        "WEIR_ACTION__PUSH__HEADERS__X_FILE", "WEIR_ACTION__PUSH__URL"}) {
    EXPECT_FALSE(names_database(name)) << name;
    EXPECT_TRUE(is_secret(name)) << name;
  }
}

TEST(Environment, FiltersByName) {
  ::setenv("WEIR_DATABASE_URL", "postgres://secret", 1);
  ::setenv("WEIR_TEST_KEPT", "a=b", 1);
  const auto kept = environment_without(&is_secret);
  EXPECT_NE(std::find(kept.begin(), kept.end(), "WEIR_TEST_KEPT=a=b"), kept.end());
  for (const std::string& entry : kept)
    EXPECT_EQ(entry.find("postgres://secret"), std::string::npos) << entry;
  ::unsetenv("WEIR_DATABASE_URL");
  ::unsetenv("WEIR_TEST_KEPT");
}

void put(const invitation& what) {
  for (const std::string& entry : to_environment(what)) {
    const std::size_t equals = entry.find('=');
    ::setenv(entry.substr(0, equals).c_str(), entry.substr(equals + 1).c_str(), 1);
  }
}

TEST(Invitation, ComesThroughTheEnvironmentOnce) {
  EXPECT_FALSE(invited());
  EXPECT_FALSE(take_invitation().has_value());
  put({3, "net suite, ü", "n1", 1 << 20, {4, 5}, 123, false, -1});
  EXPECT_TRUE(invited());
  const auto found = take_invitation();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->fd, 3);
  EXPECT_EQ(found->stream, "net suite, ü");
  EXPECT_EQ(found->node, "n1");
  EXPECT_EQ(found->payload_limit, std::size_t{1} << 20U);
  EXPECT_EQ(found->kept_fds, (std::vector<int>{4, 5}));
  EXPECT_EQ(found->parent, 123);
  EXPECT_EQ(found->guard_fd, -1);
  EXPECT_FALSE(invited());
}

TEST(Invitation, WhatMakesNoSenseIsMarked) {
  const char* const wrong[][2] = {
      {"WEIR_RUNNER_FD", "three"},          {"WEIR_RUNNER_FD", "3x"},    {"WEIR_RUNNER_FD", "-3"},
      {"WEIR_RUNNER_LIMIT", "0"},           {"WEIR_RUNNER_KEEP", "4,x"}, {"WEIR_RUNNER_PARENT", ""},
      {"WEIR_RUNNER_GUARD", "999999999999"}};
  for (const auto& [name, value] : wrong) {
    put({3, "s", "n", 1000, {4}, 1, false, -1});
    ::setenv(name, value, 1);
    const auto found = take_invitation();
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->fd, -1) << name << "=" << value;
  }
}

}  // namespace
}  // namespace weir::runner
