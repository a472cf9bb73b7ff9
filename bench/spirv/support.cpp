#include "support.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>

using namespace airstrip;
using namespace airstrip::spirv;

// --- allocations -------------------------------------------------------------------------------------------------

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BENCH_ASAN 1
#endif
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(BENCH_ASAN)
#define BENCH_COUNTS 1
// glibc's own names for them: a definition of malloc in the program is the one that every library calls, and operator
// new calls malloc.
namespace {
thread_local long long allocations = 0;
}
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) noexcept {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
  ++allocations;
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  ++allocations;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  ++allocations;
  *memory = __libc_memalign(alignment, size);
  return *memory ? 0 : 12;  // ENOMEM
}
}
#endif

namespace bench {

#if defined(BENCH_COUNTS)
long long allocation_count() { return allocations; }
#else
long long allocation_count() { return -1; }
#endif

// --- time --------------------------------------------------------------------------------------------------------

double Stopwatch::now() {
#if defined(CLOCK_THREAD_CPUTIME_ID)
  std::timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
#else
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
#endif
}
double Stopwatch::seconds() const {
  static const double of_reading = [] {
    double least = 1;
    for (int i = 0; i < 10000; ++i) {
      const double begin = now();
      least = std::min(least, now() - begin);
    }
    return least;
  }();
  return std::max(now() - begin_ - of_reading, 1e-9);
}

// --- modules -----------------------------------------------------------------------------------------------------

void ComputeWriter::write(Builder& b, unsigned stages, unsigned steps) {
  const TypeId nothing = b.declare_void();
  const TypeId f32 = b.declare_float(32);
  const TypeId u32 = b.declare_uint32();
  const ValueId x = b.add_storage_array(f32, 0, 0, "x");
  const ValueId w = b.add_storage_array(f32, 0, 1, "w");
  const ValueId y = b.add_storage_array(f32, 0, 2, "y");
  const StructMember members[] = {{.type = u32, .name = "n"}, {.type = f32, .name = "scale"}};
  const ValueId parameters =
      b.add_push_constants(b.declare_struct(members, LayoutRule::Std430, BlockKind::Uniform), "parameters");
  const ValueId id = b.declare_builtin_uvec3(BuiltIn::GlobalInvocationId);
  const ValueId zero = b.constant(0u), one = b.constant(1u), sixteen = b.constant(16u);
  const ValueId none = b.constant(0.0f), half = b.constant(0.5f), third = b.constant(1.0f / 3);

  const FunctionId entry = b.begin_function(nothing, {}, "main");
  functions_.resize(stages);
  for (FunctionId& function : functions_) {
    function = b.reserve_function();
    b.OpFunctionCall(nothing, function, {});
  }
  b.end_function();

  for (unsigned stage = 0; stage < stages; ++stage) {
    char name[32];
    std::snprintf(name, sizeof name, "stage_%u", stage);
    b.begin_function(functions_[stage], nothing, {}, name);
    const ValueId i = b.OpCompositeExtract(b.OpLoad(id), {0u});
    b.if_(b.OpULessThan(i, b.load_at(parameters, {zero})), [&] {
      ValueId sum;
      b.loop({zero, none}, [&](Loop& loop) {
        sum = loop[1];
        loop.break_if(b.OpUGreaterThanEqual(loop[0], sixteen));
        const ValueId j = b.OpIAdd(b.OpIMul(i, sixteen), loop[0]);
        const ValueId product = b.OpFMul(b.load_at(x, {zero, j}), b.load_at(w, {zero, loop[0]}));
        loop.continue_({b.OpIAdd(loop[0], one), b.OpFAdd(product, loop[1])});
      });
      ValueId value = b.OpFMul(sum, b.load_at(parameters, {one}));
      for (unsigned step = 0; step + 4 <= steps; step += 4) {
        const ValueId scaled = b.OpFMul(value, half);
        const ValueId moved = b.OpFAdd(scaled, third);
        const ValueId small = b.glsl(GLSLstd450::FMin, {moved, sum});
        value = b.OpFSub(small, scaled);
      }
      b.if_(
          b.OpFOrdLessThan(value, none),
          [&] {
            b.store_at(y, {zero, i}, none);
          },
          [&] {
            b.store_at(y, {zero, i}, value);
          });
    });
    b.end_function();
  }
  b.add_compute_entry_point(entry, "main", 64);
}

const Words& compute_module(std::size_t bytes) {
  static std::map<std::size_t, Words> made;
  if (const auto found = made.find(bytes); found != made.end()) return found->second;
  constexpr unsigned steps = 24;
  const auto build = [](unsigned stages) {
    Builder builder({.target = Target::vulkan(1, 1)});
    ComputeWriter().write(builder, stages, steps);
    const Result<Module> module = builder.finish();
    if (!module) {
      std::fprintf(stderr, "compute_module: %s\n", module.error().to_string().c_str());
      return Words();
    }
    return Words(module->data(), module->data() + module->size());
  };
  const std::size_t small = build(1).size(), each = build(2).size() - small;
  const std::size_t wanted = bytes / 4;
  Words words = build(1 + static_cast<unsigned>(wanted > small ? (wanted - small + each - 1) / each : 0));
  // The validator takes minutes for the largest; what differs there is only how many stages there are.
  const std::string invalid = bytes <= (std::size_t{4} << 20) ? validate(words) : validate(build(100));
  if (!invalid.empty()) {
    std::fprintf(stderr, "compute_module: %s\n", invalid.c_str());
    words.clear();
  }
  return made[bytes] = static_cast<Words&&>(words);
}

}  // namespace bench
