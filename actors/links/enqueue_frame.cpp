#include "actors/links/enqueue_frame.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "actors/links/bytes.hpp"
#include "actors/links/hello.hpp"
#include "domain/task_bounds.hpp"

namespace weir::actors::links {

namespace {

constexpr std::size_t short_text = 2, long_text = 4;  ///< bytes of a length
constexpr std::size_t short_text_max = std::numeric_limits<std::uint16_t>::max();

std::optional<std::string> some(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

bool fits(const std::optional<std::string>& text) { return !text || text->size() <= short_text_max; }

bool traced(const std::vector<insert_row>& rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [](const insert_row& row) { return !row.traceparent.empty(); });
}

error broken(const char* what) {
  return {errc::invalid,
          std::string{what} + " that ends too early, has bytes behind its end, or makes no sense"};
}

}  // namespace

result<std::string> encode_question(std::uint32_t number, const std::vector<insert_row>& rows) {
  if (rows.empty() || rows.size() > short_text_max)
    return error{errc::invalid, "a message holds 1 to " + std::to_string(short_text_max) + " tasks"};
  std::string frame;
  put(frame, number);
  put_text(frame, rows.front().token);
  put(frame, static_cast<std::uint16_t>(rows.size()));
  for (const insert_row& row : rows) {
    if (!fits(row.name) || !fits(row.key) || !fits(row.stream) || !fits(row.created_by))
      return error{errc::invalid, "a name or key of more than " + std::to_string(short_text_max) + " bytes"};
    put_text(frame, row.name);
    put_text(frame, row.key.value_or(""));
    put_text(frame, row.stream.value_or(""));
    put_text(frame, row.created_by.value_or(""));
    put(frame, row.do_after ? row.do_after->time_since_epoch().count() : std::int64_t{0});
    put(frame, static_cast<std::uint32_t>(row.data.size()));
    frame += row.data;
  }
  if (!traced(rows)) return frame;
  for (const insert_row& row : rows) {
    if (!fits(row.traceparent)) return error{errc::invalid, "a traceparent that is no such thing"};
    put_text(frame, row.traceparent);
  }
  return frame;
}

result<enqueue_question> decode_question(std::string_view frame) {
  byte_reader from{frame};
  enqueue_question said;
  said.number = static_cast<std::uint32_t>(from.number(4));
  const std::string token = from.text(short_text);
  const auto count = from.number(2);
  for (std::uint64_t n = 0; n < count && from.complete(); ++n) {
    insert_row row;
    row.token = token;
    row.name = from.text(short_text);
    row.key = some(from.text(short_text));
    row.stream = some(from.text(short_text));
    row.created_by = some(from.text(short_text));
    const auto due = static_cast<std::int64_t>(from.number(8));
    if (due != 0) row.do_after = wall_time{std::chrono::microseconds{due}};
    row.data = from.text(long_text);
    said.rows.push_back(std::move(row));
  }
  if (!from.at_end()) {
    for (insert_row& row : said.rows) row.traceparent = from.text(short_text);
    if (!traced(said.rows)) return broken("a question");
  }
  if (!from.complete() || !from.at_end()) return broken("a question");
  return said;
}

std::string encode_reply(const enqueue_reply& reply) {
  std::string frame;
  put(frame, reply.number);
  put(frame, static_cast<std::int32_t>(reply.ids ? 0 : static_cast<int>(reply.ids.error().code)));
  put_text(frame, reply.ids ? std::string{} : domain::cut_message(reply.ids.error().message));
  const auto count = reply.ids ? std::min(reply.ids->size(), short_text_max) : 0;
  put(frame, static_cast<std::uint16_t>(count));
  for (std::size_t n = 0; n < count; ++n) put(frame, (*reply.ids)[n]);
  return frame;
}

result<enqueue_reply> decode_reply(std::string_view frame) {
  byte_reader from{frame};
  const auto number = static_cast<std::uint32_t>(from.number(4));
  const auto failed = static_cast<std::int32_t>(from.number(4));
  const std::string message = from.text(short_text);
  std::vector<task_id> ids;
  const auto count = from.number(2);
  for (std::uint64_t n = 0; n < count && from.complete(); ++n)
    ids.push_back(static_cast<task_id>(from.number(8)));
  const bool known = failed >= 0 && failed <= static_cast<std::int32_t>(errc::internal);
  const bool one_of_both = failed == 0 ? message.empty() : ids.empty();
  if (!from.complete() || !from.at_end() || !known || !one_of_both) return broken("an answer");
  if (failed != 0) return enqueue_reply{number, error{static_cast<errc>(failed), printable(message)}};
  return enqueue_reply{number, std::move(ids)};
}

}  // namespace weir::actors::links
