// What arrives at a socket of systemd's kind, by its path and by an abstract name.
#include "app/notify_socket.hpp"

#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <gtest/gtest.h>

#include "app/service_notice.hpp"

namespace weir::app {
namespace {

/// A socket as systemd has it.
class listener {
 public:
  explicit listener(const std::string& address) : address_(address), fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un here{};
    here.sun_family = AF_UNIX;
    std::memcpy(here.sun_path, address.data(), address.size());
    if (address.front() == '@') here.sun_path[0] = '\0';
    const auto length = offsetof(sockaddr_un, sun_path) + address.size();
    bound_ = ::bind(fd_, reinterpret_cast<const sockaddr*>(&here), static_cast<socklen_t>(length)) == 0;
  }
  ~listener() {
    ::close(fd_);
    if (address_.front() == '/') std::filesystem::remove(address_);
  }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  bool bound() const { return bound_; }
  /// The next datagram; "" when there is none.
  std::string next() const {
    std::array<char, 4096> text{};
    const auto got = ::recv(fd_, text.data(), text.size(), MSG_DONTWAIT);
    return got < 0 ? std::string{} : std::string{text.data(), static_cast<std::size_t>(got)};
  }

 private:
  std::string address_;
  int fd_;
  bool bound_ = false;
};

std::string in_temporary(const std::string& name) {
  return (std::filesystem::temp_directory_path() / (name + std::to_string(::getpid()))).string();
}

TEST(NotifySocket, ReachesAPathAndAnAbstractName) {
  for (const std::string& address :
       {in_temporary("weir-notify-"), "@weir-notify-" + std::to_string(::getpid())}) {
    const listener systemd(address);
    ASSERT_TRUE(systemd.bound()) << address;
    const auto socket = notify_socket::at(address);
    ASSERT_TRUE(socket.ok()) << socket.error().message;
    EXPECT_TRUE(socket->send("READY=1\n").ok());
    EXPECT_EQ(systemd.next(), "READY=1\n") << address;
  }
}

TEST(NotifySocket, RefusesWhatIsNoAddress) {
  for (const std::string& address : {std::string{}, std::string{"@"}, std::string{"/"}, std::string{"notify"},
                                     std::string{"vsock:2:1234"}, "/" + std::string(107, 'x')}) {
    const auto socket = notify_socket::at(address);
    ASSERT_FALSE(socket.ok()) << address;
    EXPECT_EQ(socket.error().code, errc::invalid);
    EXPECT_NE(socket.error().message.find("NOTIFY_SOCKET"), std::string::npos);
  }
  EXPECT_TRUE(notify_socket::at("/" + std::string(106, 'x')).ok());
}

TEST(NotifySocket, SaysThatNobodyReads) {
  const auto socket = notify_socket::at(in_temporary("weir-nobody-"));
  ASSERT_TRUE(socket.ok());
  EXPECT_FALSE(socket->send("READY=1\n").ok());
}

class ServiceNotice : public ::testing::Test {
 protected:
  ServiceNotice() { ::setenv("NOTIFY_SOCKET", address.c_str(), 1); }
  ~ServiceNotice() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  const std::string address = "@weir-notice-" + std::to_string(::getpid());
  const listener systemd{address};
};

TEST_F(ServiceNotice, SaysEachTurnOfANodesLife) {
  service_notice notice;
  notice.starting(std::chrono::milliseconds{1500});
  EXPECT_EQ(systemd.next(), "EXTEND_TIMEOUT_USEC=1500000\nSTATUS=joining the cluster\n");
  notice.ready("works\nREADY=0");
  EXPECT_EQ(systemd.next(), "READY=1\nSTATUS=works READY=0\n") << "a line stays a line";
  notice.stopping("draining", std::chrono::seconds{2});
  EXPECT_EQ(systemd.next(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=2000000\nSTATUS=draining\n");
  notice.alive();
  EXPECT_EQ(systemd.next(), "WATCHDOG=1\n");
  notice.reloading();
  EXPECT_EQ(systemd.next().rfind("RELOADING=1\nMONOTONIC_USEC=", 0), 0U);
}

TEST_F(ServiceNotice, HasAWatchdogWhereOneIsWantedOfThisProcess) {
  const auto found = [](const char* period, const std::string& process) {
    ::setenv("WATCHDOG_USEC", period, 1);
    process.empty() ? ::unsetenv("WATCHDOG_PID") : ::setenv("WATCHDOG_PID", process.c_str(), 1);
    return service_notice{}.watchdog();
  };
  const auto me = std::to_string(::getpid());
  EXPECT_EQ(found("30000000", me), std::chrono::seconds{30});
  EXPECT_EQ(found("30000000", ""), std::chrono::seconds{30});
  EXPECT_EQ(found("30000000", std::to_string(::getppid())), std::nullopt) << "it is another process's";
  for (const char* none : {"0", "-1", "soon", "30s", ""}) EXPECT_EQ(found(none, me), std::nullopt) << none;
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_EQ(found("30000000", me), std::nullopt) << "nobody listens";
}

}  // namespace
}  // namespace weir::app
