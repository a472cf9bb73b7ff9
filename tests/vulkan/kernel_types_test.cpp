// Numbers of 8, 16 and 64 bits: native where the device has them, and legalised for a Vulkan 1.1 without any feature.
#include "check_kernel.hpp"

#include <cmath>

using namespace airstrip::kernel;

namespace {

constexpr u32 count = 256;

KernelOptions exact() {
  KernelOptions options;
  options.workgroup = {32};
  options.floats.contraction = false;
  return options;
}

// All bits alike likely: every 8th number is small.
template <class T>
std::vector<T> numbers(unsigned seed) {
  std::vector<T> list(count);
  std::uint64_t state = seed;
  for (u32 i = 0; i < count; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;  // Knuth's MMIX
    const std::uint64_t bits = (state ^ state >> 29) >> (i % 8 == 0 ? 40 : 0);
    std::memcpy(&list[i], &bits, sizeof(T));
    if (i % 32 == 5) std::memset(&list[i], 0xFF, sizeof(T));
    if (i % 32 == 6) std::memset(&list[i], 0, sizeof(T));
  }
  return list;
}
// Halves from 2^-6 to 2^6 of both signs, whose products and sums are neither denormal nor infinite.
std::vector<f16> halves(unsigned seed) {
  std::vector<f16> list(count);
  for (u32 i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    list[i] = f16(std::ldexp(1024 + static_cast<double>(seed >> 22), static_cast<int>(seed >> 8 & 7) - 14) *
                  ((seed & 128) != 0 ? -1 : 1));
  }
  return list;
}

// False: the test case has failed, or says that it was skipped.
bool check_native_and_legalised(const Kernel& kernel, const test::Given& given,
                                const std::vector<const char*>& features) {
  if (!check_kernel(kernel, given, {1})) return false;
  if (!check_kernel(kernel, given, {1}, {.passes = PassOptions::none()})) return false;
  // Each feature left out by itself: arithmetic without storage, storage without arithmetic.
  for (std::size_t i = 0; i <= features.size(); ++i) {
    std::vector<const char*> some = features;
    if (i < features.size()) some.erase(some.begin() + static_cast<std::ptrdiff_t>(i));
    if (!check_kernel(kernel, given, {3, some})) return false;
  }
  return true;
}

// Every operation of integers, on one type: `out` has them one after the other for each invocation.
template <class T>
bool check_integers(const std::vector<const char*>& features) {
  const Kernel kernel = make_kernel("integers", exact(), [](KernelBuilder& k) {
    const auto a = k.input<T>("a");
    const auto b = k.input<T>("b");
    const auto out = k.output<T>("out");
    const auto words = k.output<u32>("words");
    const auto i = k.global_id().x;
    const auto x = a[i].value(), y = b[i].value();
    u32 slot = 0;
    const auto put = [&](const Value<T>& value) { out[i * 24 + slot++] = value; };
    put(x + y);
    put(x - y);
    put(x * y);
    put(-x);
    put(~x);
    put(x & y);
    put(x | y);
    put(x ^ y);
    const T width = sizeof(T) * 8;
    put(x << (y & static_cast<T>(width - 1)));
    put(x >> (y & static_cast<T>(width - 1)));
    put(min(x, y));
    put(max(x, y));
    put(clamp(x, 3, 100));
    // Not by zero, nor the least number by -1.
    const auto divisor = select(y == 0 || y == static_cast<T>(-1), 7, y);
    put(x / divisor);
    put(x % divisor);
    put(mod(x, divisor));
    put(x / 10);
    put(x % 7);
    put(select(x < y, x, y + 1));
    put(convert<T>(convert<f32>(x & 127) * 0.5f));
    if constexpr (std::is_signed_v<T>) {
      put(abs(x));
      put(sign(x));
    }
    const auto word = k.var<u32>(convert<u32>(x));
    k.if_(x == y, [&] { word += 1; });
    k.if_(x <= y, [&] { word ^= 0x5500; });
    k.if_(convert<bool>(x), [&] { word *= 3; });
    words[i] = word + convert<u32>(convert<i32>(y)) + bitcast<u32>(convert<f32>(x));
  });
  test::Given given;
  given.buffer("a", numbers<T>(1)).buffer("b", numbers<T>(2)).buffer("out", std::vector<T>(count * 24));
  given.buffer("words", std::vector<u32>(count)).workgroups(count / 32);
  return check_native_and_legalised(kernel, given, features);
}

}  // namespace

TEST_CASE("kernel types: 8-bit integers") {
  if (check_integers<u8>({"shaderInt8", "storageBuffer8BitAccess"}))
    check_integers<i8>({"shaderInt8", "storageBuffer8BitAccess"});
}
TEST_CASE("kernel types: 16-bit integers") {
  if (check_integers<u16>({"shaderInt16", "storageBuffer16BitAccess"}))
    check_integers<i16>({"shaderInt16", "storageBuffer16BitAccess"});
}
TEST_CASE("kernel types: 64-bit integers") {
  if (check_integers<u64>({"shaderInt64"})) check_integers<i64>({"shaderInt64"});
}

TEST_CASE("kernel types: half precision, rounded to nearest even by each operation") {
  const Kernel kernel = make_kernel("halves", exact(), [](KernelBuilder& k) {
    const auto a = k.input<f16>("a");
    const auto b = k.input<f16>("b");
    const auto out = k.output<f16>("out");
    const auto floats = k.output<f32>("floats");
    const auto i = k.global_id().x;
    const auto x = a[i].value(), y = b[i].value();
    u32 slot = 0;
    const auto put = [&](const Value<f16>& value) { out[i * 12 + slot++] = value; };
    put(x + y);
    put(x - y);
    put(x * y);
    put(-x);
    put(abs(x));
    put(min(x, y));
    put(max(x, y));
    put(floor(x));
    put(select(x < y, x, y));
    put(convert<f16>(convert<f32>(x) * convert<f32>(y) + 0.1f));
    put(convert<f16>(convert<i32>(x) + 3));
    put(x * y + x);
    floats[i] = convert<f32>(x) + convert<f32>(x * y);
  });
  test::Given given;
  given.buffer("a", halves(1)).buffer("b", halves(2)).buffer("out", std::vector<f16>(count * 12));
  given.buffer("floats", std::vector<f32>(count)).workgroups(count / 32);
  check_native_and_legalised(kernel, given, {"shaderFloat16", "storageBuffer16BitAccess"});
}

TEST_CASE("kernel types: bfloat16, legalised") {
  const Kernel kernel = make_kernel("brain floats", exact(), [](KernelBuilder& k) {
    const auto a = k.input<bf16>("a");
    const auto out = k.output<bf16>("out");
    const auto i = k.global_id().x;
    const auto x = convert<f32>(a[i]);
    out[i] = convert<bf16>(x * x + 0.37f);
  });
  std::vector<bf16> a(count);
  for (u32 i = 0; i < count; ++i) a[i] = bf16(static_cast<double>(i) * 0.173 - 11);
  test::Given given;
  given.buffer("a", a).buffer("out", std::vector<bf16>(count)).workgroups(count / 32);
  check_native_and_legalised(kernel, given, {"storageBuffer16BitAccess"});
}

TEST_CASE("kernel types: double precision, native") {
  const Kernel kernel = make_kernel("doubles", exact(), [](KernelBuilder& k) {
    const auto a = k.input<f64>("a");
    const auto out = k.output<f64>("out");
    const auto narrow = k.output<f32>("narrow");
    const auto i = k.global_id().x;
    const auto x = a[i].value();
    const auto sum = k.var<f64>(x * 1.1 + 0.1);
    k.for_range<u32>(0, 5, 1, [&](Value<u32> j) { sum = sum * x - convert<f64>(j); });
    out[i] = select(sum < x, sum, floor(sum));
    // Not widened again: Mesa 26 makes x of that, though OpFConvert is correctly rounded.
    narrow[i] = convert<f32>(x);
  });
  std::vector<f64> a(count);
  for (u32 i = 0; i < count; ++i) a[i] = static_cast<double>(i) / 77 - 1.7;
  test::Given given;
  given.buffer("a", a).buffer("out", std::vector<f64>(count));
  given.buffer("narrow", std::vector<f32>(count)).workgroups(count / 32);
  check_kernel(kernel, given, {1, {"shaderFloat64"}});
}

TEST_CASE("kernel types: vectors of narrow numbers, bytes that neighbours store") {
  const Kernel kernel = make_kernel("pixels", exact(), [](KernelBuilder& k) {
    const auto in = k.input<u8x4>("in");
    const auto grey = k.output<u8>("grey");
    const auto swapped = k.output<u8x4>("swapped");
    const auto shorts = k.inout<i16x2>("shorts");
    const auto i = k.global_id().x;
    const auto pixel = convert<u32x4>(in[i]);
    grey[i] = convert<u8>((pixel.x * 77 + pixel.y * 150 + pixel.z * 29 + 128) >> 8);
    swapped[i] = swizzle<2, 1, 0, 3>(in[i].value());
    shorts[i] = shorts[i] * convert<i16x2>(swizzle<0, 1>(pixel)) - 5;
  });
  test::Given given;
  given.buffer("in", numbers<u32>(3)).buffer("grey", std::vector<u8>(count));
  given.buffer("swapped", std::vector<u32>(count)).buffer("shorts", numbers<u32>(4)).workgroups(count / 32);
  check_native_and_legalised(
      kernel, given, {"shaderInt8", "storageBuffer8BitAccess", "shaderInt16", "storageBuffer16BitAccess"});
}

TEST_CASE("kernel types: dot products of packed bytes, native and legalised; bit operations") {
  const Kernel kernel = make_kernel("bits", exact(), [](KernelBuilder& k) {
    const auto a = k.input<u32>("a");
    const auto b = k.input<u32>("b");
    const auto out = k.output<u32>("out");
    const auto i = k.global_id().x;
    const auto x = a[i].value(), y = b[i].value();
    u32 slot = 0;
    const auto put = [&](const Value<u32>& value) { out[i * 16 + slot++] = value; };
    put(dot_packed_unsigned(x, y));
    put(bitcast<u32>(dot_packed_signed(x, y)));
    put(bitcast<u32>(dot_packed_mixed(x, y)));
    put(dot_packed_unsigned_accumulate(x, y, y | 0xFFFF0000u));
    put(bit_count(x));
    put(bit_reverse(x));
    put(find_lsb(x));
    put(find_msb(x));
    put(bitcast<u32>(find_msb(bitcast<i32>(x))));
    put(bit_field_extract(x, y & 15, 11));
    put(bitcast<u32>(bit_field_extract(bitcast<i32>(x), y & 15, 9)));
    put(bit_field_insert(x, y, 5, x & 15));
    put(mul_high(x, y));
    put(bitcast<u32>(mul_high(bitcast<i32>(x), bitcast<i32>(y))));
    put(add_carry(x, y));
    put(sub_borrow(x, y));
  });
  test::Given given;
  given.buffer("a", numbers<u32>(5)).buffer("b", numbers<u32>(6)).buffer("out", std::vector<u32>(count * 16));
  given.workgroups(count / 32);
  check_native_and_legalised(kernel, given, {"shaderIntegerDotProduct"});
}
