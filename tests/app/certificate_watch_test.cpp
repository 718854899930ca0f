// When a node's own certificate is warned of, and what is said.
#include "app/certificate_watch.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "app/cert/certificate.hpp"

namespace weir::app {
namespace {

using days = std::chrono::duration<int, std::ratio<86'400>>;

TEST(CertificateWarning, ComesAMonthBeforeItsEnd) {
  const wall_time made_at{std::chrono::seconds{1'800'000'000}};  // 2027-01-15 08:00 UTC
  const auto made = make_authority(100, made_at);
  ASSERT_TRUE(made.ok()) << made.error().message;
  const auto path =
      std::filesystem::temp_directory_path() / ("weir-watch-" + std::to_string(::getpid()) + ".pem");
  std::ofstream{path} << made->certificate;
  const auto said = [&](int day) {
    return certificate_warning(path.string(), made_at + days{day}).value_or("");
  };
  const std::string about = "the certificate \"" + path.string() + "\" ";
  const std::string fix = "; make another one by `weir cert node`, and restart";
  EXPECT_EQ(said(0), "");
  EXPECT_EQ(said(69), "");
  EXPECT_EQ(said(70), about + "ends on 2027-04-25, in 30 days" + fix);
  EXPECT_EQ(said(99), about + "ends on 2027-04-25, in 1 day" + fix);
  EXPECT_EQ(said(100), about + "ended on 2027-04-25: no link can be made with it" + fix);
  std::filesystem::remove(path);
  EXPECT_EQ(said(100), "") << "what can't be read is refused by the door, not here";
}

}  // namespace
}  // namespace weir::app
