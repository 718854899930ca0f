#include "actors/links/frame_check.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace weir::actors::links {
namespace {

// The first two operations open a conversation and always carry data.
constexpr unsigned handshakes = 2;

}  // namespace

result<void> frame_check::feed(std::string_view bytes) {
  if (bad_) return check_header();
  while (!bytes.empty()) {
    if (body_ > 0) {
      const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(body_, bytes.size()));
      body_ -= skipped;
      bytes.remove_prefix(skipped);
      continue;
    }
    const std::size_t taken = std::min(frame_header_bytes - have_, bytes.size());
    std::memcpy(header_.data() + have_, bytes.data(), taken);
    have_ += taken;
    bytes.remove_prefix(taken);
    if (have_ < frame_header_bytes) return {};
    have_ = 0;
    result<void> checked = check_header();
    if (!checked) {
      bad_ = true;
      return checked;
    }
    body_ = (std::uint32_t{header_[4]} << 24U) | (std::uint32_t{header_[5]} << 16U) |
            (std::uint32_t{header_[6]} << 8U) | header_[7];
  }
  return {};
}

result<void> frame_check::check_header() const {
  const unsigned operation = header_[0];
  const std::uint32_t length = (std::uint32_t{header_[4]} << 24U) | (std::uint32_t{header_[5]} << 16U) |
                               (std::uint32_t{header_[6]} << 8U) | header_[7];
  if (operation > frame_operation_max) {
    return error{errc::invalid, "a frame of the unknown operation " + std::to_string(operation)};
  }
  if (length > frame_body_max) {
    return error{errc::invalid, "a frame of " + std::to_string(length) + " bytes, where " +
                                    std::to_string(frame_body_max) + " are allowed"};
  }
  if (operation < handshakes && length == 0) {
    return error{errc::invalid, "a handshake frame without a body"};
  }
  return {};
}

}  // namespace weir::actors::links
