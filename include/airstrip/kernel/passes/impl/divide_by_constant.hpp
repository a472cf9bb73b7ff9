#pragma once

#include "../divide_by_constant.hpp"
#include "common.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// By what n / d is (n * multiplier) >> (width + shift), rounded down; with 2^width added to the multiplier if `adds`.
struct DivisionMagic {
  std::uint64_t multiplier;
  unsigned shift;
  bool adds;
};

// For 0 <= n < 2^bits, and for -2^bits <= n < 0 but for one (Granlund and Montgomery, theorems 4.2 and 5.1): the least
// p >= width for which m = floor(2^p / d) + 1 exceeds 2^p / d by no more than m * d - 2^p <= 2^(p - bits). d is no power
// of two. Only for bits = width can m have a bit more than the width.
inline DivisionMagic division_magic(std::uint64_t d, unsigned width, unsigned bits) {
  const std::uint64_t mask = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
  // 2^width = quotient * d + rest
  std::uint64_t quotient = width == 64 ? (0 - d) / d + 1 : (std::uint64_t{1} << width) / d;
  std::uint64_t rest = width == 64 ? (0 - d) % d : (std::uint64_t{1} << width) % d;
  unsigned shift = 0;
  bool adds = false;
  while (width - bits + shift < 64 && d - rest > std::uint64_t{1} << (width - bits + shift)) {
    adds = quotient >> (width - 1) != 0;
    const bool carries = rest >= d - rest;
    quotient = (2 * quotient + (carries ? 1 : 0)) & mask;
    rest = carries ? rest - (d - rest) : 2 * rest;
    ++shift;
  }
  return {quotient + 1, shift, adds};
}

class ConstantDivision {
public:
  ConstantDivision(Kernel& kernel, const DivideOptions& options) : kernel_(kernel), options_(options) {}

  bool run() {
    if (!kernel_.ok()) return false;
    for (const Function& f : kernel_.functions()) region(f.body);
    if (kernel_.out_of_memory()) pass_out_of_memory(kernel_, "divide_by_constants");
    return changed_;
  }

private:
  void region(RegionId id) {
    for (NodeId node = kernel_.region(id).first; node != no_node;) {
      const Node& n = kernel_.node(node);
      const NodeId next = n.next;
      const std::uint32_t regions = n.region_count;
      if (n.op == Op::Div || n.op == Op::Rem || n.op == Op::Mod) {
        if (n.type.is_int() && !n.type.is_matrix()) operation(node);
      }
      for (std::uint32_t i = 0; i < regions; ++i) region(kernel_.regions(node)[i]);
      node = next;
    }
  }

  const Kernel& read() const { return kernel_; }

  void operation(NodeId id) {
    const Node n = kernel_.node(id);
    const NodeId dividend = read().operands(id)[0], divisor = read().operands(id)[1];
    const Type type = n.type;
    std::uint64_t bits[4];
    if (kernel_.op(divisor) == Op::Constant)
      bits[0] = kernel_.constant_bits(divisor);
    else if (kernel_.op(divisor) == Op::ConstantVector)
      for (unsigned i = 0; i < type.components(); ++i)
        bits[i] = kernel_.constant_bits(read().operands(divisor)[i]);
    else
      return;
    bool same = true;
    for (unsigned i = 0; i < type.components(); ++i) {
      if (!possible(bits[i], type)) return;
      same = same && bits[i] == bits[0];
    }
    if (same && bits[0] == 1 && n.op == Op::Div) return;  // the number itself: `fold` knows
    changed_ = true;
    where_ = id;
    if (same) {
      finish(id, quotient_or_rest(n.op, type, dividend, bits[0]));
      return;
    }
    NodeId parts[4];
    for (unsigned i = 0; i < type.components(); ++i) {
      const NodeId part = add(Op::Extract, type.component(), Span<const NodeId>(&dividend, 1), i);
      parts[i] = quotient_or_rest(n.op, type.component(), part, bits[i]);
    }
    Node& node = kernel_.node(id);
    node.op = Op::Construct;
    kernel_.set_operands(id, Span<const NodeId>(parts, type.components()));
  }

  bool possible(std::uint64_t divisor, Type type) const {
    if (divisor == 0) return false;
    if (type.width() < 64 || options_.mul_high_64) return true;
    const std::uint64_t size = magnitude(divisor, type);
    return (size & (size - 1)) == 0;
  }

  static std::uint64_t magnitude(std::uint64_t bits, Type type) {
    if (!type.is_signed() || bits >> (type.width() - 1) == 0) return bits;
    return (0 - bits) & (type.width() == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << type.width()) - 1);
  }

  // Moves the work of the node that was made last into the operation whose place it takes: its users stay as they are.
  void finish(NodeId id, NodeId value) {
    const Node from = kernel_.node(value);
    kernel_.unlink(value);
    Node& to = kernel_.node(id);
    to.op = from.op;
    to.immediate = from.immediate;
    to.operand_count = from.operand_count;
    for (int i = 0; i < 3; ++i) to.operands[i] = from.operands[i];
  }

  // --- emitting in front of the operation
  NodeId add(Op op, Type type, Span<const NodeId> operands, std::uint32_t immediate = 0) {
    const NodeId id = kernel_.add_node(op, type, operands, immediate, kernel_.node(where_).location);
    if (id == no_node) return id;
    kernel_.insert_before(where_, id);
    return id;
  }
  NodeId add(Op op, Type type, NodeId a) { return add(op, type, Span<const NodeId>(&a, 1)); }
  NodeId add(Op op, NodeId a, NodeId b) {
    const NodeId operands[2] = {a, b};
    return add(op, kernel_.type(a), operands);
  }
  NodeId number(Type type, std::uint64_t bits) { return kernel_.splat(type, bits); }
  NodeId shift_right(NodeId a, unsigned by) {
    return by == 0 ? a : add(Op::ShiftRight, a, number(kernel_.type(a), by));
  }
  NodeId convert(NodeId a, Scalar to, Op op = Op::Convert) { return add(op, kernel_.type(a).with(to), a); }
  // The shift of a signed number that fills with zeros.
  NodeId logical_shift_right(NodeId a, unsigned by) {
    const Type type = kernel_.type(a);
    const NodeId bits = convert(a, unsigned_of(type.width()), Op::Bitcast);
    return convert(shift_right(bits, by), type.scalar(), Op::Bitcast);
  }

  NodeId quotient_or_rest(Op op, Type type, NodeId n, std::uint64_t divisor) {
    return type.is_signed() ? signed_operation(op, type, n, divisor)
                            : unsigned_operation(op, type, n, divisor);
  }

  static unsigned log2(std::uint64_t power) {
    unsigned log = 0;
    while (power >> log != 1) ++log;
    return log;
  }

  NodeId unsigned_operation(Op op, Type type, NodeId n, std::uint64_t d) {
    if ((d & (d - 1)) == 0) {
      if (op != Op::Div) return add(Op::And, n, number(type, d - 1));
      return d == 1 ? n : shift_right(n, log2(d));
    }
    const NodeId quotient = unsigned_quotient(type, n, d);
    if (op == Op::Div) return quotient;
    const NodeId product = add(Op::Mul, quotient, number(type, d));
    return add(Op::Sub, n, product);
  }

  NodeId unsigned_quotient(Type type, NodeId n, std::uint64_t d) {
    const unsigned width = type.width();
    DivisionMagic magic = division_magic(d, width, width);
    // A multiplier with a bit more is not needed for an even divisor: of n and d the zeros of d are shifted out first.
    unsigned zeros = 0;
    if (magic.adds) {
      while ((d >> zeros & 1) == 0) ++zeros;
      if (zeros != 0) magic = division_magic(d >> zeros, width, width - zeros);
    }
    if (width < 32) {
      const NodeId wide = convert(n, Scalar::U32);
      const NodeId shifted = shift_right(wide, zeros);
      const Type wide_type = kernel_.type(wide);
      NodeId q = no_node;
      if (!magic.adds || width == 8) {  // the product has at most 2 * 16 or 8 + 9 bits
        const std::uint64_t multiplier = magic.multiplier + (magic.adds ? std::uint64_t{1} << width : 0);
        q = shift_right(add(Op::Mul, shifted, number(wide_type, multiplier)), width + magic.shift);
      } else {
        const NodeId product = add(Op::Mul, wide, number(wide_type, magic.multiplier));
        q = shift_right(add(Op::Add, shift_right(product, width), wide), magic.shift);
      }
      return convert(q, type.scalar());
    }
    const NodeId shifted = shift_right(n, zeros);
    const NodeId q = add(Op::MulHigh, shifted, number(type, magic.multiplier));
    if (!magic.adds) return shift_right(q, magic.shift);
    // (q + n) >> shift, whose sum would not fit: ((n - q) >> 1) + q, >> (shift - 1)
    const NodeId rest = shift_right(add(Op::Sub, n, q), 1);
    return shift_right(add(Op::Add, rest, q), magic.shift - 1);
  }

  NodeId signed_operation(Op op, Type type, NodeId n, std::uint64_t divisor) {
    const std::uint64_t size = magnitude(divisor, type);
    const bool negative = divisor >> (type.width() - 1) != 0;
    if (op == Op::Mod) return modulo(type, n, divisor, size, negative);
    if (size == 1)
      return op == Op::Rem ? add(Op::And, n, number(type, 0)) : negative ? add(Op::Negate, type, n) : n;
    if ((size & (size - 1)) == 0) {
      // Rounds towards zero once size - 1 was added to negative numbers.
      const unsigned width = type.width(), log = log2(size);
      const NodeId sign = log == 1 ? n : shift_right(n, width - 1);
      const NodeId biased = add(Op::Add, n, logical_shift_right(sign, width - log));
      if (op == Op::Rem) {
        const NodeId multiple = add(Op::And, biased, number(type, ~(size - 1)));
        return add(Op::Sub, n, multiple);
      }
      const NodeId quotient = shift_right(biased, log);
      return negative ? add(Op::Negate, type, quotient) : quotient;
    }
    const NodeId quotient = signed_quotient(type, n, size, negative);
    if (op == Op::Div) return quotient;
    const NodeId product = add(Op::Mul, quotient, number(type, divisor));
    return add(Op::Sub, n, product);
  }

  // Rounded down by the multiplication, the quotient by the magnitude is 1 too low for negative numbers.
  NodeId signed_quotient(Type type, NodeId n, std::uint64_t size, bool negative) {
    const unsigned width = type.width();
    const DivisionMagic magic = division_magic(size, width, width - 1);
    const bool narrow = width < 32;
    const NodeId wide = narrow ? convert(n, Scalar::I32) : n;
    const Type wide_type = kernel_.type(wide);
    NodeId q = no_node;
    if (narrow) {  // width - 1 bits times width bits, with a sign
      q = shift_right(add(Op::Mul, wide, number(wide_type, magic.multiplier)), width + magic.shift);
    } else {
      q = add(Op::MulHigh, wide, number(wide_type, magic.multiplier));
      if (magic.multiplier >> (width - 1) != 0) q = add(Op::Add, q, n);  // it was taken for a negative one
      q = shift_right(q, magic.shift);
    }
    const NodeId sign = shift_right(wide, wide_type.width() - 1);  // -1 for negative numbers
    const NodeId quotient = negative ? add(Op::Sub, sign, q) : add(Op::Sub, q, sign);
    return narrow ? convert(quotient, type.scalar()) : quotient;
  }

  // The remainder with the divisor's sign: from the one with the dividend's, by adding the divisor where signs differ.
  NodeId modulo(Type type, NodeId n, std::uint64_t divisor, std::uint64_t size, bool negative) {
    if (size == 1) return add(Op::And, n, number(type, 0));
    if ((size & (size - 1)) == 0 && !negative) return add(Op::And, n, number(type, size - 1));
    const NodeId rest = signed_operation(Op::Rem, type, n, divisor);
    if (!negative) {
      // All ones where the rest is negative.
      const NodeId sign = shift_right(rest, type.width() - 1);
      return add(Op::Add, rest, add(Op::And, sign, number(type, divisor)));
    }
    const Type boolean(Scalar::Boolean, type.components());
    const NodeId zero = number(type, 0);
    const NodeId test[2] = {zero, rest};
    const NodeId above = add(Op::Less, boolean, test);
    const NodeId moved = add(Op::Add, rest, number(type, divisor));
    const NodeId choice[3] = {above, moved, rest};
    return add(Op::Select, type, choice);
  }

  Kernel& kernel_;
  const DivideOptions& options_;
  bool changed_ = false;
  NodeId where_ = no_node;
};

}  // namespace detail

AIRSTRIP_INLINE bool divide_by_constants(Kernel& kernel, const DivideOptions& options) {
  return detail::ConstantDivision(kernel, options).run();
}

AIRSTRIP_KERNEL_NAMESPACE_END
