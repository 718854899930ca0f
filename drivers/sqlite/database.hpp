// One SQLite file: opened, asked, closed. The C API is seen by this class alone.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <weir/result.hpp>

#include "drivers/sqlite/cells.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace weir::sqlite {

/// One thread at a time.
class database {
 public:
  class statement {
   public:
    explicit statement(sqlite3_stmt* prepared) : prepared_(prepared) {}
    statement(statement&& other) noexcept : prepared_(std::exchange(other.prepared_, nullptr)) {}
    statement& operator=(statement&&) = delete;
    ~statement();

   private:
    friend class database;
    sqlite3_stmt* prepared_;
  };

  /// @errors unavailable (the system's reason), schema_mismatch (the file is no database)
  static result<std::unique_ptr<database>> open(const std::filesystem::path& file);
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  /// One or several statements, without values; what they answer is dropped.
  result<void> run(const std::string& sql);
  /// The first cell of the first row; null: there is none.
  result<cell> ask(const std::string& sql);
  result<statement> prepare(const std::string& sql);
  result<void> run(statement& prepared, const record& values);
  /// Calls `use` with each row. What it throws goes through.
  result<void> each(statement& prepared, const std::function<void(const record&)>& use);

 private:
  explicit database(std::filesystem::path file) : file_(std::move(file)) {}
  error failed(int code) const;
  result<bool> step(statement& prepared);

  std::filesystem::path file_;
  sqlite3* handle_ = nullptr;
};

}  // namespace weir::sqlite
