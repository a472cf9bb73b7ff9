// The rules of prologues and epilogues: which primary values they take, and what their operands are called.
#pragma once

#include "../expression.hpp"
#include "check.hpp"

#include <initializer_list>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// Checks a prologue or epilogue: its own error, which primary values it takes, and that it has an output.
inline Result<void> check_expression(Text what, const Expression& e, Span<const Scalar> primaries) {
  if (!e.ok()) return e.error();
  for (const Expression::Node& node : e.nodes()) {
    if (node.function != Function::Primary) continue;
    if (node.immediate < primaries.size() && primaries[node.immediate] == node.type) continue;
    String message("the ");
    message << what << " uses primary value " << node.immediate << " as " << to_string(node.type);
    if (node.immediate < primaries.size())
      message << ", and it is " << to_string(primaries[node.immediate]);
    else
      message << ", which is not there";
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  if (!e.nodes().empty() && e.outputs().empty()) {
    String message("the ");
    message << what << " has no output";
    return refuse(ErrorCode::InvalidOperand, static_cast<String&&>(message));
  }
  return {};
}
inline Result<void> check_epilogue(const Expression& e, Scalar result) {
  return check_expression("epilogue", e, Span<const Scalar>(&result, 1));
}
inline Result<void> check_prologue(const Expression& e, Scalar element, Text what = "prologue") {
  if (Result<void> r = check_expression(what, e, Span<const Scalar>(&element, 1)); !r) return r;
  if (e.outputs().size() <= 1) return {};
  const std::uint64_t outputs = e.outputs().size();
  String message("the ");
  message << what << " has " << outputs << " outputs, and has to have one";
  return refuse(ErrorCode::InvalidOperand, static_cast<String&&>(message));
}

// Whether something that an expression binds, or what a prologue gives, has elements of less than 32 bits.
inline bool has_narrow_operand(const Expression& expression) {
  for (const Expression::Input& input : expression.inputs())
    if (element_bytes(input.type.scalar) < 4) return true;
  for (const Expression::Output& output : expression.outputs())
    if (element_bytes(output.type.scalar) < 4) return true;
  return false;
}

// What a family binds beside its expressions.
struct FamilyNames {
  Span<const Text> inputs = {};   // that expressions may read as well
  Span<const Text> others = {};   // that no expression may use: outputs, and what lies between the steps
  Span<const Text> results = {};  // the outputs where there is no epilogue
};

// What is written has a name of its own: an output is written by other invocations than those that may read an input of
// its name. The outputs of prologues are not bound, and their names do not matter.
inline Result<void> check_fused_names(std::initializer_list<const Expression*> prologues,
                                      const Expression& epilogue, const FamilyNames& own) {
  const auto refused = [](const char* kind, Text name, const char* what) {
    String message("the ");
    message << kind << ' ' << name << " has the name of " << what << "; name it otherwise";
    return refuse(ErrorCode::InvalidOperand, static_cast<String&&>(message));
  };
  const auto is_one_of = [](Span<const Text> names, Text name) {
    for (const Text each : names)
      if (each == name) return true;
    return false;
  };
  constexpr const char* reserved = "another operand of the operation";
  const auto check_inputs = [&](const Expression& e) -> Result<void> {
    for (const Expression::Input& input : e.inputs())
      if (is_one_of(own.others, e.text(input.name))) return refused("input", e.text(input.name), reserved);
    return {};
  };
  const auto reads = [](const Expression& e, Text name) {
    for (const Expression::Input& input : e.inputs())
      if (e.text(input.name) == name) return true;
    return false;
  };
  const auto check_output = [&](Text name) -> Result<void> {
    bool is_read = is_one_of(own.inputs, name) || reads(epilogue, name);
    for (const Expression* prologue : prologues) is_read = is_read || reads(*prologue, name);
    if (is_read) return refused("output", name, "an input");
    if (is_one_of(own.others, name)) return refused("output", name, reserved);
    return {};
  };
  for (const Expression* prologue : prologues)
    if (Result<void> r = check_inputs(*prologue); !r) return r;
  if (Result<void> r = check_inputs(epilogue); !r) return r;
  if (epilogue.empty())
    for (const Text name : own.results)
      if (Result<void> r = check_output(name); !r) return r;
  const Span<const Expression::Output> outputs = epilogue.outputs();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Text name = epilogue.text(outputs[i].name);
    if (Result<void> r = check_output(name); !r) return r;
    for (std::size_t j = 0; j < i; ++j)
      if (epilogue.text(outputs[j].name) == name) return refused("output", name, "another output");
  }
  return {};
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
