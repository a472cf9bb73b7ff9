// The arithmetic of emit.cpp through glslang's spv::Builder, which deduplicates types and constants but checks nothing
// and keeps no locations.
#include "emit.hpp"

#include <glslang/SPIRV/Logger.h>
#include <glslang/SPIRV/SpvBuilder.h>

#include "support.hpp"

#include <algorithm>
#include <memory>
#include <optional>

namespace bench {
namespace {

struct GlslangSink {
  // A new one for each module, as it has no reset.
  std::optional<spv::Builder> b;
  spv::SpvBuildLogger logger;
  spv::Id floats[emit_constants] = {}, integers[emit_constants] = {};
  spv::Id f32 = 0, u32 = 0;

  spv::Id fmul(spv::Id a, spv::Id c) { return b->createBinOp(spv::OpFMul, f32, a, c); }
  spv::Id fadd(spv::Id a, spv::Id c) { return b->createBinOp(spv::OpFAdd, f32, a, c); }
  spv::Id iadd(spv::Id a, spv::Id c) { return b->createBinOp(spv::OpIAdd, u32, a, c); }

  void begin() {
    b.emplace(spv::Spv_1_3, 0u, &logger);
    b->addCapability(spv::CapabilityShader);
    b->setMemoryModel(spv::AddressingModelLogical, spv::MemoryModelGLSL450);
    f32 = b->makeFloatType(32);
    u32 = b->makeUintType(32);
    for (unsigned i = 0; i < emit_constants; ++i) {
      floats[i] = b->makeFloatConstant(1.0f + static_cast<float>(i));
      integers[i] = b->makeUintConstant(i);
    }
    spv::Function* const function = b->makeEntryPoint("main");
    b->addEntryPoint(spv::ExecutionModelGLCompute, function, "main");
    b->addExecutionMode(function, spv::ExecutionModeLocalSize, 1, 1, 1);
  }
  void end(Words& words) {
    b->leaveFunction();
    b->dump(words);
  }
};

const char* wrong(std::size_t count) {
  GlslangSink sink;
  sink.begin();
  emit_arithmetic(sink, count);
  Words words;
  sink.end(words);
  if (!validate(words).empty()) return "the module is invalid";
  std::size_t arithmetic = 0;
  for (std::size_t at = 5; at < words.size(); at += words[at] >> 16) {
    const std::uint32_t op = words[at] & 0xFFFF;
    if (op == spv::OpFMul || op == spv::OpFAdd || op == spv::OpIAdd) ++arithmetic;
  }
  return arithmetic == count ? nullptr : "another number of instructions";
}

void instructions(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  if (const char* const error = wrong(count)) return state.SkipWithError(error);
  GlslangSink sink;
  for (auto _ : state) {
    sink.begin();
    const Stopwatch watch;
    emit_arithmetic(sink, count);
    state.SetIterationTime(watch.seconds());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// Up to the final words; the builder's destruction is part of it, as it is of every use.
void module(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  if (const char* const error = wrong(count)) return state.SkipWithError(error);
  Words words;
  GlslangSink sink;
  for (auto _ : state) {
    words.clear();
    sink.begin();
    emit_arithmetic(sink, count);
    sink.end(words);
    sink.b.reset();
    benchmark::DoNotOptimize(words.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(instructions)->Name("emit/glslang")->Arg(2000)->Arg(20000)->UseManualTime();
BENCHMARK(module)->Name("emit_module/glslang")->Arg(2000)->Arg(20000);

}  // namespace
}  // namespace bench
