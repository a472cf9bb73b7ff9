// Recording a dispatch through the adapter against the Vulkan calls that it makes, on the device at hand. Both command
// buffers are executed once, and their results compared with the processor's, before anything is timed.
#include "../support/skip.hpp"

#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/vulkan_device.hpp>

#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::kernel;
using namespace airstrip::vulkan;

namespace {

constexpr std::uint32_t count = 64;

// y = a * x + y on a device that stays open.
struct Saxpy {
  Device device;
  Pipeline pipeline;
  Prepared prepared;
  DeviceBuffer x, y;
  VkDescriptorSet set = VK_NULL_HANDLE;
  unsigned char constants[8] = {};
  PFN_vkCmdBindPipeline bind_pipeline = nullptr;
  PFN_vkCmdBindDescriptorSets bind_sets = nullptr;
  PFN_vkCmdPushConstants push_constants = nullptr;
  PFN_vkCmdDispatch dispatch = nullptr;
  PFN_vkEndCommandBuffer end = nullptr;
  std::string error;

  ~Saxpy() {
    prepared = {};
    pipeline = {};
  }

  template <class T>
  bool keep(Result<T>&& result, T& to) {
    if (!result)
      error = std::string(result.error().to_string());
    else
      to = static_cast<T&&>(*result);
    return error.empty();
  }
  bool ok(const Result<void>& result) {
    if (!result) error = std::string(result.error().to_string());
    return error.empty();
  }

  bool open() {
    const Kernel kernel = make_kernel("saxpy", {.workgroup = {count}}, [](KernelBuilder& k) {
      const auto n = k.param<u32>("n");
      const auto a = k.param<f32>("a");
      const auto from = k.input<f32>("x");
      const auto to = k.inout<f32>("y");
      const auto i = k.global_id().x;
      k.if_(i < n, [&] { to[i] = a * from[i] + to[i]; });
    });
    if (!keep(Device::open(), device)) return false;
    WriteOptions options;
    options.names = true;
    spirv::Module module;
    Frame* frame = nullptr;
    if (!keep(write_spirv(kernel, device.describe().target, options), module) ||
        !keep(Pipeline::make(device.context(), {.words = module.words()}), pipeline) ||
        !ok(pipeline.compile()) || !keep(device.make_buffer(4 * count), x) ||
        !keep(device.make_buffer(4 * count), y) || !keep(device.frame(pipeline), frame) ||
        !keep(prepare(pipeline,
                      {.bindings = {bind("x", x), bind("y", y)}, .parameters = {{"n", count}, {"a", 2.0f}}},
                      *frame),
              prepared))
      return false;
    set = prepared.sets()[0];
    std::memcpy(constants, prepared.push_constants().data(), sizeof constants);
    const auto get = [&](const char* name) {
      return device.context().functions().vkGetDeviceProcAddr(device.context().device(), name);
    };
    bind_pipeline = reinterpret_cast<PFN_vkCmdBindPipeline>(get("vkCmdBindPipeline"));
    bind_sets = reinterpret_cast<PFN_vkCmdBindDescriptorSets>(get("vkCmdBindDescriptorSets"));
    push_constants = reinterpret_cast<PFN_vkCmdPushConstants>(get("vkCmdPushConstants"));
    dispatch = reinterpret_cast<PFN_vkCmdDispatch>(get("vkCmdDispatch"));
    end = reinterpret_cast<PFN_vkEndCommandBuffer>(get("vkEndCommandBuffer"));
    return check(true) && check(false);
  }

  void record_bare(VkCommandBuffer commands) const {
    bind_pipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.handle());
    bind_sets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.layout(), 0, 1, &set, 0, nullptr);
    push_constants(commands, pipeline.layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof constants, constants);
    dispatch(commands, 1, 1, 1);
  }

  bool check(bool bare) {
    std::vector<float> values(count), ones(count, 1);
    for (std::uint32_t i = 0; i < count; ++i) values[i] = static_cast<float>(i);
    VkCommandBuffer commands = VK_NULL_HANDLE;
    if (!ok(device.upload(x, values.data(), x.size)) || !ok(device.upload(y, ones.data(), y.size)) ||
        !keep(device.begin(), commands))
      return false;
    if (bare)
      record_bare(commands);
    else if (!ok(record(commands, prepared, {1})))
      return false;
    record(device.context(), commands,
           barrier_after(prepared, {VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT}));
    if (!ok(device.submit()) || !ok(device.download(y, ones.data(), y.size))) return false;
    for (std::uint32_t i = 0; i < count; ++i)
      if (ones[i] != 2 * values[i] + 1)
        error = bare ? "wrong result, bare" : "wrong result, through the adapter";
    return error.empty();
  }
};

void record_many(benchmark::State& state, bool bare) {
  Saxpy saxpy;
  if (!saxpy.open()) return state.SkipWithError(saxpy.error.c_str());
  const auto dispatches = static_cast<std::uint32_t>(state.range(0));
  bool good = true;
  for ([[maybe_unused]] auto _ : state) {
    const Result<VkCommandBuffer> commands = saxpy.device.begin();
    good = good && commands.ok();
    if (bare)
      for (std::uint32_t i = 0; i < dispatches; ++i) saxpy.record_bare(*commands);
    else
      for (std::uint32_t i = 0; i < dispatches; ++i)
        good = record(*commands, saxpy.prepared, {1}).ok() && good;
    good = saxpy.end(*commands) == VK_SUCCESS && good;
  }
  if (!good) state.SkipWithError("recording failed");
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetLabel(std::string(saxpy.device.describe().device_name));
}

void bare(benchmark::State& state) { record_many(state, true); }
void adapter(benchmark::State& state) { record_many(state, false); }
BENCHMARK(bare)->Name("record/bare")->Arg(256);
BENCHMARK(adapter)->Name("record/adapter")->Arg(256);

// What a dispatch costs once it is bound again: checks, and vkUpdateDescriptorSets.
void prepare_again(benchmark::State& state) {
  Saxpy saxpy;
  if (!saxpy.open()) return state.SkipWithError(saxpy.error.c_str());
  Frame frame;
  bool good = true;
  for ([[maybe_unused]] auto _ : state)
    good = vulkan::prepare_again(saxpy.prepared,
                                 {.bindings = {bind("x", saxpy.x), bind("y", saxpy.y)},
                                  .parameters = {{"n", count}, {"a", 3.0f}}},
                                 frame)
               .ok() &&
           good;
  if (!good) state.SkipWithError("preparing failed");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(prepare_again)->Name("record/prepare_again");

// Without a device there is nothing to measure.
[[maybe_unused]] const bool has_reason = [] {
  bench::reason_to_skip = [] {
    const Result<Device> device = Device::open();
    return device.error().code == ErrorCode::NoDevice ? std::string(device.error().message) : std::string();
  };
  return true;
}();

}  // namespace
