// What `config init` writes and what `config schema` prints, against the table of keys.
#include "config/schema.hpp"

#include <nlohmann/json.hpp>

#include "config/key_table.hpp"
#include "config/starter.hpp"
#include "config/value_check.hpp"
#include "support.hpp"

namespace weir::config::testing {

using nlohmann::json;

/// The schema of a key, down its path.
const json* schema_of(const json& root, const key_path& path) {
  const json* at = &root;
  for (const auto& segment : path) {
    const auto named = at->find("properties");
    if (named != at->end() && named->contains(segment))
      at = &(*named)[segment];
    else if (at->contains("additionalProperties") && (*at)["additionalProperties"].is_object())
      at = &(*at)["additionalProperties"];
    else
      return nullptr;
  }
  return at;
}

key_path segments(std::string_view path) {
  key_path out;
  for (std::size_t from = 0; from <= path.size();) {
    const auto dot = std::min(path.find('.', from), path.size());
    out.emplace_back(path.substr(from, dot - from));
    from = dot + 1;
  }
  return out;
}

TEST(ConfigurationSchema, HasEveryKeyWithItsSentence) {
  const auto schema = json::parse(json_schema());
  for (const auto& row : all_keys()) {
    const auto* found = schema_of(schema, segments(row.path));
    ASSERT_NE(found, nullptr) << row.path;
    EXPECT_EQ((*found)["description"], std::string{row.sentence}) << row.path;
    EXPECT_TRUE(found->contains("type") || found->contains("enum")) << row.path;
  }
  EXPECT_EQ(schema_of(schema, {"node", "namee"}), nullptr);
  EXPECT_NE(schema_of(schema, {"database", "url_file"}), nullptr) << "secrets may be in files";
  EXPECT_EQ((*schema_of(schema, {"node", "weight"}))["maximum"], 1000);
  EXPECT_EQ((*schema_of(schema, {"stream", "x"}))["required"], json::array({"mode"}));
}

TEST(FirstConfiguration, IsAcceptedAndMeansTheDefaults) {
  const auto plain = accepted("");
  const auto first = accepted(starter());
  EXPECT_EQ(show(plain, false), show(first, false));
}

TEST(FirstConfiguration, HasExamplesThatEveryKeyTakes) {
  const std::string text = starter();
  for (const auto& row : all_keys()) {
    const std::string name{row.path.substr(row.path.rfind('.') + 1)};
    const std::string line =
        "#" + (name == "*" ? std::string{"name"} : name) + " = " + example_of(row) + "\n";
    const bool deeper = std::count(row.path.begin(), row.path.end(), '.') >
                        (row.path.find(".*.") == std::string_view::npos ? 1 : 2);
    EXPECT_NE(text.find(deeper ? line.substr(1) : line), std::string::npos) << line;
    // As TOML the examples are JSON, too.
    const auto value = json::parse(example_of(row), nullptr, false);
    ASSERT_FALSE(value.is_discarded()) << row.path;
    EXPECT_EQ(complaint(row, std::string{row.path}, value).value_or(""), "") << example_of(row);
  }
}

}  // namespace weir::config::testing
