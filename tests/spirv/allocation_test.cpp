// Memory: a builder that has made a module of some size before allocates nothing for the next, and an allocation that
// fails is an error. Every call to the C allocator is counted, and any of them can be made to fail.
#include "corpus.hpp"

#include "support/count_allocations.hpp"

#include <new>

namespace {

using namespace corpus;
#if COUNTS_ALLOCATIONS
using test::allocations;
using test::counting;
using test::failing;
using test::last_failing;
#endif

// A kernel of more than `instructions` instructions that uses what kernels use: types with layout, all kinds of
// variables, constants, control flow, atomics, barriers, an extended set, names.
void build(Builder& b, int instructions) {
  const TypeId f32 = b.declare_float(32), u32 = b.declare_uint32(), v4 = b.declare_vector(f32, 4);
  const StructMember members[] = {{u32, "n"}, {v4, "scale"}, {b.declare_array(v4, 4), "rows"}};
  const ValueId push =
      b.add_push_constants(b.declare_struct(members, LayoutRule::Std430, BlockKind::Uniform), "push");
  const ValueId uniform = b.add_uniform_buffer(b.declare_struct({f32, v4}), 0, 0, "uniform");
  const ValueId in = b.add_storage_array(v4, 0, 1, "in"), out = b.add_storage_array(v4, 0, 2, "out");
  const ValueId shared = b.add_workgroup_variable(b.declare_array(u32, 64), "shared");
  const ValueId id = b.declare_builtin_uvec3(BuiltIn::GlobalInvocationId);
  const ValueId tile = b.add_spec_constant(0, 16u, "tile");
  const ValueId twice = b.spec_op(Op::OpIMul, {tile, b.constant(2u)});
  const ValueId zero = b.constant(0u), one = b.constant(1u);
  const FunctionId main = b.begin_function(b.declare_void(), {}, "main");
  const ValueId i = b.load_at(id, {zero});
  const ValueId local = b.add_local_variable(f32, b.constant(0.0f), "local");
  b.if_(b.OpULessThan(i, b.load_at(push, {zero})), [&] {
    b.for_(zero, twice, one, [&](ValueId k, Loop& l) {
      ValueId v = b.load_at(in, {zero, b.OpIAdd(i, k)});
      for (int n = 0; n < instructions / 4; ++n) {
        v = b.OpFAdd(b.OpFMul(v, v), b.declare_splat(v4, b.constant(static_cast<float>(n % 7))));
        v = b.glsl(GLSLstd450::FMax, {b.OpVectorTimesScalar(v, b.load_at(uniform, {zero})), v});
      }
      b.switch_(b.OpUMod(k, b.constant(3u)), [&](Switch& s) {
        s.case_(0, [&] { l.continue_(); });
        s.case_(1, [&] { b.OpStore(local, b.OpCompositeExtract(v, {0})); });
      });
      const ValueId chosen = b.if_value(
          b.OpIEqual(k, one), [&] { return v; }, [&] { return b.OpFNegate(v); });
      b.store_at(out, {zero, i}, chosen);
    });
  });
  b.OpControlBarrier(Scope::Workgroup, Scope::Workgroup,
                     MemorySemantics::AcquireRelease | MemorySemantics::WorkgroupMemory);
  b.OpAtomicIAdd(b.OpAccessChain(shared, {zero}), Scope::Workgroup, MemorySemantics::MaskNone, one);
  b.end_function();
  b.add_compute_entry_point(main, "main", tile, one, one);
}

[[maybe_unused]] void second_module(const ModuleOptions& options, unsigned& counted) {
  Builder b(options);
  build(b, 1000);
  const Result<Span<const std::uint32_t>> first = b.finish_words();
  if (!first) FAIL_CHECK(std::string(first.error().to_string()));
  CHECK(first->size() > 4000);
  const std::uint64_t hash = hash_words(*first);
#if COUNTS_ALLOCATIONS
  allocations = 0;
  counting = true;
#endif
  b.reset();
  build(b, 1000);
  const Result<Span<const std::uint32_t>> second = b.finish_words();
#if COUNTS_ALLOCATIONS
  counting = false;
  counted = allocations;
#else
  counted = 0;
#endif
  CHECK(second.ok());
  CHECK(hash_words(*second) == hash);
}

}  // namespace

TEST_CASE("a second module of the same size allocates nothing") {
#if COUNTS_ALLOCATIONS
  counting = true;  // the counter works
  std::free(std::realloc(nullptr, 64));
  ::operator delete(::operator new(64));
  counting = false;
  CHECK(allocations >= 2);
  for (unsigned minor = 0; minor <= 4; ++minor) {
    CAPTURE(minor);
    ModuleOptions options;
    options.target = Target::vulkan(1, minor);
    unsigned counted = 0;
    second_module(options, counted);
    CHECK(counted == 0);
    options.lines = LineInfo::BaseName;
    second_module(options, counted);
    CHECK(counted == 0);
  }
#else
  test::skip(
      "allocations cannot be counted here: not the GNU C library, or a sanitizer has its own allocator");
#endif
}

TEST_CASE("an allocation that fails is an error") {
#if COUNTS_ALLOCATIONS
  ModuleOptions options;
  options.target = Target::vulkan(1, 2);
  Builder whole(options);
  build(whole, 40);
  const Result<Module> expected = whole.finish();
  CHECK(expected.ok());
  unsigned failed = 0;
  for (unsigned number = 0, mode = 0; mode < 2; ++number) {
    CAPTURE(number);
    allocations = 0;
    failing = number;
    last_failing = mode == 1 ? number : ~0u;
    counting = true;
    Builder b(options);
    build(b, 40);
    const bool built = !b.failed();
    const Result<Module> module = b.finish();
    counting = false;
    failing = ~0u;
    if (allocations <= number) {  // none was left to fail
      ++mode;
      number = ~0u;
      CHECK(module.ok());
      CHECK(module->hash() == expected->hash());
      continue;
    }
    ++failed;
    CHECK_FALSE(module.ok());
    CHECK(module.error().code == ErrorCode::OutOfMemory);
    CHECK((built || b.failed()));
    // With memory again, the builder is as good as new.
    b.reset();
    build(b, 40);
    const Result<Module> again = b.finish();
    CHECK(again.ok());
    CHECK(again->hash() == expected->hash());
  }
  CHECK(failed > 20);
#else
  test::skip(
      "allocations cannot be made to fail here: not the GNU C library, or a sanitizer has its own allocator");
#endif
}
