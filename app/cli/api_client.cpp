#include "app/cli/api_client.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

#include "domain/task_bounds.hpp"

namespace weir::app {

namespace {

struct known_code {
  const char* code;
  errc meaning;
};
constexpr known_code known_codes[] = {{"not_found", errc::not_found},
                                      {"refused", errc::refused},
                                      {"conflict", errc::conflict},
                                      {"invalid", errc::invalid},
                                      {"in_doubt", errc::in_doubt},
                                      {"timeout", errc::timeout},
                                      {"read_only", errc::read_only},
                                      {"overloaded", errc::overloaded},
                                      {"unavailable", errc::unavailable},
                                      {"internal", errc::internal},
                                      {"schema_missing", errc::schema_missing},
                                      {"schema_mismatch", errc::schema_mismatch}};

error problem_of(const std::string& url, const web_answer& answer) {
  const auto told = nlohmann::json::parse(answer.body, nullptr, false);
  const bool problem = told.is_object() && told.contains("code") && told["code"].is_string();
  if (!problem) {
    return {errc::unavailable,
            url + ": HTTP " + std::to_string(answer.status) +
                ", and not an answer of weir's API: is this the address of a node's [http]?"};
  }
  const std::string code = told["code"];
  const std::string detail = told.value("detail", code);
  for (const auto& one : known_codes)
    if (code == one.code) return {one.meaning, detail};
  if (answer.status == 401)
    return {errc::refused,
            detail + "; give a token by WEIR_TOKEN or --token-file (`weir token create` makes one)"};
  return {errc::refused, detail + " (" + code + ")"};
}

}  // namespace

result<std::string> api_token(invocation& call) {
  const auto trimmed = [](std::string text) {
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
    text.erase(0, std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    return text;
  };
  if (!call.globals.token_file.empty()) {
    std::ifstream file(call.globals.token_file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.good() && text.empty())
      return error{errc::invalid, "--token-file: " + call.globals.token_file + " cannot be read"};
    if (text = trimmed(std::move(text)); text.empty() || text.find_first_of(" \t\r\n") != std::string::npos)
      return error{errc::invalid,
                   "--token-file: " + call.globals.token_file + " must hold one token and nothing else"};
    return text;
  }
  const auto& environment = call.surroundings().environment;
  const auto variable = environment.find("WEIR_TOKEN");
  return variable == environment.end() ? std::string{} : trimmed(variable->second);
}

result<std::string> ask_node(invocation& call, const std::string& base, const std::string& method,
                             const std::string& path, const std::string& body) {
  const auto token = api_token(call);
  if (!token) return token.error();
  web_request what;
  what.method = method;
  what.url = base.substr(0, base.find_last_not_of('/') + 1) + "/api/v1" + path;
  what.body = body;
  what.token = *token;
  const auto answer = call.world().ask(what);
  if (!answer) return answer.error();
  if (answer->status >= 200 && answer->status < 300) {
    std::string said = answer->body;
    if (!said.empty() && said.back() == '\n') said.pop_back();  // whoever prints it ends the line
    return said;
  }
  return problem_of(what.url, *answer);
}

result<std::string> invocation::ask_api(const std::string& method, const std::string& path,
                                        const std::string& body) {
  return ask_node(*this, globals.url, method, path, body);
}

std::string url_part(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr std::string_view digits = "0123456789ABCDEF";
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~')
      out += c;
    else
      out += {'%', digits[byte >> 4U], digits[byte & 15U]};
  }
  return out;
}

}  // namespace weir::app
