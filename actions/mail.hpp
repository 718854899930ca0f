// The mail in a task's data, and the request to SendGrid that sends it. Pure.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include <weir/result.hpp>

namespace weir::actions {

/// The body of `POST /v3/mail/send` (SendGrid's API reference, "Mail Send").
///
/// Fields of `data`, as episub/queue's EmailSendgridAction reads them, in either spelling that its payloads have
/// (`from_email`, `FromEmail`: letter case and _ do not count), blanks around addresses removed:
/// to_email, to_name, from_email, from_name, reply_to_email, reply_to_name, subject, text_body, html_body,
/// cc_emails [{name, email}], attachments [{Data (base64), Filename, Type}]. Other fields are ignored.
/// @param bcc  gets a blind copy unless the mail goes to it anyway; "" = nobody.
/// @errors  invalid: names the field that is missing or makes no sense. Trying again would not mend it.
result<nlohmann::json> sendgrid_request(const nlohmann::json& data, const std::string& bcc);

}  // namespace weir::actions
