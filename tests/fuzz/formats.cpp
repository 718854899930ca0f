// Sizes, rates, addresses and uuids of the configuration.
#include "config/formats.hpp"

#include "actors/links/address.hpp"
#include "domain/object_hash.hpp"
#include "domain/start_pace.hpp"
#include "hold.hpp"

using namespace weir::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::config;
  using namespace std::chrono_literals;
  const auto text = text_of(data, size);
  if (const auto bytes = parse_size(text)) {
    hold(*bytes <= std::size_t{1} << 53U, "a size is at most 2^53");
    hold(parse_size(format_size(*bytes)) == bytes, "a size that is shown is read as the same");
  }
  if (const auto starts = weir::domain::parse_rate(text)) {
    hold(starts->starts >= 1 && starts->starts <= 1'000'000, "a rate is within its bounds");
    const auto again = weir::domain::parse_rate(weir::domain::format_rate(*starts));
    hold(again && again->starts == starts->starts && again->interval == starts->interval,
         "a rate that is shown is read as the same");
    hold(starts->interval == 1s || starts->interval == 1min || starts->interval == 1h,
         "a rate has an interval");
  }
  if (const auto where = parse_address(text)) {
    hold(where->port >= 0 && where->port <= 65535, "a port is within its bounds");
    hold(!where->host.empty() && where->host.size() < size, "an address has a host");
    const bool bracketed = where->host.find(':') != std::string::npos;
    const std::string shown =
        (bracketed ? "[" + where->host + "]" : where->host) + ":" + std::to_string(where->port);
    const auto again = parse_address(shown);
    hold(again && again->host == where->host && again->port == where->port &&
             again->loopback == where->loopback,
         "an address that is written again is read as the same");
  }
  const auto split = weir::actors::links::split_address(text);
  if (split) {
    const auto again =
        weir::actors::links::split_address(weir::actors::links::join_address(split->host, split->port));
    hold(again && again->host == split->host && again->port == split->port,
         "split and join are each other's reverse");
  } else {
    hold_refused(split.error());
  }
  const auto uuid = weir::domain::normal_uuid(text);
  hold(!is_uuid(text) || uuid, "a uuid of the configuration is one for the store");
  if (uuid) hold(uuid->size() == 36 && weir::domain::normal_uuid(*uuid) == uuid, "a uuid has one spelling");
  if (const auto hash = weir::domain::parse_object_hash(text))
    hold(weir::domain::parse_object_hash(weir::domain::format_object_hash(*hash)) == hash,
         "a hash stays the same");
  hold(!is_web_address(text) || text.rfind("http", 0) == 0, "a web address begins as one");
  static_cast<void>(is_database_address(text));
  return 0;
}
