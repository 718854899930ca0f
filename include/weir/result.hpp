// Operating errors as values. Everything that can fail because of the world outside (a database, a
// peer, bad input) returns `result<T>`; mistakes of the programmer are WEIR_ASSERT (assert.hpp).
#pragma once

#include <string>
#include <utility>
#include <variant>

#include <weir/assert.hpp>

namespace weir {

/// Why an operation did not happen, and what its caller can do about it. Numbers are stable.
enum class errc {
  unavailable = 1,      ///< database or peer not reachable; nothing was sent: try again later
  in_doubt = 2,         ///< the session broke after sending: it may have happened; look before trying again
  refused = 3,          ///< a fence (stale epoch, term, incarnation) or the state forbids it: give up
  not_found = 4,        ///< the named thing does not exist: ask a human
  invalid = 5,          ///< bad input, named in the message: ask a human
  conflict = 6,         ///< the name is taken or the thing exists and differs: ask a human
  schema_missing = 7,   ///< no weir schema in this database: run `weir db migrate`
  schema_mismatch = 8,  ///< the schema is older or newer than this program: the message says which to upgrade
  read_only = 9,        ///< no writes accepted (standby, read-only mode, disk full): try again later
  overloaded = 10,      ///< a bound was reached: try again later
  timeout = 11,         ///< a lock or statement timeout ended it; nothing happened: try again
  internal = 12,        ///< a defect of weir or of the schema: report it
};

/// The name of `code` as logs and JSON spell it, e.g. "in_doubt".
const char* to_string(errc code) noexcept;

/// One operating error: a code for programs, a sentence for people (what, where, and the fix).
struct error {
  errc code = errc::internal;
  std::string message;
};

/// A value or the error that prevented it. Reading the wrong side is a programmer's error (asserts).
/// Threads: as safe as T.
template <class T>
class [[nodiscard]] result {
 public:
  // Implicit on purpose: `return value;` and `return error;` read as what they are.
  result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  result(weir::error error) : held_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return held_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& value() & {
    WEIR_ASSERT(ok());
    return std::get<0>(held_);
  }
  const T& value() const& {
    WEIR_ASSERT(ok());
    return std::get<0>(held_);
  }
  T&& value() && {
    WEIR_ASSERT(ok());
    return std::get<0>(std::move(held_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const weir::error& error() const& {
    WEIR_ASSERT(!ok());
    return std::get<1>(held_);
  }
  weir::error&& error() && {
    WEIR_ASSERT(!ok());
    return std::get<1>(std::move(held_));
  }

 private:
  std::variant<T, weir::error> held_;
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] result<void> {
 public:
  result() = default;
  result(weir::error error) : error_(std::move(error)), ok_(false) {}  // NOLINT(google-explicit-constructor)

  bool ok() const noexcept { return ok_; }
  explicit operator bool() const noexcept { return ok_; }
  const weir::error& error() const {
    WEIR_ASSERT(!ok_);
    return error_;
  }

 private:
  weir::error error_;
  bool ok_ = true;
};

}  // namespace weir
