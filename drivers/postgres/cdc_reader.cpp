// Reads a source through a cursor in a read-only transaction: pages of it, however many rows it has, of one snapshot.
//
// All settings are local to the transaction, and none is sent with the connection: the source may be another
// database, a standby, or behind a pooler.
#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <pqxx/pqxx>

#include "domain/duration_text.hpp"
#include "drivers/postgres/connection_text.hpp"
#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/parameters.hpp"
#include "drivers/postgres/pg_errors.hpp"
#include "drivers/postgres/pqxx_versions.hpp"
#include "drivers/postgres/stores.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {
namespace {

session_kind reader_kind() {
  session_kind kind{"cdc source", true, std::chrono::seconds{0}, false, false};
  kind.foreign = true;
  return kind;
}

/// Puts values in the places of their marks, in one go: a value may look like a mark.
std::string filled(std::string_view text, const std::map<std::string_view, std::string>& values) {
  std::string out;
  while (!text.empty()) {
    const auto mark = std::find_if(values.begin(), values.end(), [&](const auto& value) {
      return text.compare(0, value.first.size(), value.first) == 0;
    });
    out += mark == values.end() ? std::string{text[0]} : mark->second;
    text.remove_prefix(mark == values.end() ? 1 : mark->first.size());
  }
  return out;
}

/// Without the semicolon that people end a statement with.
std::string bare(std::string query) {
  query.erase(query.find_last_not_of("; \t\r\n") + 1);
  return query;
}

/// "column q.hash does not exist", from "ERROR:  column ...\nLINE 1: ...".
std::string first_line(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  const std::string_view severity = "ERROR:";
  if (line.compare(0, severity.size(), severity) == 0)
    line.erase(0, line.find_first_not_of(' ', severity.size()));
  return line;
}

class reader : public cdc_reader {
 public:
  reader(options where, cdc_query query) : where_(std::move(where)), query_(std::move(query)) {
    if (!query_.url.empty()) where_.url = query_.url;
    where_.direct_url.clear();
    query_.text = bare(query_.text);
  }
  ~reader() override { close(); }

  result<void> open(const cdc_range& range) override {
    close();
    auto connected = connect();
    if (!connected) return connected;
    return guarded<result<void>>([&]() -> result<void> {
      begun_ = true;
      pqxx::nontransaction work{*connection_};
      work.exec(sql::cdc_source_begin.text);
      exec(work, sql::cdc_source_settings.text,
           parameters{}.add(std::to_string(query_.timeout.count()) + "ms"));
      work.exec(cursor_text(work, range));
      return {};
    });
  }

  result<std::vector<cdc_source_row>> next() override {
    using page = std::vector<cdc_source_row>;
    if (!connection_ || !begun_) return error{errc::unavailable, "the source: it is not open"};
    return guarded<result<page>>([&]() -> result<page> {
      pqxx::nontransaction work{*connection_};
      const auto rows = work.exec(sql::cdc_source_page.text);
      page found;
      found.reserve(row_count(rows));
      for (const auto& row : rows) found.push_back({maybe_text(row[0]), maybe_text(row[1])});
      return found;
    });
  }

  void close() override {
    if (!connection_ || !begun_) return;
    begun_ = false;
    try {
      pqxx::nontransaction work{*connection_};
      work.exec(sql::cdc_source_end.text);
    } catch (const std::exception&) {
      drop();  // its end is the transaction's end, too
    }
  }

 private:
  void drop() {
    silence_.reset();
    connection_.reset();
    begun_ = false;
  }

  result<void> connect() {
    if (connection_) return {};
    const auto text = connection_text(where_, reader_kind());
    if (!text) return error{text.error().code, "the source: " + text.error().message};
    return guarded<result<void>>([&]() -> result<void> {
      connection_ = open_connection(*text);
      silence_ = std::make_unique<notice_handler>(*connection_);
      return {};
    });
  }

  std::string cursor_text(pqxx::nontransaction& work, const cdc_range& range) const {
    const auto quoted = [&](const std::optional<std::string>& id) { return id ? work.quote(*id) : "null"; };
    const std::string_view text = sql::cdc_source_open.text;
    return filled(
        text.substr(text.find("declare")),  // what comes before is a comment that has the marks, too
        {{"%query%", query_.text}, {"%after%", quoted(range.after)}, {"%upto%", quoted(range.upto)}});
  }

  /// Whatever goes wrong is an error of the source, and its session is not used again.
  template <class R, class F>
  R guarded(F&& work) {
    error found;
    try {
      return work();
    } catch (const pqxx::sql_error& e) {
      // What the statement itself does wrong is for a human; weir's own table would speak of weir's schema.
      const std::string& state = e.sqlstate();
      const std::string kind = state.substr(0, 2);
      const bool wrong =
          kind == "42" || kind == "22" || kind == "21" || kind == "0A" || (kind == "25" && state != "25P03");
      found = wrong ? error{errc::invalid, first_line(e.what())} : translated_now();
    } catch (...) {
      found = translated_now();
    }
    drop();
    if (found.code == errc::timeout) {
      found.message += " (source_timeout is " + domain::format_duration(query_.timeout) + ")";
    }
    return error{found.code, "the source: " + found.message};
  }

  error translated_now() const {
    const bool open = connection_ && connection_->is_open();
    return translate(std::current_exception(), effect::reads, open, connection_ != nullptr).what;
  }

  options where_;
  cdc_query query_;
  std::unique_ptr<pqxx::connection> connection_;
  std::unique_ptr<notice_handler> silence_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<cdc_reader> make_cdc_reader(const options& where, cdc_query query) {
  return std::make_unique<reader>(where, std::move(query));
}

}  // namespace weir::postgres
