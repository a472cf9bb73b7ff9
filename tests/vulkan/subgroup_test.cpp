// Workgroup memory, barriers and subgroup operations, at each width of subgroup that the driver can be made to have.
#include "fixture.hpp"
#include "support/rerun.hpp"

#include <cstdlib>

using namespace airstrip::spirv;

namespace {

constexpr std::uint32_t width = 64, groups = 5;

// Sums each workgroup's numbers in two ways: subgroup by subgroup, and by a tree in workgroup memory.
// totals[group]: sum by subgroups, sum by tree, bits of the maximum as f32, subgroup size, number of subgroups.
// lanes[invocation]: inclusive scan, subgroup, lane, bits set by odd numbers in the ballot.
void emit(Builder& b) {
  const TypeId u32 = b.declare_uint32(), f32 = b.declare_float(32);
  const ValueId in = b.add_storage_array(u32, 0, 0, "in");
  const ValueId totals = b.add_storage_array(b.declare_array(u32, 5), 0, 1, "totals");
  const ValueId lanes = b.add_storage_array(b.declare_vector(u32, 4), 0, 2, "lanes");
  const ValueId partial =
      b.add_workgroup_variable(b.declare_array(b.declare_struct({u32, f32}), width), "partial");
  const ValueId tree = b.add_workgroup_variable(b.declare_array(u32, width), "tree");
  const ValueId zero = b.constant(0u), one = b.constant(1u), two = b.constant(2u);
  const ValueId size_in = b.declare_builtin(BuiltIn::SubgroupSize, u32);
  const ValueId count_in = b.declare_builtin(BuiltIn::NumSubgroups, u32);
  const ValueId subgroup_in = b.declare_builtin(BuiltIn::SubgroupId, u32);
  const ValueId lane_in = b.declare_builtin(BuiltIn::SubgroupLocalInvocationId, u32);
  const auto barrier = [&] {
    b.OpControlBarrier(Scope::Workgroup, Scope::Workgroup,
                       MemorySemantics::AcquireRelease | MemorySemantics::WorkgroupMemory);
  };

  const FunctionId main = b.begin_function(b.declare_void());
  const ValueId local = test::load_x(b, BuiltIn::LocalInvocationId);
  const ValueId global = test::load_x(b, BuiltIn::GlobalInvocationId);
  const ValueId group = test::load_x(b, BuiltIn::WorkgroupId);
  const ValueId subgroup = b.OpLoad(subgroup_in), count = b.OpLoad(count_in);
  const ValueId x = b.load_at(in, {zero, global});
  const ValueId reduced = b.OpGroupNonUniformIAdd(Scope::Subgroup, GroupOperation::Reduce, x);
  const ValueId largest =
      b.OpGroupNonUniformFMax(Scope::Subgroup, GroupOperation::Reduce, b.OpConvertUToF(f32, x));
  const ValueId scan = b.OpGroupNonUniformIAdd(Scope::Subgroup, GroupOperation::InclusiveScan, x);
  const ValueId odd = b.OpINotEqual(b.OpBitwiseAnd(x, one), zero);
  const ValueId ballot = b.OpGroupNonUniformBallot(Scope::Subgroup, odd);
  const ValueId odds =
      b.OpGroupNonUniformBallotBitCount(u32, Scope::Subgroup, GroupOperation::Reduce, ballot);
  b.store_at(lanes, {zero, global},
             b.OpCompositeConstruct(b.declare_vector(u32, 4), {scan, subgroup, b.OpLoad(lane_in), odds}));
  b.if_(b.OpGroupNonUniformElect(Scope::Subgroup), [&] {
    b.store_at(partial, {subgroup, zero}, reduced);
    b.store_at(partial, {subgroup, one}, largest);
  });
  b.store_at(tree, {local}, x);
  b.loop({b.constant(width / 2)}, [&](Loop& loop) {
    const ValueId stride = loop[0];
    loop.break_if(b.OpIEqual(stride, zero));
    barrier();
    b.if_(b.OpULessThan(local, stride), [&] {
      const ValueId other = b.load_at(tree, {b.OpIAdd(local, stride)});
      b.store_at(tree, {local}, b.OpIAdd(b.load_at(tree, {local}), other));
    });
    loop.continue_({b.OpShiftRightLogical(stride, one)});
  });
  barrier();
  b.if_(b.OpIEqual(local, zero), [&] {
    ValueId sum, maximum;
    b.loop({zero, zero, b.constant(0.0f)}, [&](Loop& loop) {
      const ValueId i = loop[0];
      sum = loop[1];
      maximum = loop[2];
      loop.break_if(b.OpUGreaterThanEqual(i, count));
      loop.continue_({b.OpIAdd(i, one), b.OpIAdd(sum, b.load_at(partial, {i, zero})),
                      b.glsl(GLSLstd450::FMax, {maximum, b.load_at(partial, {i, one})})});
    });
    b.store_at(totals, {zero, group, zero}, sum);
    b.store_at(totals, {zero, group, one}, b.load_at(tree, {zero}));
    b.store_at(totals, {zero, group, two}, b.OpBitcast(u32, maximum));
    b.store_at(totals, {zero, group, b.constant(3u)}, b.OpLoad(size_in));
    b.store_at(totals, {zero, group, b.constant(4u)}, count);
  });
  b.end_function();
  b.add_compute_entry_point(main, "main", width);
}

void reduce(unsigned minor) {
  const test::DeviceRequest request{
      minor, {}, test::subgroup_basic | test::subgroup_arithmetic | test::subgroup_ballot};
  Builder b({.target = test::target_of(request)});
  emit(b);
  const test::Ready ready = test::prepare(b, request);
  if (!ready) return;
  const std::uint32_t size = ready.device->subgroup_size();
  if (const char* const expected = std::getenv(test::width_setting))
    CHECK(size == static_cast<std::uint32_t>(std::atoi(expected)));

  std::vector<std::uint32_t> in(width * groups);
  for (std::uint32_t i = 0; i < in.size(); ++i) in[i] = i * 2654435761u >> 9;
  test::Buffer& totals = ready.device->buffer(groups * 5 * sizeof(std::uint32_t));
  test::Buffer& lanes = ready.device->buffer(in.size() * 4 * sizeof(std::uint32_t));
  if (!ready.run({.bindings = {ready.device->buffer(in), totals, lanes}, .groups = {groups, 1, 1}})) return;
  const auto total = ready.device->read<std::uint32_t>(totals);
  const auto lane = ready.device->read<std::uint32_t>(lanes);
  for (std::uint32_t g = 0; g < groups; ++g) {
    std::uint32_t sum = 0, largest = 0;
    // Which invocations make a subgroup is the driver's choice.
    std::vector<std::vector<std::uint32_t>> members(width, std::vector<std::uint32_t>(128, ~0u));
    for (std::uint32_t i = g * width; i < (g + 1) * width; ++i) {
      sum += in[i];
      largest = in[i] > largest ? in[i] : largest;
      if (lane[i * 4 + 1] < width && lane[i * 4 + 2] < 128) members[lane[i * 4 + 1]][lane[i * 4 + 2]] = i;
    }
    const float maximum = static_cast<float>(largest);  // below 2²³: exact
    std::uint32_t maximum_bits;
    std::memcpy(&maximum_bits, &maximum, sizeof maximum);
    CHECK(total[g * 5] == sum);
    CHECK(total[g * 5 + 1] == sum);
    CHECK(total[g * 5 + 2] == maximum_bits);
    CHECK(total[g * 5 + 3] == size);
    CHECK(total[g * 5 + 4] == (width + size - 1) / size);
    std::uint32_t seen = 0, wrong = 0;
    for (const std::vector<std::uint32_t>& subgroup : members) {
      std::uint32_t scan = 0, odd = 0;
      for (const std::uint32_t i : subgroup) odd += i != ~0u && in[i] % 2 != 0;
      for (const std::uint32_t i : subgroup) {
        if (i == ~0u) continue;
        ++seen;
        scan += in[i];
        wrong += lane[i * 4] != scan || lane[i * 4 + 3] != odd;
      }
    }
    CHECK(seen == width);  // no two invocations say that they are the same lane
    CHECK(wrong == 0);
  }
}

void run_all_at(std::uint32_t subgroup_size) {
  std::string reason;
  const auto device = test::VulkanDevice::open({}, reason);
  if (!device) return test::skip(reason.c_str());
  test::rerun_at(subgroup_size, device->name(), "--test-case-exclude='every kernel *'");
}

}  // namespace

TEST_CASE("a reduction through subgroups and workgroup memory, Vulkan 1.1") { reduce(1); }
TEST_CASE("a reduction through subgroups and workgroup memory, Vulkan 1.3") { reduce(3); }
TEST_CASE("every kernel runs with subgroups of 4") { run_all_at(4); }
TEST_CASE("every kernel runs with subgroups of 8") { run_all_at(8); }
TEST_CASE("every kernel runs with subgroups of 16") { run_all_at(16); }
