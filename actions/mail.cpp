#include "actions/mail.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "domain/task_bounds.hpp"

namespace weir::actions {

namespace {

using nlohmann::json;

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

/// Names of fields without case and without _: the seed reads `from_email` and, by mapstructure, `FromEmail` as well.
std::string folded(const std::string& name) {
  std::string letters = lower(name);
  letters.erase(std::remove(letters.begin(), letters.end(), '_'), letters.end());
  return letters;
}

/// Without blanks around it.
std::string trimmed(const std::string& text) {
  constexpr const char* blanks = " \t\r\n";
  const auto from = text.find_first_not_of(blanks);
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

/// What a field has to say against itself; carried to sendgrid_request by throw.
struct bad_field {
  std::string text;
};

/// An object whose fields are looked up by their folded names.
class fields {
 public:
  fields(const json& object, std::string place) : place_(std::move(place)) {
    if (!object.is_object())
      throw bad_field{(place_.empty() ? "the data" : place_.substr(0, place_.size() - 1)) +
                      " must be a JSON object"};
    for (const auto& [name, value] : object.items()) values_[folded(name)] = &value;
  }

  /// "" where it is missing or null.
  std::string text(const std::string& name) const {
    const json* value = find(name);
    if (value == nullptr) return {};
    if (!value->is_string()) throw bad_field{place_ + name + " must be a text"};
    return value->get<std::string>();
  }
  std::string needed(const std::string& name) const {
    std::string value = text(name);
    if (value.empty()) throw bad_field{place_ + name + " is missing"};
    return value;
  }
  /// @return  whole, or "" where it may be missing and is.
  std::string address(const std::string& name, bool optional = false) const {
    std::string value = trimmed(optional ? text(name) : needed(name));
    if (value.empty() && !optional) throw bad_field{place_ + name + " is missing"};
    const auto at = value.find('@');
    const bool good = at != std::string::npos && at > 0 && at + 1 < value.size() &&
                      value.find_first_of(" \t\r\n,;<>") == std::string::npos;
    if (!value.empty() && !good)
      throw bad_field{place_ + name + ": " + domain::in_quotes(value) + " is no address"};
    return value;
  }
  std::vector<fields> list(const std::string& name) const {
    std::vector<fields> each;
    const json* value = find(name);
    if (value == nullptr) return each;
    if (!value->is_array()) throw bad_field{place_ + name + " must be a list"};
    for (const json& one : *value) each.emplace_back(one, name + "[" + std::to_string(each.size()) + "].");
    return each;
  }
  const std::string& place() const { return place_; }

 private:
  const json* find(const std::string& name) const {
    const auto found = values_.find(folded(name));
    return found == values_.end() || found->second->is_null() ? nullptr : found->second;
  }

  std::string place_;
  std::map<std::string, const json*> values_;
};

json person(const std::string& email, const std::string& name) {
  json one{{"email", email}};
  if (!name.empty()) one["name"] = name;
  return one;
}

bool is_base64(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.empty() || text.size() % 4 != 0) return false;
  for (int padding = 0; padding < 2 && text.back() == '='; ++padding) text.remove_suffix(1);
  return text.find_first_not_of(digits) == std::string_view::npos;
}

/// SendGrid refuses a mail that names an address twice: to, cc and bcc have each once, in that order.
json recipients(const fields& mail, const std::string& bcc) {
  const std::string to = mail.address("to_email");
  std::set<std::string> named{lower(to)};
  json one{{"to", json::array({person(to, mail.text("to_name"))})}};
  for (const fields& copy : mail.list("cc_emails")) {
    const std::string email = copy.address("email");
    if (named.insert(lower(email)).second) one["cc"].push_back(person(email, trimmed(copy.text("name"))));
  }
  const std::string blind = trimmed(bcc);
  if (!blind.empty() && named.insert(lower(blind)).second) one["bcc"].push_back(person(blind, ""));
  return json::array({one});
}

/// Plain text comes first: the service demands it.
json bodies(const fields& mail) {
  json content = json::array();
  if (const auto text = mail.text("text_body"); !text.empty())
    content.push_back({{"type", "text/plain"}, {"value", text}});
  if (const auto html = mail.text("html_body"); !html.empty())
    content.push_back({{"type", "text/html"}, {"value", html}});
  if (content.empty()) throw bad_field{"text_body and html_body are missing: one of them is needed"};
  return content;
}

json attachments(const fields& mail) {
  json files = json::array();
  for (const fields& one : mail.list("attachments")) {
    const std::string data = one.needed("Data");
    if (!is_base64(data)) throw bad_field{one.place() + "Data is not base64"};
    json file{{"content", data}, {"filename", one.needed("Filename")}, {"disposition", "attachment"}};
    if (const auto type = one.text("Type"); !type.empty()) file["type"] = type;
    files.push_back(file);
  }
  return files;
}

}  // namespace

result<json> sendgrid_request(const json& data, const std::string& bcc) {
  try {
    const fields mail{data, ""};
    json request{{"personalizations", recipients(mail, bcc)},
                 {"from", person(mail.address("from_email"), mail.text("from_name"))},
                 {"subject", mail.needed("subject")},
                 {"content", bodies(mail)}};
    if (const auto answer_to = mail.address("reply_to_email", true); !answer_to.empty())
      request["reply_to"] = person(answer_to, mail.text("reply_to_name"));
    if (json files = attachments(mail); !files.empty()) request["attachments"] = std::move(files);
    return request;
  } catch (const bad_field& bad) {
    return error{errc::invalid, bad.text};
  }
}

}  // namespace weir::actions
