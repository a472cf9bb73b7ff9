// C = A·B with cooperative matrices of halves, summed in f32, of a shape that the device has.
#include "fixture.hpp"

using namespace airstrip::spirv;

namespace {

using Word = std::uint32_t;

const test::DeviceRequest request{
    3,
    {"storageBuffer16BitAccess", "shaderFloat16", "vulkanMemoryModel", "cooperativeMatrix"},
    test::subgroup_basic};

// One tile of C a workgroup, which is one subgroup.
void emit(Builder& b, const test::CooperativeShape& shape, Word subgroup) {
  const TypeId u32 = b.declare_uint32(), f16 = b.declare_float(16), f32 = b.declare_float(32);
  const TypeId left =
      b.declare_cooperative_matrix(f16, Scope::Subgroup, shape.m, shape.k, CooperativeMatrixUse::MatrixAKHR);
  const TypeId right =
      b.declare_cooperative_matrix(f16, Scope::Subgroup, shape.k, shape.n, CooperativeMatrixUse::MatrixBKHR);
  const TypeId sum = b.declare_cooperative_matrix(f32, Scope::Subgroup, shape.m, shape.n,
                                                  CooperativeMatrixUse::MatrixAccumulatorKHR);
  const ValueId a = b.add_storage_array(f16, 0, 0), bb = b.add_storage_array(f16, 0, 1);
  const ValueId c = b.add_storage_array(f32, 0, 2);
  const ValueId push = b.add_push_constants(b.declare_struct({u32, u32}));
  const ValueId zero = b.constant(0u),
                row_major = b.constant(static_cast<Word>(CooperativeMatrixLayout::RowMajorKHR));
  const FunctionId main = b.begin_function(b.declare_void());
  const ValueId n = b.load_at(push, {zero}), k = b.load_at(push, {b.constant(1u)});
  const ValueId group = b.OpLoad(b.declare_builtin_uvec3(BuiltIn::WorkgroupId));
  const ValueId column = b.OpIMul(b.OpCompositeExtract(group, {0}), b.constant(shape.n));
  const ValueId row = b.OpIMul(b.OpCompositeExtract(group, {1}), b.constant(shape.m));
  ValueId total;
  b.loop({zero, b.declare_null(sum)}, [&](Loop& loop) {
    const ValueId i = loop[0];
    total = loop[1];
    loop.break_if(b.OpUGreaterThanEqual(i, k));
    const ValueId from_a = b.OpAccessChain(a, {zero, b.OpIAdd(b.OpIMul(row, k), i)});
    const ValueId from_b = b.OpAccessChain(bb, {zero, b.OpIAdd(b.OpIMul(i, n), column)});
    const ValueId x = b.OpCooperativeMatrixLoadKHR(left, from_a, row_major, k);
    const ValueId y = b.OpCooperativeMatrixLoadKHR(right, from_b, row_major, n);
    loop.continue_({b.OpIAdd(i, b.constant(shape.k)), b.OpCooperativeMatrixMulAddKHR(x, y, total)});
  });
  b.OpCooperativeMatrixStoreKHR(b.OpAccessChain(c, {zero, b.OpIAdd(b.OpIMul(row, n), column)}), total,
                                row_major, n);
  b.end_function();
  b.add_compute_entry_point(main, "main", subgroup);
}

// Whole numbers from -7 to 7 as halves.
std::uint16_t half(int value) {
  std::uint16_t bits = 0;
  const int magnitude = value < 0 ? -value : value;
  for (int exponent = 0; exponent < 3; ++exponent)
    if (magnitude >> exponent == 1)
      bits = static_cast<std::uint16_t>((15 + exponent) << 10 | (magnitude << (10 - exponent) & 1023));
  return static_cast<std::uint16_t>(bits | (value < 0 ? 0x8000 : 0));
}

}  // namespace

TEST_CASE("cooperative matrices of f16, summed in f32") {
  std::string reason;
  const auto device = test::VulkanDevice::open(request, reason);
  if (!device) return test::skip(reason.c_str());
  test::CooperativeShape shape{};
  for (const test::CooperativeShape& known : device->cooperative_shapes())
    if (known.a == 0 && known.b == 0 && known.c == 1 && known.result == 1)
      shape = known;  // 0: FLOAT16, 1: FLOAT32
  if (shape.m == 0)
    return test::skip((device->name() + " has no cooperative matrix of f16 summed in f32").c_str());
  if (device->name().find("llvmpipe") != std::string::npos && device->subgroup_size() != 8)
    return test::skip("llvmpipe's cooperative matrices crash where subgroups are not 8 wide");

  Builder b({.target = test::target_of(request), .memory_model = MemoryModel::Vulkan});
  emit(b, shape, device->subgroup_size());
  const test::Ready ready = test::prepare(b, request, 20241);
  if (!ready) return;
  const Word m = shape.m * 3, n = shape.n * 2, k = shape.k * 5;
  std::vector<std::uint16_t> x(m * k), y(k * n);
  std::vector<float> expected(m * n);
  const auto x_at = [](Word i) { return static_cast<int>(i * 37 % 15) - 7; };
  const auto y_at = [](Word i) { return static_cast<int>(i * 23 % 13) - 6; };
  for (Word i = 0; i < x.size(); ++i) x[i] = half(x_at(i));
  for (Word i = 0; i < y.size(); ++i) y[i] = half(y_at(i));
  for (Word r = 0; r < m; ++r)
    for (Word q = 0; q < n; ++q) {
      int sum = 0;
      for (Word i = 0; i < k; ++i) sum += x_at(r * k + i) * y_at(i * n + q);
      expected[r * n + q] = static_cast<float>(sum);  // whole numbers: exact in f32, in any order
    }
  test::Buffer& c = ready.device->buffer(m * n * sizeof(float));
  if (!ready.run({.bindings = {ready.device->buffer(x), ready.device->buffer(y), c},
                  .push = test::bytes_of(n, k),
                  .groups = {2, 3, 1}}))
    return;
  CHECK(ready.device->read<float>(c) == expected);
}
