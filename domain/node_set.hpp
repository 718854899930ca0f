// A set of nodes by their number in a roster: bits, so that set arithmetic on hundreds of nodes is cheap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::domain {

class node_set {
 public:
  explicit node_set(int capacity = 0) : words_((static_cast<std::size_t>(capacity) + 63U) / 64U) {}

  void insert(int node) { words_[word(node)] |= bit(node); }
  bool contains(int node) const { return (words_[word(node)] & bit(node)) != 0; }
  bool empty() const {
    for (const std::uint64_t bits : words_) {
      if (bits != 0) return false;
    }
    return true;
  }

  node_set& operator&=(const node_set& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  node_set& operator|=(const node_set& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  friend bool operator<(const node_set& a, const node_set& b) { return a.words_ < b.words_; }

 private:
  static std::size_t word(int node) { return static_cast<std::size_t>(node) / 64U; }
  static std::uint64_t bit(int node) { return std::uint64_t{1} << (static_cast<unsigned>(node) % 64U); }

  std::vector<std::uint64_t> words_;
};

}  // namespace weir::domain
