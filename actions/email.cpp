#include "actions/email.hpp"

#include "actions/http_call.hpp"
#include "actions/mail.hpp"

namespace weir::actions {

namespace {

struct mail_service {
  std::string url;
  std::string key;
  std::string bcc;
};

std::string setting(const action_config& config, const char* name, const char* preset) {
  const auto found = config.settings.find(name);
  return found == config.settings.end() ? preset : found->second;
}

mail_service service_of(const action_config& config) {
  std::string base = setting(config, "base_url", "https://api.sendgrid.com");
  while (!base.empty() && base.back() == '/') base.pop_back();
  return {base + "/v3/mail/send", setting(config, "api_key", ""), setting(config, "bcc", "")};
}

outcome send(const mail_service& service, const task& what, context& ctx) {
  const auto mail = sendgrid_request(what.data, service.bcc);
  if (!mail) return outcome::failure(mail.error().message);
  const std::string body = mail->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const auto answer = post(
      {service.url, {"Authorization: Bearer " + service.key, "Content-Type: application/json"}, body}, ctx);
  if (!answer) return outcome::retry(answer.error().message);
  if (answer->status == 401 || answer->status == 403) {
    std::string text = "the mail service refuses the API key (HTTP " + std::to_string(answer->status) +
                       "): set action." + what.name + ".api_key_file to a key that may send";
    if (!answer->last_line.empty()) text += "; it says: " + answer->last_line;
    ctx.log("error: " + text);
    return outcome::retry(std::move(text), answer->retry_after);
  }
  if (answer->good())
    return outcome::success(answer->message_id.empty() ? "sent" : "sent as " + answer->message_id);
  return judge(*answer);
}

}  // namespace

action make_email_action(const action_config& config) {
  return [service = service_of(config)](const task& what, context& ctx) { return send(service, what, ctx); };
}

}  // namespace weir::actions
