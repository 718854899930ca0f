// The API's description, made from the routes themselves.
#pragma once

#include "app/cli/json_text.hpp"
#include "http/router.hpp"

namespace weir::app {

/// OpenAPI 3.1: every route with its parameters, who may ask it, and the shapes of bodies and answers.
ordered_json openapi(const http::router& routes);

}  // namespace weir::app
