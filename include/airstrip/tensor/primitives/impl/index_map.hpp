#pragma once

#include "../index_map.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// Ranges saturate here: far beyond every index, far below what overflows.
inline constexpr std::int64_t map_limit = std::int64_t{1} << 40;
inline std::int64_t map_saturate(std::int64_t v) {
  return v > map_limit ? map_limit : v < -map_limit ? -map_limit : v;
}
inline std::int64_t map_product(std::int64_t a, std::int64_t b) {
  const std::int64_t most = std::int64_t{1} << 20;
  const bool fits = a > -most && a < most && b > -most && b < most;
  if (fits || a == 0 || b == 0) return a * b;
  const bool negative = (a < 0) != (b < 0);
  const std::int64_t x = a < 0 ? -a : a, y = b < 0 ? -b : b;
  const std::int64_t product = x > map_limit / y ? map_limit : x * y;
  return negative ? -product : product;
}
inline std::int64_t map_floor_div(std::int64_t a, std::int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}
inline std::int64_t map_gcd(std::int64_t a, std::int64_t b) {
  a = a < 0 ? -a : a;
  b = b < 0 ? -b : b;
  while (b) {
    const std::int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

}  // namespace detail

AIRSTRIP_INLINE IndexMap::IndexMap(SizeTable& table, Span<const SizeId> space) : table_(&table) {
  for (const SizeId s : space)
    if (rank_ < Shape::max_rank) space_[rank_++] = s;
}

AIRSTRIP_INLINE MapId IndexMap::add(const Node& n) {
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    const Node& o = nodes_[i];
    if (o.op == n.op && o.axis == n.axis && o.a == n.a && o.b == n.b && o.c == n.c && o.d == n.d &&
        o.size == n.size)
      return static_cast<MapId>(i);
  }
  return nodes_.push_back(n) ? static_cast<MapId>(nodes_.size() - 1) : MapId{};
}

AIRSTRIP_INLINE MapId IndexMap::coordinate(std::size_t axis) {
  if (table_->is_literal(space_[axis], 1)) return literal(0);
  const std::int64_t upper = table_->upper(space_[axis]);
  return add({Op::Coordinate,
              static_cast<std::uint8_t>(axis),
              {},
              {},
              {},
              {},
              {},
              0,
              detail::map_saturate(upper > 0 ? upper - 1 : 0)});
}

AIRSTRIP_INLINE MapId IndexMap::size(SizeId size) {
  return add({Op::Size,
              0,
              {},
              {},
              {},
              {},
              size,
              detail::map_saturate(table_->lower(size)),
              detail::map_saturate(table_->upper(size))});
}

AIRSTRIP_INLINE MapId IndexMap::add(MapId a, MapId b) {
  if (is_literal(a, 0)) return b;
  if (is_literal(b, 0)) return a;
  const Node x = node(a), y = node(b);
  if (x.op == Op::Size && y.op == Op::Size && table_->is_literal(x.size) && table_->is_literal(y.size))
    return literal(x.lower + y.lower);
  return add({Op::Add,
              0,
              a,
              b,
              {},
              {},
              {},
              detail::map_saturate(x.lower + y.lower),
              detail::map_saturate(x.upper + y.upper)});
}

AIRSTRIP_INLINE MapId IndexMap::sub(MapId a, MapId b) {
  if (is_literal(b, 0)) return a;
  const Node x = node(a), y = node(b);
  if (x.op == Op::Size && y.op == Op::Size && table_->is_literal(x.size) && table_->is_literal(y.size))
    return literal(x.lower - y.lower);
  return add({Op::Sub,
              0,
              a,
              b,
              {},
              {},
              {},
              detail::map_saturate(x.lower - y.upper),
              detail::map_saturate(x.upper - y.lower)});
}

AIRSTRIP_INLINE MapId IndexMap::mul(MapId a, MapId b) {
  if (is_literal(a, 0) || is_literal(b, 1)) return a;
  if (is_literal(b, 0) || is_literal(a, 1)) return b;
  const Node x = node(a), y = node(b);
  if (x.op == Op::Size && y.op == Op::Size && table_->is_literal(x.size) && table_->is_literal(y.size))
    return literal(detail::map_product(x.lower, y.lower));
  const std::int64_t ends[4] = {detail::map_product(x.lower, y.lower), detail::map_product(x.lower, y.upper),
                                detail::map_product(x.upper, y.lower), detail::map_product(x.upper, y.upper)};
  std::int64_t lower = ends[0], upper = ends[0];
  for (const std::int64_t e : ends) {
    lower = e < lower ? e : lower;
    upper = e > upper ? e : upper;
  }
  return add({Op::Mul, 0, a, b, {}, {}, {}, lower, upper});
}

AIRSTRIP_INLINE MapId IndexMap::div(MapId a, SizeId divisor) {
  if (table_->is_literal(divisor, 1) || is_literal(a, 0)) return a;
  const Node x = node(a);
  const std::int64_t least = table_->lower(divisor) > 0 ? table_->lower(divisor) : 1;
  if (table_->is_literal(divisor) && x.lower >= 0 && x.upper < least) return literal(0);
  return add({Op::Div,
              0,
              a,
              size(divisor),
              {},
              {},
              {},
              x.lower < 0 ? detail::map_floor_div(x.lower, least) : 0,
              x.upper < 0 ? -1 : detail::map_floor_div(x.upper, least)});
}

AIRSTRIP_INLINE MapId IndexMap::mod(MapId a, SizeId divisor) {
  if (table_->is_literal(divisor, 1)) return literal(0);
  const Node x = node(a);
  if (x.lower >= 0 && x.upper < table_->lower(divisor)) return a;
  const std::int64_t most = table_->upper(divisor) > 0 ? table_->upper(divisor) - 1 : 0;
  return add({Op::Mod, 0, a, size(divisor), {}, {}, {}, 0, detail::map_saturate(most)});
}

AIRSTRIP_INLINE MapId IndexMap::min_of(MapId a, MapId b) {
  const Node x = node(a), y = node(b);
  if (x.upper <= y.lower || a == b) return a;
  if (y.upper <= x.lower) return b;
  return add({Op::Min,
              0,
              a,
              b,
              {},
              {},
              {},
              x.lower < y.lower ? x.lower : y.lower,
              x.upper < y.upper ? x.upper : y.upper});
}

AIRSTRIP_INLINE MapId IndexMap::max_of(MapId a, MapId b) {
  const Node x = node(a), y = node(b);
  if (x.lower >= y.upper || a == b) return a;
  if (y.lower >= x.upper) return b;
  return add({Op::Max,
              0,
              a,
              b,
              {},
              {},
              {},
              x.lower > y.lower ? x.lower : y.lower,
              x.upper > y.upper ? x.upper : y.upper});
}

AIRSTRIP_INLINE MapId IndexMap::choose(MapId a, MapId b, MapId c, MapId d) {
  const Node x = node(a), y = node(b), p = node(c), q = node(d);
  if (x.upper < y.lower || c == d) return c;
  if (x.lower >= y.upper) return d;
  return add({Op::Choose,
              0,
              a,
              b,
              c,
              d,
              {},
              p.lower < q.lower ? p.lower : q.lower,
              p.upper > q.upper ? p.upper : q.upper});
}

AIRSTRIP_INLINE MapId IndexMap::clamp(MapId a, SizeId n) {
  // Of an empty axis it gives -1, which `require_below` then refuses.
  const MapId one = literal(1);
  const MapId last = sub(size(n), one);
  return min_of(max_of(a, literal(0)), last);
}

AIRSTRIP_INLINE MapId IndexMap::reflect(MapId a, SizeId n) {
  if (node(a).lower >= 0 && node(a).upper < table_->lower(n)) return a;
  if (table_->is_literal(n, 1)) return literal(0);
  // There and back again is 2 (n - 1) steps.
  const SizeId at_least_two = table_->max_of(n, table_->literal(2));
  const SizeId period = table_->mul(table_->sub(at_least_two, table_->literal(1)), 2);
  const MapId step = mod(a, period);
  const MapId mirrored = choose(step, size(n), step, sub(size(period), step));
  // Of one element the period is 2, and half of its steps would leave it.
  return table_->lower(n) > 1 ? mirrored : clamp(mirrored, n);
}

AIRSTRIP_INLINE MapId IndexMap::from_end(MapId a, SizeId n) {
  return choose(a, literal(0), add(a, size(n)), a);
}

AIRSTRIP_INLINE MapId IndexMap::lookup(std::uint32_t tensor, Span<const MapId> coordinates) {
  const auto first = static_cast<std::uint32_t>(arguments_.size());
  if (!arguments_.append(coordinates)) return {};
  // Each is a load of its own: what one finds is not known to be what another does.
  const Node n = {Op::Lookup,
                  static_cast<std::uint8_t>(coordinates.size()),
                  static_cast<MapId>(tensor),
                  static_cast<MapId>(first),
                  {},
                  {},
                  {},
                  -(std::int64_t{1} << 31),
                  (std::int64_t{1} << 31) - 1};
  return nodes_.push_back(n) ? static_cast<MapId>(nodes_.size() - 1) : MapId{};
}

AIRSTRIP_INLINE void IndexMap::require_below(MapId a, SizeId n) {
  const Node& x = node(a);
  if (x.lower >= 0 && x.upper < table_->lower(n)) return;
  below_.push_back({a, n, true});
}

AIRSTRIP_INLINE void IndexMap::require_not_negative(MapId a) {
  if (node(a).lower >= 0) return;
  below_.push_back({a, {}, false});
}

AIRSTRIP_INLINE bool IndexMap::slope(MapId a, std::size_t axis, std::int64_t& found) const {
  const Node& n = node(a);
  std::int64_t x = 0, y = 0;
  found = 0;
  switch (n.op) {
    case Op::Coordinate: found = n.axis == axis; return true;
    case Op::Size: return true;
    case Op::Add:
    case Op::Sub:
      if (!slope(n.a, axis, x) || !slope(n.b, axis, y)) return false;
      found = n.op == Op::Add ? x + y : x - y;
      return true;
    case Op::Mul: {
      if (!slope(n.a, axis, x) || !slope(n.b, axis, y)) return false;
      if (x == 0 && y == 0) return true;
      const Node& factor = node(y == 0 ? n.b : n.a);
      if ((x != 0 && y != 0) || factor.lower != factor.upper) return false;
      found = (x + y) * factor.lower;
      return true;
    }
    case Op::Lookup:
      for (const MapId c : lookup_coordinates(n))
        if (!slope(c, axis, x) || x != 0) return false;
      return true;
    default: break;
  }
  // Div, Mod, Min, Max and Choose are the same along an axis that none of their operands depends on.
  const unsigned operands = n.op == Op::Choose ? 4 : 2;
  const MapId all[4] = {n.a, n.b, n.c, n.d};
  for (unsigned i = 0; i < operands; ++i)
    if (!slope(all[i], axis, x) || x != 0) return false;
  return true;
}

AIRSTRIP_INLINE std::int64_t IndexMap::multiple(MapId a, std::size_t axis, std::int64_t width) const {
  const Node& n = node(a);
  switch (n.op) {
    case Op::Coordinate: return n.axis == axis ? width : 1;
    case Op::Size: return table_->multiple(n.size);
    case Op::Add:
    case Op::Sub: return detail::map_gcd(multiple(n.a, axis, width), multiple(n.b, axis, width));
    case Op::Mul: return detail::map_product(multiple(n.a, axis, width), multiple(n.b, axis, width));
    case Op::Choose: return detail::map_gcd(multiple(n.c, axis, width), multiple(n.d, axis, width));
    case Op::Mod: return detail::map_gcd(multiple(n.a, axis, width), multiple(n.b, axis, width));
    default: return 1;
  }
}

AIRSTRIP_INLINE IndexMapValues::IndexMapValues(StepBuilder& step, const IndexMap& map,
                                               Span<const Index> coordinates,
                                               Span<const TensorView> tensors) {
  if (map.out_of_memory() || !values_.reserve(map.size())) {
    step.fail(ErrorCode::OutOfMemory, "out of memory for an index map");
    return;
  }
  for (std::size_t i = 0; i < map.size(); ++i)
    values_.push_back(emit(step, map, static_cast<MapId>(i), coordinates, tensors));
  for (const MapId r : map.results())
    if (count_ < Shape::max_rank) results_[count_++] = (*this)(r);
  bool first = true;
  for (const IndexMap::Below& b : map.requirements()) {
    const Index value = (*this)(b.value);
    // A negative number is a large one of the unsigned.
    const Index limit = b.has_size ? step.size(b.size) : step.k.constant<u32>(0x80000000u);
    const Value<bool> holds = value < limit;
    exists_ = first ? holds : exists_ && holds;
    first = false;
  }
}

AIRSTRIP_INLINE Index IndexMapValues::emit(StepBuilder& step, const IndexMap& map, MapId id,
                                           Span<const Index> coordinates,
                                           Span<const TensorView> tensors) const {
  using kernel::i32;
  using Op = IndexMap::Op;
  const IndexMap::Node& n = map.node(id);
  const auto value = [&](MapId of) { return (*this)(of); };
  const auto with_sign = [&](MapId of) { return kernel::bitcast<i32>(value(of)); };
  const bool may_be_negative = n.op != Op::Coordinate && n.op != Op::Size && n.op != Op::Lookup &&
                               (map.node(n.a).lower < 0 || map.node(n.b).lower < 0);
  switch (n.op) {
    case Op::Coordinate: return coordinates[n.axis];
    case Op::Size: return step.size(n.size);
    case Op::Add: return value(n.a) + value(n.b);
    case Op::Sub: return value(n.a) - value(n.b);
    case Op::Mul: return value(n.a) * value(n.b);
    case Op::Div:
    case Op::Mod: {
      Index divisor = value(n.b);
      if (map.node(n.b).lower < 1) divisor = (kernel::max)(divisor, 1u);
      if (map.node(n.a).lower >= 0) {
        if (n.op == Op::Div) return value(n.a) / divisor;
        return value(n.a) % divisor;
      }
      const Value<i32> d = kernel::bitcast<i32>(divisor), a = with_sign(n.a);
      const Value<i32> quotient = a / d;
      const Value<i32> rest = a - quotient * d;
      const Value<bool> below = rest < 0;
      if (n.op == Op::Div) return kernel::bitcast<u32>(kernel::select(below, quotient - 1, quotient));
      return kernel::bitcast<u32>(kernel::select(below, rest + d, rest));
    }
    case Op::Min:
      if (!may_be_negative) return (kernel::min)(value(n.a), value(n.b));
      return kernel::bitcast<u32>((kernel::min)(with_sign(n.a), with_sign(n.b)));
    case Op::Max:
      if (!may_be_negative) return (kernel::max)(value(n.a), value(n.b));
      return kernel::bitcast<u32>((kernel::max)(with_sign(n.a), with_sign(n.b)));
    case Op::Choose: {
      const Value<bool> less = may_be_negative ? with_sign(n.a) < with_sign(n.b) : value(n.a) < value(n.b);
      return kernel::select(less, value(n.c), value(n.d));
    }
    case Op::Lookup: break;
  }
  Index places[Shape::max_rank];
  const Span<const MapId> of = map.lookup_coordinates(n);
  for (std::size_t i = 0; i < of.size(); ++i) places[i] = value(of[i]);
  const TensorView& tensor = tensors[static_cast<std::size_t>(n.a)];
  return kernel::bitcast<u32>(tensor.load_index(step, tensor.place(step, {places, of.size()})));
}

AIRSTRIP_TENSOR_NAMESPACE_END
