// Elementwise add of 16 M floats beside a copy by the library's own kernel, and a copy by GLSL written by hand.
#include "../support/glslang.hpp"
#include "groups.hpp"

#include <cmath>

namespace bench {
namespace {

using namespace airstrip;

constexpr std::size_t count = std::size_t{1} << 24;  // 64 MiB a tensor: more than a cache

tensor::ElementwiseProblem add() {
  tensor::ElementwiseProblem problem;
  tensor::Expression& e = problem.expression;
  const tensor::TensorType type{tensor::Scalar::F32, {static_cast<std::int64_t>(count)}};
  const tensor::Expr x = e.input("x", type), y = e.input("y", type);
  e.output("z", x + y);
  return problem;
}
tensor::ElementwiseProblem copy() {
  tensor::ElementwiseProblem problem;
  tensor::Expression& e = problem.expression;
  e.output("z", e.input("x", {tensor::Scalar::F32, {static_cast<std::int64_t>(count)}}));
  return problem;
}

const char* const copy_glsl = R"(#version 450
layout(set = 0, binding = 0, std430) readonly buffer X { vec4 x[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Z { vec4 z[]; };
layout(local_size_x = 64) in;
void main() {
  uint i = gl_GlobalInvocationID.y * 65536 + gl_GlobalInvocationID.x;
  z[i] = x[i];
}
)";

}  // namespace

void elementwise_group(Machine& machine, Report& report) {
  const std::string group = "elementwise_16M/";
  std::vector<std::string> names = {"add", "copy", "glsl_copy"};
  bool any = false;
  for (const std::string& name : names) any = any || report.wants(group + name);
  if (!any) return;
  Buffers x = machine.random(count, 3), y = machine.random(count, 4),
          z = machine.empty(count * sizeof(float));
  const std::size_t last = buffer_sets - 1;
  const auto check = [&](Chain& chain, bool adds) -> std::string {
    const std::vector<float> wrong(count, NAN);
    if (!machine.device.upload(z.set[last], wrong.data(), count * sizeof(float))) return "no upload";
    if (chain.run(last) < 0) return chain.error();
    const std::vector<float> found = machine.download(z.set[last], count);
    for (std::size_t i = 0; i < count; ++i) {
      // One operation, rounded once: exact.
      const float expected = Machine::number(3, last, i) + (adds ? Machine::number(4, last, i) : 0.0f);
      if (i >= found.size() || found[i] != expected) return "element " + std::to_string(i) + " is wrong";
    }
    return {};
  };
  std::vector<Variant> variants;
  std::vector<std::unique_ptr<Ready>> kept;
  const auto keep = [&](const std::string& name, std::unique_ptr<Ready> ready, bool adds) {
    if (ready->error.empty()) ready->error = check(ready->chain, adds);
    if (!ready->error.empty()) return report.fail(name, ready->error);
    Chain* const chain = &ready->chain;
    variants.push_back({name,
                        [chain](std::size_t turn) { return chain->run(turn); },
                        0,
                        (adds ? 3.0 : 2.0) * count * sizeof(float),
                        {{"first_dispatch_ms", chain->first_seconds() * 1e3}}});
    kept.push_back(std::move(ready));
  };
  for (const bool adds : {true, false}) {
    const std::string name = group + (adds ? "add" : "copy");
    if (!report.wants(name)) continue;
    const Result<tensor::Operation> made = tensor::elementwise(adds ? add() : copy(), machine.target);
    if (!made)
      report.fail(name, std::string(made.error().to_string()));
    else
      keep(name, make_ready(machine, *made, {{"x", &x}, {"y", &y}, {"z", &z}}), adds);
  }
  if (const std::string name = group + "glsl_copy"; report.wants(name)) {
    auto ready = std::make_unique<Ready>(machine);
    std::vector<std::uint32_t> words;
    if (!glslang_words(copy_glsl, words)) ready->error = "glslang refuses it";
    vulkan::PipelineInfo info;
    info.words = {words.data(), words.size()};
    if (ready->error.empty())
      ready->error = ready->chain.add(info, {static_cast<std::uint32_t>(count / 4 / 64 / 64), 64},
                                      {{vulkan::Slot(0, 0), &x}, {vulkan::Slot(0, 1), &z}});
    keep(name, std::move(ready), false);
  }
  report.measure(variants);
  kept.clear();
  for (Buffers* buffers : {&x, &y, &z}) machine.release(*buffers);
}

}  // namespace bench
