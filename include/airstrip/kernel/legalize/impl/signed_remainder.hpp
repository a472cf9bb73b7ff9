#pragma once

#include "../signed_remainder.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

AIRSTRIP_INLINE void expand_signed_remainder(Kernel& kernel) {
  if (!kernel.ok()) return;
  Replacements replacements;
  if (!replacements.begin(kernel)) return detail::fail_out_of_memory(kernel);
  Rewriter r(kernel);
  rewrite_nodes(kernel, replacements, [&](NodeId id) {
    using namespace detail;
    const Op op = kernel.op(id);
    const Type type = kernel.type(id);
    if ((op != Op::Rem && op != Op::Mod) || !type.is_signed()) return;
    r.before(id);
    const Term a = r.term(kernel.operands(id)[0]), b = r.term(kernel.operands(id)[1]);
    const Term quotient = r.emit(Op::Div, type, a, b);
    const Term product = r.emit(Op::Mul, type, quotient, b);
    Term result = r.emit(Op::Sub, type, a, product);  // with the sign of a
    if (op == Op::Mod) {
      // With the sign of b: one b more where the remainder is there and has the other sign.
      const Term zero = r.constant(type, 0);
      const Term signs = r.emit(Op::Xor, type, result, b);
      const Term differ = less(signs, zero);
      const Term there = not_equal(result, zero);
      const Term moved = r.emit(Op::Add, type, result, b);
      result = select(both(there, differ), moved, result);
    }
    replacements.set(id, result.node);
    kernel.unlink(id);
  });
}

AIRSTRIP_KERNEL_NAMESPACE_END
