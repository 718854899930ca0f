// Streams: what is, and pin, unpin, pause, resume, move.
#include "app/api/api.hpp"
#include "app/api/json_reply.hpp"
#include "app/api/request_body.hpp"
#include "app/cli/find_row.hpp"
#include "app/cli/move_plan.hpp"
#include "app/cli/status_json.hpp"
#include "app/cli/view_index.hpp"
#include "domain/task_bounds.hpp"
#include "http/problem.hpp"

namespace weir::app {

namespace {

http::reply one_stream(clerk& with, const std::string& name) {
  const auto seen = with.console([](console_store& store) { return store.view(); });
  if (!seen) return http::problem(seen.error());
  const auto found = find_stream(*seen, name);
  if (!found) return http::problem(found.error());
  return json_reply(200, stream_json(view_index{*seen}, **found, true));
}

/// Refuses an action on a picture that has changed: another owner's epoch than the page showed.
std::optional<http::reply> stale_epoch(clerk& with, const std::string& name,
                                       std::optional<epoch_number> expected, int slot) {
  if (!expected) return std::nullopt;
  const auto rows = with.console([](console_store& store) { return store.rows(); });
  if (!rows) return http::problem(rows.error());
  for (const auto& stream : rows->streams) {
    if (stream.name != name) continue;
    for (const auto& part : rows->partitions) {
      if (part.stream != stream.id || part.slot != slot) continue;
      if (part.epoch == *expected) return std::nullopt;
      return http::problem(409, "stale_epoch",
                           "stale epoch: slot " + std::to_string(slot) + " of stream " + name +
                               " has epoch " + std::to_string(part.epoch) + " now, not " +
                               std::to_string(*expected) + "; look again");
    }
  }
  return std::nullopt;  // the action itself says that there is no such stream
}

using change = std::function<result<void>(console_store&)>;

/// Reads the body, compares the epoch, changes the stream, answers with the stream.
api::work changing(std::function<result<change>(request_body&, const std::string& stream)> read) {
  return [read = std::move(read)](clerk& with, const http::request& asked, const http::path_values& values) {
    const std::string& name = values.at("stream");
    auto taken = request_body::of(asked);
    if (auto* refused = std::get_if<refusal>(&taken)) return *refused;
    auto& body = std::get<request_body>(taken);
    const auto expected = body.epoch("expected_epoch");
    const auto wanted = read(body, name);
    if (const auto good = body.checked(); !good) return http::problem(good.error());
    if (!wanted) return http::problem(wanted.error());
    if (auto stale = stale_epoch(with, name, expected, 0)) return std::move(*stale);
    const auto done = with.console([&](console_store& store) { return (*wanted)(store); });
    return done ? one_stream(with, name) : http::problem(done.error());
  };
}

result<change> read_pin(request_body& body, const std::string& stream) {
  const auto node = body.text("node");
  const auto word = body.text("policy");
  if (!node) return error{errc::invalid, "member \"node\" is missing: which node?"};
  if (const auto good = domain::check_name("node", *node); !good) return good.error();
  std::optional<pin_policy> policy;
  if (word) {
    if (*word != "strict" && *word != "prefer")
      return error{errc::invalid, "member \"policy\" must be \"strict\" or \"prefer\""};
    policy = *word == "strict" ? pin_policy::strict : pin_policy::prefer;
  }
  return change{[=](console_store& store) { return store.pin(stream, *node, policy); }};
}

result<change> read_pause(request_body& body, const std::string& stream) {
  const auto until = body.pause_end();
  return change{[=](console_store& store) { return store.pause(stream, until); }};
}

http::reply past_owners(clerk& with, const http::request& asked, const http::path_values& values) {
  const auto limit = limit_of(asked);
  if (!limit) return http::problem(limit.error());
  const auto owners =
      with.console([&](console_store& store) { return store.owners(values.at("stream"), *limit); });
  return owners ? json_reply(200, owner_history_json(*owners)) : http::problem(owners.error());
}

http::reply move(clerk& with, const http::request& asked, const http::path_values& values) {
  const std::string& name = values.at("stream");
  auto taken = request_body::of(asked);
  if (auto* refused = std::get_if<refusal>(&taken)) return *refused;
  auto& body = std::get<request_body>(taken);
  const auto node = body.text("node");
  const auto slot = body.number("slot", 0, 1023);
  const auto expected = body.epoch("expected_epoch");
  if (const auto good = body.checked(); !good) return http::problem(good.error());
  if (!node) return http::problem({errc::invalid, "member \"node\" is missing: which node?"});
  if (auto stale = stale_epoch(with, name, expected, slot.value_or(0))) return std::move(*stale);
  const auto rows = with.console([](console_store& store) { return store.rows(); });
  if (!rows) return http::problem(rows.error());
  const auto plan = plan_move(*rows, name, *node, slot);
  if (!plan) return http::problem(plan.error());
  const auto done = with.console([&](console_store& store) {
    return plan->wishes.empty() ? result<void>{} : store.wish_for(plan->wishes);
  });
  return done ? one_stream(with, name) : http::problem(done.error());
}

http::route post(const std::string& verb, const std::string& summary,
                 std::vector<http::named_value> body = {}) {
  http::route out{"POST", "/api/v1/streams/{stream}:" + verb, http::role::operator_, summary, {}};
  out.reply_schema = "stream_details";
  out.body = std::move(body);
  out.body.push_back(
      {"expected_epoch", "409 stale_epoch if slot 0 (or the one named) has another", "integer"});
  return out;
}

}  // namespace

void add_stream_routes(api& to) {
  to.add("stream_list",
         {"GET", "/api/v1/streams", http::role::viewer, "all streams, with counts and owners", {}},
         [](clerk& with, const auto&, const auto&) {
           const auto seen = with.console([](console_store& store) { return store.view(); });
           return seen ? json_reply(200, stream_list_json(*seen)) : http::problem(seen.error());
         });
  to.add("stream_details",
         {"GET", "/api/v1/streams/{stream}", http::role::viewer, "a stream: settings, counts, owners", {}},
         [](clerk& with, const auto&, const auto& values) { return one_stream(with, values.at("stream")); });
  http::route owners{"GET",
                     "/api/v1/streams/{stream}/owners",
                     http::role::viewer,
                     "who owned its partitions, newest first, and why each ended",
                     {}};
  owners.reply_schema = "owner_list";
  owners.query = {{"limit", "1 to 1000, default 50", "integer"}};
  to.add(std::move(owners), past_owners);
  to.add(post("pin", "bind it to a node",
              {{"node", "its name", "string", true},
               {"policy", "strict: wait while it is away; prefer: run elsewhere"}}),
         changing(read_pin));
  to.add(post("unpin", "let it run anywhere"),
         changing([](request_body&, const std::string& stream) -> result<change> {
           return change{[=](console_store& store) { return store.pin(stream, std::nullopt, std::nullopt); }};
         }));
  to.add(post("pause", "start no more of its tasks", {{"until", "resume by itself then (RFC 3339)"}}),
         changing(read_pause));
  to.add(post("resume", "start its tasks again"),
         changing([](request_body&, const std::string& stream) -> result<change> {
           return change{[=](console_store& store) { return store.resume(stream); }};
         }));
  to.add(post("move", "move a partition once; it stays while it may",
              {{"node", "its name", "string", true},
               {"slot", "which partition; needed where there are several", "integer"}}),
         move);
}

}  // namespace weir::app
