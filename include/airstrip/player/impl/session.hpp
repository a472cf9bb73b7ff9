#pragma once

#include "../../player_device.hpp"

#include <chrono>

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

namespace detail {

inline Diagnostic session_error(ErrorCode code, String message) {
  Diagnostic error;
  error.code = message.out_of_memory() ? ErrorCode::OutOfMemory : code;
  error.message = static_cast<String&&>(message);
  return error;
}
inline BufferMemory memory_of(const vulkan::DeviceBuffer& buffer, void* mapped = nullptr) {
  return {buffer.buffer, buffer.offset, buffer.size, buffer.address, mapped};
}
inline constexpr VkPipelineStageFlags any_stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
inline constexpr VkAccessFlags any_access = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT;

}  // namespace detail

AIRSTRIP_INLINE Session::~Session() {
  // Before the buffers that its descriptors name.
  instance_ = Instance();
  model_ = Model();
  if (device_)
    for (vulkan::DeviceBuffer& buffer : buffers_) device_->release(buffer);
}

AIRSTRIP_INLINE Result<Session> Session::make(vulkan::Device& device, const program::Program& program,
                                              Text variant) {
  Session session;
  session.device_ = &device;
  Result<program::Program> again = program::Program::open(program.bytes());
  if (!again) return static_cast<Result<program::Program>&&>(again).error();
  session.program_ = static_cast<program::Program&&>(*again);
  Result<Device> owner = Device::make(device.context());
  if (!owner) return static_cast<Result<Device>&&>(owner).error();
  Result<Model> model = Model::make(*owner, session.program_, variant);
  if (!model) return static_cast<Result<Model>&&>(model).error();
  session.model_ = static_cast<Model&&>(*model);
  if (Result<void> r = session.model_.compile(); !r) return static_cast<Result<void>&&>(r).error();
  if (Result<void> r = session.prepare(device); !r) return static_cast<Result<void>&&>(r).error();
  return session;
}

AIRSTRIP_INLINE Result<vulkan::DeviceBuffer> Session::memory(const MemoryRequirement& needs) {
  Result<vulkan::DeviceBuffer> made = device_->make_buffer(needs.bytes ? needs.bytes : 16);
  if (made && !buffers_.push_back(*made))
    return detail::session_error(ErrorCode::OutOfMemory, "out of memory for a session");
  return made;
}

AIRSTRIP_INLINE Result<void> Session::prepare(vulkan::Device& device) {
  for (const program::TensorRecord& tensor : program_.tensors()) {
    if (tensor.storage != program::StorageKind::Buffer) {
      String message("the tensor ");
      message << program_.text(tensor.name)
              << " is an image, and a session has buffers alone; use an Instance";
      return detail::session_error(ErrorCode::InvalidBinding, static_cast<String&&>(message));
    }
    Result<vulkan::DeviceBuffer> made = memory({tensor.max_bytes});
    if (!made) return static_cast<Result<vulkan::DeviceBuffer>&&>(made).error();
  }
  const MemoryRequirements& needs = model_.memory();
  InstanceInfo info;
  const MemoryRequirement* const kinds[] = {&needs.weights, &needs.packed, &needs.scratch};
  BufferMemory* const places[] = {&info.weights, &info.packed, &info.scratch};
  for (std::size_t i = 0; i < 3; ++i) {
    if (kinds[i]->bytes == 0) continue;
    Result<vulkan::DeviceBuffer> made = memory(*kinds[i]);
    if (!made) return static_cast<Result<vulkan::DeviceBuffer>&&>(made).error();
    *places[i] = detail::memory_of(*made);
    if (i != 0) continue;
    if (Result<void> r = device.upload(*made, program_.weight_bytes().data(), program_.weight_bytes().size());
        !r)
      return r;
  }
  if (needs.uniform.bytes != 0) {
    void* mapped = nullptr;
    Result<vulkan::DeviceBuffer> made = device.make_host_buffer(needs.uniform.bytes, mapped);
    if (!made) return static_cast<Result<vulkan::DeviceBuffer>&&>(made).error();
    info.uniform = detail::memory_of(*made, mapped);
    if (!buffers_.push_back(*made))
      return detail::session_error(ErrorCode::OutOfMemory, "out of memory for a session");
  }
  Result<Instance> instance = Instance::make(model_, info);
  if (!instance) return static_cast<Result<Instance>&&>(instance).error();
  instance_ = static_cast<Instance&&>(*instance);
  for (std::size_t i = 0; i < program_.tensors().size(); ++i)
    if (Result<void> r =
            instance_.bind(program_.text(program_.tensors()[i].name), detail::memory_of(buffers_[i]));
        !r)
      return r;
  bool is_static = true;
  for (const program::ParameterRecord& parameter : program_.parameters())
    is_static = is_static && !parameter.is_size;
  if (is_static)
    if (Result<void> r = instance_.set_parameters({}); !r) return r;
  const auto start = std::chrono::steady_clock::now();
  Result<VkCommandBuffer> commands = device.begin();
  if (!commands) return commands.error();
  Result<void> recorded = instance_.record_prepare(*commands);
  if (Result<void> submitted = device.submit(); recorded && !submitted) return submitted;
  packing_milliseconds_ =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return recorded;
}

AIRSTRIP_INLINE Result<void> Session::set_parameters(Span<const program::ParameterValue> values) {
  return instance_.set_parameters(values);
}

AIRSTRIP_INLINE const vulkan::DeviceBuffer* Session::tensor(Text name, program::Direction direction) const {
  for (std::size_t i = 0; i < program_.tensors().size(); ++i)
    if (program_.text(program_.tensors()[i].name) == name && program_.tensors()[i].direction == direction)
      return &buffers_[i];
  return nullptr;
}

AIRSTRIP_INLINE Result<void> Session::set_input(Text name, const void* elements, std::uint64_t bytes) {
  const vulkan::DeviceBuffer* const buffer = tensor(name, program::Direction::Input);
  if (!buffer)
    return detail::session_error(ErrorCode::InvalidBinding, String("the program has no input called ")
                                                                << name);
  const Result<Instance::Shape> shape = instance_.shape_of(name);
  if (!shape) return shape.error();
  if (shape->bytes != bytes) {
    String message("the input ");
    message << name << " has " << shape->bytes << " bytes, and was given " << bytes;
    return detail::session_error(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  return bytes ? device_->upload(*buffer, elements, bytes) : Result<void>();
}

AIRSTRIP_INLINE Result<void> Session::get_output(Text name, void* elements, std::uint64_t bytes) {
  const vulkan::DeviceBuffer* const buffer = tensor(name, program::Direction::Output);
  if (!buffer)
    return detail::session_error(ErrorCode::InvalidBinding, String("the program has no output called ")
                                                                << name);
  const Result<Instance::Shape> shape = instance_.shape_of(name);
  if (!shape) return shape.error();
  if (shape->bytes != bytes) {
    String message("the output ");
    message << name << " has " << shape->bytes << " bytes, and there was room for " << bytes;
    return detail::session_error(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  return bytes ? device_->download(*buffer, elements, bytes) : Result<void>();
}

AIRSTRIP_INLINE Result<void> Session::run() {
  Result<VkCommandBuffer> commands = device_->begin();
  if (!commands) return commands.error();
  instance_.record_barrier(*commands, Instance::barrier_before(detail::any_stage, detail::any_access));
  Result<void> recorded = instance_.record(*commands);
  instance_.record_barrier(*commands, Instance::barrier_after(detail::any_stage, detail::any_access));
  if (Result<void> submitted = device_->submit(); recorded && !submitted) return submitted;
  return recorded;
}

AIRSTRIP_INLINE Result<void> Session::time(Span<double> times) {
  for (double& milliseconds : times) {
    const auto start = std::chrono::steady_clock::now();
    if (Result<void> r = run(); !r) return r;
    milliseconds =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  return {};
}

AIRSTRIP_INLINE Result<void> Session::time_dispatches(Buffer<double>& milliseconds) {
  milliseconds.clear();
  if (device_->timestamp_bits() == 0)
    return detail::session_error(ErrorCode::MissingCapability, "the device's queue has no timestamps");
  const vulkan::Context& context = device_->context();
  const auto find = [&](const char* name) {
    return context.functions().vkGetDeviceProcAddr(context.device(), name);
  };
  const auto create = reinterpret_cast<PFN_vkCreateQueryPool>(find("vkCreateQueryPool"));
  const auto destroy = reinterpret_cast<PFN_vkDestroyQueryPool>(find("vkDestroyQueryPool"));
  const auto results = reinterpret_cast<PFN_vkGetQueryPoolResults>(find("vkGetQueryPoolResults"));
  VkQueryPoolCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO;
  info.queryType = VK_QUERY_TYPE_TIMESTAMP;
  info.queryCount = instance_.timestamp_count();
  VkQueryPool queries = VK_NULL_HANDLE;
  if (!create || !destroy || !results || create(context.device(), &info, nullptr, &queries) < 0)
    return detail::session_error(ErrorCode::VulkanFailed, "vkCreateQueryPool failed");
  Buffer<std::uint64_t> ticks;
  Result<VkCommandBuffer> commands = device_->begin();
  Result<void> done;
  if (!commands) {
    done = commands.error();
  } else {
    done = instance_.record_calibration(*commands, queries);
    if (Result<void> submitted = device_->submit(); done && !submitted)
      done = static_cast<Result<void>&&>(submitted);
  }
  if (done && ticks.resize(info.queryCount) &&
      results(context.device(), queries, 0, info.queryCount, ticks.size() * 8, ticks.data(), 8,
              VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT) < 0)
    done = detail::session_error(ErrorCode::VulkanFailed, "vkGetQueryPoolResults failed");
  destroy(context.device(), queries, nullptr);
  if (!done) return done;
  const double period = static_cast<double>(context.describe().limits.timestampPeriod);
  // Each is the end of a dispatch and the beginning of the next.
  const std::uint32_t bits = device_->timestamp_bits();
  const std::uint64_t mask = bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  for (std::size_t i = 0; i + 1 < ticks.size(); ++i)
    milliseconds.push_back(static_cast<double>((ticks[i + 1] - ticks[i]) & mask) * period * 1e-6);
  return instance_.take_timestamps({ticks.data(), ticks.size()}, period, device_->timestamp_bits());
}

AIRSTRIP_INLINE std::uint64_t Session::memory_bytes() const {
  std::uint64_t bytes = 0;
  for (const vulkan::DeviceBuffer& buffer : buffers_) bytes += buffer.size;
  return bytes;
}

AIRSTRIP_PLAYER_NAMESPACE_END
