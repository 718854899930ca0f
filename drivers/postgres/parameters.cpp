// Builds statement parameters and array literals.
#include "drivers/postgres/parameters.hpp"

namespace weir::postgres {

array_text& array_text::add(std::int64_t number) {
  begin_element();
  text_ += std::to_string(number);
  return *this;
}

array_text& array_text::add(std::uint64_t number) {
  begin_element();
  text_ += std::to_string(number);
  return *this;
}

array_text& array_text::add(bool flag) {
  begin_element();
  text_ += flag ? 't' : 'f';
  return *this;
}

array_text& array_text::add(std::string_view text) {
  begin_element();
  text_ += '"';
  std::size_t from = 0;  // what needs no backslash goes at once
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\0') has_nul_ = true;
    if (c != '"' && c != '\\') continue;
    text_.append(text, from, at - from) += '\\';
    from = at;
  }
  text_.append(text, from) += '"';
  return *this;
}

array_text& array_text::add_null() {
  begin_element();
  text_ += "NULL";
  return *this;
}

std::string array_text::take() {
  if (text_.empty()) return "{}";
  std::string literal = std::move(text_);
  text_.clear();
  literal += '}';
  return literal;
}

parameters& parameters::add(std::int64_t number) {
  values_.emplace_back(std::to_string(number));
  return *this;
}

parameters& parameters::add(bool flag) {
  values_.emplace_back(flag ? "t" : "f");
  return *this;
}

parameters& parameters::add(std::string text) {
  if (text.find('\0') != std::string::npos) has_nul_ = true;
  values_.emplace_back(std::move(text));
  return *this;
}

parameters& parameters::add(array_text& array) {
  has_nul_ = has_nul_ || array.has_nul();
  values_.emplace_back(array.take());
  return *this;
}

parameters& parameters::add_null() {
  values_.emplace_back();
  return *this;
}

std::vector<const char*> parameters::pointers() const {
  std::vector<const char*> out;
  out.reserve(values_.size());
  for (const auto& value : values_) out.push_back(value ? value->c_str() : nullptr);
  return out;
}

}  // namespace weir::postgres
