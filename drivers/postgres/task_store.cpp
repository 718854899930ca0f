// The task path of an owner: one session with plans made for it.
#include "drivers/postgres/session.hpp"
#include "drivers/postgres/stores.hpp"
#include "drivers/postgres/task_statements.hpp"

namespace weir::postgres {
namespace {

const session_kind task_kind{"tasks", false, std::chrono::seconds{30}, true, true};

class tasks : public task_store {
 public:
  explicit tasks(const options& where) : session_(where, task_kind) {}

  result<void> reconnect() override { return session_.open(); }

  result<read_reply> read(const std::vector<read_request>& requests) override {
    return read_tasks(session_, requests);
  }
  result<promote_reply> promote(const std::vector<promote_request>& requests) override {
    return promote_tasks(session_, requests);
  }
  result<std::vector<newer_reply>> newer(const std::vector<newer_request>& rows,
                                         const std::vector<task_id>& running) override {
    return newer_tasks(session_, rows, running);
  }
  result<std::vector<task_request>> requests(const std::vector<request_page>& pages, int limit) override {
    return read_requests(session_, pages, limit);
  }
  result<finish_reply> finish(const finish_request& request) override {
    return finish_tasks(session_, request);
  }
  result<std::vector<inserted>> insert(const std::vector<insert_row>& rows,
                                       const hand_offer& offer) override {
    return insert_tasks(session_, rows, offer);
  }

 private:
  session session_;
};

}  // namespace

std::unique_ptr<task_store> open_task_store(const options& where) { return std::make_unique<tasks>(where); }

}  // namespace weir::postgres
