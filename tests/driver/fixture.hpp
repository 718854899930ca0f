// What the sentences of the conformance suite are told with: one fresh store, sessions opened when first
// used, and short words for what every test needs.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <weir/testing/driver_conformance.hpp>

namespace weir::conformance {

/// The value, or the test fails here with the store's message.
template <class T>
T must(result<T> answer) {
  if (!answer)
    throw std::runtime_error(std::string(to_string(answer.error().code)) + ": " + answer.error().message);
  return std::move(answer).value();
}
inline void must(const result<void>& answer) {
  if (!answer)
    throw std::runtime_error(std::string(to_string(answer.error().code)) + ": " + answer.error().message);
}

/// The error's code; nullopt when there was none. For EXPECT_EQ(code_of(...), errc::refused).
template <class T>
std::optional<errc> code_of(const result<T>& answer) {
  return answer ? std::nullopt : std::optional{answer.error().code};
}

std::vector<task_id> ids_of(const std::vector<task_row>& rows);
std::vector<task_id> ids_of(const std::vector<inserted>& rows);

insert_row task_of(std::string name, std::optional<std::string> key = std::nullopt);
/// A task of stream `lane`.
insert_row lane_task(std::string name, std::optional<std::string> key = std::nullopt);

class conformance : public testing::Test {
 protected:
  void SetUp() override;

  harness& store() { return *harness_; }
  membership_store& membership();
  leadership_store& leadership();
  ownership_store& ownership_of_nodes();
  coordination_store& coordination();
  task_store& tasks();
  console_store& console();

  /// Registers a node that is active.
  node_id join(const std::string& name);
  /// Has `node` lead (once); what the leader writes in a test is written under this term.
  leader_term lead(node_id node);
  /// Writes the leader's wish that the node of that name has the partition.
  void wish_for(part_id part, const std::string& node);
  /// Wishes and acquires. Needs lead().
  ownership own(node_id me, const std::string& name, part_id part);

  /// Node "n1" (leader) owns the only partition of single stream "lane", under epoch 1.
  void own_lane();
  /// The same for slot 0 and 1 of stream "default", in the fences `first_` and `second_`.
  void own_two_of_default();
  /// "n1" is declared dead, "n2" joins and takes over `lane_`; the answer is what it finds.
  ownership take_over_lane();

  partition_row partition(part_id part);
  std::vector<part_id> parts_of(const std::string& stream);
  stream_counts counts_of(const std::string& stream);

  read_reply read(const fence& held, const reading_position& position, bool recover = false, int limit = 100);
  /// Reads from the beginning of a partition.
  std::vector<task_row> read_all(const fence& held, bool recover = false);
  promote_reply promote(const fence& held, int limit = 100);
  task_id insert(const insert_row& row);
  /// A task that is handed to n1 in a partition of `lane` or, with fifteen others that are not, of `default`.
  inserted hand(const fence& held, std::optional<std::string> key = std::nullopt);

  /// A row of `finish` for a lane task.
  finish_row result_row(const task_row& of, char letter, int number = 1, std::string message = {});
  finish_row open_row(const task_row& of, char state, std::chrono::milliseconds due_in = {});
  finish_reply finish(std::vector<finish_row> rows, std::vector<mark_move> marks = {});

  node_id n1_ = 0;
  node_id n2_ = 0;
  leader_term term_;
  fence lane_;            ///< after own_lane: n1's, after take_over_lane: n2's
  ownership lane_start_;  ///< what own_lane found
  fence first_, second_;
  reading_position start_;  ///< where the mark of a new partition stands

 private:
  std::unique_ptr<harness> harness_;
  std::unique_ptr<membership_store> membership_;
  std::unique_ptr<leadership_store> leadership_;
  std::unique_ptr<ownership_store> ownership_;
  std::unique_ptr<coordination_store> coordination_;
  std::unique_ptr<task_store> tasks_;
  std::unique_ptr<console_store> console_;
};

}  // namespace weir::conformance
