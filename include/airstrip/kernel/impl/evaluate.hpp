#pragma once

#include "../evaluate.hpp"
#include "evaluate_float.hpp"
#include "evaluate_functions.hpp"
#include "evaluate_int.hpp"
#include "evaluate_vector.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

AIRSTRIP_INLINE bool is_componentwise(Op op) {
  switch (op) {
    case Op::Convert:
    case Op::ConvertSaturate:
    case Op::Select: return true;
    case Op::Any:
    case Op::All: return false;
    default: return (op >= Op::Add && op <= Op::IsInf) || (op >= Op::Round && op <= Op::Ldexp);
  }
}

AIRSTRIP_INLINE Evaluated evaluate(Op op, Scalar operand, Scalar result, const std::uint64_t* operands) {
  namespace e = detail::evaluation;
  Evaluated value;
  switch (op) {
    case Op::Select: value.bits = operands[0] != 0 ? operands[1] : operands[2]; return value;
    case Op::Convert:
    case Op::ConvertSaturate: return e::convert(op == Op::ConvertSaturate, operand, result, operands[0]);
    case Op::Bitcast: value.bits = operands[0]; return value;
    default: break;
  }
  if (is_float(operand)) return e::floating(op, operand, result, operands);
  value = operand == Scalar::Boolean ? e::boolean(op, operands) : e::integer(op, operand, operands);
  value.bits &= e::mask_of(width_of(result));
  return value;
}

AIRSTRIP_INLINE bool evaluate(Op op, Type result, Span<const Type> types,
                              const std::uint64_t* const* operands, std::uint32_t immediate,
                              std::uint64_t* out, Evaluated& note) {
  note = Evaluated();
  const std::size_t count = types.size();
  if (result.is_void() || result.is_matrix() || count == 0) return false;
  for (const Type& type : types)
    if (type.is_void() || type.is_matrix()) return false;
  const unsigned components = result.components();
  if (is_componentwise(op)) {
    if (count > 4) return false;
    for (unsigned i = 0; i < components; ++i) {
      std::uint64_t values[4] = {};
      for (std::size_t k = 0; k < count; ++k) values[k] = operands[k][types[k].is_vector() ? i : 0];
      const Evaluated one = evaluate(op, types[0].scalar(), result.scalar(), values);
      out[i] = one.bits;
      note.defined = note.defined && one.defined;
      note.exact = note.exact && one.exact;
    }
    note.bits = out[0];
    return true;
  }
  if (!detail::evaluation::whole(op, result, types, operands, immediate, out, note)) return false;
  note.bits = out[0];
  return true;
}

AIRSTRIP_KERNEL_NAMESPACE_END
