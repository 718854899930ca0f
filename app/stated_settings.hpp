// What somebody wrote down of a stream, and what is a default that nobody asked for.
#pragma once

#include <map>
#include <string>

#include <weir/driver/types.hpp>

namespace weir::app {

/// A declaration of a stream that exists, with the value in force in the place of each default: only what somebody
/// wrote down can differ from what operators set later. Where the modes differ it stays as it is.
/// @param origins  as node_config has them; a stream that is not among them is a program's, of which everything counts
///                 that is no default of its mode
stream_declaration only_stated(stream_declaration wanted, const stream_row& in_force,
                               const std::map<std::string, std::string>& origins);

}  // namespace weir::app
