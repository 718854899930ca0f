// Which route takes which path.
#include "http/router.hpp"

#include <gmock/gmock.h>

namespace weir::http {
namespace {

using testing::ElementsAre;

class Routing : public testing::Test {
 protected:
  Routing() {
    for (const char* const method : {"GET", "POST"}) table_.add({method, "/tasks", role::viewer, "", {}});
    table_.add({"POST", "/tasks:batch", role::viewer, "", {}});
    table_.add({"GET", "/tasks/{id}", role::viewer, "", {}});
    table_.add({"POST", "/tasks/{id}:retry", role::viewer, "", {}});
    table_.add({"POST", "/tasks/{id}:cancel", role::viewer, "", {}});
    table_.add({"GET", "/tasks/{id}/explain", role::viewer, "", {}});
  }
  std::string pattern_of(const std::string& method, const std::vector<std::string>& path) {
    const auto match = table_.find(method, path);
    return match.found == nullptr ? "none" : match.found->pattern;
  }
  router table_;
};

TEST_F(Routing, GoesByMethodAndPath) {
  EXPECT_EQ(pattern_of("GET", {"tasks"}), "/tasks");
  EXPECT_EQ(pattern_of("POST", {"tasks:batch"}), "/tasks:batch");
  EXPECT_EQ(pattern_of("GET", {"tasks", "7"}), "/tasks/{id}");
  EXPECT_EQ(pattern_of("POST", {"tasks", "7:cancel"}), "/tasks/{id}:cancel");
  EXPECT_EQ(pattern_of("GET", {"tasks", "7", "explain"}), "/tasks/{id}/explain");
  EXPECT_EQ(pattern_of("GET", {"tasks", "7", "explain", ""}), "none");
  EXPECT_EQ(pattern_of("GET", {}), "none");
}

TEST_F(Routing, GivesWhatStandsInTheBraces) {
  EXPECT_EQ(table_.find("POST", {"tasks", "7:retry"}).values.at("id"), "7");
  EXPECT_EQ(table_.find("GET", {"tasks", "a/b:c"}).values.at("id"), "a/b:c");
  EXPECT_EQ(table_.find("POST", {"tasks", "x:retry:retry"}).values.at("id"), "x:retry");
}

TEST_F(Routing, AVerbAloneIsNoName) { EXPECT_EQ(pattern_of("POST", {"tasks", ":retry"}), "none"); }

TEST_F(Routing, SaysWhichMethodsAPathHas) {
  EXPECT_THAT(table_.find("DELETE", {"tasks"}).allowed, ElementsAre("GET", "POST"));
  EXPECT_TRUE(table_.find("DELETE", {"nothing"}).allowed.empty());
}

}  // namespace
}  // namespace weir::http
