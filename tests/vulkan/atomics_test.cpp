// A histogram with atomics in workgroup memory and in a buffer, and a sum of floats by compare and exchange.
#include "fixture.hpp"

using namespace airstrip::spirv;

namespace {

using Word = std::uint32_t;
constexpr Word bins = 32, width = 64, groups = 16;

void histogram(unsigned minor) {
  const test::DeviceRequest request{minor};
  Builder b({.target = test::target_of(request)});
  const TypeId u32 = b.declare_uint32(), f32 = b.declare_float(32);
  const ValueId in = b.add_storage_array(u32, 0, 0);
  // Bins, then the least, the greatest, all exclusive-ored, the last that was exchanged, the sum as f32.
  const ValueId out = b.add_storage_array(u32, 0, 1);
  const ValueId local_bins = b.add_workgroup_variable(b.declare_array(u32, bins), "bins");
  const FunctionId main = b.begin_function(b.declare_void());
  const ValueId zero = b.constant(0u), one = b.constant(1u);
  const ValueId local = test::load_x(b, BuiltIn::LocalInvocationId);
  const ValueId global = test::load_x(b, BuiltIn::GlobalInvocationId);
  const auto barrier = [&] {
    b.OpControlBarrier(Scope::Workgroup, Scope::Workgroup,
                       MemorySemantics::AcquireRelease | MemorySemantics::WorkgroupMemory);
  };
  const auto relaxed = MemorySemantics::Relaxed;
  const ValueId is_bin = b.OpULessThan(local, b.constant(bins));
  b.if_(is_bin, [&] { b.store_at(local_bins, {local}, zero); });
  barrier();
  const ValueId x = b.load_at(in, {zero, global});
  b.OpAtomicIAdd(b.OpAccessChain(local_bins, {b.OpUMod(x, b.constant(bins))}), Scope::Workgroup, relaxed,
                 one);
  barrier();
  b.if_(is_bin, [&] {
    const ValueId count = b.OpAtomicLoad(b.OpAccessChain(local_bins, {local}), Scope::Workgroup, relaxed);
    b.OpAtomicIAdd(b.OpAccessChain(out, {zero, local}), Scope::Device, relaxed, count);
  });
  const auto element = [&](Word i) { return b.OpAccessChain(out, {zero, b.constant(bins + i)}); };
  b.OpAtomicUMin(element(0), Scope::Device, relaxed, x);
  b.OpAtomicUMax(element(1), Scope::Device, relaxed, x);
  b.OpAtomicXor(element(2), Scope::Device, relaxed, x);
  b.OpAtomicExchange(element(3), Scope::Device, relaxed, x);
  b.if_(is_bin, [&] {
    const ValueId sum = element(4);
    b.loop({b.OpAtomicLoad(sum, Scope::Device, relaxed)}, [&](Loop& loop) {
      const ValueId seen = loop[0];
      const ValueId wanted = b.OpBitcast(u32, b.OpFAdd(b.OpBitcast(f32, seen), b.OpConvertUToF(f32, local)));
      const ValueId was = b.OpAtomicCompareExchange(sum, Scope::Device, relaxed, relaxed, wanted, seen);
      loop.break_if(b.OpIEqual(was, seen));
      loop.continue_({was});
    });
  });
  b.end_function();
  b.add_compute_entry_point(main, "main", width);
  const test::Ready ready = test::prepare(b, request);
  if (!ready) return;

  std::vector<Word> values(width * groups), expected(bins + 3), start(bins + 5);
  expected[bins] = start[bins] = ~0u;
  for (Word i = 0; i < values.size(); ++i) {
    const Word v = values[i] = i * 2654435761u >> 7;
    ++expected[v % bins];
    expected[bins] = v < expected[bins] ? v : expected[bins];
    expected[bins + 1] = v > expected[bins + 1] ? v : expected[bins + 1];
    expected[bins + 2] ^= v;
  }
  test::Buffer& buffer = ready.device->buffer(start);
  if (!ready.run({.bindings = {ready.device->buffer(values), buffer}, .groups = {groups, 1, 1}})) return;
  const auto result = ready.device->read<Word>(buffer);
  CHECK(std::vector<Word>(result.begin(), result.end() - 2) == expected);
  Word known = 0;
  for (const Word v : values) known += v == result[bins + 3];
  CHECK(known != 0);
  float sum;
  std::memcpy(&sum, &result[bins + 4], sizeof sum);
  CHECK(sum ==
        static_cast<float>(groups * bins * (bins - 1) / 2));  // whole numbers below 2²⁴: exact in any order
}

}  // namespace

TEST_CASE("atomics, Vulkan 1.0") { histogram(0); }
TEST_CASE("atomics, Vulkan 1.3") { histogram(3); }
