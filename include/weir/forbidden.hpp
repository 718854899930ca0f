// The code of what the login of a database url has no right to.
#pragma once

#include <weir/result.hpp>

namespace weir {

/// The message says which role of weir the login needs, and who gives it. Beside errc and not in it: no program decides
/// anything by it that it would not decide by any other failure that only a person can mend.
inline constexpr errc forbidden{14};

}  // namespace weir
