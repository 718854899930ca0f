// Opening, running, and noticing the loss of a connection.
#include "drivers/postgres/session.hpp"

#include <cstdlib>
#include <utility>

#include <poll.h>

#include "drivers/postgres/fields.hpp"
#include "drivers/postgres/migrator.hpp"
#include "drivers/postgres/newest_server.hpp"
#include "weir_sql/statements.hpp"

namespace weir::postgres {

namespace {
error doubtful() {
  return {errc::in_doubt, "the transaction is committed here but may not be on the synchronous standby"};
}
}  // namespace

/// Keeps warnings off stderr, and remembers the one that turns a commit into a doubtful one: a wait for the
/// synchronous standby that was given up.
class session::notices : public notice_handler {
 public:
  using notice_handler::notice_handler;

  bool take_doubtful() { return std::exchange(doubtful_, false); }

 private:
  void heard(std::string_view text) noexcept override {
    if (text.find("might not have been replicated") != std::string_view::npos) doubtful_ = true;
  }

  bool doubtful_ = false;
};

session::session(options where, session_kind kind)
    : where_(std::move(where)), kind_(kind), pooled_(is_pooled(where_, kind_)) {
  static_cast<void>(open());
}

session::~session() { close(); }

/// What knows the connection goes before it.
void session::close() {
  ear_.reset();
  notices_.reset();
  connection_.reset();
}

result<void> session::open() {
  result<void> opened = open_from(0);
  for (int first = 1; elsewhere_ && first < servers_of(where_, kind_); ++first) opened = open_from(first);
  return opened;
}

result<void> session::open_from(int first) {
  elsewhere_ = false;
  close();
  prepared_.clear();
  if (!valid_schema(where_.schema)) {
    closed_because_ = {errc::invalid,
                       "database.schema: a name must be of lower-case letters, digits and _, start "
                       "with no digit, and have at most 63 characters"};
    return closed_because_;
  }
  const auto text = connection_text(where_, kind_, first);
  if (!text) {
    closed_because_ = text.error();
    return closed_because_;
  }
  try {
    connection_ = open_connection(*text);
    notices_ = std::make_unique<notices>(*connection_);
  } catch (...) {
    closed_because_ = translate(std::current_exception(), effect::reads, false, false).what;
    if (where_.url.empty())
      closed_because_.message += "; no url of a database is configured (DATABASE_URL, or url in [database])";
    close();
    return closed_because_;
  }
  if (!kind_.checks_schema) return {};
  const auto checked = check_schema();
  if (!checked) {
    closed_because_ = checked.error();
    close();
  }
  return checked;
}

result<void> session::check_schema() {
  const auto rows = run(sql::session_check, {}, effect::reads);
  if (!rows) {
    const bool missing = rows.error().code == errc::schema_missing;
    elsewhere_ = pooled_ && !missing;
    return missing ? schema_missing_error(where_.schema) : rows.error();
  }
  const auto row = (*rows)[0];
  const int current = row[0].is_null() ? 0 : std::atoi(row[0].c_str());
  if (current == 0) return schema_missing_error(where_.schema);
  if (!schema_status{current, sql::migration_count, {}, number<int>(row[4])}.fits())
    return schema_version_error(where_.schema, current, sql::migration_count);
  if (row[1].c_str()[0] != 't') {
    return error{errc::schema_mismatch, "the schema \"" + where_.schema +
                                            "\" came from another database cluster (dump, replication): its "
                                            "transaction numbers mean nothing here; run: weir db adopt"};
  }
  if (row[3].is_null() && must_check_writable(where_, kind_)) {
    elsewhere_ = true;
    return error{errc::read_only, "the pooler leads to a standby, which takes no writes"};
  }
  if (!where_.newest || row[3].is_null()) return {};  // a standby, where somebody only looks
  const auto timeline = static_cast<std::int32_t>(std::atoi(row[3].c_str()));
  if (const int newer = where_.newest->behind(std::atoll(row[2].c_str()), timeline); newer != 0) {
    elsewhere_ = true;
    return error{errc::unavailable,
                 "this server is on timeline " + std::to_string(timeline) + ", but timeline " +
                     std::to_string(newer) +
                     " of it was seen before: it is an old primary, or was restored; connect to "
                     "the new primary (if going back is meant, stop the node and remove "
                     "state.json from its node.state_dir)"};
  }
  return {};
}

bool session::peer_has_closed() const {
  pollfd state{connection_->sock(), POLLIN | POLLRDHUP, 0};
  if (state.fd < 0 || ::poll(&state, 1, 0) < 0) return true;
  return (state.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

std::string session::role_needed(effect how) const {
  if (where_.needs == needed_rights::owner || (kind_.owners && how == effect::writes))
    return "; this is for the owner of the schema";
  const char* role = how == effect::reads && where_.needs != needed_rights::node ? "reader" : "node";
  return std::string{"; the login \""} + connection_->username() + "\" needs the role " + role +
         ", which the schema's owner gives: weir db grant " + role + " --to " + connection_->username();
}

result<void> session::check_peer() {
  if (!connection_) return closed_because_;
  if (!peer_has_closed()) return {};
  closed_because_ = {errc::unavailable, "the server has closed the connection"};
  close();
  return closed_because_;
}

error session::fail(effect how, bool sent) {
  translated told = translate(std::current_exception(), how, connection_->is_open(), sent);
  if (told.what.code == forbidden && connection_->is_open()) told.what.message += role_needed(how);
  // A pooler keeps the session while its server becomes another one: only a new session goes to where writes are taken.
  if (told.session_over || (pooled_ && told.what.code == errc::read_only)) {
    closed_because_ = {errc::unavailable, told.what.message};
    close();
  }
  return std::move(told.what);
}

const std::string& session::text_of(const sql::statement& what) {
  auto& text = texts_[what.name];
  if (text.empty()) text = sql::with_schema(what.text, where_.schema);
  return text;
}

result<pqxx::result> session::run(const sql::statement& what, const parameters& with, effect how) {
  if (!connection_) return closed_because_;
  if (with.has_nul()) return error{errc::invalid, "a text contains a NUL character, which no task may have"};
  if (how == effect::writes) {
    if (const auto open = check_peer(); !open) return open.error();
  }
  bool sent = false;
  try {
    pqxx::nontransaction work{*connection_};
    pqxx::result rows;
    if (pooled_) {
      sent = true;
      rows = exec(work, text_of(what), with);
    } else {
      if (!prepared_[what.name]) {
        connection_->prepare(what.name, text_of(what));
        prepared_[what.name] = true;
      }
      sent = true;
      rows = exec_prepared(work, what.name, with);
    }
    if (notices_->take_doubtful()) return doubtful();
    return rows;
  } catch (...) {
    return fail(how, sent);
  }
}

result<pqxx::result> session::run_both(const sql::statement& what, const parameters& with,
                                       const sql::statement& then,
                                       const std::function<parameters(const pqxx::result&)>& made) {
  pqxx::result rows;
  const auto done = run_steps([&](const step& run) -> result<bool> {
    auto first = run(what, with);
    if (!first) return first.error();
    rows = std::move(*first);
    if (const auto second = run(then, made(rows)); !second) return second.error();
    return true;
  });
  if (!done) return done.error();
  return rows;
}

result<void> session::run_steps(const std::function<result<bool>(const step&)>& work) {
  if (const auto open = check_peer(); !open) return open.error();
  bool sent = false;
  try {
    pqxx::work all{*connection_};
    const auto done = work([&](const sql::statement& what, const parameters& with) -> result<pqxx::result> {
      if (with.has_nul())
        return error{errc::invalid, "a text contains a NUL character, which nothing of weir's may have"};
      return exec(all, text_of(what), with);
    });
    if (!done) return done.error();
    if (!*done) return {};
    sent = true;
    all.commit();
    if (notices_->take_doubtful()) return doubtful();
    return {};
  } catch (...) {
    return fail(effect::writes, sent);
  }
}

result<void> session::run_script(const std::string& text, const sql::statement& last,
                                 const parameters& with) {
  if (!connection_) return closed_because_;
  try {
    pqxx::work work{*connection_};
    work.exec(text);
    exec(work, text_of(last), with);
    work.commit();
    return {};
  } catch (...) {
    return fail(effect::writes, true);
  }
}

std::vector<std::string> session::await(const sql::statement& channel, std::chrono::nanoseconds most,
                                        const bell& rung) {
  if (connection_ && !ear_) {
    const auto rows = run(channel, {}, effect::reads);
    if (rows) ear_ = std::make_unique<channel_ear>(*connection_, text((*rows)[0][0]));
  }
  if (!ear_) {
    rung.wait(most);
    return {};
  }
  try {
    // Some may have come beside an answer.
    if (connection_->get_notifs() == 0 && rung.wait(most, connection_->sock())) connection_->get_notifs();
    return ear_->take();
  } catch (...) {
    static_cast<void>(fail(effect::reads, false));
    return {};
  }
}

}  // namespace weir::postgres
