#pragma once

#include "../../player_device.hpp"
#include "functions.hpp"

#include <chrono>

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

namespace detail {

inline BufferMemory memory_of(const vulkan::DeviceBuffer& buffer, void* mapped = nullptr) {
  return {buffer.buffer, buffer.offset, buffer.size, buffer.address, mapped};
}
// What is around the dispatches of a session: copies, and the host's reading of mapped memory, which is no command's stage.
inline MemoryBarrier before_all() {
  return Instance::barrier_before(VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                                  VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT);
}
inline MemoryBarrier after_all() {
  return Instance::barrier_after(VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT,
                                 VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT |
                                     VK_ACCESS_HOST_READ_BIT);
}
inline Diagnostic empty_session() {
  return failure(ErrorCode::NotReady, "an empty session cannot be used; make it of a program");
}

}  // namespace detail

AIRSTRIP_INLINE Session::~Session() { release(); }
AIRSTRIP_INLINE Session& Session::operator=(Session&& other) noexcept {
  if (this == &other) return *this;
  release();
  device_ = other.device_;
  program_ = static_cast<program::Program&&>(other.program_);
  model_ = static_cast<Model&&>(other.model_);
  instance_ = static_cast<Instance&&>(other.instance_);
  packing_milliseconds_ = other.packing_milliseconds_;
  buffers_ = static_cast<Buffer<vulkan::DeviceBuffer>&&>(other.buffers_);
  return *this;
}

AIRSTRIP_INLINE void Session::release() {
  // The instance before its model, and both before the buffers that the descriptors name.
  instance_ = Instance();
  model_ = Model();
  if (device_)
    for (vulkan::DeviceBuffer& buffer : buffers_) device_->release(buffer);
  buffers_.clear();
}

AIRSTRIP_INLINE Result<Session> Session::make(vulkan::Device& device, const program::Program& program,
                                              Text variant) {
  Session session;
  session.device_ = &device;
  session.program_ = program.borrowed();
  Result<Device> owner = Device::make(device.context());
  if (!owner) return static_cast<Result<Device>&&>(owner).error();
  Result<Model> model = Model::make(*owner, session.program_, variant);
  if (!model) return static_cast<Result<Model>&&>(model).error();
  session.model_ = static_cast<Model&&>(*model);
  if (Result<void> r = session.model_.compile(); !r) return static_cast<Result<void>&&>(r).error();
  if (Result<void> r = session.prepare(device); !r) return static_cast<Result<void>&&>(r).error();
  return session;
}

AIRSTRIP_INLINE Result<vulkan::DeviceBuffer> Session::memory(std::uint64_t bytes) {
  Result<vulkan::DeviceBuffer> made = device_->make_buffer(bytes ? bytes : 16);
  if (made) buffers_.push_back(*made);  // there is room
  return made;
}

AIRSTRIP_INLINE Result<void> Session::prepare(vulkan::Device& device) {
  // Tensors, weights, packed, scratch, uniform: what has been made has its place, and is released.
  if (!buffers_.reserve(program_.tensors().size() + 4)) return detail::out_of_memory("a session");
  for (const program::TensorRecord& tensor : program_.tensors()) {
    if (tensor.storage != program::StorageKind::Buffer) {
      String message("the tensor ");
      message << program_.text(tensor.name)
              << " is an image, and a session has buffers alone; use an Instance";
      return detail::failure(ErrorCode::InvalidBinding, static_cast<String&&>(message));
    }
    Result<vulkan::DeviceBuffer> made = memory(tensor.max_bytes);
    if (!made) return static_cast<Result<vulkan::DeviceBuffer>&&>(made).error();
  }
  const MemoryRequirements& needs = model_.memory();
  InstanceInfo info;
  const MemoryRequirement* const kinds[] = {&needs.weights, &needs.packed, &needs.scratch};
  BufferMemory* const places[] = {&info.weights, &info.packed, &info.scratch};
  for (std::size_t i = 0; i < 3; ++i) {
    if (kinds[i]->bytes == 0) continue;
    Result<vulkan::DeviceBuffer> made = memory(kinds[i]->bytes);
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
    buffers_.push_back(*made);
    info.uniform = detail::memory_of(*made, mapped);
  }
  Result<Instance> instance = Instance::make(model_, info);
  if (!instance) return static_cast<Result<Instance>&&>(instance).error();
  instance_ = static_cast<Instance&&>(*instance);
  for (std::size_t i = 0; i < program_.tensors().size(); ++i)
    if (Result<void> r =
            instance_.bind(program_.text(program_.tensors()[i].name), detail::memory_of(buffers_[i]));
        !r)
      return r;
  const auto start = std::chrono::steady_clock::now();
  Result<VkCommandBuffer> commands = device.begin();
  if (!commands) return commands.error();
  instance_.record_barrier(*commands, detail::before_all());
  Result<void> recorded = instance_.record_prepare(*commands);
  if (Result<void> submitted = device.submit(); recorded && !submitted) return submitted;
  packing_milliseconds_ =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return recorded;
}

AIRSTRIP_INLINE Result<void> Session::set_parameters(Span<const program::ParameterValue> values) {
  return instance_.set_parameters(values);
}

AIRSTRIP_INLINE Result<vulkan::DeviceBuffer> Session::tensor(Text name, program::Direction direction,
                                                             std::uint64_t bytes) const {
  const bool is_input = direction == program::Direction::Input;
  const Text kind = is_input ? "input" : "output";
  const Span<const program::TensorRecord> tensors = program_.tensors();
  std::size_t index = 0;
  while (index < tensors.size() &&
         !(tensors[index].direction == direction && program_.text(tensors[index].name) == name))
    ++index;
  if (index == tensors.size()) {
    String message("the program has no ");
    message << kind << " called " << name;
    return detail::failure(ErrorCode::InvalidBinding, static_cast<String&&>(message));
  }
  const Result<Instance::Shape> shape = instance_.shape_of(name);
  if (!shape) return shape.error();
  if (shape->bytes == bytes) return buffers_[index];
  String message("the ");
  message << kind << ' ' << name << " has " << shape->bytes << " bytes, and "
          << (is_input ? "was given " : "there was room for ") << bytes;
  return detail::failure(ErrorCode::InvalidShape, static_cast<String&&>(message));
}

AIRSTRIP_INLINE Result<void> Session::set_input(Text name, const void* elements, std::uint64_t bytes) {
  const Result<vulkan::DeviceBuffer> buffer = tensor(name, program::Direction::Input, bytes);
  if (!buffer) return buffer.error();
  return bytes ? device_->upload(*buffer, elements, bytes) : Result<void>();
}

AIRSTRIP_INLINE Result<void> Session::get_output(Text name, void* elements, std::uint64_t bytes) {
  const Result<vulkan::DeviceBuffer> buffer = tensor(name, program::Direction::Output, bytes);
  if (!buffer) return buffer.error();
  return bytes ? device_->download(*buffer, elements, bytes) : Result<void>();
}

AIRSTRIP_INLINE Result<void> Session::run() {
  if (!device_) return detail::empty_session();
  Result<VkCommandBuffer> commands = device_->begin();
  if (!commands) return commands.error();
  instance_.record_barrier(*commands, detail::before_all());
  Result<void> recorded = instance_.record(*commands);
  instance_.record_barrier(*commands, detail::after_all());
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
  if (!device_) return detail::empty_session();
  if (device_->timestamp_bits() == 0)
    return detail::failure(ErrorCode::MissingCapability, "the device's queue has no timestamps");
  const vulkan::Context& context = device_->context();
  const auto find = [&](const char* name) {
    return context.functions().vkGetDeviceProcAddr(context.device(), name);
  };
  const auto create = reinterpret_cast<PFN_vkCreateQueryPool>(find("vkCreateQueryPool"));
  const auto destroy = reinterpret_cast<PFN_vkDestroyQueryPool>(find("vkDestroyQueryPool"));
  const auto results = reinterpret_cast<PFN_vkGetQueryPoolResults>(find("vkGetQueryPoolResults"));
  if (!create || !destroy || !results)
    return detail::missing_function(!create    ? "vkCreateQueryPool"
                                    : !destroy ? "vkDestroyQueryPool"
                                               : "vkGetQueryPoolResults");
  auto info = detail::make_structure<VkQueryPoolCreateInfo>(VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO);
  info.queryType = VK_QUERY_TYPE_TIMESTAMP;
  info.queryCount = instance_.timestamp_count();
  Buffer<std::uint64_t> ticks;
  if (!ticks.resize(info.queryCount) || !milliseconds.reserve(info.queryCount))
    return detail::out_of_memory("the times of dispatches");
  VkQueryPool queries = VK_NULL_HANDLE;
  if (const VkResult made = create(context.device(), &info, nullptr, &queries); made < 0)
    return detail::failed_call("vkCreateQueryPool", made);
  Result<VkCommandBuffer> commands = device_->begin();
  Result<void> done;
  if (!commands) {
    done = commands.error();
  } else {
    done = instance_.record_calibration(*commands, queries);
    instance_.record_barrier(*commands, detail::after_all());
    if (Result<void> submitted = device_->submit(); done && !submitted)
      done = static_cast<Result<void>&&>(submitted);
  }
  if (done) {
    const VkResult read = results(context.device(), queries, 0, info.queryCount, ticks.size() * 8,
                                  ticks.data(), 8, VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);
    if (read < 0) done = detail::failed_call("vkGetQueryPoolResults", read);
  }
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
