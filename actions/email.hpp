// email: SendGrid's API v3 sends the mail that a task's data describes.
#pragma once

#include <weir/config.hpp>
#include <weir/node.hpp>

namespace weir::actions {

/// The action that posts to `base_url`/v3/mail/send with `api_key` (config.settings). Data that makes no mail is
/// a failure that names the field (see mail.hpp). Answers mean what judge() says, but 401 and 403: those are a
/// retry, and logged, since a key can be mended. No answer is a retry, too: the mail may go out twice then, for
/// the service knows no idempotency key.
action make_email_action(const action_config& config);

}  // namespace weir::actions
