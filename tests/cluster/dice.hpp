// Randomness of a simulation: all of it comes from one seed, so that a run can be repeated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace weir::storage_test {

class dice {
 public:
  explicit dice(std::uint64_t seed) : engine_(seed * 0x9e3779b97f4a7c15U + 1) {}

  /// Uniform in [0, 1). Made by hand: the standard's distributions differ between libraries.
  double uniform() { return static_cast<double>(engine_() >> 11U) * 0x1.0p-53; }
  bool chance(double probability) { return uniform() < probability; }
  /// Uniform in [low, high].
  int between(int low, int high) { return low + static_cast<int>(uniform() * (high - low + 1)); }
  template <class T>
  T& pick(std::vector<T>& from) {
    return from[static_cast<std::size_t>(between(0, static_cast<int>(from.size()) - 1))];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace weir::storage_test
