// What several passes need. Not for users.
#pragma once

#include "../../../config.hpp"
#include "../../ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

inline void pass_out_of_memory(Kernel& kernel, const char* pass) {
  Diagnostic error;
  error.code = ErrorCode::OutOfMemory;
  error.message << "out of memory in the pass " << Text(pass);
  kernel.fail(static_cast<Diagnostic&&>(error));
}

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
