#pragma once

#include "../size_algebra.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

// Literals come from models, too: what does not fit becomes the nearest that does.
using tensor::detail::add_saturated;
using tensor::detail::mul_saturated;
using tensor::detail::negated;

/// base + offset; without a base the offset alone.
struct LinearSize {
  SizeId base = {};
  bool has_base = false;
  std::int64_t offset = 0;
};

inline LinearSize linear_of(const SizeTable& table, SizeId id) {
  const SizeTable::Node& n = table.node(id);
  if (n.op == SizeTable::Op::Literal) return {{}, false, n.lower};
  if (n.op == SizeTable::Op::Add && table.is_literal(n.b)) return {n.a, true, table.lower(n.b)};
  if (n.op == SizeTable::Op::Sub && table.is_literal(n.b)) return {n.a, true, negated(table.lower(n.b))};
  return {id, true, 0};
}

inline std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

inline SizeId size_of(SizeTable& table, const LinearSize& size) {
  if (!size.has_base) return table.literal(size.offset);
  if (size.offset == 0) return size.base;
  const SizeTable::Node n = table.node(size.base);
  LinearSize inner = linear_of(table, n.a);
  if (n.op == SizeTable::Op::Div && table.is_literal(n.b) && table.lower(n.b) > 0 && inner.has_base &&
      !table.is_multiple(inner.base, table.lower(n.b))) {
    // The offset goes into a quotient that is not exact.
    inner.offset = add_saturated(inner.offset, mul_saturated(size.offset, table.lower(n.b)));
    return divide_sizes(table, size_of(table, inner), n.b);
  }
  return size.offset > 0 ? table.add(size.base, size.offset)
                         : table.sub(size.base, table.literal(negated(size.offset)));
}

}  // namespace detail

AIRSTRIP_INLINE SizeId add_sizes(SizeTable& table, SizeId a, SizeId b) {
  detail::LinearSize x = detail::linear_of(table, a);
  const detail::LinearSize y = detail::linear_of(table, b);
  if (x.has_base && y.has_base) {
    const SizeTable::Node m = table.node(x.base), n = table.node(y.base);
    // p + (q - p), as the sizes of parts make it
    if (n.op == SizeTable::Op::Sub && n.b == x.base)
      x.base = n.a;
    else if (m.op == SizeTable::Op::Sub && m.b == y.base)
      x.base = m.a;
    else if (x.base == y.base)
      x.base = multiply_sizes(table, x.base, table.literal(2));
    else
      x.base = x.base < y.base ? table.add(x.base, y.base) : table.add(y.base, x.base);
  } else if (y.has_base) {
    x.base = y.base;
    x.has_base = true;
  }
  x.offset = detail::add_saturated(x.offset, y.offset);
  return detail::size_of(table, x);
}

AIRSTRIP_INLINE SizeId subtract_sizes(SizeTable& table, SizeId a, SizeId b) {
  detail::LinearSize x = detail::linear_of(table, a);
  const detail::LinearSize y = detail::linear_of(table, b);
  x.offset = detail::add_saturated(x.offset, detail::negated(y.offset));
  if (!y.has_base) return detail::size_of(table, x);
  if (x.has_base && x.base == y.base) return table.literal(x.offset);
  if (x.has_base) {
    const SizeTable::Node n = table.node(x.base);
    if (n.op == SizeTable::Op::Add && (n.a == y.base || n.b == y.base)) {
      x.base = n.a == y.base ? n.b : n.a;
      return detail::size_of(table, x);
    }
  }
  // What is left of the offset stays with the larger one, so that no difference in between is negative.
  if (x.offset >= 0) return table.sub(detail::size_of(table, x), y.base);
  x.offset = detail::add_saturated(x.offset, y.offset);
  return table.sub(detail::size_of(table, x), b);
}

AIRSTRIP_INLINE SizeId multiply_sizes(SizeTable& table, SizeId a, SizeId b) {
  if (table.is_literal(a) && !table.is_literal(b)) return multiply_sizes(table, b, a);
  if (table.is_literal(a)) return table.literal(detail::mul_saturated(table.lower(a), table.lower(b)));
  if (!table.is_literal(b)) return a < b ? table.mul(a, b) : table.mul(b, a);
  const std::int64_t factor = table.lower(b);
  if (factor == 0) return b;
  if (factor == 1) return a;
  const detail::LinearSize x = detail::linear_of(table, a);
  if (x.offset != 0) {
    detail::LinearSize product = {multiply_sizes(table, x.base, b), true,
                                  detail::mul_saturated(x.offset, factor)};
    return detail::size_of(table, product);
  }
  const SizeTable::Node n = table.node(a);
  if (n.op == SizeTable::Op::Mul && table.is_literal(n.b))
    return table.mul(n.a, table.literal(detail::mul_saturated(table.lower(n.b), factor)));
  if (n.op == SizeTable::Op::Div && table.is_literal(n.b) && factor > 0) {
    // (x / 4) * 2 is x / 2 where the first quotient is exact.
    const std::int64_t divisor = table.lower(n.b);
    if (divisor > 0 && table.is_multiple(n.a, divisor)) {
      if (factor % divisor == 0) return multiply_sizes(table, n.a, table.literal(factor / divisor));
      if (divisor % factor == 0) return divide_sizes(table, n.a, table.literal(divisor / factor));
    }
  }
  return table.mul(a, b);
}

AIRSTRIP_INLINE SizeId divide_sizes(SizeTable& table, SizeId a, SizeId b) {
  if (a == b) return table.literal(1);
  if (!table.is_literal(b) || table.lower(b) <= 0) return table.div(a, b);
  const std::int64_t divisor = table.lower(b);
  if (divisor == 1) return a;
  if (table.is_literal(a)) return table.literal(detail::floor_div(table.lower(a), divisor));
  const detail::LinearSize x = detail::linear_of(table, a);
  if (x.offset != 0 && table.is_multiple(x.base, divisor)) {
    detail::LinearSize quotient = {divide_sizes(table, x.base, b), true,
                                   detail::floor_div(x.offset, divisor)};
    return detail::size_of(table, quotient);
  }
  const SizeTable::Node n = table.node(a);
  if (n.op == SizeTable::Op::Mul && table.is_literal(n.b) && table.lower(n.b) % divisor == 0)
    return multiply_sizes(table, n.a, table.literal(table.lower(n.b) / divisor));
  if (n.op == SizeTable::Op::Div && table.is_literal(n.b))
    return divide_sizes(table, n.a, table.literal(detail::mul_saturated(table.lower(n.b), divisor)));
  return table.div(a, b);
}

AIRSTRIP_INLINE SizeId divide_sizes_up(SizeTable& table, SizeId a, SizeId b) {
  if (!table.is_literal(b) || table.lower(b) <= 0) return table.ceil_div(a, b);
  return divide_sizes(table, add_sizes(table, a, table.literal(table.lower(b) - 1)), b);
}

AIRSTRIP_INLINE SizeId combine_sizes(SizeTable& table, SizeTable::Op op, SizeId a, SizeId b) {
  using Op = SizeTable::Op;
  const bool swapped = b < a;
  switch (op) {
    case Op::Add: return add_sizes(table, a, b);
    case Op::Sub: return subtract_sizes(table, a, b);
    case Op::Mul: return multiply_sizes(table, a, b);
    case Op::Div: return divide_sizes(table, a, b);
    case Op::CeilDiv: return divide_sizes_up(table, a, b);
    case Op::Mod: return table.mod(a, b);
    case Op::Min: return swapped ? table.min_of(b, a) : table.min_of(a, b);
    case Op::Max: return swapped ? table.max_of(b, a) : table.max_of(a, b);
    default: return a;
  }
}

AIRSTRIP_GRAPH_NAMESPACE_END
