// Reflecting a module of about 2 KB: words to bindings, push constants and workgroup size, beside SPIRV-Cross with the same
// words in the same process. Both sides' answers are compared before they are timed.
#if !defined(__cpp_exceptions)
#define SPIRV_CROSS_EXCEPTIONS_TO_ASSERTIONS
#endif
#include <spirv_cross/spirv_cross.hpp>

#include "kernel/example_kernels.hpp"

#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/reflect.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

namespace bench {
namespace {

using namespace airstrip;
using Words = std::vector<std::uint32_t>;

// The sums of workgroups, written with names: two buffers, push constants, workgroup memory, loops, subgroups.
const Words& words() {
  static const Words made = [] {
    kernel::WriteOptions options;
    options.names = true;
    const Result<spirv::Module> module = kernel::write_spirv(
        example_kernels::reduction(), example_kernels::subgroups(spirv::Target::vulkan(1, 1)), options);
    return module ? Words(module->data(), module->data() + module->size()) : Words();
  }();
  return made;
}

// What both sides say, in one form: set, binding, bytes; the workgroup's size; the bytes of push constants.
struct Answer {
  std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>> buffers;
  std::uint32_t workgroup[3] = {};
  std::uint64_t push_bytes = 0;
  bool operator==(const Answer& other) const {
    return buffers == other.buffers && std::equal(workgroup, workgroup + 3, other.workgroup) &&
           push_bytes == other.push_bytes;
  }
};

Answer by_airstrip() {
  Answer answer;
  const Result<Reflection> r = reflect(words());
  if (!r || r->entry_points().empty()) return answer;
  const reflection::EntryPoint& entry = r->entry_points()[0];
  for (const reflection::Binding& b : r->bindings(entry))
    answer.buffers.emplace_back(b.set, b.binding, b.minimum_bytes - b.element_stride);
  answer.workgroup[0] = entry.workgroup.x;
  answer.workgroup[1] = entry.workgroup.y;
  answer.workgroup[2] = entry.workgroup.z;
  answer.push_bytes = entry.push_constants.offset + entry.push_constants.size;
  return answer;
}

Answer by_spirv_cross() {
  Answer answer;
  const spirv_cross::Compiler compiler(words().data(), words().size());
  const spirv_cross::ShaderResources resources = compiler.get_shader_resources();
  for (const spirv_cross::Resource& b : resources.storage_buffers)
    answer.buffers.emplace_back(compiler.get_decoration(b.id, spv::DecorationDescriptorSet),
                                compiler.get_decoration(b.id, spv::DecorationBinding),
                                compiler.get_declared_struct_size(compiler.get_type(b.base_type_id)));
  for (std::uint32_t i = 0; i < 3; ++i)
    answer.workgroup[i] = compiler.get_execution_mode_argument(spv::ExecutionModeLocalSize, i);
  for (const spirv_cross::Resource& p : resources.push_constant_buffers)
    answer.push_bytes = compiler.get_declared_struct_size(compiler.get_type(p.base_type_id));
  std::sort(answer.buffers.begin(), answer.buffers.end());
  return answer;
}

bool is_right(benchmark::State& state) {
  const Answer answer = by_airstrip();
  if (words().empty() || answer.buffers.empty() || answer.workgroup[0] == 0 ||
      !(answer == by_spirv_cross())) {
    state.SkipWithError("the two do not agree");
    return false;
  }
  state.counters["bytes"] = static_cast<double>(words().size() * 4);
  return true;
}

void airstrip_reflect(benchmark::State& state) {
  if (!is_right(state)) return;
  for (auto _ : state) {
    const Result<Reflection> r = reflect(words());
    benchmark::DoNotOptimize(r->bindings().data());
  }
}
// Both sides down to the answer above.
void airstrip_answer(benchmark::State& state) {
  if (!is_right(state)) return;
  for (auto _ : state) benchmark::DoNotOptimize(by_airstrip().push_bytes);
}
void spirv_cross_answer(benchmark::State& state) {
  if (!is_right(state)) return;
  for (auto _ : state) benchmark::DoNotOptimize(by_spirv_cross().push_bytes);
}

BENCHMARK(airstrip_reflect)->Name("reflect/reflect");
BENCHMARK(airstrip_answer)->Name("reflect/answer");
BENCHMARK(spirv_cross_answer)->Name("reflect/spirv_cross");

}  // namespace
}  // namespace bench
