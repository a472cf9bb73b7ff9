// Integers of 8 and 16 bits in 32: every pair of 8-bit values, edges and random 16-bit values.
#include "legalize_test.hpp"

using namespace legalize_test;

namespace {

LegalizeOptions without_small() {
  LegalizeOptions options;
  options.int8 = options.int16 = options.storage8 = options.storage16 = false;
  return options;
}

void check_gone(const Kernel& kernel) {
  for (const Scalar scalar : {Scalar::I8, Scalar::U8, Scalar::I16, Scalar::U16})
    CHECK(!uses_type(kernel, scalar));
}

// Pairs of values of a type: all of 8 bits, of 16 edges with edges and random ones. `skip` leaves out what is undefined.
template <class Skip>
void pairs(Scalar scalar, std::vector<std::uint64_t>& a, std::vector<std::uint64_t>& b, Skip&& skip) {
  const auto push = [&](std::uint64_t x, std::uint64_t y) {
    if (skip(x, y)) return;
    a.push_back(x);
    b.push_back(y);
  };
  if (width_of(scalar) == 8) {
    for (std::uint64_t x = 0; x < 256; ++x)
      for (std::uint64_t y = 0; y < 256; ++y) push(x, y);
  } else {
    const std::uint64_t edges[] = {0,     1,      2,      7,      15,     0x7F,   0x80,  0xFF,
                                   0x100, 0x7FFE, 0x7FFF, 0x8000, 0x8001, 0xFFFE, 0xFFFF};
    for (const std::uint64_t x : edges)
      for (const std::uint64_t y : edges) push(x, y);
    Values random{16};
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t bits = random();
      push(bits & 0xFFFF, bits >> 16 & 0xFFFF);
    }
  }
  while (a.size() % 64 != 0) {
    a.push_back(1);
    b.push_back(1);
  }
}

constexpr Scalar small_types[] = {Scalar::I8, Scalar::U8, Scalar::I16, Scalar::U16};

}  // namespace

TEST_CASE("legalize: small integer arithmetic") {
  const Op ops[] = {Op::Add,        Op::Sub,     Op::Mul,      Op::Div,       Op::Rem,
                    Op::Mod,        Op::MulHigh, Op::AddCarry, Op::SubBorrow, Op::Min,
                    Op::Max,        Op::And,     Op::Or,       Op::Xor,       Op::ShiftLeft,
                    Op::ShiftRight, Op::Equal,   Op::NotEqual, Op::Less,      Op::LessEqual};
  for (const Scalar scalar : small_types)
    for (const Op op : ops) {
      std::vector<std::uint64_t> a, b;
      const unsigned width = width_of(scalar);
      const std::uint64_t lowest = std::uint64_t{1} << (width - 1), ones = lowest * 2 - 1;
      pairs(scalar, a, b, [&](std::uint64_t x, std::uint64_t y) {
        if (op == Op::Div || op == Op::Rem || op == Op::Mod)
          return y == 0 || (is_signed(scalar) && x == lowest && y == ones);
        if (op == Op::ShiftLeft || op == Op::ShiftRight) return y >= width;
        return false;
      });
      check_gone(check_operation({op, {scalar, scalar}}, without_small(), {a, b}));
    }
}

TEST_CASE("legalize: small integers, one operand") {
  const Op ops[] = {Op::Negate,   Op::Not,        Op::Abs,     Op::Sign,
                    Op::BitCount, Op::BitReverse, Op::FindLsb, Op::FindMsb};
  for (const Scalar scalar : small_types)
    for (const Op op : ops) {
      if (!is_signed(scalar) && (op == Op::Abs || op == Op::Sign)) continue;
      std::vector<std::uint64_t> a;
      for (std::uint64_t x = 0; x < std::uint64_t{1} << width_of(scalar); ++x) a.push_back(x);
      check_gone(check_operation({op, {scalar}}, without_small(), {a}));
      // With the type there, only the bit operations are replaced.
      check_operation({op, {scalar}}, LegalizeOptions(), {a});
    }
}

TEST_CASE("legalize: small bit fields") {
  for (const Scalar scalar : small_types) {
    std::vector<std::uint64_t> value, insert, offset, count;
    Values random{5};
    const unsigned width = width_of(scalar);
    for (unsigned o = 0; o <= width; ++o)
      for (unsigned n = 0; o + n <= width; ++n)
        for (int k = 0; k < 4; ++k) {
          const std::uint64_t bits = random(), mask = (std::uint64_t{1} << width) - 1;
          value.push_back(k == 0 ? mask : bits & mask);
          insert.push_back(bits >> 32 & mask);
          offset.push_back(o);
          count.push_back(n);
        }
    while (value.size() % 64 != 0) {
      value.push_back(3);
      insert.push_back(1);
      offset.push_back(0);
      count.push_back(1);
    }
    for (const LegalizeOptions& options : {without_small(), LegalizeOptions()}) {
      check_operation({Op::BitFieldExtract, {scalar, Scalar::U32, Scalar::U32}}, options,
                      {value, offset, count});
      check_operation({Op::BitFieldInsert, {scalar, scalar, Scalar::U32, Scalar::U32}}, options,
                      {value, insert, offset, count});
    }
  }
}

TEST_CASE("legalize: conversions between small types") {
  for (const Scalar from : small_types) {
    std::vector<std::uint64_t> a;
    for (std::uint64_t x = 0; x < std::uint64_t{1} << width_of(from); ++x) a.push_back(x);
    for (const Scalar to :
         {Scalar::Boolean, Scalar::I8, Scalar::U8, Scalar::I16, Scalar::U16, Scalar::I32, Scalar::U32,
          Scalar::I64, Scalar::U64, Scalar::F16, Scalar::F32, Scalar::F64, Scalar::BF16}) {
      if (from == to) continue;
      check_operation({Op::Convert, {from}, to}, without_small(), {a});
      LegalizeOptions least = without_small();
      least.float16 = least.bfloat16 = least.int64 = false;
      check_operation({Op::Convert, {from}, to}, least, {a});
      if (is_int(to)) check_operation({Op::ConvertSaturate, {from}, to}, least, {a});
      if (is_int(to) && width_of(to) == width_of(from))
        check_operation({Op::Bitcast, {from}, to}, least, {a});
    }
  }
}

TEST_CASE("legalize: vectors of small integers") {
  Values random{11};
  for (const Scalar scalar : small_types)
    for (unsigned n = 2; n <= 4; ++n) {
      std::vector<std::uint64_t> a, b;
      for (unsigned i = 0; i < 256 * n; ++i) {
        a.push_back(random());
        b.push_back(random());
      }
      for (const Op op : {Op::Add, Op::Mul, Op::Max, Op::Less, Op::Xor})
        check_gone(check_operation({op, {Type(scalar, n), Type(scalar, n)}}, without_small(), {a, b}));
      const unsigned bytes = n * width_of(scalar) / 8;
      const auto cast = [&](Type to) {
        check_operation({Op::Bitcast, {Type(scalar, n)}, to}, without_small(), {a});
      };
      if (bytes == 4) {
        cast(Scalar::U32);
        cast(Scalar::F32);
      }
      if (bytes == 8) {
        cast(Type(Scalar::U32, 2));
        cast(Scalar::U64);
        cast(Scalar::F64);
      }
      if (bytes == 2) {
        cast(Scalar::U16);
        cast(Scalar::F16);
        cast(Scalar::BF16);
      }
      if (bytes == 4 && n == 4) {
        cast(Type(Scalar::I16, 2));
        cast(Type(Scalar::F16, 2));
      }
      if (bytes == 4 && n == 2) {
        cast(Type(Scalar::I8, 4));
        cast(Type(Scalar::BF16, 2));
      }
    }
}

TEST_CASE("legalize: 8- and 16-bit storage without arithmetic keeps loads, stores and conversions") {
  LegalizeOptions options;
  options.int8 = options.int16 = false;
  Values values{8};
  for (const Scalar scalar : small_types)
    for (const unsigned n : {1u, 4u}) {
      std::vector<std::uint64_t> a, b;
      for (unsigned i = 0; i < 256 * n; ++i) {
        a.push_back(values());
        b.push_back(values());
      }
      for (const Op op : {Op::Mul, Op::Min, Op::Less}) {
        const Kernel legal = check_operation({op, {Type(scalar, n), Type(scalar, n)}}, options, {a, b});
        std::size_t left = 0;
        for (const Function& function : legal.functions())
          for_each_node(legal, function.body, [&](NodeId id) {
            const bool converts = legal.op(id) == Op::Convert || legal.op(id) == Op::Load;
            if (legal.type(id).scalar() != scalar) return;
            CHECK(converts);
            ++left;
          });
        CHECK(left == (op == Op::Less ? 2u : 3u) * n);
      }
    }
}
