// Who is let in, as tables.
#include "http/gatekeeper.hpp"

#include <gmock/gmock.h>

namespace weir::http {
namespace {

using testing::HasSubstr;

request asking(const std::string& method, header_map headers) {
  request out;
  out.method = method;
  out.headers = std::move(headers);
  return out;
}

TEST(Gatekeeper, WithoutTokensOnlyNamesOfThisMachineAreServed) {
  const struct {
    const char* host;
    unsigned status;
  } cases[] = {{"localhost:7711", 0},
               {"localhost", 0},
               {"127.0.0.1:7711", 0},
               {"127.9.9.9", 0},
               {"[::1]:7711", 0},
               {"evil.example:7711", 403},
               {"", 403},
               {"10.0.0.1", 403},
               {"localhost.evil", 403},
               {"127.evil.example:7711", 403},
               {"127.1", 403}};
  for (const auto& c : cases) {
    auto asked = asking("GET", {{"host", c.host}});
    const auto refused = refuse(asked, nullptr, role::viewer);
    EXPECT_EQ(refused ? refused->status : 0, c.status) << c.host;
  }
}

TEST(Gatekeeper, PagesOfOthersChangeNothing) {
  const struct {
    const char* method;
    header_map headers;
    bool refused;
  } cases[] = {
      {"POST", {{"host", "localhost:1"}}, false},
      {"POST", {{"host", "localhost:1"}, {"origin", "http://localhost:1"}}, false},
      {"POST", {{"host", "localhost:1"}, {"origin", "http://localhost:2"}}, true},
      {"POST", {{"host", "localhost:1"}, {"origin", "http://evil.example"}}, true},
      {"POST", {{"host", "localhost:1"}, {"origin", "null"}}, true},
      {"POST", {{"host", "localhost:1"}, {"sec-fetch-site", "cross-site"}}, true},
      {"POST", {{"host", "localhost:1"}, {"sec-fetch-site", "same-origin"}}, false},
      {"GET", {{"host", "localhost:1"}, {"sec-fetch-site", "cross-site"}}, false},
  };
  for (const auto& c : cases) {
    auto asked = asking(c.method, c.headers);
    EXPECT_EQ(refuse(asked, nullptr, role::operator_).has_value(), c.refused)
        << c.method << " " << testing::PrintToString(c.headers);
  }
}

TEST(Gatekeeper, ATokenOpensWhatItsRoleMay) {
  const std::string watch = make_token();
  const std::string act = make_token();
  const std::vector<token_entry> known{{"watcher", role::viewer, token_hash(watch), ""},
                                       {"actor", role::operator_, token_hash(act), ""}};
  const struct {
    std::string header;
    role needs;
    unsigned status;
    std::string caller;
  } cases[] = {{"", role::viewer, 401, ""},
               {"Bearer ", role::viewer, 401, ""},
               {"Bearer nonsense", role::viewer, 401, ""},
               {"Basic " + watch, role::viewer, 401, ""},
               {"Bearer " + watch, role::viewer, 0, "watcher"},
               {"Bearer " + watch, role::operator_, 403, ""},
               {"Bearer " + act, role::viewer, 0, "actor"},
               {"Bearer " + act, role::operator_, 0, "actor"},
               {"Bearer " + act, role::admin, 403, ""}};
  for (const auto& c : cases) {
    auto asked = asking("GET", {{"host", "weir.example"}, {"authorization", c.header}});
    const auto refused = refuse(asked, &known, c.needs);
    EXPECT_EQ(refused ? refused->status : 0, c.status) << c.header;
    EXPECT_EQ(asked.caller, c.caller) << c.header;
    if (refused) {
      EXPECT_THAT(refused->body, testing::Not(HasSubstr(watch))) << "a token is never repeated";
    }
  }
}

TEST(Gatekeeper, WhatNeedsNoTokenIsOpenToAll) {
  const std::vector<token_entry> nobody;
  auto asked = asking("GET", {{"host", "anything"}});
  EXPECT_FALSE(refuse(asked, &nobody, std::nullopt));
  EXPECT_FALSE(refuse(asked, nullptr, std::nullopt));
}

}  // namespace
}  // namespace weir::http
