// Whole networks with random weights: compiling them, their plan of memory, loading and running them on the device at hand.
// What is timed has been compared with the same network compiled otherwise: for what every device has, nothing fused.
#include "../support/skip.hpp"
#include "networks.hpp"

#include <airstrip/player_device.hpp>
#include <airstrip/vulkan_device.hpp>
#include <airstrip/vulkan_tensor.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

using namespace airstrip;

namespace {

struct Machine {
  vulkan::Device device;
  std::string error;
};
// Open until the end.
Machine& machine() {
  static Machine* const opened = [] {
    auto* made = new Machine;
    vulkan::DeviceOptions options;
    if (const char* const name = std::getenv("AIRSTRIP_BENCH_DEVICE")) options.name = name;
    Result<vulkan::Device> device = vulkan::Device::open(options);
    if (device)
      made->device = static_cast<vulkan::Device&&>(*device);
    else
      made->error = std::string(device.error().to_string());
    return made;
  }();
  return *opened;
}

using Make = graph::Graph (*)();

void set_counters(benchmark::State& state, const program::Program& program) {
  const program::VariantRecord& variant = program.variants()[0];
  double operations = 0, words = 0;
  for (const program::DispatchRecord& d : program.dispatches(variant))
    if (d.phase == program::Phase::Run) operations += static_cast<double>(d.operations);
  for (const program::ModuleRecord& m : program.modules()) words += m.words.count;
  state.counters["dispatches"] = static_cast<double>(program.dispatches(variant).size());
  state.counters["modules"] = static_cast<double>(program.modules().size());
  state.counters["spirv_bytes"] = 4 * words;
  state.counters["gflop"] = operations * 1e-9;
  state.counters["weight_bytes"] = static_cast<double>(program.weight_bytes().size());
  state.counters["packed_bytes"] = static_cast<double>(variant.packed_bytes);
  state.counters["scratch_bytes"] = static_cast<double>(variant.scratch_bytes);
  state.counters["scratch_over_bound"] =
      variant.scratch_lower_bound
          ? static_cast<double>(variant.scratch_bytes) / static_cast<double>(variant.scratch_lower_bound)
          : 1;
}

// From the graph to the bytes of the program, weights and all; with as few modules as there can be, or any number.
void compile(benchmark::State& state, Make make, bool few_modules) {
  const graph::Graph g = make();
  if (!g.ok()) return state.SkipWithError(g.error().to_string().c_str());
  const tensor::Target target = vulkan::tensor_target(machine().device.describe());
  graph::CompileOptions options;
  options.max_modules = few_modules ? 1 : 0;
  Result<program::Program> program = graph::compile(g, target, options);
  while (few_modules && !program && program.error().code == ErrorCode::LimitExceeded) {
    ++options.max_modules;
    program = graph::compile(g, target, options);
  }
  if (!program) return state.SkipWithError(program.error().to_string().c_str());
  for (auto _ : state) {
    program = graph::compile(g, target, options);
    benchmark::DoNotOptimize(program->bytes().data());
  }
  state.counters["nodes"] = static_cast<double>(g.nodes().size());
  set_counters(state, *program);
}

std::vector<float> run_once(player::Session& session, std::string& error) {
  std::vector<float> results;
  const auto ok = [&](const Result<void>& r) {
    if (!r && error.empty()) error = std::string(r.error().to_string());
    return error.empty();
  };
  const program::Program& program = session.model().program();
  for (const program::TensorRecord& tensor : program.tensors()) {
    const Text name = program.text(tensor.name);
    const auto shape = session.instance().shape_of(name);
    if (!shape) {
      error = std::string(shape.error().to_string());
      return {};
    }
    std::vector<float> numbers(shape->bytes / sizeof(float));
    if (tensor.direction == program::Direction::Input) {
      for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = static_cast<float>((i * 7919) % 255) / 255;
      if (!ok(session.set_input(name, numbers.data(), shape->bytes)) || !ok(session.run())) return {};
    } else {
      if (!ok(session.get_output(name, numbers.data(), shape->bytes))) return {};
      results = std::move(numbers);
    }
  }
  return results;
}

// Empty, or in what the results differ: by more than a thousandth of the largest.
std::string difference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size() || a.empty()) return "the results have different sizes";
  double most = 0, worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    most = std::max(most, std::fabs(static_cast<double>(a[i])));
    const double off = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (std::isnan(off)) return "element " + std::to_string(i) + " is no number";  // which no maximum keeps
    worst = std::max(worst, off);
  }
  if (most > 0 && worst <= 1e-3 * most) return "";
  return "results differ by " + std::to_string(worst) + " where the largest is " + std::to_string(most);
}

void run(benchmark::State& state, Make make) {
  Machine& m = machine();
  const graph::Graph g = make();
  const Result<program::Program> program = graph::compile(g, vulkan::tensor_target(m.device.describe()));
  graph::CompileOptions plain;
  plain.fusion.enabled = false;
  const Result<program::Program> baseline = graph::compile(g, tensor::Target(), plain);
  if (!program || !baseline)
    return state.SkipWithError((program ? baseline : program).error().to_string().c_str());
  std::string error;
  std::vector<float> expected;
  {
    Result<player::Session> reference = player::Session::make(m.device, *baseline);
    if (!reference) return state.SkipWithError(reference.error().to_string().c_str());
    expected = run_once(*reference, error);
  }
  const auto start = std::chrono::steady_clock::now();
  Result<player::Session> session = player::Session::make(m.device, *program);
  if (!session) return state.SkipWithError(session.error().to_string().c_str());
  const auto loaded = std::chrono::steady_clock::now();
  const std::vector<float> found = run_once(*session, error);
  const auto ran = std::chrono::steady_clock::now();
  if (error.empty()) error = difference(expected, found);
  if (!error.empty()) return state.SkipWithError(error.c_str());
  for (auto _ : state)
    if (Result<void> r = session->run(); !r) return state.SkipWithError(r.error().to_string().c_str());
  set_counters(state, *program);
  state.counters["load_ms"] = std::chrono::duration<double, std::milli>(loaded - start).count();
  state.counters["first_run_ms"] = std::chrono::duration<double, std::milli>(ran - loaded).count();
  state.counters["device_bytes"] = static_cast<double>(session->memory_bytes());
}

const bool registered = [] {
  bench::reason_to_skip = [] { return machine().error; };
  for (const auto& [name, make] :
       std::vector<std::pair<std::string, Make>>{{"squeezenet", bench::squeezenet},
                                                 {"resnet18", bench::resnet18},
                                                 {"hundred_nodes", bench::hundred_nodes}}) {
    benchmark::RegisterBenchmark(("compile/" + name).c_str(), compile, make, false)
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(("run/" + name).c_str(), run, make)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  }
  benchmark::RegisterBenchmark("compile_few/squeezenet", compile, bench::squeezenet, true)
      ->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace
