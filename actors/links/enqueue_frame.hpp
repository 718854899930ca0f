// What a producer and a node say to each other on a link of frames (frame_line.hpp). Pure: values to bytes and back.
//
//   question: number u32, token, count u16, and each task: name, key, stream, created_by, do_after i64, data
//             and then, if a task has a trace context: that of each task, empty: none
//   answer:   number u32, errc i32 (0 = done), message, count u16, ids i64
//
// Big-endian. A text is its length and its bytes: u32 for data, u16 for all others. Empty key, stream and created_by:
// none. do_after: microseconds since 1970, 0 = at once. A node that knows of no trace contexts refuses a question that
// has some, and takes all others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <weir/driver/types.hpp>
#include <weir/result.hpp>

namespace weir::actors::links {

struct enqueue_question {
  std::uint32_t number = 0;  ///< the asker's; the answer has it too
  std::vector<insert_row> rows;
};

struct enqueue_reply {
  std::uint32_t number = 0;
  result<std::vector<task_id>> ids;
};

/// @param rows  with one token; each text within its bound (the gateway checks them again at the other end)
/// @errors invalid: a text or a number of rows that no frame can say
result<std::string> encode_question(std::uint32_t number, const std::vector<insert_row>& rows);
std::string encode_reply(const enqueue_reply& reply);

/// @errors invalid: truncated, or with bytes behind its end. What it says is not checked.
result<enqueue_question> decode_question(std::string_view frame);
result<enqueue_reply> decode_reply(std::string_view frame);

}  // namespace weir::actors::links
