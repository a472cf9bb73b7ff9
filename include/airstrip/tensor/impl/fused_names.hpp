// The names of what prologues and epilogues bind, beside a family's own.
#pragma once

#include "../expression.hpp"
#include "check.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline bool has_input(const Expression& expression, Text name) {
  for (const Expression::Input& input : expression.inputs())
    if (expression.text(input.name) == name) return true;
  return false;
}

// An output is written by other invocations than those that may read an input of its name. `inputs` and `outputs`: the
// family's own.
inline Result<void> check_fused_names(const Expression& prologue, const Expression& epilogue,
                                      Span<const Text> inputs, Span<const Text> outputs) {
  const auto refused = [](Text name, const char* what) {
    String message("the output ");
    message << name << " has the name of " << what << "; name it otherwise";
    return refuse(ErrorCode::InvalidOperand, static_cast<String&&>(message));
  };
  const auto check = [&](Text name) -> Result<void> {
    bool is_read = has_input(prologue, name) || has_input(epilogue, name);
    for (const Text input : inputs) is_read = is_read || input == name;
    if (is_read) return refused(name, "an input");
    return {};
  };
  for (const Text name : outputs)
    if (Result<void> r = check(name); !r) return r;
  for (std::size_t i = 0; i < epilogue.outputs().size(); ++i) {
    const Text name = epilogue.text(epilogue.outputs()[i].name);
    if (Result<void> r = check(name); !r) return r;
    for (const Text other : outputs)
      if (other == name) return refused(name, "another output");
  }
  return {};
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
