// C = A·B in f32 through device addresses, all row-major, with a tile of registers for each invocation.
#include "fixture.hpp"

#include <cmath>
#include <random>

using namespace airstrip::spirv;

namespace {

const test::DeviceRequest addresses{2, {"bufferDeviceAddress"}};
const test::DeviceRequest addresses_and_int64{2, {"bufferDeviceAddress", "shaderInt64"}};

std::vector<float> random_floats(std::size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<float> values(count);
  for (float& v : values) v = static_cast<float>(static_cast<double>(engine()) / 0x80000000u - 1);
  return values;
}

struct Shape {
  std::uint32_t m, n, k;
};

void multiply(const test::Ready& ready, Shape s, std::uint32_t groups_x, std::uint32_t groups_y) {
  const std::vector<float> a = random_floats(std::size_t{s.m} * s.k, 1),
                           b = random_floats(std::size_t{s.k} * s.n, 2);
  const test::Buffer& a_buffer = ready.device->buffer(a);
  const test::Buffer& b_buffer = ready.device->buffer(b);
  const test::Buffer& c_buffer = ready.device->buffer(std::size_t{s.m} * s.n * sizeof(float));
  const auto push = test::bytes_of(a_buffer.address(), b_buffer.address(), c_buffer.address(), s.m, s.n, s.k);
  if (!ready.run({.push = push, .groups = {groups_x, groups_y, 1}})) return;
  const std::vector<float> c = ready.device->read<float>(c_buffer);
  std::size_t wrong = 0;
  for (std::size_t row = 0; row < s.m; ++row)
    for (std::size_t column = 0; column < s.n; ++column) {
      double sum = 0, magnitude = 0;
      for (std::size_t i = 0; i < s.k; ++i) {
        const double product =
            static_cast<double>(a[row * s.k + i]) * static_cast<double>(b[i * s.n + column]);
        sum += product;
        magnitude += std::abs(product);
      }
      // Each product is rounded at most k times on its way (once itself, k − 1 sums), in whatever order and fused or
      // not: |error| <= γ Σ|a||b|, γ = k·u / (1 − k·u), u = 2⁻²⁴ for rounding to nearest (Higham, 3.1). A device may round
      // in another direction, which doubles u.
      const double ku = s.k * std::ldexp(1.0, -23);
      const bool good =
          std::abs(static_cast<double>(c[row * s.n + column]) - sum) <= ku / (1 - ku) * magnitude;
      wrong += !good;  // a NaN is not good
    }
  CHECK(wrong == 0);
}

// Pointers in the push constants, 4 rows × 2 columns an invocation, any shape: indices are clamped for loads, and stores
// guarded.
void emit_with_pointers(Builder& b) {
  constexpr std::uint32_t width = 16, rows = 4, columns = 2;
  const TypeId u32 = b.declare_uint32(), f32 = b.declare_float(32);
  const StructMember data[] = {{.type = b.declare_runtime_array(f32, LayoutRule::Std430), .name = "data"}};
  const TypeId block = b.declare_struct(data, LayoutRule::Std430, BlockKind::Storage);
  const TypeId pointer = b.declare_pointer(StorageClass::PhysicalStorageBuffer, block);
  const ValueId push =
      b.add_push_constants(b.declare_struct({pointer, pointer, pointer, u32, u32, u32}), "arguments");
  const ValueId zero = b.constant(0u), one = b.constant(1u);

  const FunctionId main = b.begin_function(b.declare_void());
  const auto argument = [&](std::uint32_t i) { return b.load_at(push, {b.constant(i)}); };
  const ValueId a = argument(0), bb = argument(1), c = argument(2), m = argument(3), n = argument(4),
                k = argument(5);
  const ValueId group = b.OpLoad(b.declare_builtin_uvec3(BuiltIn::WorkgroupId));
  const ValueId lane = test::load_x(b, BuiltIn::LocalInvocationId);
  ValueId row[rows], row_clamped[rows], column[columns], column_clamped[columns];
  for (std::uint32_t r = 0; r < rows; ++r) {
    row[r] = b.OpIAdd(b.OpIMul(b.OpCompositeExtract(group, {1}), b.constant(rows)), b.constant(r));
    row_clamped[r] = b.OpIMul(b.glsl(GLSLstd450::UMin, {row[r], b.OpISub(m, one)}), k);
  }
  for (std::uint32_t q = 0; q < columns; ++q) {
    const ValueId first = b.OpIMul(b.OpCompositeExtract(group, {0}), b.constant(width * columns));
    column[q] = b.OpIAdd(b.OpIAdd(first, lane), b.constant(q * width));
    column_clamped[q] = b.glsl(GLSLstd450::UMin, {column[q], b.OpISub(n, one)});
  }
  std::vector<ValueId> initial(1 + rows * columns, b.constant(0.0f));
  initial[0] = zero;
  std::vector<ValueId> sums(initial.size());
  b.loop(initial, [&](Loop& loop) {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = loop[i];
    const ValueId i = sums[0];
    loop.break_if(b.OpUGreaterThanEqual(i, k));
    std::vector<ValueId> next(sums.size());
    next[0] = b.OpIAdd(i, one);
    ValueId right[columns];
    for (std::uint32_t q = 0; q < columns; ++q)
      right[q] = b.load_at(bb, {zero, b.OpIAdd(b.OpIMul(i, n), column_clamped[q])});
    for (std::uint32_t r = 0; r < rows; ++r) {
      const ValueId left = b.load_at(a, {zero, b.OpIAdd(row_clamped[r], i)});
      for (std::uint32_t q = 0; q < columns; ++q) {
        const std::size_t at = 1 + r * columns + q;
        next[at] = b.OpFAdd(sums[at], b.OpFMul(left, right[q]));
      }
    }
    loop.continue_(next);
  });
  for (std::uint32_t r = 0; r < rows; ++r)
    for (std::uint32_t q = 0; q < columns; ++q)
      b.if_(b.OpLogicalAnd(b.OpULessThan(row[r], m), b.OpULessThan(column[q], n)), [&] {
        b.store_at(c, {zero, b.OpIAdd(b.OpIMul(row[r], n), column[q])}, sums[1 + r * columns + q]);
      });
  b.end_function();
  b.add_compute_entry_point(main, "main", width);
}

// Addresses as 64-bit integers, turned into pointers to vectors; 4 rows × 4 columns an invocation. M a multiple of 4, N
// of 32.
void emit_with_integers(Builder& b) {
  constexpr std::uint32_t width = 8, rows = 4;
  const TypeId u32 = b.declare_uint32(), u64 = b.declare_int(64, false), f32 = b.declare_float(32);
  const TypeId vec4 = b.declare_vector(f32, 4);
  const TypeId to_f32 = b.declare_pointer(StorageClass::PhysicalStorageBuffer, f32);
  const TypeId to_vec4 = b.declare_pointer(StorageClass::PhysicalStorageBuffer, vec4);
  const ValueId push = b.add_push_constants(b.declare_struct({u64, u64, u64, u32, u32, u32}), "arguments");

  const FunctionId main = b.begin_function(b.declare_void());
  const auto argument = [&](std::uint32_t i) { return b.load_at(push, {b.constant(i)}); };
  const ValueId a = argument(0), bb = argument(1), c = argument(2), n = argument(4), k = argument(5);
  const auto element = [&](TypeId pointer, ValueId base, ValueId index) {
    const ValueId offset = b.OpIMul(b.OpUConvert(u64, index), b.constant(std::uint64_t{4}));
    return b.OpConvertUToPtr(pointer, b.OpIAdd(base, offset));
  };
  const ValueId group = b.OpLoad(b.declare_builtin_uvec3(BuiltIn::WorkgroupId));
  const ValueId row = b.OpIMul(b.OpCompositeExtract(group, {1}), b.constant(rows));
  const ValueId column = b.OpIMul(test::load_x(b, BuiltIn::GlobalInvocationId), b.constant(4u));
  std::vector<ValueId> initial(1 + rows, b.declare_splat(vec4, b.constant(0.0f)));
  initial[0] = b.constant(0u);
  std::vector<ValueId> sums(initial.size());
  b.loop(initial, [&](Loop& loop) {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = loop[i];
    const ValueId i = sums[0];
    loop.break_if(b.OpUGreaterThanEqual(i, k));
    std::vector<ValueId> next(sums.size());
    next[0] = b.OpIAdd(i, b.constant(1u));
    const ValueId right = b.OpLoad(element(to_vec4, bb, b.OpIAdd(b.OpIMul(i, n), column)));
    for (std::uint32_t r = 0; r < rows; ++r) {
      const ValueId at = b.OpIAdd(b.OpIMul(b.OpIAdd(row, b.constant(r)), k), i);
      const ValueId left = b.OpLoad(element(to_f32, a, at));
      next[1 + r] = b.OpFAdd(sums[1 + r], b.OpVectorTimesScalar(right, left));
    }
    loop.continue_(next);
  });
  for (std::uint32_t r = 0; r < rows; ++r) {
    const ValueId at = b.OpIAdd(b.OpIMul(b.OpIAdd(row, b.constant(r)), n), column);
    b.OpStore(element(to_vec4, c, at), sums[1 + r]);
  }
  b.end_function();
  b.add_compute_entry_point(main, "main", width);
}

}  // namespace

TEST_CASE("matmul through device addresses, pointers in the push constants") {
  Builder b({.target = test::target_of(addresses), .addressing = AddressingModel::PhysicalStorageBuffer64});
  emit_with_pointers(b);
  const test::Ready ready = test::prepare(b, addresses);
  if (!ready) return;
  multiply(ready, {128, 96, 64}, 3, 32);
  multiply(ready, {37, 53, 29}, 2, 10);
  multiply(ready, {1, 1, 1}, 1, 1);
}

TEST_CASE("matmul through device addresses, integers turned into pointers to vectors") {
  Builder b({.target = test::target_of(addresses_and_int64),
             .addressing = AddressingModel::PhysicalStorageBuffer64});
  emit_with_integers(b);
  const test::Ready ready = test::prepare(b, addresses_and_int64);
  if (!ready) return;
  multiply(ready, {128, 96, 64}, 3, 32);
  multiply(ready, {4, 32, 1000}, 1, 1);
}
