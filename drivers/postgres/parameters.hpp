// Parameters of a statement, as libpq takes them: text, or null. Arrays are PostgreSQL's array literals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::postgres {

/// Null where an empty text stands for none.
inline std::optional<std::string_view> unless_empty(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return text;
}

/// One array, element by element: {1,NULL,"a \"quoted\" text"}.
class array_text {
 public:
  array_text& add(std::int64_t number);
  array_text& add(std::uint64_t number);
  array_text& add(std::int32_t number) { return add(std::int64_t{number}); }
  array_text& add(bool flag);
  array_text& add(std::string_view text);
  array_text& add(const std::string& text) { return add(std::string_view{text}); }
  array_text& add(const char* text) { return add(std::string_view{text}); }
  array_text& add_null();
  template <class T>
  array_text& add(const std::optional<T>& value) {
    return value ? add(*value) : add_null();
  }

  /// The literal. The array is empty again afterwards.
  std::string take();
  /// True if a text had a NUL character, which no text of PostgreSQL can hold.
  bool has_nul() const { return has_nul_; }

 private:
  void begin_element() { text_ += text_.empty() ? '{' : ','; }

  std::string text_;
  bool has_nul_ = false;
};

/// The parameters $1, $2 ... of one statement, in the order of the calls.
class parameters {
 public:
  parameters& add(std::int64_t number);
  parameters& add(std::int32_t number) { return add(std::int64_t{number}); }
  parameters& add(bool flag);
  parameters& add(std::string text);
  parameters& add(const char* text) { return add(std::string{text}); }
  parameters& add(array_text& array);
  parameters& add_null();
  template <class T>
  parameters& add(const std::optional<T>& value) {
    return value ? add(*value) : add_null();
  }

  /// For libpq: null pointers are nulls. Valid while this object lives unchanged.
  std::vector<const char*> pointers() const;
  bool has_nul() const { return has_nul_; }

 private:
  std::vector<std::optional<std::string>> values_;
  bool has_nul_ = false;
};

}  // namespace weir::postgres
