// The wire format: a writer, a reader that checks every length, and one pair of functions per frame.
#include "runner/frames.hpp"

#include <limits>
#include <type_traits>
#include <utility>

#include <weir/assert.hpp>

#include "domain/names.hpp"

namespace weir::runner {

namespace {

using domain::run_request;
using domain::run_verdict;

constexpr std::size_t header_bytes = 4;

class writer {
 public:
  explicit writer(std::uint8_t type) : bytes_(header_bytes, '\0') {
    bytes_.push_back(static_cast<char>(type));
  }

  void number(std::uint64_t value) { little_endian(value, 8); }
  void number(std::int64_t value) { number(static_cast<std::uint64_t>(value)); }
  void flag(bool value) { bytes_.push_back(value ? '\1' : '\0'); }
  void text(std::string_view value) {
    WEIR_ASSERT(value.size() < std::numeric_limits<std::uint32_t>::max() / 2);
    little_endian(value.size(), 4);
    bytes_.append(value);
  }
  std::string done() {
    const std::size_t length = bytes_.size() - header_bytes;
    WEIR_ASSERT(length <= std::numeric_limits<std::uint32_t>::max());
    for (unsigned i = 0; i < header_bytes; ++i) bytes_[i] = static_cast<char>((length >> (8U * i)) & 0xFFU);
    return std::move(bytes_);
  }

 private:
  void little_endian(std::uint64_t value, unsigned count) {
    for (unsigned i = 0; i < count; ++i) bytes_.push_back(static_cast<char>((value >> (8U * i)) & 0xFFU));
  }

  std::string bytes_;
};

/// Reads fields; after the first one that is not there, all are empty and ok() is false.
class reader {
 public:
  explicit reader(std::string_view body) : rest_(body) {}

  std::uint64_t number() { return little_endian(8); }
  std::int64_t signed_number() { return static_cast<std::int64_t>(number()); }
  bool flag() {
    const std::uint64_t value = little_endian(1);
    if (value > 1) ok_ = false;
    return value == 1;
  }
  std::string text() {
    const std::uint64_t size = little_endian(4);
    if (size > rest_.size()) ok_ = false;
    if (!ok_) return {};
    std::string value{rest_.substr(0, size)};
    rest_.remove_prefix(size);
    return value;
  }
  void fail() { ok_ = false; }
  bool complete() const { return ok_ && rest_.empty(); }

 private:
  std::uint64_t little_endian(unsigned count) {
    if (rest_.size() < count) ok_ = false;
    if (!ok_) return 0;
    std::uint64_t value = 0;
    for (unsigned i = 0; i < count; ++i) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8U * i);
    }
    rest_.remove_prefix(count);
    return value;
  }

  std::string_view rest_;
  bool ok_ = true;
};

std::int64_t ticks(boot_time at) { return at.time_since_epoch().count(); }
std::int64_t ticks(wall_time at) { return at.time_since_epoch().count(); }
boot_time boot_at(std::int64_t ns) { return boot_time{boot_time::duration{ns}}; }
wall_time wall_at(std::int64_t us) { return wall_time{wall_time::duration{us}}; }

void write(writer& out, const run_request& f) {
  out.number(f.run_id);
  out.number(f.task_id);
  out.text(f.name);
  out.flag(f.key.has_value());
  if (f.key) out.text(*f.key);
  out.text(f.stream);
  out.text(f.data);
  out.text(f.created_by);
  out.number(ticks(f.created_at));
  out.text(f.traceparent);
  out.number(std::int64_t{f.attempt});
  out.number(f.fencing_token);
}
void write(writer& out, const extend_frame& f) { out.number(ticks(f.deadline)); }
void write(writer& out, const stop_frame& f) { out.number(f.run_id); }
void write(writer&, const close_frame&) {}
void write(writer& out, const open_frame& f) { out.number(f.fencing_token); }
void write(writer&, const opened_frame&) {}
void write(writer& out, const hello_frame& f) {
  out.flag(f.contained);
  out.text(f.warning);
}
void write(writer& out, const armed_frame& f) { out.number(ticks(f.deadline)); }
void write(writer& out, const started_frame& f) {
  out.number(f.run_id);
  out.number(ticks(f.at));
}
void write(writer& out, const run_verdict& f) {
  out.number(f.run_id);
  out.number(static_cast<std::int64_t>(static_cast<char>(f.result)));
  out.text(f.message);
  out.flag(f.delay.has_value());
  if (f.delay) out.number(std::int64_t{f.delay->count()});
  out.number(ticks(f.started_at));
  out.number(std::int64_t{f.took.count()});
}
void write(writer& out, const log_line& f) {
  out.number(static_cast<std::int64_t>(f.level));
  out.text(f.stream);
  out.number(f.task_id);
  out.text(f.task_name);
  out.number(std::int64_t{f.attempt});
  out.text(f.text);
  out.text(f.trace_id);
}

int small_int(reader& in) {
  const std::int64_t value = in.signed_number();
  if (value < 0 || value > std::numeric_limits<int>::max()) in.fail();
  return static_cast<int>(value & std::numeric_limits<int>::max());
}

void read(reader& in, run_request& f) {
  f.run_id = in.number();
  f.task_id = in.signed_number();
  f.name = in.text();
  if (in.flag()) f.key = in.text();
  f.stream = in.text();
  f.data = in.text();
  f.created_by = in.text();
  f.created_at = wall_at(in.signed_number());
  f.traceparent = in.text();
  f.attempt = small_int(in);
  f.fencing_token = in.number();
}
void read(reader& in, extend_frame& f) { f.deadline = boot_at(in.signed_number()); }
void read(reader& in, stop_frame& f) { f.run_id = in.number(); }
void read(reader&, close_frame&) {}
void read(reader& in, open_frame& f) { f.fencing_token = in.number(); }
void read(reader&, opened_frame&) {}
void read(reader& in, hello_frame& f) {
  f.contained = in.flag();
  f.warning = in.text();
}
void read(reader& in, armed_frame& f) { f.deadline = boot_at(in.signed_number()); }
void read(reader& in, started_frame& f) {
  f.run_id = in.number();
  f.at = wall_at(in.signed_number());
}
void read(reader& in, run_verdict& f) {
  f.run_id = in.number();
  const int letter = small_int(in);
  const auto result = letter < 128 ? domain::run_result_of(static_cast<char>(letter)) : std::nullopt;
  if (!result) in.fail();
  f.result = result.value_or(domain::run_result::interrupted);
  f.message = in.text();
  if (in.flag()) f.delay = std::chrono::milliseconds{in.signed_number()};
  f.started_at = wall_at(in.signed_number());
  f.took = std::chrono::milliseconds{in.signed_number()};
}
void read(reader& in, log_line& f) {
  const int level = small_int(in);
  if (level < 1 || level > 4) in.fail();
  f.level = static_cast<log_level>(level & 7);
  f.stream = in.text();
  f.task_id = in.signed_number();
  f.task_name = in.text();
  f.attempt = small_int(in);
  f.text = in.text();
  f.trace_id = in.text();
}

/// Tries the alternatives of `frame` from `index` on: the type byte is the alternative's index plus one.
template <std::size_t index = 0>
std::optional<frame> decode_as(std::size_t type, reader& in) {
  if constexpr (index < std::variant_size_v<frame>) {
    if (type != index + 1) return decode_as<index + 1>(type, in);
    std::variant_alternative_t<index, frame> value{};
    read(in, value);
    if (in.complete()) return frame{std::move(value)};
  }
  return std::nullopt;
}

}  // namespace

std::string encode(const frame& what) {
  writer out{static_cast<std::uint8_t>(what.index() + 1)};
  std::visit([&out](const auto& f) { write(out, f); }, what);
  return out.done();
}

void frame_decoder::feed(std::string_view bytes) {
  if (broken_) return;
  if (used_ == buffer_.size()) {
    buffer_.clear();
    used_ = 0;
  }
  buffer_.append(bytes);
}

result<std::optional<frame>> frame_decoder::next() {
  const auto refuse = [this](std::string why) -> error {
    broken_ = true;
    buffer_.clear();
    used_ = 0;
    return {errc::invalid, "not a frame of weir's runner protocol: " + std::move(why)};
  };
  if (broken_) return refuse("broken off before");
  const std::string_view rest = std::string_view{buffer_}.substr(used_);
  if (rest.size() < header_bytes) return std::optional<frame>{};
  std::size_t length = 0;
  for (unsigned i = 0; i < header_bytes; ++i) {
    length |= static_cast<std::size_t>(static_cast<unsigned char>(rest[i])) << (8U * i);
  }
  if (length == 0 || length > max_bytes_) {
    return refuse(std::to_string(length) + " bytes long; 1 to " + std::to_string(max_bytes_) +
                  " are allowed");
  }
  if (rest.size() - header_bytes < length) return std::optional<frame>{};

  const auto type = static_cast<unsigned char>(rest[header_bytes]);
  reader in{rest.substr(header_bytes + 1, length - 1)};
  std::optional<frame> found = decode_as(type, in);
  if (!found) return refuse("type " + std::to_string(type) + ", " + std::to_string(length) + " bytes");
  used_ += header_bytes + length;
  if (used_ > (std::size_t{1} << 16U)) {
    buffer_.erase(0, used_);
    used_ = 0;
  }
  return found;
}

}  // namespace weir::runner
