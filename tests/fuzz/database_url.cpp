// Where the database is, as the user wrote it: what is refused is not repeated, since it may hold a password.
#include <libpq-fe.h>

#include "drivers/postgres/connection_text.hpp"
#include "hold.hpp"

using namespace weir::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  weir::postgres::options where;
  where.url = std::string{text};
  weir::postgres::options other;
  other.url = "no url";
  const auto words = weir::postgres::connection_text(where, {"beat"});
  if (!words) {
    hold_refused(words.error());
    // An input that happens to be a piece of the advice is none of somebody's secrets.
    const bool advice =
        weir::postgres::connection_text(other, {"beat"}).error().message.find(text) != std::string::npos;
    hold(size < 12 || advice || words.error().message.find(text) == std::string::npos,
         "an url is not repeated");
    return 0;
  }
  char* problem = nullptr;
  PQconninfoOption* const list = PQconninfoParse(words->c_str(), &problem);
  if (problem != nullptr) PQfreemem(problem);
  hold(list != nullptr, "libpq reads what it is given");
  PQconninfoFree(list);
  return 0;
}
