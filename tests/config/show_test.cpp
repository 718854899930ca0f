// Showing a configuration: it can be read again, says where values came from, and keeps secrets.
#include <nlohmann/json.hpp>

#include "config/masking.hpp"
#include "support.hpp"

namespace weir::config::testing {

const char* const full = R"([database]
url = "postgres://app:geheim@db/app"
message_queue = ""
[node]
name = "n\"1"
listen = "127.0.0.1:0"
labels = { zone = "a" }
[retention]
done = "7d"
[stream."a b"]
mode = "single"
pin = "n1"
rate = "10/s"
breaker = { failures = 5 }
retention = { done = "1d" }
[action.run]
type = "exec"
command = ["/usr/bin/x", "tab\there"]
retry = { backoff = ["1m", "1h"] }
[action.push]
type = "http"
url = "https://u:geheim@partner.example/hook?token=geheim&x=1"
headers = { x = "y", Authorization = "geheim", "X-Api-Key" = "geheim" }
[action.mail]
type = "email"
api_key = "geheim"
[action.watch]
type = "cdc"
controller = "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e"
source_url = "host=h password='geheim x' dbname=d"
query = """select 1
from x"""
limit = 7
source_timeout = "90s"
allow_empty = true
[schedule.s]
task = "t"
every = "15m"
data = { a = [1, 2.5, true, "x"] }
)";

TEST(ShownConfiguration, KeepsEverySecret) {
  const auto config = accepted(full);
  for (const bool with_origin : {false, true}) {
    EXPECT_EQ(show(config, with_origin).find("geheim"), std::string::npos) << show(config, with_origin);
    EXPECT_EQ(show_json(config, with_origin).find("geheim"), std::string::npos);
  }
  EXPECT_NE(config.database.url.find("geheim"), std::string::npos) << "else this test could not fail";
}

TEST(ShownConfiguration, IsReadAgainAsTheSame) {
  const auto first = show(accepted(full), false);
  EXPECT_EQ(show(accepted(first), false), first);
  const auto with_origin = show(accepted(full), true);
  EXPECT_EQ(show(accepted(with_origin), false), first);
}

TEST(ShownConfiguration, SaysWhereEachValueCameFrom) {
  const auto text = show(accepted(full, {{"WEIR_NODE__WEIGHT", "3"}}, {{"node.name", "n9"}}), true);
  for (const char* const line :
       {"url = \"postgres://app:***@db/app\"  # weir.toml:2:1\n", "message_queue = \"\"  # weir.toml:3:1\n",
        "ttl = \"6s\"  # default\n", "name = \"n9\"  # --node-name\n", "weight = 3  # WEIR_NODE__WEIGHT\n",
        "labels.zone = \"a\"  # weir.toml:7:12\n",
        "\n[stream.\"a b\"]\nmode = \"single\"  # weir.toml:11:1\n",
        "retry.backoff = [\"1m\", \"1h\"]  # weir.toml:19:11\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "is not in\n" << text;
  }
}

TEST(ShownConfiguration, IsJsonToo) {
  const auto config = accepted(full);
  const auto plain = nlohmann::json::parse(show_json(config, false));
  EXPECT_EQ(plain["database"]["url"], "postgres://app:***@db/app");
  EXPECT_EQ(plain["cluster"]["ttl"], "6s");
  EXPECT_EQ(plain["stream"]["a b"]["retention"]["done"], "1d");
  EXPECT_EQ(plain["action"]["watch"]["limit"], 7);
  EXPECT_EQ(plain["action"]["push"]["headers"]["Authorization"], "***");
  EXPECT_EQ(plain["action"]["push"]["headers"]["x"], "y");
  const auto origins = nlohmann::json::parse(show_json(config, true));
  EXPECT_EQ(origins["node"]["weight"], (nlohmann::json{{"value", 1}, {"origin", "default"}}));
  EXPECT_EQ(origins["node"]["name"]["origin"], "weir.toml:5:1");
}

TEST(MaskedAddress, HidesWhatMayBeAPassword) {
  const std::pair<const char*, const char*> table[] = {
      {"postgres://h/d", "postgres://h/d"},
      {"postgres://u@h:5432/d", "postgres://u@h:5432/d"},
      {"postgres://u:p@h:5432/d", "postgres://u:***@h:5432/d"},
      {"postgres://u:p@x/y:z@h/d", "postgres://u:***@h/d"},
      {"postgres://:p@h/d", "postgres://:***@h/d"},
      {"postgres://h/d?user=u&password=p&x=1", "postgres://h/d?user=u&password=***&x=1"},
      {"postgres://h/d?sslpassword=p", "postgres://h/d?sslpassword=***"},
      {"host=h password=p user=u", "host=h password=*** user=u"},
      {"host=h PASSWORD = 'p \\' q' user=u", "host=h PASSWORD = *** user=u"},
      {"host=h password='never closed", "host=h password=***"},
      {"host=h password='p 'q r' user=u", "host=h password=***"},
      {"https://h/hook?access_token=p#f", "https://h/hook?access_token=***#f"},
      {"", ""},
  };
  for (const auto& [address, shown] : table) EXPECT_EQ(masked_address(address), shown);
}

}  // namespace weir::config::testing
