#pragma once

#include "../packed_dot.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// Byte `index` of a word, extended as `is_signed` says, in a word of type `result`.
inline Term byte_of(Rewriter& r, Term word, unsigned index, bool is_signed, Type result) {
  const Type field(is_signed ? Scalar::I32 : Scalar::U32);
  const Type unsigned_word(Scalar::U32);
  Term byte;
  if (index == 3) {
    byte = bitcast(word, field) >> 24;
  } else if (index == 0 && !is_signed) {
    byte = bitcast(word, field) & 0xFF;
  } else {
    const Term from = bitcast(word, field);
    const Term offset = r.constant(unsigned_word, index * 8);
    byte = r.emit(Op::BitFieldExtract, field, from, offset, r.constant(unsigned_word, 8));
  }
  return bitcast(byte, result);
}

inline Term expanded_dot(Rewriter& r, Term a, Term b, DotKind kind, Type sum) {
  const bool a_signed = kind != DotKind::Unsigned, b_signed = kind == DotKind::Signed;
  Term total;
  for (unsigned i = 0; i < 4; ++i) {
    const Term left = byte_of(r, a, i, a_signed, sum);
    const Term right = byte_of(r, b, i, b_signed, sum);
    const Term product = left * right;
    total = i == 0 ? product : total + product;
  }
  return total;
}

}  // namespace detail

AIRSTRIP_INLINE void expand_packed_dot(Kernel& kernel) {
  if (!kernel.ok()) return;
  Replacements replacements;
  if (!replacements.begin(kernel)) return detail::fail_out_of_memory(kernel);
  Rewriter r(kernel);
  rewrite_nodes(kernel, replacements, [&](NodeId id) {
    using namespace detail;
    const Node node = kernel.node(id);
    if (node.op != Op::DotPacked && node.op != Op::DotPackedAccSat) return;
    r.before(id);
    const auto kind = static_cast<DotKind>(node.immediate);
    const Term a = r.term(node.operands[0]);
    Term result = expanded_dot(r, a, r.term(node.operands[1]), kind, node.type);
    if (node.op == Op::DotPackedAccSat) {
      const Term accumulator = r.term(node.operands[2]);
      const Term dot = result, sum = accumulator + dot;
      if (kind == DotKind::Unsigned) {
        const Term wraps = less(sum, dot);
        result = select(wraps, r.constant(node.type, 0xFFFFFFFFu), sum);
      } else {
        // The sum has the other sign than both summands where it overflowed; the end is that of the accumulator's.
        const Term accumulator_flips = sum ^ accumulator;
        const Term dot_flips = sum ^ dot;
        const Term flips = accumulator_flips & dot_flips;
        const Term overflow = less(flips, r.constant(node.type, 0));
        const Term end = (accumulator >> 31) ^ 0x7FFFFFFFu;
        result = select(overflow, end, sum);
      }
    }
    replacements.set(id, result.node);
    kernel.unlink(id);
  });
}

AIRSTRIP_KERNEL_NAMESPACE_END
