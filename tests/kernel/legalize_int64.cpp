// 64-bit integers as pairs of words: edges with edges and random values of every length.
#include "legalize_test.hpp"

using namespace legalize_test;

namespace {

LegalizeOptions without_int64(bool ranges = true) {
  LegalizeOptions options;
  options.int64 = false;
  options.narrow_by_range = ranges;
  return options;
}

void check_gone(const Kernel& kernel) {
  CHECK(!uses_type(kernel, Scalar::U64));
  CHECK(!uses_type(kernel, Scalar::I64));
}

const std::uint64_t edges[] = {0,
                               1,
                               2,
                               3,
                               0x7FFF,
                               0x8000,
                               0xFFFF,
                               0x10000,
                               0x7FFFFFFF,
                               0x80000000,
                               0x80000001,
                               0xFFFFFFFE,
                               0xFFFFFFFF,
                               0x100000000,
                               0x100000001,
                               0x1FFFFFFFF,
                               0x8000000000000000,
                               0x8000000000000001,
                               0x7FFFFFFFFFFFFFFF,
                               0x7FFFFFFF00000000,
                               0xFFFFFFFF00000000,
                               0xFFFFFFFF00000001,
                               0xFFFFFFFFFFFFFFFE,
                               0xFFFFFFFFFFFFFFFF,
                               0xFFFFFFFF7FFFFFFF,
                               0xFFFFFFFF80000000,
                               0x0000FFFF0000FFFF,
                               0x8000000080000000};

template <class Skip>
void pairs(std::vector<std::uint64_t>& a, std::vector<std::uint64_t>& b, int count, Skip&& skip) {
  const auto push = [&](std::uint64_t x, std::uint64_t y) {
    if (skip(x, y)) return;
    a.push_back(x);
    b.push_back(y);
  };
  for (const std::uint64_t x : edges)
    for (const std::uint64_t y : edges) push(x, y);
  Values random{64};
  for (int i = 0; i < count; ++i) {
    const std::uint64_t lengths = random();
    const std::uint64_t x = random() >> (lengths & 63), y = random() >> (lengths >> 8 & 63);
    push(lengths >> 16 & 1 ? 0 - x : x, lengths >> 17 & 1 ? 0 - y : y);
    if (i % 8 == 0) push(y * (x & 0xFFFF), y);  // quotients without remainder, and next to them
    if (i % 8 == 1) push(y * (x & 0xFFFFFFFF) - 1, y);
  }
  while (a.size() % 64 != 0) {
    a.push_back(1);
    b.push_back(1);
  }
}

}  // namespace

TEST_CASE("legalize: 64-bit arithmetic") {
  const Op ops[] = {Op::Add,     Op::Sub,      Op::Mul,       Op::Div,      Op::Rem,  Op::Mod,
                    Op::MulHigh, Op::AddCarry, Op::SubBorrow, Op::Min,      Op::Max,  Op::And,
                    Op::Or,      Op::Xor,      Op::Equal,     Op::NotEqual, Op::Less, Op::LessEqual};
  for (const Scalar scalar : {Scalar::U64, Scalar::I64})
    for (const Op op : ops) {
      const bool divides = op == Op::Div || op == Op::Rem || op == Op::Mod;
      std::vector<std::uint64_t> a, b;
      pairs(a, b, divides ? 20000 : 3000, [&](std::uint64_t x, std::uint64_t y) {
        return divides && (y == 0 || (scalar == Scalar::I64 && x == std::uint64_t{1} << 63 && y + 1 == 0));
      });
      check_gone(check_operation({op, {scalar, scalar}}, without_int64(), {a, b}));
      for (auto* list : {&a, &b}) list->resize(64 * 3 * 2);
      for (unsigned n = 2; n <= 3; ++n)
        check_gone(check_operation({op, {Type(scalar, n), Type(scalar, n)}}, without_int64(), {a, b}));
    }
}

TEST_CASE("legalize: 64-bit shifts") {
  for (const Scalar scalar : {Scalar::U64, Scalar::I64})
    for (const Op op : {Op::ShiftLeft, Op::ShiftRight})
      for (const Scalar amount : {Scalar::U32, Scalar::I32, Scalar::U64, Scalar::U8}) {
        std::vector<std::uint64_t> a, b;
        Values random{7};
        for (std::uint64_t shift = 0; shift < 64; ++shift)
          for (const std::uint64_t x : {edges[23], edges[20], random(), random()}) {
            a.push_back(x);
            b.push_back(shift);
          }
        LegalizeOptions options = without_int64();
        options.int8 = options.storage8 = false;
        check_gone(check_operation({op, {scalar, amount}}, options, {a, b}));
      }
  // Constant amounts, and one of 32 bits by a 64-bit amount.
  for (const Scalar scalar : {Scalar::U64, Scalar::I64})
    for (std::uint64_t shift = 0; shift < 64; ++shift) {
      KernelOptions options;
      options.workgroup = {4};
      DynamicBuilder b("shift", options);
      const std::uint32_t in = b.add_buffer(Access::ReadOnly, scalar, 8, "in0");
      const std::uint32_t out = b.add_buffer(Access::WriteOnly, scalar, 16, "out");
      Place at;
      at.builder = &b;
      at.resource = in;
      at.stride = 8;
      at.index = b.builtin(BuiltIn::GlobalInvocationId).component(0);
      const AnyValue value = b.load(at, scalar);
      const AnyValue by = b.constant_bits(Scalar::U32, shift);
      const AnyValue left = b.apply(Op::ShiftLeft, value, by);
      const AnyValue right = b.apply(Op::ShiftRight, value, by);
      at.resource = out;
      at.stride = 16;
      b.store(at, left);
      at.offset = 8;
      b.store(at, right);
      Setup setup;
      setup.buffers = {{"in0", bytes_of({edges[23], 0x8123456789ABCDEF, 0x123456789ABCDEF0, 1}, scalar)},
                       {"out", Bytes(64)}};
      check_gone(check_same(b.finish(), without_int64(), setup, 8));
    }
}

TEST_CASE("legalize: 64-bit operations on one operand") {
  std::vector<std::uint64_t> a, b;
  pairs(a, b, 3000, [](std::uint64_t, std::uint64_t) { return false; });
  for (int i = 0; i < 64; ++i) a[static_cast<std::size_t>(i)] = std::uint64_t{1} << i;
  for (const Scalar scalar : {Scalar::U64, Scalar::I64}) {
    for (const Op op :
         {Op::Negate, Op::Not, Op::Abs, Op::Sign, Op::BitCount, Op::BitReverse, Op::FindLsb, Op::FindMsb}) {
      if (scalar == Scalar::U64 && (op == Op::Abs || op == Op::Sign)) continue;
      check_gone(check_operation({op, {scalar}}, without_int64(), {a}));
      check_operation({op, {scalar}}, LegalizeOptions(), {a});
    }
    for (const Scalar to :
         {Scalar::Boolean, Scalar::I8, Scalar::U8, Scalar::I16, Scalar::U16, Scalar::I32, Scalar::U32,
          Scalar::I64, Scalar::U64, Scalar::F16, Scalar::F32, Scalar::F64, Scalar::BF16}) {
      if (to != scalar) check_gone(check_operation({Op::Convert, {scalar}, to}, without_int64(), {a}));
      if (is_int(to) && to != scalar)
        check_gone(check_operation({Op::ConvertSaturate, {scalar}, to}, without_int64(), {a}));
    }
    for (const Type to :
         {Type(Scalar::U32, 2), Type(Scalar::F32, 2), Type(Scalar::U16, 4), Type(Scalar::F64)})
      check_gone(check_operation({Op::Bitcast, {scalar}, to}, without_int64(), {a}));
    for (const Type from : {Type(Scalar::U32, 2), Type(Scalar::F64), Type(Scalar::U16, 4)}) {
      std::vector<std::uint64_t> parts;
      for (const std::uint64_t x : a)
        for (unsigned i = 0; i < from.components(); ++i) parts.push_back(x >> (i * from.width()));
      check_gone(check_operation({Op::Bitcast, {from}, scalar}, without_int64(), {parts}));
    }
  }
}

TEST_CASE("legalize: to 64-bit integers") {
  Values random{9};
  std::vector<std::uint64_t> f32s, f64s, words;
  for (int i = 0; i < 4096; ++i) {
    const std::uint64_t bits = random();
    const double magnitude = static_cast<double>(bits >> (bits & 63)) * (i % 5 == 0 ? 0.37 : 1.0) * 0.49;
    const double value = magnitude;
    const auto narrow = static_cast<float>(value);
    std::uint32_t single;
    std::memcpy(&single, &narrow, 4);
    std::uint64_t wide;
    std::memcpy(&wide, &value, 8);
    f32s.push_back(single);
    f64s.push_back(wide);
    words.push_back(bits & 0xFFFFFFFF);
  }
  for (const Scalar to : {Scalar::U64, Scalar::I64}) {
    check_gone(check_operation({Op::Convert, {Scalar::F32}, to}, without_int64(), {f32s}));
    check_gone(check_operation({Op::Convert, {Scalar::F64}, to}, without_int64(), {f64s}));
    check_gone(check_operation({Op::Convert, {Scalar::U32}, to}, without_int64(), {words}));
    check_gone(check_operation({Op::Convert, {Scalar::I32}, to}, without_int64(), {words}));
    if (to == Scalar::I64)
      for (std::size_t i = 0; i < f32s.size(); i += 2) {
        f32s[i] |= 0x80000000u;
        f64s[i] |= std::uint64_t{1} << 63;
      }
    if (to == Scalar::I64) {
      check_gone(check_operation({Op::Convert, {Scalar::F32}, to}, without_int64(), {f32s}));
      check_gone(check_operation({Op::Convert, {Scalar::F64}, to}, without_int64(), {f64s}));
    }
    for (auto& x : f32s) x = random() & 0xFFFFFFFF;
    for (auto& x : f32s)
      if ((x & 0x7FFFFFFF) > 0x7F800000) x |= 0x400000;
    check_gone(check_operation({Op::ConvertSaturate, {Scalar::F32}, to}, without_int64(), {f32s}));
    for (auto& x : f64s) x = random();
    check_gone(check_operation({Op::ConvertSaturate, {Scalar::F64}, to}, without_int64(), {f64s}));
    for (std::size_t i = 0; i < f32s.size(); ++i) {
      float magnitude = static_cast<float>(words[i]) * 0.25f;
      std::uint32_t single;
      std::memcpy(&single, &magnitude, 4);
      f32s[i] = single;
      const auto wide = static_cast<double>(magnitude);
      std::memcpy(&f64s[i], &wide, 8);
    }
  }
}

TEST_CASE("legalize: 64-bit bit fields and selections") {
  for (const Scalar scalar : {Scalar::U64, Scalar::I64}) {
    std::vector<std::uint64_t> value, insert, offset, count, condition;
    Values random{5};
    for (unsigned o = 0; o <= 64; o += o < 8 || o > 56 ? 1 : 5)
      for (unsigned n = 0; o + n <= 64; n += n < 4 || o + n > 58 ? 1 : 7) {
        value.push_back(random());
        insert.push_back(random());
        offset.push_back(o);
        count.push_back(n);
      }
    while (value.size() % 64 != 0) {
      value.push_back(3);
      insert.push_back(1);
      offset.push_back(0);
      count.push_back(1);
    }
    for (std::size_t i = 0; i < value.size(); ++i) condition.push_back(random() & 1);
    for (const LegalizeOptions& options : {without_int64(), LegalizeOptions()}) {
      check_operation({Op::BitFieldExtract, {scalar, Scalar::U32, Scalar::I32}}, options,
                      {value, offset, count});
      check_operation({Op::BitFieldInsert, {scalar, scalar, Scalar::I32, Scalar::U32}}, options,
                      {value, insert, offset, count});
    }
    check_operation({Op::Clamp, {scalar, scalar, scalar}}, without_int64(), {value, insert, value});
    check_operation({Op::Select, {Scalar::Boolean, scalar, scalar}}, without_int64(),
                    {condition, value, insert});
  }
}
