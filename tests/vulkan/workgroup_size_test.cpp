// The three ways in which a module states its workgroup size, with specialisation constants where they take them. The
// size is measured by the invocations that run, not by what the module says of itself.
#include "fixture.hpp"

using namespace airstrip::spirv;

namespace {

using Word = std::uint32_t;
struct Size {
  Word x, y, z;
};

// result: number of invocations, largest LocalInvocationId plus 1 in x, y and z, the size as constants, and the sum of what
// the invocations left in workgroup memory that is as long as the size.
struct Emit {
  Builder& b;
  TypeId u32 = b.declare_uint32();
  ValueId result = b.add_storage_array(u32, 0, 0);

  FunctionId main(ValueId x, ValueId y, ValueId z) {
    const ValueId length = b.spec_op(Op::OpIMul, {b.spec_op(Op::OpIMul, {x, y}), z});
    const ValueId shared = b.add_workgroup_variable(b.declare_array(u32, length), "shared");
    const FunctionId main = b.begin_function(b.declare_void());
    const ValueId id = b.OpLoad(b.declare_builtin_uvec3(BuiltIn::LocalInvocationId));
    const ValueId index = b.OpLoad(b.declare_builtin(BuiltIn::LocalInvocationIndex, u32));
    const ValueId zero = b.constant(0u), one = b.constant(1u);
    const auto element = [&](Word i) { return b.OpAccessChain(result, {zero, b.constant(i)}); };
    b.OpAtomicIAdd(element(0), Scope::Device, MemorySemantics::Relaxed, one);
    for (Word i = 0; i < 3; ++i)
      b.OpAtomicUMax(element(1 + i), Scope::Device, MemorySemantics::Relaxed,
                     b.OpIAdd(b.OpCompositeExtract(id, {i}), one));
    b.store_at(shared, {index}, b.OpIAdd(index, one));
    b.OpControlBarrier(Scope::Workgroup, Scope::Workgroup,
                       MemorySemantics::AcquireRelease | MemorySemantics::WorkgroupMemory);
    b.if_(b.OpIEqual(index, zero), [&] {
      b.OpStore(element(4), x);
      b.OpStore(element(5), y);
      b.OpStore(element(6), z);
      ValueId sum;
      b.loop({zero, zero}, [&](Loop& loop) {
        sum = loop[1];
        loop.break_if(b.OpUGreaterThanEqual(loop[0], length));
        loop.continue_({b.OpIAdd(loop[0], one), b.OpIAdd(sum, b.load_at(shared, {loop[0]}))});
      });
      b.OpStore(element(7), sum);
    });
    b.end_function();
    return main;
  }
};

void measure(const test::Ready& ready, Size size, const std::vector<std::pair<Word, Word>>& constants = {}) {
  test::Buffer& buffer = ready.device->buffer(std::vector<Word>(8));
  if (!ready.run({.bindings = {buffer}, .constants = constants})) return;
  const Word count = size.x * size.y * size.z;
  CHECK(ready.device->read<Word>(buffer) ==
        std::vector<Word>{count, size.x, size.y, size.z, size.x, size.y, size.z, count * (count + 1) / 2});
}

const std::vector<std::pair<Word, Word>> five_by_three_by_two = {{10, 5}, {11, 3}, {12, 2}};

bool contains(airstrip::Span<const Word> words, Op op) {
  for (std::size_t at = header_words; at < words.size() && words[at] >> 16 != 0; at += words[at] >> 16)
    if ((words[at] & 0xFFFF) == static_cast<Word>(op)) return true;
  return false;
}

// What the builder chooses for specialisation constants: LocalSizeId, else the built-in WorkgroupSize.
void by_builder(const test::DeviceRequest& request, bool by_id) {
  Builder b({.target = test::target_of(request)});
  const ValueId x = b.add_spec_constant(10, 8u), y = b.add_spec_constant(11, 4u),
                z = b.add_spec_constant(12, 1u);
  const FunctionId main = Emit{b}.main(x, y, z);
  b.add_compute_entry_point(main, "main", x, y, z);
  const test::Ready ready = test::prepare(b, request);
  if (!ready) return;
  CHECK(contains(ready.module.words(), Op::OpExecutionModeId) == by_id);
  measure(ready, {8, 4, 1});
  measure(ready, {5, 3, 2}, five_by_three_by_two);
  measure(ready, {8, 7, 1}, {{11, 7}});
}

}  // namespace

TEST_CASE("workgroup size by LocalSize, Vulkan 1.0") {
  const test::DeviceRequest request{0};
  Builder b({.target = test::target_of(request)});
  const FunctionId main = Emit{b}.main(b.constant(4u), b.constant(2u), b.constant(3u));
  b.add_compute_entry_point(main, "main", 4, 2, 3);
  const test::Ready ready = test::prepare(b, request);
  if (ready) measure(ready, {4, 2, 3});
}

TEST_CASE("workgroup size by LocalSizeId, Vulkan 1.3 with maintenance4") {
  by_builder({3, {"maintenance4"}}, true);
}
TEST_CASE("workgroup size by the built-in WorkgroupSize, Vulkan 1.0") { by_builder({0}, false); }
TEST_CASE("workgroup size by the built-in WorkgroupSize, Vulkan 1.3 without maintenance4") {
  by_builder({3}, false);
}

TEST_CASE("the built-in WorkgroupSize overrides LocalSize, and can be read") {
  const test::DeviceRequest request{1};
  Builder b({.target = test::target_of(request)});
  const TypeId u32 = b.declare_uint32();
  const ValueId parts[] = {b.add_spec_constant(10, 8u), b.add_spec_constant(11, 4u), b.constant(2u)};
  const ValueId size = b.add_spec_composite(b.declare_vector(u32, 3), parts);
  b.decorate(size, operand::Decoration::BuiltIn(BuiltIn::WorkgroupSize));
  const auto read = [&](Word i) { return b.spec_op(Op::OpCompositeExtract, {size, i}); };
  const FunctionId main = Emit{b}.main(read(0), read(1), read(2));
  b.add_compute_entry_point(main, "main", 1, 1, 1);
  const test::Ready ready = test::prepare(b, request);
  if (!ready) return;
  measure(ready, {8, 4, 2});
  measure(ready, {5, 3, 2}, {{10, 5}, {11, 3}});
}
