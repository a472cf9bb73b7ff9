// Integer operations against 128-bit arithmetic, every operation on every integer type.
#include "evaluate_reference.hpp"

using namespace evaluate_test;

namespace {

Wide floor_mod(Wide a, Wide b) {
  const Wide r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

void check(Op op, Scalar s, const std::vector<std::uint64_t>& v, bool defined, std::uint64_t expected,
           Scalar result = Scalar::Void) {
  CAPTURE(info_of(op).name);
  CAPTURE(int(s));
  CAPTURE(v);
  const Evaluated got = evaluate(op, s, result == Scalar::Void ? s : result, v.data());
  CHECK(got.defined == defined);
  CHECK(got.exact);
  CHECK((got.bits & ~low_bits(result == Scalar::Void ? s : result)) == 0);
  if (defined) CHECK(got.bits == expected);
}

}  // namespace

TEST_CASE("evaluate: integers, two operands") {
  std::mt19937_64 random(1);
  for (const Scalar s : int_types) {
    const auto values = interesting(s, random);
    for (const std::uint64_t x : values)
      for (const std::uint64_t y : values) {
        const Wide a = value_of(s, x), b = value_of(s, y);
        const std::vector<std::uint64_t> v = {x, y};
        check(Op::Add, s, v, true, wrap(s, a + b));
        check(Op::Sub, s, v, true, wrap(s, a - b));
        // The product of two unsigned 64-bit numbers fits 128 bits without sign only.
        __extension__ typedef unsigned __int128 Unsigned;
        const Unsigned product = static_cast<Unsigned>(a) * static_cast<Unsigned>(b);
        check(Op::Mul, s, v, true, static_cast<std::uint64_t>(product) & low_bits(s));
        check(Op::MulHigh, s, v, true, static_cast<std::uint64_t>(product >> width_of(s)) & low_bits(s));
        const bool divides = b != 0 && !(is_signed(s) && b == -1 && a == least(s));
        check(Op::Div, s, v, divides, divides ? wrap(s, a / b) : 0);
        check(Op::Rem, s, v, divides, divides ? wrap(s, a % b) : 0);
        check(Op::Mod, s, v, divides, divides ? wrap(s, floor_mod(a, b)) : 0);
        const Wide ux = static_cast<Wide>(x), uy = static_cast<Wide>(y);
        check(Op::AddCarry, s, v, true, ux + uy > static_cast<Wide>(low_bits(s)));
        check(Op::SubBorrow, s, v, true, ux < uy);
        check(Op::Min, s, v, true, a < b ? x : y);
        check(Op::Max, s, v, true, a < b ? y : x);
        check(Op::And, s, v, true, x & y);
        check(Op::Or, s, v, true, x | y);
        check(Op::Xor, s, v, true, x ^ y);
        check(Op::Equal, s, v, true, a == b, Scalar::Boolean);
        check(Op::NotEqual, s, v, true, a != b, Scalar::Boolean);
        check(Op::Less, s, v, true, a < b, Scalar::Boolean);
        check(Op::LessEqual, s, v, true, a <= b, Scalar::Boolean);
        const bool shifts = uy < width_of(s);
        const auto by = static_cast<unsigned>(shifts ? y : 0);
        check(Op::ShiftLeft, s, v, shifts, (x << by) & low_bits(s));
        check(Op::ShiftRight, s, v, shifts, wrap(s, a >> by));
      }
  }
}

TEST_CASE("evaluate: integers, one operand") {
  std::mt19937_64 random(2);
  for (const Scalar s : int_types)
    for (const std::uint64_t x : interesting(s, random, 100)) {
      const Wide a = value_of(s, x);
      const unsigned width = width_of(s);
      check(Op::Negate, s, {x}, true, wrap(s, -a));
      check(Op::Not, s, {x}, true, ~x & low_bits(s));
      if (is_signed(s)) {
        check(Op::Abs, s, {x}, true, wrap(s, a < 0 ? -a : a));
        check(Op::Sign, s, {x}, true, wrap(s, a < 0 ? -1 : a > 0 ? 1 : 0));
      }
      std::uint64_t ones = 0, reversed = 0, lowest = low_bits(s), highest = low_bits(s);
      for (unsigned i = 0; i < width; ++i) {
        const bool bit = (x >> i & 1) != 0;
        ones += bit;
        if (bit) reversed |= std::uint64_t{1} << (width - 1 - i);
        if (bit && lowest == low_bits(s)) lowest = i;
        if (bit != (a < 0)) highest = i;
      }
      check(Op::BitCount, s, {x}, true, ones);
      check(Op::BitReverse, s, {x}, true, reversed);
      check(Op::FindLsb, s, {x}, true, lowest);
      check(Op::FindMsb, s, {x}, true, highest);
    }
}

TEST_CASE("evaluate: Clamp and bit fields") {
  std::mt19937_64 random(3);
  for (const Scalar s : int_types) {
    const unsigned width = width_of(s);
    const auto values = interesting(s, random, 2);
    for (const std::uint64_t x : values)
      for (const std::uint64_t y : values) {
        for (const std::uint64_t z : values) {
          const Wide a = value_of(s, x), low = value_of(s, y), high = value_of(s, z);
          check(Op::Clamp, s, {x, y, z}, low <= high, a < low ? y : a > high ? z : x);
        }
        for (const std::uint64_t offset : {0u, 1u, 5u, width - 1, width, 0xFFFFFFFFu})
          for (const std::uint64_t count : {0u, 1u, 3u, width - 1, width, 0x80000000u}) {
            const bool fits = offset + count <= width;
            std::uint64_t inserted = x, extracted = 0;
            for (std::uint64_t i = 0; i < count && fits; ++i) {
              const std::uint64_t bit = std::uint64_t{1} << (offset + i);
              inserted = (y >> i & 1) != 0 ? inserted | bit : inserted & ~bit;
              if ((x & bit) != 0) extracted |= std::uint64_t{1} << i;
            }
            if (fits && is_signed(s) && count != 0 && (extracted >> (count - 1) & 1) != 0)
              for (std::uint64_t i = count; i < width; ++i) extracted |= std::uint64_t{1} << i;
            check(Op::BitFieldInsert, s, {x, y, offset, count}, fits, inserted);
            check(Op::BitFieldExtract, s, {x, offset, count}, fits, extracted);
          }
      }
  }
}

TEST_CASE("evaluate: Booleans and Select") {
  for (const std::uint64_t a : {0u, 1u})
    for (const std::uint64_t b : {0u, 1u}) {
      check(Op::And, Scalar::Boolean, {a, b}, true, a && b);
      check(Op::Or, Scalar::Boolean, {a, b}, true, a || b);
      check(Op::Xor, Scalar::Boolean, {a, b}, true, a != b);
      check(Op::Equal, Scalar::Boolean, {a, b}, true, a == b);
      check(Op::NotEqual, Scalar::Boolean, {a, b}, true, a != b);
      check(Op::Not, Scalar::Boolean, {a}, true, !a);
      check(Op::Select, Scalar::Boolean, {a, 0x7FC00001u, 5}, true, a ? 0x7FC00001u : 5, Scalar::F32);
    }
}

TEST_CASE("evaluate: packed dot products") {
  std::mt19937_64 random(4);
  for (int n = 0; n < 2000; ++n) {
    const auto pick = [&] {
      return n < 16 ? ((n & 1) ? 0x80808080u : 0x7FFFFF80u) : static_cast<std::uint32_t>(random());
    };
    const std::uint64_t a = pick(), b = pick();
    const auto accumulator = static_cast<std::uint32_t>(n % 3 == 0   ? 0x7FFFFFF0u
                                                        : n % 3 == 1 ? 0x80000005u
                                                                     : random());
    for (const DotKind kind : {DotKind::Unsigned, DotKind::Signed, DotKind::SignedUnsigned}) {
      Wide sum = 0;
      for (unsigned i = 0; i < 4; ++i)
        sum += value_of(kind == DotKind::Unsigned ? Scalar::U8 : Scalar::I8, a >> 8 * i) *
               value_of(kind == DotKind::Signed ? Scalar::I8 : Scalar::U8, b >> 8 * i);
      const Scalar s = kind == DotKind::Unsigned ? Scalar::U32 : Scalar::I32;
      Wide total = sum + value_of(s, accumulator);
      total = total < least(s) ? least(s) : total > greatest(s) ? greatest(s) : total;
      const std::uint64_t c = accumulator;
      const std::uint64_t* operands[3] = {&a, &b, &c};
      const Type types[3] = {Type(Scalar::U32), Type(Scalar::U32), Type(s)};
      std::uint64_t out = 0;
      Evaluated note;
      CAPTURE(a);
      CAPTURE(b);
      CAPTURE(c);
      const auto imm = static_cast<std::uint32_t>(kind);
      REQUIRE(
          evaluate(Op::DotPacked, Type(s), airstrip::Span<const Type>(types, 2), operands, imm, &out, note));
      CHECK(out == wrap(s, sum));
      REQUIRE(evaluate(Op::DotPackedAccSat, Type(s), types, operands, imm, &out, note));
      CHECK(out == wrap(s, total));
      CHECK(note.exact);
    }
  }
}
