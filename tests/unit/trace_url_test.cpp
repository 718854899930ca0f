// Which addresses spans may be posted to.
#include "domain/trace_url.hpp"

#include <string>

#include <gmock/gmock.h>

namespace weir::domain {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(TraceUrl, IsOneOfHttpWithAHostAndAPath) {
  for (const char* const good : {"http://127.0.0.1:4318/v1/traces", "https://collector.example/v1/traces",
                                 "http://[::1]:4318/v1/traces", "http://[fe80::1]/x",
                                 "https://user:p%40ss@collector:65535/v1/traces?a=b#c", "http://a@b@c/x",
                                 "http://localhost:1/v1/traces"})
    EXPECT_TRUE(check_trace_url(good)) << good;
}

TEST(TraceUrl, IsRefusedWithTheFix) {
  const struct {
    const char* url;
    const char* why;
  } cases[] = {
      {"", "does not begin with http:// or https://"},
      {"127.0.0.1:4318", "does not begin with"},
      {"grpc://127.0.0.1:4317/x", "does not begin with"},
      {"HTTP://127.0.0.1/x", "does not begin with"},
      {"http:/127.0.0.1/x", "does not begin with"},
      {"http://", "names no host"},
      {"http:///v1/traces", "names no host"},
      {"http://:4318/v1/traces", "names no host"},
      {"http://user@/v1/traces", "names no host"},
      {"http://[]/v1/traces", "names no host"},
      {"http://[::1/v1/traces", "names no host"},
      {"http://[::1]4318/v1/traces", "something after its host that is no port"},
      {"http://a:/v1/traces", "has a port that is none"},
      {"http://a:0/v1/traces", "has a port that is none"},
      {"http://a:65536/v1/traces", "has a port that is none"},
      {"http://a:99999999999999/v1/traces", "has a port that is none"},
      {"http://a:43x8/v1/traces", "has a port that is none"},
      {"http://a:1:2/v1/traces", "has a port that is none"},
      {"http://127.0.0.1:4318", "names no path"},
      {"http://127.0.0.1:4318/", "names no path"},
      {"http://127.0.0.1:4318?v1/traces", "names no path"},
      {"http://a/v1 /traces", "at byte 12"},
      {"http://a/v1/traces\n", "at byte 19"},
      {"http://\xc3\xa4/v1/traces", "at byte 8"},
  };
  for (const auto& c : cases) {
    const auto checked = check_trace_url(c.url);
    ASSERT_FALSE(checked) << c.url;
    EXPECT_EQ(checked.error().code, errc::invalid);
    EXPECT_THAT(checked.error().message, HasSubstr(c.why)) << c.url;
    EXPECT_THAT(checked.error().message, HasSubstr("http://127.0.0.1:4318/v1/traces")) << c.url;
  }
}

TEST(TraceUrl, IsNotShownWithItsPassword) {
  const auto checked = check_trace_url("http://user:very-secret@host");
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace weir::domain
