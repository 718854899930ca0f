#include "drivers/sqlite/store_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "drivers/sqlite/sql_text.hpp"

namespace weir::sqlite {
namespace {

/// "weir" in ASCII: SQLite's place for whose file it is.
constexpr std::int64_t application = 0x77656972;
/// Of sql/sqlite/schema.sql: what an older one lacks is in upgrade_to_*.sql, a newer one is refused. The negative one
/// is that of a store whose tasks live elsewhere.
constexpr std::int64_t version = 2;

std::string list_of(const std::vector<std::string>& words, std::size_t count, const std::string& between,
                    const std::string& after = "") {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : between) + words.at(i) + after;
  return text;
}

std::string filled(std::string text, const shape& of) {
  const auto replace = [&text](const std::string& what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
      text.replace(at, what.size(), by);
  };
  replace("{table}", of.name);
  replace("{columns}", list_of(of.columns, of.columns.size(), ", "));
  replace("{places}", list_of(std::vector<std::string>(of.columns.size(), "?"), of.columns.size(), ", "));
  replace("{key}", list_of(of.columns, of.keys, ", "));
  replace("{is_key}", list_of(of.columns, of.removed_by, " = ? and ", "") + " = ?");
  return text;
}

/// For this user only; what SQLite makes beside it gets the same rights.
result<void> make_private(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return error{errc::unavailable, file.string() + ": " + std::strerror(errno)};
  ::close(fd);
  return {};
}

}  // namespace

error store_file::strange(const std::string& why) const {
  return with_advice({errc::schema_mismatch, file_.string() + " " + why});
}

error store_file::with_advice(const error& why) const {
  if (why.code != errc::schema_mismatch) return why;
  return {why.code, why.message + (for_ == opened_for::work ? ": move it away, or use another node.state_dir"
                                                            : ": name the store of weir dev with --from")};
}

result<std::unique_ptr<store_file>> store_file::open(const std::filesystem::path& file, opened_for what) {
  std::error_code failed;
  if (what == opened_for::copy && !std::filesystem::is_regular_file(file, failed))
    return error{errc::not_found,
                 "there is no store " + file.string() + ": name the file weir.db of weir dev with --from"};
  std::filesystem::create_directories(file.parent_path(), failed);
  if (failed) return error{errc::unavailable, file.parent_path().string() + ": " + failed.message()};
  auto lock = store_lock::take(file, what == opened_for::work ? ", or use another node.state_dir" : "");
  if (!lock) return lock.error();
  if (what == opened_for::work) {
    if (auto made = make_private(file); !made) return made.error();
  }
  std::unique_ptr<store_file> opened(new store_file(file, std::move(*lock), what));
  if (auto attached = opened->attach(); !attached) return attached.error();
  if (auto sound = opened->check_pages(); !sound) return sound.error();
  return opened;
}

result<void> store_file::attach() {
  puts_.clear();
  removals_.clear();
  open_.reset();
  auto connected = database::open(file_);
  if (!connected) return connected.error();
  open_ = std::move(*connected);
  if (auto checked = check_or_make(); !checked) return checked;
  for (const char* setting : {"pragma journal_mode = wal", "pragma synchronous = full"}) {
    if (auto set = open_->run(setting); !set) return set;
  }
  if (auto upgraded = upgrade(); !upgraded) return upgraded;
  return prepare();
}

result<void> store_file::check_or_make() {
  const auto whose = open_->ask("pragma application_id");
  if (!whose) return with_advice(whose.error());
  const auto written = open_->ask("pragma user_version");
  if (!written) return with_advice(written.error());
  const auto pages = open_->ask("pragma page_count");
  if (!pages) return with_advice(pages.error());
  if (integer_of(*pages) == 0 && for_ == opened_for::work) {
    return open_->run("begin immediate;\n" + std::string{sql::schema} +
                      "pragma application_id = " + std::to_string(application) +
                      ";\npragma user_version = " + std::to_string(version) + ";\ncommit;");
  }
  if (integer_of(*whose) != application) return strange("is not a store of weir dev");
  return check_version(integer_of(*written));
}

result<void> store_file::check_version(std::int64_t written) {
  const std::int64_t age = std::abs(written);
  if (age == 0 || age > version) return refuse_version(age);
  if (written < 0 && for_ == opened_for::work) {
    return error{errc::refused,
                 file_.string() +
                     " was copied to a database (weir db copy), where its tasks live on: move it "
                     "away to begin anew"};
  }
  written_ = written;
  return {};
}

result<void> store_file::upgrade() {
  const std::int64_t age = std::abs(written_);
  if (age == 0 || age == version) return {};
  std::string steps = "begin immediate;\n";
  if (age < 2) steps += sql::upgrade_to_2;
  steps += "pragma user_version = " + std::to_string(written_ < 0 ? -version : version);
  // Who only looks takes it back at the end, unless the tasks are given up: the older weir may still be wanted.
  on_trial_ = for_ == opened_for::copy;
  if (!on_trial_) steps += ";\ncommit;";
  auto done = open_->run(steps);
  if (!done) static_cast<void>(open_->run("rollback"));
  return done;
}

error store_file::refuse_version(std::int64_t age) {
  const auto answer = open_->ask(sql::made_by);  // its tables may be others
  const auto* made_by = answer ? std::get_if<std::string>(&*answer) : nullptr;
  const std::string name =
      made_by != nullptr && !made_by->empty() ? "weir " + *made_by : "the weir that made it";
  return {errc::schema_mismatch, file_.string() + " is a store of version " + std::to_string(age) +
                                     ", and this weir knows versions up to " + std::to_string(version) +
                                     ": go on with " + name +
                                     ", whose `weir db copy` takes its tasks to PostgreSQL, or begin anew "
                                     "with another node.state_dir"};
}

result<void> store_file::check_pages() {
  const auto sound = open_->ask("pragma quick_check(1)");
  if (!sound) return with_advice(sound.error());
  if (text_of(*sound) != "ok") return strange("is damaged (" + text_of(*sound) + ")");
  return {};
}

result<void> store_file::prepare() {
  for (std::size_t i = 0; i < layout_count; ++i) {
    auto put = open_->prepare(filled(sql::put, shape_of(i)));
    if (!put && put.error().code == errc::schema_mismatch) return with_advice(put.error());
    if (!put) return strange("has other tables than weir makes (" + put.error().message + ")");
    puts_.push_back(std::move(*put));
    auto removal = open_->prepare(filled(sql::remove, shape_of(i)));
    if (!removal) return removal.error();
    removals_.push_back(std::move(*removal));
  }
  const auto counters = open_->ask(filled(sql::load, shape_of(0)));
  if (!counters) return counters.error();
  empty_ = std::holds_alternative<std::monostate>(*counters);
  return {};
}

result<memory::world_rows> store_file::load() {
  memory::world_rows rows;
  std::size_t layout = 0;
  try {
    for (; layout < layout_count; ++layout) {
      auto all = open_->prepare(filled(sql::load, shape_of(layout)));
      if (!all) return all.error();
      const auto read =
          open_->each(*all, [&rows, layout](const record& row) { put_back(rows, layout, row); });
      if (!read) return read.error();
    }
  } catch (const std::exception& why) {
    return strange("has a row in table " + shape_of(layout).name + " that no weir writes (" + why.what() +
                   ")");
  }
  memory::settle(rows);
  return rows;
}

result<void> store_file::write(const std::vector<change>& changes) {
  auto done = open_->run("begin immediate");
  for (const change& one : changes) {
    if (!done) break;
    done = open_->run((one.removed ? removals_ : puts_)[one.layout], one.cells);
  }
  if (done) done = open_->run("commit");
  if (!done) static_cast<void>(open_->run("rollback"));  // SQLite may have done so itself
  if (done) empty_ = false;
  return done;
}

result<void> store_file::give_up() {
  auto done = open_->run("pragma user_version = " + std::to_string(-version) + (on_trial_ ? "; commit" : ""));
  if (done) on_trial_ = false;
  return done;
}

result<void> store_file::begin_anew() {
  if (auto attached = attach(); !attached) return attached;
  auto tried = open_->run("begin immediate; pragma user_version = " + std::to_string(version) + "; commit;");
  if (!tried) static_cast<void>(open_->run("rollback"));
  return tried;
}

}  // namespace weir::sqlite
