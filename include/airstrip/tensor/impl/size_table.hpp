#pragma once

#include "../size_table.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline constexpr std::int64_t max_size = 0x7FFFFFFFFFFFFFFF;

inline std::int64_t negated(std::int64_t a) { return a < -max_size ? max_size : -a; }
inline std::int64_t add_saturated(std::int64_t a, std::int64_t b) {
  if (b < 0) return a < -max_size - b ? -max_size : a + b;
  return a > max_size - b ? max_size : a + b;
}
inline std::int64_t mul_saturated(std::int64_t a, std::int64_t b) {
  if (a == 0 || b == 0) return 0;
  const std::int64_t x = a < 0 ? negated(a) : a, y = b < 0 ? negated(b) : b;
  const std::int64_t product = x > max_size / y ? max_size : x * y;
  return (a < 0) == (b < 0) ? product : -product;
}
inline std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return a / b + (a % b != 0); }
inline std::int64_t gcd(std::int64_t a, std::int64_t b) {
  while (b) {
    const std::int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

}  // namespace detail

AIRSTRIP_INLINE SizeId SizeTable::intern(Op op, SizeId a, SizeId b, std::int64_t lower, std::int64_t upper,
                                         std::int64_t multiple, std::uint32_t name) {
  const auto is_same = [&](const Node& n) {
    return n.op == op && n.a == a && n.b == b && n.name == name && n.lower == lower && n.upper == upper;
  };
  // Most tables have a few dozen entries.
  if (slots_.empty()) {
    for (std::uint32_t i = 0; i < nodes_.size(); ++i)
      if (is_same(nodes_[i])) return static_cast<SizeId>(i);
  } else {
    for (std::size_t i = hash(op, a, b, lower);; ++i) {
      const std::uint32_t entry = slots_[i & (slots_.size() - 1)];
      if (entry == 0) break;
      if (is_same(nodes_[entry - 1])) return static_cast<SizeId>(entry - 1);
    }
  }
  if (!nodes_.push_back({op, a, b, name, lower, upper, multiple}) || !index_nodes()) return {};
  return static_cast<SizeId>(nodes_.size() - 1);
}

// What two nodes that are the same agree in; a parameter's maximum may become smaller.
AIRSTRIP_INLINE std::size_t SizeTable::hash(Op op, SizeId a, SizeId b, std::int64_t lower) {
  std::uint64_t h = static_cast<std::uint64_t>(lower) * std::uint64_t{0x9E3779B97F4A7C15};
  h = (h ^ (static_cast<std::uint64_t>(a) << 32 | static_cast<std::uint64_t>(b))) *
      std::uint64_t{0xC2B2AE3D27D4EB4F};
  h = (h ^ h >> 29 ^ static_cast<std::uint64_t>(op)) * std::uint64_t{0x165667B19E3779F9};
  return static_cast<std::uint32_t>(h >> 32);
}

AIRSTRIP_INLINE bool SizeTable::index_nodes() {
  const std::size_t count = nodes_.size();
  if (count <= 64) return true;
  std::size_t first = count - 1;
  if (slots_.size() < 2 * count) {
    const std::size_t slots = slots_.empty() ? 256 : 2 * slots_.size();
    slots_.clear();
    if (!slots_.resize(slots, 0)) return false;
    first = 0;
  }
  for (std::size_t k = first; k < count; ++k) {
    const Node& n = nodes_[k];
    std::size_t i = hash(n.op, n.a, n.b, n.lower);
    while (slots_[i & (slots_.size() - 1)] != 0) ++i;
    slots_[i & (slots_.size() - 1)] = static_cast<std::uint32_t>(k + 1);
  }
  return true;
}

AIRSTRIP_INLINE SizeId SizeTable::literal(std::int64_t value) {
  return intern(Op::Literal, {}, {}, value, value, detail::mul_saturated(value < 0 ? -1 : 1, value));
}

AIRSTRIP_INLINE SizeId SizeTable::of(const Dimension& dimension) {
  if (dimension.is_literal()) return literal(dimension.value());
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    Node& n = nodes_[i];
    if (n.op != Op::Parameter || !(name(static_cast<SizeId>(i)) == dimension.name())) continue;
    if (dimension.value() < n.upper) n.upper = dimension.value();
    return static_cast<SizeId>(i);
  }
  const std::uint32_t at = static_cast<std::uint32_t>(names_.size());
  const Text text = dimension.name();
  char* const to = names_.extend(text.size() + 1);
  if (!to) return {};
  std::memcpy(to, text.data(), text.size());
  to[text.size()] = '\0';
  return intern(Op::Parameter, {}, {}, 0, dimension.value(),
                dimension.multiple() < 1 ? 1 : dimension.multiple(), at);
}

AIRSTRIP_INLINE SizeId SizeTable::add(SizeId a, SizeId b) {
  const Node x = node(a), y = node(b);
  if (x.op == Op::Literal && y.op == Op::Literal) return literal(detail::add_saturated(x.lower, y.lower));
  if (is_literal(a, 0)) return b;
  if (is_literal(b, 0)) return a;
  if (x.op == Op::Literal) return add(b, a);
  return intern(Op::Add, a, b, detail::add_saturated(x.lower, y.lower),
                detail::add_saturated(x.upper, y.upper), detail::gcd(x.multiple, y.multiple));
}

AIRSTRIP_INLINE SizeId SizeTable::sub(SizeId a, SizeId b) {
  const Node x = node(a), y = node(b);
  if (x.op == Op::Literal && y.op == Op::Literal)
    return literal(detail::add_saturated(x.lower, detail::negated(y.lower)));
  if (is_literal(b, 0)) return a;
  if (a == b) return literal(0);
  return intern(Op::Sub, a, b, x.lower > y.upper ? x.lower - y.upper : 0,
                x.upper > y.lower ? x.upper - y.lower : 0, detail::gcd(x.multiple, y.multiple));
}

AIRSTRIP_INLINE SizeId SizeTable::mul(SizeId a, SizeId b) {
  const Node x = node(a), y = node(b);
  if (x.op == Op::Literal && y.op == Op::Literal) return literal(detail::mul_saturated(x.lower, y.lower));
  if (is_literal(a, 0) || is_literal(b, 0)) return literal(0);
  if (is_literal(a, 1)) return b;
  if (is_literal(b, 1)) return a;
  if (x.op == Op::Literal) return mul(b, a);
  return intern(Op::Mul, a, b, detail::mul_saturated(x.lower, y.lower),
                detail::mul_saturated(x.upper, y.upper), detail::mul_saturated(x.multiple, y.multiple));
}

AIRSTRIP_INLINE SizeId SizeTable::div(SizeId a, SizeId b) {
  const Node x = node(a), y = node(b);
  const bool by_literal = y.op == Op::Literal && y.lower > 0;
  if (x.op == Op::Literal && by_literal) return literal(x.lower / y.lower);
  if (is_literal(b, 1)) return a;
  const std::int64_t least = y.lower > 0 ? y.lower : 1, most = y.upper > 0 ? y.upper : 1;
  const std::int64_t multiple = by_literal && x.multiple % y.lower == 0 ? x.multiple / y.lower : 1;
  return intern(Op::Div, a, b, x.lower / most, x.upper / least, multiple);
}

AIRSTRIP_INLINE SizeId SizeTable::ceil_div(SizeId a, SizeId b) {
  const Node x = node(a), y = node(b);
  const bool by_literal = y.op == Op::Literal && y.lower > 0;
  if (x.op == Op::Literal && by_literal) return literal(detail::ceil_div(x.lower, y.lower));
  if (by_literal && x.multiple % y.lower == 0) return div(a, b);
  const std::int64_t least = y.lower > 0 ? y.lower : 1, most = y.upper > 0 ? y.upper : 1;
  return intern(Op::CeilDiv, a, b, detail::ceil_div(x.lower, most), detail::ceil_div(x.upper, least), 1);
}

AIRSTRIP_INLINE SizeId SizeTable::mod(SizeId a, SizeId b) {
  const Node x = node(a), y = node(b);
  const bool by_literal = y.op == Op::Literal && y.lower > 0;
  if (x.op == Op::Literal && by_literal) return literal(x.lower % y.lower);
  if (by_literal && x.multiple % y.lower == 0) return literal(0);
  return intern(Op::Mod, a, b, 0, y.upper > 0 ? y.upper - 1 : 0, 1);
}

AIRSTRIP_INLINE SizeId SizeTable::min_of(SizeId a, SizeId b) {
  const Node x = node(a), y = node(b);
  if (x.upper <= y.lower) return a;
  if (y.upper <= x.lower || a == b) return b;
  return intern(Op::Min, a, b, x.lower < y.lower ? x.lower : y.lower, x.upper < y.upper ? x.upper : y.upper,
                detail::gcd(x.multiple, y.multiple));
}

AIRSTRIP_INLINE SizeId SizeTable::max_of(SizeId a, SizeId b) {
  const Node x = node(a), y = node(b);
  if (x.lower >= y.upper) return a;
  if (y.lower >= x.upper || a == b) return b;
  return intern(Op::Max, a, b, x.lower > y.lower ? x.lower : y.lower, x.upper > y.upper ? x.upper : y.upper,
                detail::gcd(x.multiple, y.multiple));
}

AIRSTRIP_INLINE SizeId SizeTable::product(Span<const SizeId> factors) {
  SizeId all = literal(1);
  for (const SizeId factor : factors) all = mul(all, factor);
  return all;
}

AIRSTRIP_INLINE SizeTable SizeTable::clone() const {
  SizeTable copy;
  copy.nodes_.assign({nodes_.data(), nodes_.size()});
  copy.names_.assign({names_.data(), names_.size()});
  copy.slots_.assign({slots_.data(), slots_.size()});
  return copy;
}

AIRSTRIP_INLINE String SizeTable::to_string(SizeId id) const {
  String text;
  print(id, 0, text);
  return text;
}

AIRSTRIP_INLINE void SizeTable::print(SizeId id, unsigned depth, String& text) const {
  const Node& n = node(id);
  if (depth > 32 || text.size() > 400) {
    text << "…";
    return;
  }
  const auto part = [&](SizeId operand) {
    const bool simple = node(operand).op <= Op::Parameter;
    if (!simple) text << '(';
    print(operand, depth + 1, text);
    if (!simple) text << ')';
  };
  const auto binary = [&](Text symbol) {
    part(n.a);
    text << symbol;
    part(n.b);
  };
  switch (n.op) {
    case Op::Literal:
      if (n.lower < 0) text << '-';
      text << (n.lower < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(n.lower)
                           : static_cast<std::uint64_t>(n.lower));
      break;
    case Op::Parameter: text << name(id); break;
    case Op::Add: binary(" + "); break;
    case Op::Sub: binary(" - "); break;
    case Op::Mul: binary(" * "); break;
    case Op::Div: binary(" / "); break;
    case Op::Mod: binary(" % "); break;
    case Op::CeilDiv:
    case Op::Min:
    case Op::Max:
      text << (n.op == Op::CeilDiv ? "ceil_div(" : n.op == Op::Min ? "min(" : "max(");
      print(n.a, depth + 1, text);
      text << ", ";
      print(n.b, depth + 1, text);
      text << ')';
      break;
  }
}

AIRSTRIP_INLINE Result<Buffer<std::int64_t>> SizeTable::evaluate(Span<const SizeValue> values) const {
  Buffer<std::int64_t> results;
  const auto failed = [](ErrorCode code, String message) {
    Diagnostic error;
    error.code = code;
    error.message = static_cast<String&&>(message);
    return error;
  };
  if (!results.resize(nodes_.size()) || out_of_memory())
    return failed(ErrorCode::OutOfMemory, "out of memory for sizes");
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    const SizeId id = static_cast<SizeId>(i);
    const Node& n = nodes_[i];
    if (n.op == Op::Parameter) {
      const SizeValue* found = nullptr;
      for (const SizeValue& v : values)
        if (v.name == name(id)) found = &v;
      String message("the size ");
      message << name(id);
      if (!found) {
        message << " was not given";
        for (const SizeValue& v : values) message << (&v == values.data() ? "; given are " : ", ") << v.name;
        return failed(ErrorCode::MissingBinding, static_cast<String&&>(message));
      }
      if (found->value < 0)
        return failed(ErrorCode::InvalidShape, static_cast<String&&>(message << " is negative"));
      message << " is " << static_cast<std::uint64_t>(found->value);
      if (found->value > n.upper) {
        message << ", more than its maximum of " << static_cast<std::uint64_t>(n.upper);
        return failed(ErrorCode::LimitExceeded, static_cast<String&&>(message));
      }
      if (found->value % n.multiple != 0) {
        message << ", which is no multiple of " << static_cast<std::uint64_t>(n.multiple)
                << ", as was declared";
        return failed(ErrorCode::InvalidShape, static_cast<String&&>(message));
      }
      results[i] = found->value;
      continue;
    }
    if (n.op == Op::Literal) {
      results[i] = n.lower;
      continue;
    }
    const std::int64_t a = results[index(n.a)], b = results[index(n.b)];
    if ((n.op == Op::Div || n.op == Op::CeilDiv || n.op == Op::Mod) && b <= 0) {
      results[i] = 0;  // of an empty tensor, which no kernel computes
      continue;
    }
    switch (n.op) {
      case Op::Add: results[i] = detail::add_saturated(a, b); break;
      case Op::Sub:
        if (a < b) {
          String message("the size ");
          message << to_string(id) << " is negative";
          return failed(ErrorCode::InvalidShape, static_cast<String&&>(message));
        }
        results[i] = a - b;
        break;
      case Op::Mul: results[i] = detail::mul_saturated(a, b); break;
      case Op::Div: results[i] = a / b; break;
      case Op::CeilDiv: results[i] = detail::ceil_div(a, b); break;
      case Op::Mod: results[i] = a % b; break;
      case Op::Min: results[i] = a < b ? a : b; break;
      case Op::Max: results[i] = a > b ? a : b; break;
      default: break;
    }
  }
  return results;
}

AIRSTRIP_INLINE KernelSizes::KernelSizes(kernel::KernelBuilder& builder, const SizeTable& table)
    : builder_(builder), table_(table) {
  for (std::uint32_t i = 0; i < table.size(); ++i) values_.push_back(emit(static_cast<SizeId>(i)).any());
}

AIRSTRIP_INLINE kernel::Value<kernel::u32> KernelSizes::operator()(SizeId id) const {
  const auto i = static_cast<std::size_t>(id);
  return i < values_.size() ? kernel::Value<kernel::u32>(values_[i]) : emit(id);
}

AIRSTRIP_INLINE kernel::Value<kernel::u32> KernelSizes::emit(SizeId id) const {
  using kernel::u32;
  const SizeTable::Node& n = table_.node(id);
  using Op = SizeTable::Op;
  if (n.op == Op::Literal) {
    // What does not fit is a size of bytes or of elements, for the caller alone.
    const std::int64_t most = 0xFFFFFFFF;
    // A negative one is a stride or a distance: indices wrap as integers of 32 bits do.
    return builder_.constant<u32>(static_cast<u32>(n.lower > most ? most : n.lower));
  }
  if (n.op == Op::Parameter) {
    // A size that was added late may have been asked for before.
    for (const kernel::ParameterInfo& p : builder_.kernel().parameters())
      if (builder_.kernel().text(p.name) == table_.name(id) && p.type == kernel::Type(kernel::Scalar::U32))
        return kernel::Value<u32>(kernel::AnyValue(&builder_, p.node));
    return builder_.param<u32>(table_.name(id));
  }
  const kernel::Value<u32> a = (*this)(n.a), b = (*this)(n.b);
  switch (n.op) {
    case Op::Add: return a + b;
    case Op::Sub: return a - b;
    case Op::Mul: return a * b;
    case Op::Div: return a / b;
    case Op::CeilDiv: return (a + b - 1u) / b;
    case Op::Mod: return a % b;
    case Op::Min: return (kernel::min)(a, b);
    default: return (kernel::max)(a, b);
  }
}

AIRSTRIP_TENSOR_NAMESPACE_END
