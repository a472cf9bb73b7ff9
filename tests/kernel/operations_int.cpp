// Operations on integers and Booleans, against 128-bit integers.
#include "operation_cases.hpp"

using namespace operations;

namespace {

__extension__ typedef unsigned __int128 WideBits;

bool is_zero_or_overflows(Scalar s, Wide a, Wide b) {
  return b == 0 || (is_signed(s) && a == least(s) && b == -1);
}
Wide bits_in(std::uint64_t bits) {
  Wide n = 0;
  for (; bits != 0; bits >>= 1) n += static_cast<Wide>(bits & 1);
  return n;
}

/// Every integer operation on one type.
void add_cases(std::vector<Case>& cases, Type t) {
  const Scalar s = t.scalar();
  const unsigned width = width_of(s);
  const auto binary = [&](Op op, std::function<bool(Wide, Wide, Wide&)> f) {
    cases.push_back(component_case(op, {t, t}, [s, f](const std::uint64_t* v, std::uint64_t& out) {
      Wide result = 0;
      if (!f(value_of(s, v[0]), value_of(s, v[1]), result)) return false;
      out = wrap(s, result);
      return true;
    }));
  };
  const auto total = [&](Op op, Wide (*f)(Wide, Wide)) {
    binary(op, [f](Wide a, Wide b, Wide& r) {
      r = f(a, b);
      return true;
    });
  };
  total(Op::Add, [](Wide a, Wide b) { return a + b; });
  total(Op::Sub, [](Wide a, Wide b) { return a - b; });
  total(Op::Min, [](Wide a, Wide b) { return a < b ? a : b; });
  total(Op::Max, [](Wide a, Wide b) { return a < b ? b : a; });
  total(Op::And, [](Wide a, Wide b) { return a & b; });
  total(Op::Or, [](Wide a, Wide b) { return a | b; });
  total(Op::Xor, [](Wide a, Wide b) { return a ^ b; });
  // Two factors of 64 bits have a product of 128, which a signed Wide need not hold: wrapping is enough.
  binary(Op::Mul, [](Wide a, Wide b, Wide& r) {
    r = static_cast<Wide>(static_cast<WideBits>(a) * static_cast<WideBits>(b));
    return true;
  });
  binary(Op::MulHigh, [s, width](Wide a, Wide b, Wide& r) {
    const WideBits product = static_cast<WideBits>(a) * static_cast<WideBits>(b);
    r = is_signed(s) ? static_cast<Wide>(product) >> width : static_cast<Wide>(product >> width);
    return true;
  });
  cases.push_back(component_case(Op::AddCarry, {t, t}, [s](const std::uint64_t* v, std::uint64_t& out) {
    out = static_cast<Wide>(v[0]) + static_cast<Wide>(v[1]) > static_cast<Wide>(low_bits(s));
    return true;
  }));
  cases.push_back(component_case(Op::SubBorrow, {t, t}, [](const std::uint64_t* v, std::uint64_t& out) {
    out = v[0] < v[1];
    return true;
  }));
  binary(Op::Div, [s](Wide a, Wide b, Wide& r) {
    if (is_zero_or_overflows(s, a, b)) return false;
    r = a / b;
    return true;
  });
  binary(Op::Rem, [s](Wide a, Wide b, Wide& r) {
    if (is_zero_or_overflows(s, a, b)) return false;
    r = a % b;
    return true;
  });
  binary(Op::Mod, [s](Wide a, Wide b, Wide& r) {
    if (is_zero_or_overflows(s, a, b)) return false;
    r = a % b;
    if (r != 0 && (r < 0) != (b < 0)) r += b;
    return true;
  });
  cases.push_back(component_case(Op::Clamp, {t, t, t}, [s](const std::uint64_t* v, std::uint64_t& out) {
    const Wide low = value_of(s, v[1]), high = value_of(s, v[2]);
    if (high < low) return false;
    out = wrap(s, std::min(std::max(value_of(s, v[0]), low), high));
    return true;
  }));
  const auto unary = [&](Op op, std::function<Wide(Wide)> f) {
    cases.push_back(component_case(op, {t}, [s, f](const std::uint64_t* v, std::uint64_t& out) {
      out = wrap(s, f(value_of(s, v[0])));
      return true;
    }));
  };
  unary(Op::Negate, [](Wide a) { return -a; });
  unary(Op::Not, [](Wide a) { return ~a; });
  if (is_signed(s)) {
    unary(Op::Abs, [](Wide a) { return a < 0 ? -a : a; });
    unary(Op::Sign, [](Wide a) { return static_cast<Wide>((a > 0) - (a < 0)); });
  }
  // --- bits
  const auto on_bits = [&](Op op, std::function<Wide(std::uint64_t)> f) {
    cases.push_back(component_case(op, {t}, [s, f](const std::uint64_t* v, std::uint64_t& out) {
      out = wrap(s, f(v[0]));
      return true;
    }));
  };
  on_bits(Op::BitCount, bits_in);
  on_bits(Op::BitReverse, [width](std::uint64_t v) {
    Wide r = 0;
    for (unsigned i = 0; i < width; ++i) r = r << 1 | static_cast<Wide>(v >> i & 1);
    return r;
  });
  on_bits(Op::FindLsb, [width](std::uint64_t v) {
    for (unsigned i = 0; i < width; ++i)
      if ((v >> i & 1) != 0) return static_cast<Wide>(i);
    return Wide{-1};
  });
  on_bits(Op::FindMsb, [s, width](std::uint64_t v) {
    const std::uint64_t skipped = is_signed(s) && (v >> (width - 1) & 1) != 0 ? 1 : 0;
    for (unsigned i = width; i-- > 0;)
      if ((v >> i & 1) != skipped) return static_cast<Wide>(i);
    return Wide{-1};
  });
  for (const Scalar offset : {Scalar::U32, Scalar::I32}) {
    Case extract = apply_case(Op::BitFieldExtract, {t, Type(offset), Type(offset)}, 0,
                              componentwise({t, Type(offset), Type(offset)}, t.components(),
                                            [s, width](const std::uint64_t* v, std::uint64_t& out) {
                                              if (v[1] + v[2] > width) return false;
                                              const Wide part =
                                                  static_cast<Wide>(v[0]) >> v[1] & ((Wide{1} << v[2]) - 1);
                                              const bool negative =
                                                  is_signed(s) && v[2] != 0 && (part >> (v[2] - 1) & 1) != 0;
                                              out = wrap(s, negative ? part - (Wide{1} << v[2]) : part);
                                              return true;
                                            }));
    extract.values = [s, width](std::size_t operand, unsigned, std::mt19937_64& random) {
      return operand == 0 ? random() & low_bits(s) : random() % (width + 1);
    };
    cases.push_back(extract);
    Case insert = apply_case(Op::BitFieldInsert, {t, t, Type(offset), Type(offset)}, 0,
                             componentwise({t, t, Type(offset), Type(offset)}, t.components(),
                                           [s, width](const std::uint64_t* v, std::uint64_t& out) {
                                             if (v[2] + v[3] > width) return false;
                                             const Wide mask = ((Wide{1} << v[3]) - 1) << v[2];
                                             out = wrap(s, (static_cast<Wide>(v[0]) & ~mask) |
                                                               (static_cast<Wide>(v[1]) << v[2] & mask));
                                             return true;
                                           }));
    insert.values = [s, width](std::size_t operand, unsigned, std::mt19937_64& random) {
      return operand < 2 ? random() & low_bits(s) : random() % (width + 1);
    };
    cases.push_back(insert);
  }
  // Shifts: the amount may be of another integer type, signed or not.
  for (const Scalar amount : {s, Scalar::U32, Scalar::I32}) {
    const Type by(amount, t.components());
    const auto values = [s, width](std::size_t operand, unsigned, std::mt19937_64& random) -> std::uint64_t {
      return operand == 0 ? random() & low_bits(s) : random() % width;
    };
    Case left = component_case(Op::ShiftLeft, {t, by}, [s](const std::uint64_t* v, std::uint64_t& out) {
      out = v[0] << v[1] & low_bits(s);
      return true;
    });
    Case right = component_case(Op::ShiftRight, {t, by}, [s](const std::uint64_t* v, std::uint64_t& out) {
      out = wrap(s, value_of(s, v[0]) >> v[1]);
      return true;
    });
    left.values = right.values = values;
    cases.push_back(left);
    cases.push_back(right);
    if (amount == s && (s == Scalar::U32)) break;
  }
  // --- comparisons
  const auto compare = [&](Op op, bool (*f)(Wide, Wide)) {
    cases.push_back(component_case(op, {t, t}, [s, f](const std::uint64_t* v, std::uint64_t& out) {
      out = f(value_of(s, v[0]), value_of(s, v[1]));
      return true;
    }));
  };
  compare(Op::Equal, [](Wide a, Wide b) { return a == b; });
  compare(Op::NotEqual, [](Wide a, Wide b) { return a != b; });
  compare(Op::Less, [](Wide a, Wide b) { return a < b; });
  compare(Op::LessEqual, [](Wide a, Wide b) { return a <= b; });
}

}  // namespace

TEST_CASE("operations: integers of 8 bits") {
  std::vector<Case> cases;
  for (const Scalar s : {Scalar::I8, Scalar::U8})
    for (const unsigned n : shapes) add_cases(cases, Type(s, n));
  check("integers of 8 bits", cases);
}
TEST_CASE("operations: integers of 16 bits") {
  std::vector<Case> cases;
  for (const Scalar s : {Scalar::I16, Scalar::U16})
    for (const unsigned n : shapes) add_cases(cases, Type(s, n));
  check("integers of 16 bits", cases);
}
TEST_CASE("operations: integers of 32 bits") {
  std::vector<Case> cases;
  for (const Scalar s : {Scalar::I32, Scalar::U32})
    for (const unsigned n : shapes) add_cases(cases, Type(s, n));
  check("integers of 32 bits", cases);
}
TEST_CASE("operations: integers of 64 bits") {
  std::vector<Case> cases;
  for (const Scalar s : {Scalar::I64, Scalar::U64})
    for (const unsigned n : shapes) add_cases(cases, Type(s, n));
  check("integers of 64 bits", cases);
}

TEST_CASE("operations: Booleans") {
  std::vector<Case> cases;
  for (const unsigned n : shapes) {
    const Type t(Scalar::Boolean, n);
    const auto binary = [&](Op op, bool (*f)(bool, bool)) {
      cases.push_back(component_case(op, {t, t}, [f](const std::uint64_t* v, std::uint64_t& out) {
        out = f(v[0] != 0, v[1] != 0);
        return true;
      }));
    };
    binary(Op::And, [](bool a, bool b) { return a && b; });
    binary(Op::Or, [](bool a, bool b) { return a || b; });
    binary(Op::Xor, [](bool a, bool b) { return a != b; });
    binary(Op::Equal, [](bool a, bool b) { return a == b; });
    binary(Op::NotEqual, [](bool a, bool b) { return a != b; });
    cases.push_back(component_case(Op::Not, {t}, [](const std::uint64_t* v, std::uint64_t& out) {
      out = v[0] == 0;
      return true;
    }));
    if (n == 1) continue;
    cases.push_back(apply_case(Op::Any, {t}, 0, [n](const Bits* v, Bits& out) {
      for (unsigned i = 0; i < n; ++i) out[0] |= v[0][i];
      return true;
    }));
    cases.push_back(apply_case(Op::All, {t}, 0, [n](const Bits* v, Bits& out) {
      out[0] = 1;
      for (unsigned i = 0; i < n; ++i) out[0] &= v[0][i];
      return true;
    }));
  }
  check("Booleans", cases);
}
