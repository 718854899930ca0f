// The code of errors that only an error handler sees.
#pragma once

#include <weir/result.hpp>

namespace weir {

/// An action or a hook of the program threw, crashed its process or overran its timeout: mend it there. Beside errc and
/// not in it, because no operation of weir answers it and no caller need decide what to do about it.
inline constexpr errc action_failed{13};

}  // namespace weir
