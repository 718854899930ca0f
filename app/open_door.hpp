// The way from the HTTP server to the incarnation that is at work.
#pragma once

#include <utility>
#include <vector>

#include "actors/runtime.hpp"
#include "app/api/http_service.hpp"

namespace weir::app {

/// While it lives, what comes by HTTP reaches this incarnation.
class open_door {
 public:
  open_door(http_service* web, actors::runtime& to) : web_(web) {
    if (web_ == nullptr) return;
    web_->door().open([&to](std::vector<insert_row> rows) { return to.enqueue(std::move(rows)); },
                      [&to] { return to.deadline(); });
  }
  ~open_door() {
    if (web_ != nullptr) web_->door().close();
  }
  open_door(const open_door&) = delete;
  open_door& operator=(const open_door&) = delete;

 private:
  http_service* web_;
};

}  // namespace weir::app
