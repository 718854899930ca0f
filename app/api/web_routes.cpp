// What the dashboard asks for besides the API proper: who looks at it.
#include "app/api/api.hpp"
#include "app/api/json_reply.hpp"

namespace weir::app {

void add_web_routes(api& to) {
  to.add_quick("me", {"GET", "/api/v1/me", http::role::viewer, "whose token this is, and its role", {}},
               [](const http::request& asked) {
                 return json_reply(200, {{"name", who_asks(asked)}, {"role", http::to_string(asked.may)}});
               });
}

}  // namespace weir::app
