#include "drivers/sqlite/database.hpp"

#include <sqlite3.h>

namespace weir::sqlite {
namespace {

/// Of somebody who looks with sqlite3, who may hold the file for a moment.
constexpr int patience_ms = 5'000;

cell cell_of(sqlite3_stmt* row, int column) {
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL: return {};
    case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(row, column)};
    default: {
      const auto* text = static_cast<const char*>(sqlite3_column_blob(row, column));
      const auto bytes = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
      return text == nullptr ? std::string{} : std::string(text, bytes);
    }
  }
}

}  // namespace

database::statement::~statement() { sqlite3_finalize(prepared_); }

result<std::unique_ptr<database>> database::open(const std::filesystem::path& file) {
  std::unique_ptr<database> made(new database(file));
  constexpr int how = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE;
  if (const int code = sqlite3_open_v2(file.c_str(), &made->handle_, how, nullptr); code != SQLITE_OK)
    return made->failed(code);
  sqlite3_busy_timeout(made->handle_, patience_ms);
  return made;
}

database::~database() { sqlite3_close(handle_); }

error database::failed(int code) const {
  const std::string reason = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  const int kind = code & 0xff;
  if (kind == SQLITE_NOTADB || kind == SQLITE_CORRUPT) {
    const char* const what = kind == SQLITE_NOTADB ? " is not a store of weir dev (" : " is damaged (";
    return {errc::schema_mismatch, file_.string() + what + reason + ")"};
  }
  return {errc::unavailable, file_.string() + ": " + reason};
}

result<void> database::run(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failed(code);
  return {};
}

result<cell> database::ask(const std::string& sql) {
  auto prepared = prepare(sql);
  if (!prepared) return prepared.error();
  const auto row = step(*prepared);
  if (!row) return row.error();
  return *row ? cell_of(prepared->prepared_, 0) : cell{};
}

result<database::statement> database::prepare(const std::string& sql) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v2(handle_, sql.c_str(), static_cast<int>(sql.size()) + 1, &made, nullptr);
  if (code != SQLITE_OK) return failed(code);
  return statement{made};
}

result<bool> database::step(statement& prepared) {
  const int code = sqlite3_step(prepared.prepared_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failed(code);
}

result<void> database::run(statement& prepared, const record& values) {
  sqlite3_stmt* const to = prepared.prepared_;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int place = static_cast<int>(i) + 1;
    if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
      sqlite3_bind_int64(to, place, *number);
    } else if (const auto* text = std::get_if<std::string>(&values[i])) {
      sqlite3_bind_text64(to, place, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
    } else {
      sqlite3_bind_null(to, place);
    }
  }
  const auto done = step(prepared);
  sqlite3_reset(to);
  sqlite3_clear_bindings(to);
  if (!done) return done.error();
  return {};
}

result<void> database::each(statement& prepared, const std::function<void(const record&)>& use) {
  record row(static_cast<std::size_t>(sqlite3_column_count(prepared.prepared_)));
  for (;;) {
    const auto more = step(prepared);
    if (!more) return more.error();
    if (!*more) return {};
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = cell_of(prepared.prepared_, static_cast<int>(i));
    use(row);
  }
}

}  // namespace weir::sqlite
