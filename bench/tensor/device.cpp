#include "device.hpp"

#include "../support/measure.hpp"

#include <cstdlib>
#include <cstring>

namespace bench {

using namespace airstrip;
using namespace airstrip::vulkan;

std::string Machine::open() {
  // What llvmpipe compiled for one vector width is wrong for another, and Mesa's cache does not tell them apart; and the
  // first dispatch is measured.
  setenv("MESA_SHADER_CACHE_DISABLE", "true", 1);
  DeviceOptions options;
  const char* const named = std::getenv("AIRSTRIP_BENCH_DEVICE");
  if (named) options.name = Text(named);
  Result<Device> opened = Device::open(options);
  if (!opened) return std::string(opened.error().message);
  device = static_cast<Device&&>(*opened);
  target = tensor_target(device.describe());
  return {};
}

float Machine::number(std::uint64_t seed, std::size_t set, std::size_t index) {
  std::uint64_t x = seed * 0x9E3779B97F4A7C15u + set * 0xD1B54A32D192ED03u + index;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  x ^= x >> 31;
  return (static_cast<float>(x >> 41) + 0.5f) * 0x1p-22f - 1.0f;
}
std::vector<float> Machine::numbers(std::uint64_t seed, std::size_t set, std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = number(seed, set, i);
  return values;
}

Buffers Machine::random(std::size_t count, std::uint64_t seed) {
  Buffers buffers = empty(count * sizeof(float));
  for (std::size_t set = 0; set < buffer_sets; ++set) {
    const std::vector<float> values = numbers(seed, set, count);
    if (buffers.set[set].buffer && !device.upload(buffers.set[set], values.data(), count * sizeof(float)))
      return {};
  }
  return buffers;
}
Buffers Machine::empty(std::size_t bytes) {
  Buffers buffers;
  // Written once, so that no run is the first to touch a page: with NaN.
  const std::vector<unsigned char> ones(bytes < 16 ? 16 : bytes, 0xFF);
  for (DeviceBuffer& buffer : buffers.set) {
    Result<DeviceBuffer> made = device.make_buffer(ones.size());
    if (made && device.upload(*made, ones.data(), ones.size())) buffer = *made;
  }
  return buffers;
}
std::vector<float> Machine::download(const DeviceBuffer& from, std::size_t count) {
  std::vector<float> values(count);
  if (!device.download(from, values.data(), count * sizeof(float))) values.clear();
  return values;
}
void Machine::release(Buffers& buffers) {
  for (DeviceBuffer& buffer : buffers.set)
    if (buffer.buffer) device.release(buffer);
}

Chain::~Chain() {
  const auto destroy = reinterpret_cast<PFN_vkDestroyDescriptorPool>(
      machine_->device.context().functions().vkGetDeviceProcAddr(machine_->device.context().device(),
                                                                 "vkDestroyDescriptorPool"));
  for (const auto& dispatch : dispatches_)
    destroy(machine_->device.context().device(), dispatch->pool, nullptr);
}

std::string Chain::add(const PipelineInfo& info, Groups groups, const std::vector<Bound>& bound,
                       const std::vector<Parameter>& parameters) {
  const Context& context = machine_->device.context();
  auto dispatch = std::make_unique<Dispatch>();
  dispatch->groups = groups;
  const double start = now();
  Result<Pipeline> made = Pipeline::make(context, info);
  if (!made) return error_ = std::string(made.error().to_string());
  dispatch->pipeline = static_cast<Pipeline&&>(*made);
  if (Result<void> compiled = dispatch->pipeline.compile(); !compiled)
    return error_ = std::string(compiled.error().to_string());
  compile_seconds_ += now() - start;

  Frame frame;
  if (dispatch->pipeline.pool_sets() != 0) {
    std::vector<VkDescriptorPoolSize> sizes(dispatch->pipeline.pool_sizes().begin(),
                                            dispatch->pipeline.pool_sizes().end());
    for (VkDescriptorPoolSize& size : sizes) size.descriptorCount *= static_cast<std::uint32_t>(buffer_sets);
    VkDescriptorPoolCreateInfo pool = {};
    pool.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    pool.maxSets = dispatch->pipeline.pool_sets() * static_cast<std::uint32_t>(buffer_sets);
    pool.poolSizeCount = static_cast<std::uint32_t>(sizes.size());
    pool.pPoolSizes = sizes.data();
    const auto create = reinterpret_cast<PFN_vkCreateDescriptorPool>(
        context.functions().vkGetDeviceProcAddr(context.device(), "vkCreateDescriptorPool"));
    if (create(context.device(), &pool, nullptr, &dispatch->pool) != VK_SUCCESS)
      return error_ = "vkCreateDescriptorPool failed";
    frame.pool = dispatch->pool;
  }
  for (std::size_t set = 0; set < buffer_sets; ++set) {
    std::vector<Binding> bindings;
    for (const Bound& b : bound)
      bindings.push_back(b.by_address ? bind_address(b.slot, b.buffers->set[set])
                                      : bind(b.slot, b.buffers->set[set]));
    Arguments arguments;
    arguments.bindings = {bindings.data(), bindings.size()};
    arguments.parameters = {parameters.data(), parameters.size()};
    arguments.ignore_unused = true;
    Result<Prepared> prepared = prepare(dispatch->pipeline, arguments, frame);
    if (!prepared) {
      error_ = std::string(prepared.error().to_string());
      break;
    }
    dispatch->prepared[set] = static_cast<Prepared&&>(*prepared);
  }
  dispatches_.push_back(std::move(dispatch));
  return error_;
}

double Chain::run(std::size_t set) {
  Result<VkCommandBuffer> commands = machine_->device.begin();
  if (!commands || !error_.empty()) return -1;
  const Context& context = machine_->device.context();
  const Prepared* before = nullptr;
  for (const auto& dispatch : dispatches_) {
    const Prepared& prepared = dispatch->prepared[set % buffer_sets];
    if (before) record(context, *commands, barrier_between(*before, prepared));
    if (Result<void> recorded = record(*commands, prepared, dispatch->groups); !recorded) {
      error_ = std::string(recorded.error().to_string());
      return -1;
    }
    before = &prepared;
  }
  if (before)
    record(context, *commands, barrier_after(*before, {VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT}));
  const double start = now();
  const Result<void> done = machine_->device.submit();
  const double seconds = now() - start;
  if (!done) error_ = std::string(done.error().to_string());
  if (first_seconds_ == 0) first_seconds_ = compile_seconds_ + seconds;
  return done ? seconds : -1;
}

Ready::~Ready() {
  for (auto& [name, buffers] : own) machine->release(buffers);
}

std::unique_ptr<Ready> make_ready(Machine& machine, const tensor::Operation& operation,
                                  const std::map<std::string, const Buffers*>& given) {
  auto ready = std::make_unique<Ready>(machine);
  std::vector<tensor::SizeValue> values;
  for (const tensor::Step& step : operation.steps())
    for (const kernel::ParameterInfo& p : step.kernel.parameters())
      values.push_back({step.kernel.text(p.name), run_time_size});
  const auto sizes = operation.resolve({values.data(), values.size()});
  if (!sizes) {
    ready->error = std::string(sizes.error().to_string());
    return ready;
  }
  for (std::size_t i = 0; i < operation.operands().size(); ++i) {
    const std::string name(operation.operands()[i].name);
    if (!given.count(name)) ready->own[name] = machine.empty(sizes->bytes(i));
  }
  Chain prepare(machine);
  for (std::size_t s = 0; s < operation.steps().size(); ++s) {
    const tensor::Step& step = operation.steps()[s];
    const kernel::Extent groups = sizes->groups(s);
    if (groups.volume() == 0) continue;
    const auto module = operation.module(s);
    if (!module) {
      ready->error = std::string(module.error().to_string());
      return ready;
    }
    PipelineInfo info;
    info.words = module->words();
    info.label = step.kernel.name();
    info.subgroup_size = step.subgroup_size;
    info.full_subgroups = step.kernel.options().subgroup.full;
    std::vector<Parameter> parameters;
    for (const kernel::ParameterInfo& p : step.kernel.parameters())
      parameters.push_back({step.kernel.text(p.name), run_time_size});
    std::vector<Chain::Bound> bound;
    for (std::uint32_t r = 0; r < step.kernel.resources().size(); ++r) {
      if (step.kernel.resource(r).kind != kernel::ResourceKind::Buffer) continue;
      const Text name = step.kernel.resource_name(r);
      const auto found = given.find(std::string(name));
      bound.push_back({name, found != given.end() ? found->second : &ready->own.at(std::string(name)),
                       step.write.layout == kernel::BindingLayout::DeviceAddresses});
    }
    ready->error = (step.phase == tensor::Phase::Prepare ? prepare : ready->chain)
                       .add(info, {groups.x, groups.y, groups.z}, bound, parameters);
    if (!ready->error.empty()) return ready;
  }
  for (std::size_t set = 0; set < buffer_sets; ++set)
    if (prepare.run(set) < 0) ready->error = prepare.error().empty() ? "preparing failed" : prepare.error();
  return ready;
}

}  // namespace bench
