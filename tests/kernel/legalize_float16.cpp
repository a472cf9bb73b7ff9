// f16 and bf16 by conversion: all 65,536 values of one operand, edges and random pairs of two.
#include "legalize_test.hpp"

using namespace legalize_test;

namespace {

LegalizeOptions without_half(bool storage) {
  LegalizeOptions options;
  options.float16 = options.bfloat16 = false;
  options.storage16 = options.storage8 = storage;
  options.int16 = options.int8 = false;
  return options;
}

bool is_nan_16(Scalar scalar, std::uint64_t bits) {
  return (bits & 0x7FFF) > (scalar == Scalar::F16 ? 0x7C00u : 0x7F80u);
}

// All but signalling NaNs, which any operation may make quiet.
std::vector<std::uint64_t> all_values(Scalar scalar) {
  const std::uint64_t quiet = scalar == Scalar::F16 ? 0x0200 : 0x0040;
  std::vector<std::uint64_t> values;
  for (std::uint64_t x = 0; x < 65536; ++x)
    if (!is_nan_16(scalar, x) || (x & quiet)) values.push_back(x);
  while (values.size() % 64 != 0) values.push_back(0);
  return values;
}

// Numbers, infinities, denormals and ties; no NaNs (whose payload no operation keeps), those have a test of their own.
void triples(Scalar scalar, std::vector<std::uint64_t>* lists, int count) {
  const std::uint64_t one = scalar == Scalar::F16 ? 0x3C00 : 0x3F80,
                      inf = scalar == Scalar::F16 ? 0x7C00 : 0x7F80;
  const std::uint64_t edges[] = {0,
                                 0x8000,
                                 1,
                                 0x8001,
                                 2,
                                 one,
                                 one | 0x8000,
                                 one + 1,
                                 one - 1,
                                 inf - 1,
                                 inf | 0x8000,
                                 inf,
                                 scalar == Scalar::F16 ? 0x0400u : 0x0080u,
                                 scalar == Scalar::F16 ? 0x03FFu : 0x7Fu};
  for (const std::uint64_t x : edges)
    for (const std::uint64_t y : edges)
      for (const std::uint64_t z : edges) {
        lists[0].push_back(x);
        lists[1].push_back(y);
        lists[2].push_back(z);
      }
  Values random{scalar == Scalar::F16 ? 16u : 17u};
  while (count > 0 || lists[0].size() % 64 != 0) {
    const std::uint64_t bits = random();
    std::uint64_t v[3] = {bits & 0xFFFF, bits >> 16 & 0xFFFF, bits >> 32 & 0xFFFF};
    // Often near each other, where sums cancel and products meet ties.
    if (bits >> 48 & 1) v[1] = (v[0] & 0xF000) | (v[1] & 0x0FFF);
    if (bits >> 49 & 1) v[2] = (v[0] & 0x8000) | (v[2] & 0x0FFF) | (one & 0x7000);
    if (is_nan_16(scalar, v[0]) || is_nan_16(scalar, v[1]) || is_nan_16(scalar, v[2])) continue;
    for (int i = 0; i < 3; ++i) lists[i].push_back(v[i]);
    --count;
  }
}

}  // namespace

TEST_CASE("legalize: every f16 and bf16") {
  for (const Scalar scalar : {Scalar::F16, Scalar::BF16})
    for (const bool storage : {false, true}) {
      const std::vector<std::uint64_t> all = all_values(scalar);
      for (const Op op :
           {Op::Negate, Op::Abs, Op::Sign, Op::Floor, Op::Ceil, Op::Trunc, Op::RoundEven, Op::IsNan,
            Op::IsInf, Op::Sqrt, Op::FrexpSignificand, Op::FrexpExponent, Op::Fract}) {
        const Kernel legal = check_operation({op, {scalar}}, without_half(storage), {all});
        if (!storage) {
          CHECK(!uses_type(legal, scalar));
          CHECK(!uses_type(legal, Scalar::U16));
        }
      }
      for (const Scalar to :
           {Scalar::F32, Scalar::F64, scalar == Scalar::F16 ? Scalar::BF16 : Scalar::F16, Scalar::Boolean})
        check_operation({Op::Convert, {scalar}, to}, without_half(storage), {all});
      for (const Scalar to : {Scalar::U8, Scalar::I8, Scalar::U16, Scalar::I16, Scalar::U32, Scalar::I32,
                              Scalar::U64, Scalar::I64}) {
        LegalizeOptions least = without_half(storage);
        least.int64 = false;
        check_operation({Op::ConvertSaturate, {scalar}, to}, least, {all});
        check_operation({Op::ConvertSaturate, {scalar}, to}, LegalizeOptions(), {all});
      }
      for (const Scalar to : {Scalar::U16, Scalar::I16, scalar == Scalar::F16 ? Scalar::BF16 : Scalar::F16}) {
        std::vector<std::uint64_t> numbers;
        for (const std::uint64_t x : all)
          if (!is_nan_16(scalar, x) && !is_nan_16(to, x)) numbers.push_back(x);
        numbers.resize(numbers.size() / 64 * 64);
        check_operation({Op::Bitcast, {scalar}, to}, without_half(storage), {numbers});
        check_operation({Op::Bitcast, {Scalar::U16}, scalar}, without_half(storage), {numbers});
      }
    }
}

TEST_CASE("legalize: pairs of f16 and of bf16") {
  for (const Scalar scalar : {Scalar::F16, Scalar::BF16}) {
    std::vector<std::uint64_t> lists[3];
    triples(scalar, lists, 20000);
    for (const Op op : {Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Min, Op::Max, Op::NMin, Op::NMax, Op::Less,
                        Op::LessEqual, Op::Equal, Op::NotEqual, Op::Step})
      check_operation({op, {scalar, scalar}}, without_half(false), {lists[0], lists[1]});
    check_operation({Op::Clamp, {scalar, scalar, scalar}}, without_half(false),
                    {lists[0], lists[1], lists[2]});
    if (scalar == Scalar::BF16) {
      // Products below 2^-126 are not exact in f32: left out, as `fma_to_odd` says.
      std::vector<std::uint64_t> kept[3];
      for (std::size_t i = 0; i < lists[0].size(); ++i) {
        const double product = bf16_to_double(lists[0][i]) * bf16_to_double(lists[1][i]);
        if (product != 0 && product < 0x1p-110 && product > -0x1p-110) continue;
        for (int k = 0; k < 3; ++k) kept[k].push_back(lists[k][i]);
      }
      for (int k = 0; k < 3; ++k) {
        lists[k] = kept[k];
        lists[k].resize(lists[k].size() / 64 * 64);
      }
    }
    check_operation({Op::Fma, {scalar, scalar, scalar}}, without_half(false), {lists[0], lists[1], lists[2]});
  }
}

TEST_CASE("legalize: to f16 and bf16") {
  Values random{3};
  std::vector<std::uint64_t> f32s, f64s, words, longs;
  for (int i = 0; i < 64 * 512; ++i) {
    const std::uint64_t bits = random();
    // Around the range of f16 as often as anywhere, and often on the ties.
    std::uint32_t single = static_cast<std::uint32_t>(bits);
    if (i % 2)
      single =
          (single & 0x807FFFFFu) | (0x30000000u + (static_cast<std::uint32_t>(bits >> 32) % 0x18u << 23) * 2);
    if (i % 4 == 1) single &= 0xFFFFF000u;
    if (i % 8 == 1) single = (single & 0xFFFF0000u) | 0x8000u;
    f32s.push_back(single);
    float narrow;
    std::memcpy(&narrow, &single, 4);
    auto wide = static_cast<double>(narrow);
    std::uint64_t wide_bits;
    std::memcpy(&wide_bits, &wide, 8);
    if (i % 3 == 0 && wide == wide)
      wide_bits += (bits >> 40) % 3 - 1;  // next to it, past what f32 tells apart
    if (wide != wide) wide_bits = 0x7FF8000000000000u;
    f64s.push_back(wide_bits);
    words.push_back(bits >> (bits & 31) & 0xFFFFFFFFu);
    std::uint64_t whole = random() >> (bits & 63);
    if (i % 4 == 0) whole = (whole | 0xFFull << 40) & ~((std::uint64_t{1} << (bits >> 8 & 31)) - 1);
    if (i % 8 == 0) ++whole;
    longs.push_back(whole);
  }
  for (const Scalar to : {Scalar::F16, Scalar::BF16})
    for (const bool stays : {false, true}) {
      LegalizeOptions options = without_half(false);
      if (stays) options.bfloat16 = options.storage16 = true;
      check_operation({Op::Convert, {Scalar::F32}, to}, options, {f32s});
      check_operation({Op::Convert, {Scalar::F64}, to}, options, {f64s});
      check_operation({Op::Convert, {Scalar::U32}, to}, options, {words});
      check_operation({Op::Convert, {Scalar::I32}, to}, options, {words});
      check_operation({Op::Convert, {Scalar::U64}, to}, options, {longs});
      check_operation({Op::Convert, {Scalar::I64}, to}, options, {longs});
      options.int64 = false;
      check_operation({Op::Convert, {Scalar::U64}, to}, options, {longs});
      check_operation({Op::Convert, {Scalar::I64}, to}, options, {longs});
    }
}

TEST_CASE("legalize: bf16 is computed in f32 where the type is there") {
  std::vector<std::uint64_t> lists[3];
  triples(Scalar::BF16, lists, 2000);
  for (const Op op : {Op::Add, Op::Mul, Op::Div, Op::Min, Op::Less}) {
    const Kernel legal =
        check_operation({op, {Scalar::BF16, Scalar::BF16}}, LegalizeOptions(), {lists[0], lists[1]});
    for (const Function& function : legal.functions())
      for_each_node(legal, function.body, [&](NodeId id) {
        if (legal.op(id) == Op::Load || legal.op(id) == Op::Store || legal.op(id) == Op::Convert) return;
        CHECK(legal.type(id).scalar() != Scalar::BF16);
      });
  }
}

TEST_CASE("legalize: vectors of f16") {
  std::vector<std::uint64_t> lists[3];
  triples(Scalar::F16, lists, 3000);
  for (auto& list : lists) list.resize(64 * 3 * 4 * 4);
  for (unsigned n = 2; n <= 4; ++n)
    for (const bool storage : {false, true})
      for (const Op op : {Op::Add, Op::Mul, Op::Max}) {
        const Type type(Scalar::F16, n);
        check_operation({op, {type, type}}, without_half(storage), {lists[0], lists[1]});
      }
}

TEST_CASE("legalize: f16 rounded through PackHalf2x16") {
  // The interpreter's PackHalf2x16 rounds to nearest even, which Vulkan does not promise.
  std::vector<std::uint64_t> lists[3];
  triples(Scalar::F16, lists, 2000);
  LegalizeOptions options = without_half(false);
  options.exact_half = false;
  for (const Op op : {Op::Add, Op::Mul, Op::Div})
    check_operation({op, {Scalar::F16, Scalar::F16}}, options, {lists[0], lists[1]});
}

TEST_CASE("legalize: what rounding costs") {
  // Nodes that an Add of two scalars brings about beside itself: the figures of float_rounding.hpp.
  const auto cost = [](Scalar scalar, bool exact) {
    const auto nodes = [&](int adds) {
      DynamicBuilder b("cost");
      Place at;
      at.builder = &b;
      at.resource = b.add_buffer(Access::ReadWrite, scalar, 2, "data");
      at.stride = 2;
      const AnyValue x = b.load(at, scalar);
      AnyValue sum = x;
      for (int i = 0; i < adds; ++i) sum = b.apply(Op::Add, sum, x);
      b.store(at, sum);
      Kernel kernel = b.finish();
      LegalizeOptions options = without_half(true);
      options.exact_half = exact;
      legalize(kernel, options);
      REQUIRE(kernel.ok());
      std::size_t n = 0;
      for (const Function& function : kernel.functions())
        for_each_node(kernel, function.body, [&](NodeId) { ++n; });
      return n;
    };
    return nodes(3) - nodes(2) - 1;
  };
  CHECK(cost(Scalar::F16, true) == 28);
  CHECK(cost(Scalar::F16, false) == 4);
  CHECK(cost(Scalar::BF16, true) == 11);
}
