// Dispatches of a Device, timed and not.
#pragma once

#include "device_body.hpp"

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

namespace detail {

// Whatever came before and comes after; a program that waits for each dispatch loses nothing.
inline constexpr MemoryState anything{VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                                      VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
                                      VK_IMAGE_LAYOUT_GENERAL, VK_QUEUE_FAMILY_IGNORED};
inline constexpr MemoryState host_reads{VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT,
                                        VK_IMAGE_LAYOUT_GENERAL, VK_QUEUE_FAMILY_IGNORED};

inline void sort(double* values, std::size_t count) {
  for (std::size_t i = 1; i < count; ++i)
    for (std::size_t j = i; j > 0 && values[j] < values[j - 1]; --j) {
      const double larger = values[j - 1];
      values[j - 1] = values[j];
      values[j] = larger;
    }
}

}  // namespace detail

AIRSTRIP_INLINE Result<VkCommandBuffer> Device::begin() {
  Diagnostic error = body_->begin();
  if (error.code != ErrorCode::Ok) return error;
  return body_->commands;
}
AIRSTRIP_INLINE Result<void> Device::submit() {
  Diagnostic error = body_->submit();
  if (error.code != ErrorCode::Ok) return error;
  return {};
}

AIRSTRIP_INLINE Result<Frame*> Device::frame(const Pipeline& pipeline, std::uint32_t times) {
  return frame(Span<const Pipeline>(&pipeline, 1), times);
}
AIRSTRIP_INLINE Result<Frame*> Device::frame(Span<const Pipeline> pipelines, std::uint32_t times) {
  Body& d = *body_;
  d.f.vkDestroyDescriptorPool(d.device, d.descriptor_pool, nullptr);
  d.descriptor_pool = VK_NULL_HANDLE;
  d.frame = {};
  std::uint32_t sets = 0;
  Buffer<VkDescriptorPoolSize> sizes;
  for (const Pipeline& pipeline : pipelines) {
    sets += pipeline.pool_sets() * times;
    sizes.append(pipeline.pool_sizes());
  }
  if (sizes.out_of_memory())
    return detail::failure(ErrorCode::OutOfMemory, "out of memory for a descriptor pool");
  if (sets != 0) {
    for (VkDescriptorPoolSize& size : sizes) size.descriptorCount *= times;
    auto info =
        detail::make_structure<VkDescriptorPoolCreateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO);
    info.maxSets = sets;
    info.poolSizeCount = static_cast<std::uint32_t>(sizes.size());
    info.pPoolSizes = sizes.data();
    const VkResult result = d.f.vkCreateDescriptorPool(d.device, &info, nullptr, &d.descriptor_pool);
    if (result < 0) return detail::failed_call("vkCreateDescriptorPool", result);
    d.frame.pool = d.descriptor_pool;
  }
  // Room for every block of parameters, each where the device wants it.
  const VkDeviceSize alignment = d.context.describe().limits.minUniformBufferOffsetAlignment;
  VkDeviceSize bytes = 0;
  for (const Pipeline& pipeline : pipelines)
    for (const reflection::Binding& b : pipeline.reflection().bindings(pipeline.entry_point()))
      if (b.kind == reflection::DescriptorKind::UniformBuffer)
        bytes += (b.minimum_bytes + alignment) * b.count * times;
  if (bytes == 0) return &d.frame;
  if (!d.uniforms.buffer || d.uniforms.size < bytes) {
    d.free_memory(d.uniforms);
    Diagnostic error = d.make_memory(bytes, true, d.uniforms);
    if (error.code != ErrorCode::Ok) return error;
  }
  d.frame.uniforms = d.uniforms.buffer;
  d.frame.uniforms_mapped = d.uniforms.mapped;
  d.frame.uniforms_size = d.uniforms.size;
  return &d.frame;
}

AIRSTRIP_INLINE Result<void> Device::run(Pipeline& pipeline, const Arguments& arguments, Groups groups) {
  Body& d = *body_;
  Result<Frame*> frame_of = frame(pipeline);
  if (!frame_of) return frame_of.error();
  Result<Prepared> prepared = prepare(pipeline, arguments, **frame_of);
  if (!prepared) return prepared.error();
  Result<void> done = pipeline.compile();
  if (!done) return done;
  Diagnostic error = d.begin();
  if (error.code != ErrorCode::Ok) return error;
  vulkan::record(d.context, d.commands, barrier_before(*prepared, detail::anything));
  done = vulkan::record(d.commands, *prepared, groups);
  MemoryBarrier after = barrier_after(*prepared, detail::anything);
  after.add(barrier_after(*prepared, detail::host_reads));
  vulkan::record(d.context, d.commands, after);
  error = d.submit();
  if (!done) return done;
  if (error.code != ErrorCode::Ok) return error;
  return {};
}

AIRSTRIP_INLINE Result<Timing> Device::time(Pipeline& pipeline, const Arguments& arguments, Groups groups,
                                            std::uint32_t repeats) {
  Body& d = *body_;
  if (d.timestamp_bits == 0)
    return detail::failure(ErrorCode::MissingCapability, "the device's queue has no timestamps");
  if (repeats == 0 || repeats > 4096)
    return detail::failure(ErrorCode::InvalidOperand,
                           "a dispatch is timed once at least and 4,096 times at most");
  Result<void> done = run(pipeline, arguments, groups);  // compiles, and warms caches
  if (!done) return done.error();
  Result<Frame*> frame_of = frame(pipeline);
  if (!frame_of) return frame_of.error();
  Result<Prepared> prepared = prepare(pipeline, arguments, **frame_of);
  if (!prepared) return prepared.error();

  auto info = detail::make_structure<VkQueryPoolCreateInfo>(VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO);
  info.queryType = VK_QUERY_TYPE_TIMESTAMP;
  info.queryCount = 2 * repeats;
  VkQueryPool queries = VK_NULL_HANDLE;
  VkResult result = d.f.vkCreateQueryPool(d.device, &info, nullptr, &queries);
  if (result < 0) return detail::failed_call("vkCreateQueryPool", result);
  Buffer<std::uint64_t> ticks;
  Buffer<double> times;
  Diagnostic error = d.begin();
  if (!ticks.resize(2 * repeats) || !times.resize(repeats))
    error = detail::failure(ErrorCode::OutOfMemory, "out of memory for times");
  if (error.code == ErrorCode::Ok) {
    d.f.vkCmdResetQueryPool(d.commands, queries, 0, 2 * repeats);
    for (std::uint32_t i = 0; i < repeats; ++i) {
      // Nothing of the dispatch before runs while this one is timed.
      d.barrier(VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_ACCESS_MEMORY_WRITE_BIT,
                VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT);
      d.f.vkCmdWriteTimestamp(d.commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, queries, 2 * i);
      done = vulkan::record(d.commands, *prepared, groups);
      d.f.vkCmdWriteTimestamp(d.commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, queries, 2 * i + 1);
    }
    error = d.submit();
  }
  if (error.code == ErrorCode::Ok) {
    result = d.f.vkGetQueryPoolResults(
        d.device, queries, 0, 2 * repeats, ticks.size() * sizeof(std::uint64_t), ticks.data(),
        sizeof(std::uint64_t), VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);
    if (result < 0) error = detail::failed_call("vkGetQueryPoolResults", result);
  }
  d.f.vkDestroyQueryPool(d.device, queries, nullptr);
  if (!done) return done.error();
  if (error.code != ErrorCode::Ok) return error;
  const std::uint64_t mask =
      d.timestamp_bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << d.timestamp_bits) - 1;
  const double period = static_cast<double>(d.context.describe().limits.timestampPeriod);
  for (std::uint32_t i = 0; i < repeats; ++i)
    times[i] = static_cast<double>((ticks[2 * i + 1] - ticks[2 * i]) & mask) * period;
  detail::sort(times.data(), times.size());
  const std::size_t middle = repeats / 2;
  Timing timing;
  timing.median = repeats % 2 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  timing.minimum = times[0];
  timing.maximum = times[repeats - 1];
  timing.repeats = repeats;
  return timing;
}

AIRSTRIP_VULKAN_NAMESPACE_END
