// The mail in a task's data.
#include "actions/mail.hpp"

#include "hold.hpp"

using namespace weir::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = nlohmann::json::parse(text_of(data, size), nullptr, false);
  if (read.is_discarded()) return 0;
  const auto request = weir::actions::sendgrid_request(read, "archive@example.org");
  if (!request) {
    hold_refused(request.error());
    return 0;
  }
  hold(request->dump().size() <= 4 * size + 1024, "a request is about as long as its mail");
  const auto& to =
      request->at("personalizations").at(0).at("to").at(0).at("email").get_ref<const std::string&>();
  hold(to.find_first_of(" \t\r\n,;<>") == std::string::npos, "an address is one address");
  hold(!request->at("subject").get_ref<const std::string&>().empty(), "a mail has a subject");
  return 0;
}
