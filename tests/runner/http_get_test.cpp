// Weir's own requests: what is sent, what of an answer is kept, and how long one waits.
#include "actions/http_get.hpp"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "web_server.hpp"

namespace weir::actions {
namespace {

using namespace std::chrono_literals;

struct HttpGet : testing::Test {
  web_server server;

  page_request posting(const std::string& query) const {
    page_request what;
    what.method = "POST";
    what.url = server.answering(query);
    what.body = "hello";
    return what;
  }
};

TEST_F(HttpGet, PostsAndKeepsAsMuchOfTheAnswerAsIsWanted) {
  page_request what = posting("status=201&body=0123456789&times=10");
  what.headers = {"X-Tenant: blue"};
  what.most = 15;
  const auto page = ask(what);
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->status, 201);
  EXPECT_EQ(page->body, "012345678901234");
  EXPECT_FALSE(page->retry_after);
  const auto seen = server.requests();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0]["body"], "hello");
  EXPECT_EQ(seen[0]["headers"]["x-tenant"], "blue");
}

TEST_F(HttpGet, SaysForHowLongAServerWantsToBeLeftAlone) {
  const auto page = ask(posting("status=503&header=Retry-After:7"));
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->retry_after, 7s);
}

TEST_F(HttpGet, KeepsItsConnection) {
  for (int n = 0; n < 3; ++n) EXPECT_TRUE(ask(posting("body=ok")));
  const auto seen = server.requests();
  ASSERT_EQ(seen.size(), 3U);
  for (const auto& one : seen) EXPECT_EQ(one["connection"], 1);
}

TEST_F(HttpGet, WaitsNoLongerThanItsPatience) {
  page_request what = posting("delay=60");
  what.patience = 100ms;
  const auto begin = boot_clock::now();
  const auto page = ask(what);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, errc::unavailable);
  EXPECT_LT(boot_clock::now() - begin, 8s);
}

TEST_F(HttpGet, EndsSoonWhenItIsAskedTo) {
  page_request what = posting("delay=60");
  what.patience = 60s;
  std::atomic<bool> asked{false};
  what.stop = [&asked] { return asked.load(); };
  std::thread asker{[&] {
    runner::eventually([this] { return !server.requests().empty(); });
    asked = true;
  }};
  const auto begin = boot_clock::now();
  const auto page = ask(what);
  asker.join();
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, errc::timeout);
  EXPECT_LT(boot_clock::now() - begin, 15s);
}

}  // namespace
}  // namespace weir::actions
