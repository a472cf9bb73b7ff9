#pragma once

#include "../bit_operations.hpp"
#include "../wide.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

AIRSTRIP_INLINE Term narrow_bit_operation(Op op, unsigned width, Term value, Span<const Term> others) {
  Rewriter& r = *value.rewriter;
  const Type type = value.type();
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  switch (op) {
    case Op::BitCount: return r.emit(op, type, type.is_signed() ? value & mask : value);
    case Op::BitReverse: return r.emit(op, type, value) >> (32 - width);
    case Op::BitFieldExtract: return r.emit(op, type, value, others[0], others[1]);
    case Op::BitFieldInsert: {
      const NodeId operands[4] = {value.node, others[0].node, others[1].node, others[2].node};
      return r.term(r.emit(op, type, operands));
    }
    default: return r.emit(op, type, value);  // FindLsb, FindMsb: -1 stays -1
  }
}

// On 64-bit integers that the target has: halves by conversion and shift, and the pair's operation.
inline Term wide_bit_operation(Rewriter& r, NodeId id) {
  const Kernel& kernel = r.kernel();
  const Node node = kernel.node(id);
  const Type type = node.type, word = type.with(Scalar::U32), bits = type.with(Scalar::U64);
  const auto split = [&](NodeId operand) {
    const Term whole = bitcast(r.term(operand), bits);
    Wide pair;
    pair.low = convert(whole, word);
    pair.high = convert(whole >> 32, word);
    return pair;
  };
  NodeId operands[4] = {};
  std::size_t count = 0;
  for (const NodeId operand : kernel.operands(id)) operands[count++] = operand;
  Wide values[2] = {split(operands[0]), {}};
  Term others[2];
  std::size_t first = 1;
  if (node.op == Op::BitFieldInsert) values[1] = split(operands[first++]);
  for (std::size_t i = first; i < count; ++i) others[i - first] = r.term(operands[i]);
  const Wide result = wide_bit_operation(node.op, values, others, type.is_signed());
  const Term low = convert(result.low, bits);
  const Term high = convert(result.high, bits) << 32;
  return bitcast(low | high, type);
}

}  // namespace detail

AIRSTRIP_INLINE void expand_bit_operations(Kernel& kernel) {
  if (!kernel.ok()) return;
  Replacements replacements;
  if (!replacements.begin(kernel)) return detail::fail_out_of_memory(kernel);
  Rewriter r(kernel);
  const auto visit = [&](NodeId id) {
    using namespace detail;
    const Node node = kernel.node(id);
    if (!is_bit_operation(node.op) || node.type.width() == 32) return;
    r.before(id);
    Term result;
    if (node.type.width() == 64) {
      result = wide_bit_operation(r, id);
    } else {
      const Type word = node.type.with(node.type.is_signed() ? Scalar::I32 : Scalar::U32);
      NodeId operands[4] = {};
      std::size_t count = 0;
      for (const NodeId operand : kernel.operands(id)) operands[count++] = operand;
      const Term value = convert(r.term(operands[0]), word);
      Term others[3];
      for (std::size_t i = 1; i < count; ++i) {
        others[i - 1] = r.term(operands[i]);
        if (node.op == Op::BitFieldInsert && i == 1) others[0] = convert(others[0], word);
      }
      result = narrow_bit_operation(node.op, node.type.width(), value, Span<const Term>(others, count - 1));
      result = r.emit(Op::Convert, node.type, result);
    }
    replacements.set(id, result.node);
    kernel.unlink(id);
  };
  rewrite_nodes(kernel, replacements, visit);
}

AIRSTRIP_KERNEL_NAMESPACE_END
