// Every message content and every word of interfaces.hpp is known to CAF: a forgotten one compiles, and
// fails only when it is first sent.
#include <typeinfo>

#include "tests/actor/deterministic.hpp"

namespace weir::actors {
namespace {

class messages : public deterministic {
 protected:
  /// A content that is not registered has no name of its own.
  template <class Content>
  void expect_known() {
    const caf::message carried = caf::make_message(Content{});
    const auto& types = system_.types();
    EXPECT_NE(types.portable_name(carried.type(0)), types.default_type_name()) << typeid(Content).name();
    ++sent_;
    caf::anon_send(receiver_, carried);
  }
  template <class... Contents>
  void expect_all_known() {
    (expect_known<Contents>(), ...);
  }

  int sent_ = 0;
  int arrived_ = 0;
  static caf::behavior counting(caf::event_based_actor* self, int* arrived) {
    self->set_default_handler(
        [arrived](caf::scheduled_actor*, caf::message_view&) -> caf::result<caf::message> {
          ++*arrived;
          return caf::message{};
        });
    return {[](int) {}};
  }
  caf::actor receiver_ = keep(system_.spawn(counting, &arrived_));
};

TEST_F(messages, EveryContentAndEveryWordIsRegistered) {
  expect_all_known<news_ptr, change_ptr, ownership_ask, read_ask, promote_ask, newer_ask, finish_ask,
                   verdict_ptr, enqueue_ask, inserted_answer, offer_ptr, insert_ask, handed_ptr,
                   worker_report, answer<ownership>, answer<bool>, answer<read_reply>, answer<promote_reply>,
                   answer<std::vector<newer_reply>>, answer<finish_reply>>();
  expect_all_known<news_atom, view_atom, verdict_atom, step_atom, stop_atom, fenced_atom, idle_atom,
                   report_atom, change_atom, resign_atom, acquire_atom, release_atom, read_atom, promote_atom,
                   newer_atom, finish_atom, bury_atom, enqueue_atom, insert_atom, offer_atom, handed_atom>();
  run();
  EXPECT_EQ(arrived_, sent_);
}

}  // namespace
}  // namespace weir::actors
