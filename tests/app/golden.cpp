// Golden files are whole outputs, so that a reviewer sees what people will see.
#include "tests/app/golden.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace weir::app {

void expect_golden(const std::string& name, const std::string& actual) {
  const std::string path = std::string{WEIR_GOLDEN_DIR} + "/" + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream{path, std::ios::binary} << actual;
    return;
  }
  std::ifstream file{path, std::ios::binary};
  ASSERT_TRUE(file) << path << " is missing; run this test with UPDATE_GOLDEN=1 and read what it wrote";
  const std::string expected{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_EQ(expected, actual) << "differs from " << path << "; UPDATE_GOLDEN=1 rewrites it";
}

}  // namespace weir::app
