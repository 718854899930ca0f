#include "web_server.hpp"

#include <fstream>

#include "runner/environment.hpp"

namespace weir::actions {

namespace {

child_process start(std::vector<std::string> command) {
  auto child = child_process::start(
      {std::move(command), runner::environment_without([](std::string_view) { return false; }), ""});
  if (!child) throw std::runtime_error(child.error().message);
  return std::move(*child);
}

}  // namespace

web_server::web_server(scheme how) : how_(how) {
  std::vector<std::string> command{"python3", "-B", WEIR_WEB_SERVER, place_.path()};
  if (how == scheme::https) {
    child_process maker =
        start({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
               "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
               "-keyout", place_.file("key.pem"), "-out", certificate()});
    EXPECT_EQ(maker.wait(), 0) << "openssl made no certificate";
    command.insert(command.end(), {certificate(), place_.file("key.pem")});
  }
  child_.emplace(start(std::move(command)));
  EXPECT_TRUE(runner::eventually([this] { return !runner::content(place_.file("port")).empty(); }));
}

std::string web_server::address() const {
  return (how_ == scheme::https ? "https://127.0.0.1:" : "http://127.0.0.1:") +
         runner::content(place_.file("port"));
}

std::vector<nlohmann::json> web_server::requests() const {
  std::vector<nlohmann::json> all;
  std::ifstream in{place_.file("requests")};
  for (std::string line; std::getline(in, line);) all.push_back(nlohmann::json::parse(line));
  return all;
}

}  // namespace weir::actions
