// y = a·x + y over storage buffers, with push constants and a guard, for each version of Vulkan.
#include "fixture.hpp"

using namespace airstrip::spirv;

namespace {

void saxpy(unsigned minor) {
  const test::DeviceRequest request{minor};
  Builder b({.target = test::target_of(request)});
  const TypeId u32 = b.declare_uint32(), f32 = b.declare_float(32);
  const TypeId parameters = b.declare_struct({u32, f32});
  const ValueId x = b.add_storage_array(f32, 0, 0, "x");
  const ValueId y = b.add_storage_array(f32, 0, 1, "y");
  const ValueId push = b.add_push_constants(parameters, "parameters");
  const ValueId id = b.declare_builtin_uvec3(BuiltIn::GlobalInvocationId);

  const FunctionId main = b.begin_function(b.declare_void());
  const ValueId zero = b.constant(0u);
  const ValueId i = b.OpCompositeExtract(b.OpLoad(id), {0});
  const ValueId n = b.load_at(push, {zero});
  b.if_(b.OpULessThan(i, n), [&] {
    const ValueId a = b.load_at(push, {b.constant(1u)});
    const ValueId product = b.OpFMul(a, b.load_at(x, {zero, i}));
    b.decorate(product, operand::Decoration(Decoration::NoContraction));
    const ValueId sum = b.OpFAdd(product, b.load_at(y, {zero, i}));
    b.decorate(sum, operand::Decoration(Decoration::NoContraction));
    b.store_at(y, {zero, i}, sum);
  });
  b.end_function();
  b.add_compute_entry_point(main, "main", 64);

  const test::Ready ready = test::prepare(b, request);
  if (!ready) return;
  // One workgroup more than n needs; the last elements of the buffers are not to be touched.
  constexpr std::uint32_t n_used = 1000, n_buffer = 1020;
  const float a_value = 1.5f;
  std::vector<float> x_values(n_buffer), y_values(n_buffer);
  for (std::uint32_t k = 0; k < n_buffer; ++k) {
    x_values[k] = static_cast<float>(k) * 0.3f - 100;
    y_values[k] = static_cast<float>(k * k % 977) * 0.7f;
  }
  test::Buffer& x_buffer = ready.device->buffer(x_values);
  test::Buffer& y_buffer = ready.device->buffer(y_values);
  if (!ready.run(
          {.bindings = {x_buffer, y_buffer}, .push = test::bytes_of(n_used, a_value), .groups = {17, 1, 1}}))
    return;
  const std::vector<float> result = ready.device->read<float>(y_buffer);
  std::uint32_t wrong = 0;
  for (std::uint32_t k = 0; k < n_buffer; ++k) {
    // NoContraction, and numbers that are normal or zero: every implementation must round as the host does.
    const volatile float product = a_value * x_values[k];
    const float expected = k < n_used ? product + y_values[k] : y_values[k];
    wrong += result[k] != expected;
  }
  CHECK(wrong == 0);
  CHECK(ready.device->read<float>(x_buffer) == x_values);
}

}  // namespace

TEST_CASE("saxpy runs on Vulkan 1.0, where a storage buffer is Uniform and BufferBlock") { saxpy(0); }
TEST_CASE("saxpy runs on Vulkan 1.1") { saxpy(1); }
TEST_CASE("saxpy runs on Vulkan 1.2") { saxpy(2); }
TEST_CASE("saxpy runs on Vulkan 1.3") { saxpy(3); }
