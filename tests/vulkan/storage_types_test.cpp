// Numbers of 8, 16 and 64 bits in memory and in arithmetic, half precision, and dot products of packed bytes.
#include "fixture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace airstrip::spirv;

namespace {

using Word = std::uint32_t;
using Half = std::uint16_t;

float from_half(Half h) {
  const int exponent = h >> 10 & 31, fraction = h & 1023;
  const float magnitude = exponent == 31  ? (fraction ? std::numeric_limits<float>::quiet_NaN()
                                                      : std::numeric_limits<float>::infinity())
                          : exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                          : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
  return h & 0x8000 ? -magnitude : magnitude;
}

// Whether `h` is `value`, or one of the two halves around it: Vulkan leaves the rounding to the implementation.
bool is_rounded(Half h, double value) {
  const double given = static_cast<double>(from_half(h));
  if (given == value) return true;
  const auto next = static_cast<Half>(std::abs(given) < std::abs(value) ? h + 1 : h - 1);
  const double other = static_cast<double>(from_half(next));
  return std::min(given, other) < value && value < std::max(given, other);
}

}  // namespace

TEST_CASE("8- and 16-bit integers in storage and arithmetic") {
  const test::DeviceRequest request{
      2, {"storageBuffer8BitAccess", "storageBuffer16BitAccess", "shaderInt8", "shaderInt16"}};
  Builder b({.target = test::target_of(request)});
  const TypeId u8 = b.declare_int(8, false), i8 = b.declare_int(8, true);
  const TypeId u16 = b.declare_int(16, false), i16 = b.declare_int(16, true), i32 = b.declare_int32();
  const ValueId bytes = b.add_storage_array(u8, 0, 0), shorts = b.add_storage_array(i16, 0, 1);
  const ValueId bytes_out = b.add_storage_array(u8, 0, 2), shorts_out = b.add_storage_array(u16, 0, 3);
  const ValueId words_out = b.add_storage_array(i32, 0, 4);
  const FunctionId main = b.begin_function(b.declare_void());
  const ValueId zero = b.constant(0u), i = test::load_x(b, BuiltIn::GlobalInvocationId);
  const ValueId x = b.load_at(bytes, {zero, i}), y = b.load_at(shorts, {zero, i});
  // All of it wraps: 8 bits in 8, 16 in 16.
  const ValueId byte = b.OpISub(b.OpIMul(x, x), b.constant(std::uint8_t{3}));
  b.store_at(bytes_out, {zero, i}, b.OpIAdd(byte, b.OpUConvert(u8, b.OpBitcast(u16, y))));
  b.store_at(shorts_out, {zero, i},
             b.OpIMul(b.OpShiftRightLogical(b.OpBitcast(u16, y), b.constant(2u)), b.OpUConvert(u16, x)));
  const ValueId is_less = b.OpSLessThan(b.OpSConvert(i16, b.OpBitcast(i8, x)), y);
  b.store_at(words_out, {zero, i},
             b.OpIMul(b.OpSConvert(i32, b.OpBitcast(i8, x)),
                      b.OpSelect(is_less, b.OpSConvert(i32, y), b.constant(-7))));
  b.end_function();
  b.add_compute_entry_point(main, "main", 64);
  const test::Ready ready = test::prepare(b, request);
  if (!ready) return;

  constexpr Word n = 1024;
  std::vector<std::uint8_t> x_in(n);
  std::vector<std::int16_t> y_in(n);
  for (Word k = 0; k < n; ++k) {
    x_in[k] = static_cast<std::uint8_t>(k);
    y_in[k] = static_cast<std::int16_t>(k * 40503u >> 3);
  }
  test::VulkanDevice& device = *ready.device;
  test::Buffer &bytes_buffer = device.buffer(n), &shorts_buffer = device.buffer(n * 2),
               &words_buffer = device.buffer(n * 4);
  if (!ready.run(
          {.bindings = {device.buffer(x_in), device.buffer(y_in), bytes_buffer, shorts_buffer, words_buffer},
           .groups = {n / 64, 1, 1}}))
    return;
  const auto byte_out = device.read<std::uint8_t>(bytes_buffer);
  const auto short_out = device.read<std::uint16_t>(shorts_buffer);
  const auto word_out = device.read<std::int32_t>(words_buffer);
  Word wrong = 0;
  for (Word k = 0; k < n; ++k) {
    const std::int32_t y_value = y_in[k], x_signed = static_cast<std::int8_t>(x_in[k]);
    const Word x_value = x_in[k], y_bits = static_cast<std::uint16_t>(y_in[k]);
    wrong += byte_out[k] != static_cast<std::uint8_t>(x_value * x_value - 3 + y_bits);
    wrong += short_out[k] != static_cast<std::uint16_t>((y_bits >> 2) * x_value);
    wrong += word_out[k] != x_signed * (x_signed < y_value ? y_value : -7);
  }
  CHECK(wrong == 0);
}

TEST_CASE("half precision in storage alone, converted to f32 and back") {
  const test::DeviceRequest request{2, {"storageBuffer16BitAccess"}};
  Builder b({.target = test::target_of(request)});
  const TypeId f16 = b.declare_float(16), f32 = b.declare_float(32);
  const ValueId halves = b.add_storage_array(f16, 0, 0), singles_out = b.add_storage_array(f32, 0, 1);
  const ValueId singles = b.add_storage_array(f32, 0, 2), halves_out = b.add_storage_array(f16, 0, 3);
  const FunctionId main = b.begin_function(b.declare_void());
  const ValueId zero = b.constant(0u), i = test::load_x(b, BuiltIn::GlobalInvocationId);
  b.store_at(singles_out, {zero, i}, b.OpFConvert(f32, b.load_at(halves, {zero, i})));
  b.store_at(halves_out, {zero, i}, b.OpFConvert(f16, b.load_at(singles, {zero, i})));
  b.end_function();
  b.add_compute_entry_point(main, "main", 64);
  const test::Ready ready = test::prepare(b, request);
  if (!ready) return;

  std::vector<Half> half_in(0x10000);
  std::vector<float> single_in(0x10000);
  for (Word k = 0; k < 0x10000; ++k) {
    half_in[k] = static_cast<Half>(k);
    // Every exponent that gives a normal half, and bits that a half has no room for.
    const float magnitude =
        std::ldexp(1 + static_cast<float>(k * 7919 % 65536) / 65536, static_cast<int>(k % 29) - 14);
    single_in[k] = k % 2 ? magnitude : -magnitude;
  }
  test::VulkanDevice& device = *ready.device;
  test::Buffer &single_buffer = device.buffer(0x10000 * 4), &half_buffer = device.buffer(0x10000 * 2);
  if (!ready.run({.bindings = {device.buffer(half_in), single_buffer, device.buffer(single_in), half_buffer},
                  .groups = {1024, 1, 1}}))
    return;
  const auto single_out = device.read<float>(single_buffer);
  const auto half_out = device.read<Half>(half_buffer);
  Word wrong_single = 0, wrong_half = 0;
  for (Word k = 0; k < 0x10000; ++k) {
    const float exact = from_half(half_in[k]);
    const bool denormal = (half_in[k] & 0x7C00) == 0;
    // Every half is an f32. A denormal may be flushed, as no float control forbids it.
    const bool good = std::isnan(exact) ? std::isnan(single_out[k])
                                        : single_out[k] == exact || (denormal && single_out[k] == 0);
    wrong_single += !good;
    wrong_half += !is_rounded(half_out[k], static_cast<double>(single_in[k]));
  }
  CHECK(wrong_single == 0);
  CHECK(wrong_half == 0);
}

TEST_CASE("half precision in arithmetic") {
  const test::DeviceRequest request{2, {"storageBuffer16BitAccess", "shaderFloat16"}};
  Builder b({.target = test::target_of(request)});
  const TypeId f16 = b.declare_float(16), vec2 = b.declare_vector(f16, 2);
  const ValueId xs = b.add_storage_array(vec2, 0, 0), ys = b.add_storage_array(vec2, 0, 1);
  const ValueId out = b.add_storage_array(vec2, 0, 2);
  const FunctionId main = b.begin_function(b.declare_void());
  const ValueId zero = b.constant(0u), i = test::load_x(b, BuiltIn::GlobalInvocationId);
  const ValueId half = b.declare_splat(vec2, b.declare_constant(f16, 0x3800));
  const ValueId x = b.load_at(xs, {zero, i}), y = b.load_at(ys, {zero, i});
  b.store_at(out, {zero, i}, b.OpFAdd(b.OpFMul(x, y), half));
  b.end_function();
  b.add_compute_entry_point(main, "main", 64);
  const test::Ready ready = test::prepare(b, request);
  if (!ready) return;

  constexpr Word n = 2048;
  std::vector<Half> x_in(n), y_in(n);
  for (Word k = 0; k < n; ++k) {
    x_in[k] = static_cast<Half>((0x3000 + k * 613 % 0x1800) | (k % 3 ? 0 : 0x8000));  // 1/8 to 8
    y_in[k] = static_cast<Half>(0x3000 + k * 331 % 0x1800);
  }
  test::Buffer& buffer = ready.device->buffer(n * 2);
  if (!ready.run({.bindings = {ready.device->buffer(x_in), ready.device->buffer(y_in), buffer},
                  .groups = {n / 128, 1, 1}}))
    return;
  const auto result = ready.device->read<Half>(buffer);
  Word wrong = 0;
  for (Word k = 0; k < n; ++k) {
    const double product = static_cast<double>(from_half(x_in[k])) * static_cast<double>(from_half(y_in[k])),
                 exact = product + 0.5;
    // Two roundings in whatever direction (or one, if fused), each by at most a unit in the last place, 2⁻¹⁰ of the value;
    // the second may be of a result below the normal halves, whose units are 2⁻²⁴.
    const double u = std::ldexp(1.0, -10);
    const double bound =
        std::abs(product) * u + std::max((std::abs(exact) + std::abs(product) * u) * u, std::ldexp(1.0, -14));
    const bool good = std::abs(static_cast<double>(from_half(result[k])) - exact) <= bound;
    wrong += !good;
  }
  CHECK(wrong == 0);
}

TEST_CASE("64-bit integers") {
  const test::DeviceRequest request{0, {"shaderInt64"}};
  Builder b({.target = test::target_of(request)});
  const TypeId u32 = b.declare_uint32(), u64 = b.declare_int(64, false), i64 = b.declare_int(64, true);
  constexpr Word n = 512, results = 9;
  const ValueId xs = b.add_storage_array(u64, 0, 0), ys = b.add_storage_array(u64, 0, 1);
  const ValueId out = b.add_storage_array(b.declare_array(u64, results), 0, 2);
  const FunctionId main = b.begin_function(b.declare_void());
  const ValueId zero = b.constant(0u), i = test::load_x(b, BuiltIn::GlobalInvocationId);
  const ValueId x = b.load_at(xs, {zero, i}), y = b.load_at(ys, {zero, i});
  const ValueId sx = b.OpBitcast(i64, x), sy = b.OpBitcast(i64, y);
  const ValueId shift = b.OpBitwiseAnd(b.OpUConvert(u32, y), b.constant(63u));
  const ValueId values[results] = {
      b.OpIMul(x, y),
      b.OpISub(b.OpIAdd(x, b.constant(0x123456789ABCDEFu)), y),
      b.OpUDiv(x, y),
      b.OpUMod(x, y),
      b.OpBitcast(u64, b.OpSDiv(sx, sy)),
      b.OpBitcast(u64, b.OpShiftRightArithmetic(sx, shift)),
      b.OpShiftLeftLogical(x, shift),
      b.OpSelect(b.OpSLessThan(sx, sy),
                 b.OpBitcast(u64, b.OpSConvert(i64, b.OpBitcast(b.declare_int32(), shift))),
                 b.OpUConvert(u64, b.OpUConvert(u32, x))),
      b.OpSelect(b.OpULessThan(x, y), b.constant(~std::uint64_t{0}), b.OpNot(x)),
  };
  for (Word k = 0; k < results; ++k) b.store_at(out, {zero, i, b.constant(k)}, values[k]);
  b.end_function();
  b.add_compute_entry_point(main, "main", 64);
  const test::Ready ready = test::prepare(b, request);
  if (!ready) return;

  std::vector<std::uint64_t> x_in(n), y_in(n);
  std::uint64_t state = 1;
  const auto next = [&] { return state = state * 6364136223846793005u + 1442695040888963407u; };
  for (Word k = 0; k < n; ++k) {
    x_in[k] = next() >> k % 64;
    y_in[k] = next() >> k * 7 % 64 | 2;  // no division by zero, nor of the least number by -1
  }
  test::Buffer& buffer = ready.device->buffer(n * results * 8);
  if (!ready.run({.bindings = {ready.device->buffer(x_in), ready.device->buffer(y_in), buffer},
                  .groups = {n / 64, 1, 1}}))
    return;
  const auto result = ready.device->read<std::uint64_t>(buffer);
  std::vector<std::uint64_t> expected;
  for (Word k = 0; k < n; ++k) {
    const std::uint64_t p = x_in[k], q = y_in[k], by = q & 63;
    const auto sp = static_cast<std::int64_t>(p), sq = static_cast<std::int64_t>(q);
    for (const std::uint64_t value :
         {p * q, p + 0x123456789ABCDEFu - q, p / q, p % q,
          sq == -1 ? 0 - p : static_cast<std::uint64_t>(sp / sq), static_cast<std::uint64_t>(sp >> by),
          p << by, sp < sq ? by : p & 0xFFFFFFFFu, p < q ? ~std::uint64_t{0} : ~p})
      expected.push_back(value);
  }
  for (Word k = 0; k < results; ++k) {
    Word wrong = 0;
    for (Word at = k; at < expected.size(); at += results) wrong += result[at] != expected[at];
    CHECK_MESSAGE(wrong == 0, "operation ", k);
  }
}

TEST_CASE("dot products of packed bytes") {
  const test::DeviceRequest request{3, {"shaderIntegerDotProduct"}};
  Builder b({.target = test::target_of(request)});
  const TypeId u32 = b.declare_uint32(), i32 = b.declare_int32();
  constexpr Word n = 1024;
  const ValueId xs = b.add_storage_array(u32, 0, 0), ys = b.add_storage_array(u32, 0, 1);
  const ValueId out = b.add_storage_array(b.declare_vector(i32, 4), 0, 2);
  const FunctionId main = b.begin_function(b.declare_void());
  const ValueId zero = b.constant(0u), i = test::load_x(b, BuiltIn::GlobalInvocationId);
  const ValueId x = b.load_at(xs, {zero, i}), y = b.load_at(ys, {zero, i});
  const auto packed = PackedVectorFormat::PackedVectorFormat4x8Bit;
  const ValueId parts[] = {b.OpSDot(i32, x, y, packed), b.OpBitcast(i32, b.OpUDot(u32, x, y, packed)),
                           b.OpSUDot(i32, x, y, packed),
                           b.OpSDotAccSat(i32, x, y, b.constant(0x7FFFFFFF - 1000), packed)};
  b.store_at(out, {zero, i}, b.OpCompositeConstruct(b.declare_vector(i32, 4), parts));
  b.end_function();
  b.add_compute_entry_point(main, "main", 64);
  const test::Ready ready = test::prepare(b, request);
  if (!ready) return;

  std::vector<Word> x_in(n), y_in(n);
  for (Word k = 0; k < n; ++k) {
    x_in[k] = k * 2654435761u;
    y_in[k] = k * 2246822519u + 77;
  }
  x_in[0] = y_in[0] = 0x80808080;
  x_in[1] = 0x7F7F7F7F;
  test::Buffer& buffer = ready.device->buffer(n * 16);
  if (!ready.run({.bindings = {ready.device->buffer(x_in), ready.device->buffer(y_in), buffer},
                  .groups = {n / 64, 1, 1}}))
    return;
  const auto result = ready.device->read<std::int32_t>(buffer);
  Word wrong[4] = {};
  for (Word k = 0; k < n; ++k) {
    std::int32_t s = 0, u = 0, su = 0;
    for (Word byte = 0; byte < 32; byte += 8) {
      const std::int32_t xu = x_in[k] >> byte & 255, yu = y_in[k] >> byte & 255;
      const std::int32_t xi = xu < 128 ? xu : xu - 256, yi = yu < 128 ? yu : yu - 256;
      s += xi * yi;
      u += xu * yu;
      su += xi * yu;
    }
    const std::int32_t saturated = s > 1000 ? 0x7FFFFFFF : 0x7FFFFFFF - 1000 + s;
    const std::int32_t expected[] = {s, u, su, saturated};
    for (Word part = 0; part < 4; ++part) wrong[part] += result[k * 4 + part] != expected[part];
  }
  CHECK(wrong[0] == 0);
  CHECK(wrong[1] == 0);
  CHECK(wrong[2] == 0);
  CHECK(wrong[3] == 0);
}
