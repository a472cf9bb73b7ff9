// Recording: whole runs, runs in pieces, runs that are timed.
#pragma once

#include "../instance.hpp"
#include "model_body.hpp"

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

// --- what has to be there ------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Result<void> Instance::check(program::Phase phase) const {
  if (Result<void> r = check_idle("recording"); !r) return r;
  const detail::ModelBody& m = *model_;
  if (m.state.load(std::memory_order_acquire) != ModelState::Ready)
    return detail::failure(
        ErrorCode::NotReady,
        "the model is not compiled: call Model::compile, or record something else meanwhile");
  if (!has_sizes_ && !(phase == program::Phase::Prepare && can_prepare_))
    return detail::failure(ErrorCode::MissingBinding, "the sizes were not given; call set_parameters");
  for (std::uint32_t i = 0; i < m.tensors.size(); ++i) {
    if (!m.tensors[i].in_phase[static_cast<std::uint32_t>(phase)]) continue;
    if (!tensors_[i].is_bound)
      return refuse(ErrorCode::MissingBinding, i, "has no memory; bind it by that name");
    const std::uint64_t needed = needed_bytes(i);
    if (tensors_[i].buffer.size >= needed) continue;
    String message("is too small: it needs ");
    message << needed << " bytes for the sizes that are set, and has " << tensors_[i].buffer.size;
    return refuse(ErrorCode::InvalidBinding, i, message);
  }
  for (const detail::PlannedDispatch& d : m.dispatches) {
    if (d.record->phase != phase) continue;
    for (const program::ArgumentRecord& a : m.program.arguments(*d.record)) {
      if (a.kind != program::ArgumentRecord::Kind::Number || numbers_[a.index].is_given) continue;
      String message("the parameter ");
      message << m.program.text(m.program.parameters()[a.index].name)
              << " was not given; call set_parameters";
      return detail::failure(ErrorCode::MissingBinding, static_cast<String&&>(message));
    }
  }
  return {};
}

// --- one dispatch --------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE std::uint64_t Instance::address_of(const program::RegionRecord& region) const {
  const BufferMemory& memory = region.memory == program::Memory::Tensor
                                   ? tensors_[region.tensor].buffer
                                   : memories_[static_cast<std::uint32_t>(region.memory)];
  return memory.address + region.offset;
}

AIRSTRIP_INLINE void Instance::fill_arguments(const detail::PlannedDispatch& dispatch) {
  const detail::ModelBody& m = *model_;
  const std::uint32_t size = m.modules[dispatch.module].record->parameter_bytes;
  std::memset(arguments_.data(), 0, size);
  for (const program::ArgumentRecord& a : m.program.arguments(*dispatch.record)) {
    using Kind = program::ArgumentRecord::Kind;
    const bool is_number = a.kind == Kind::Number;
    const std::uint64_t bits = a.kind == Kind::Size ? static_cast<std::uint64_t>(sizes_[a.index])
                               : is_number          ? numbers_[a.index].bits
                                                    : address_of(m.program.regions()[a.index]);
    std::uint32_t bytes = a.kind == Kind::Address ? 8 : 4;
    if (is_number) bytes = program::detail::bytes_of_number(m.program.parameters()[a.index].scalar);
    const auto low = static_cast<std::uint32_t>(bits & 0xFFFFFFFFu);
    std::memcpy(arguments_.data() + a.offset, &low, 4);
    const auto high = static_cast<std::uint32_t>(bits >> 32);
    if (bytes == 8) std::memcpy(arguments_.data() + a.offset + 4, &high, 4);
  }
}

AIRSTRIP_INLINE void Instance::record_pending(VkCommandBuffer commands, program::Barrier barrier) const {
  if (barrier == program::Barrier::Absent) return;
  VkMemoryBarrier memory = detail::make_structure<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
  memory.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT;
  memory.dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT;
  const bool is_memory = barrier == program::Barrier::Memory;
  model_->handles.f.vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                                         VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, is_memory ? 1 : 0,
                                         is_memory ? &memory : nullptr, 0, nullptr, 0, nullptr);
}

AIRSTRIP_INLINE void Instance::record_dispatch(Recording& recording, std::uint32_t index) {
  const detail::ModelBody& m = *model_;
  const detail::PlannedDispatch& d = m.dispatches[index];
  const detail::PlannedModule& module = m.modules[d.module];
  const program::GroupCounts groups = groups_[index];
  // One that has nothing to do leaves its barrier to the next.
  if (d.record->before > recording.pending) recording.pending = d.record->before;
  if (groups.x == 0) return;
  record_pending(recording.commands, recording.pending);
  recording.pending = program::Barrier::Absent;
  const Functions& f = m.handles.f;
  if (m.handles.debug_utils) {
    auto label = detail::make_structure<VkDebugUtilsLabelEXT>(VK_STRUCTURE_TYPE_DEBUG_UTILS_LABEL_EXT);
    label.pLabelName = m.labels.data() + d.label;
    f.vkCmdBeginDebugUtilsLabelEXT(recording.commands, &label);
  }
  if (recording.pipeline != module.pipeline) {
    f.vkCmdBindPipeline(recording.commands, VK_PIPELINE_BIND_POINT_COMPUTE, module.pipeline);
    recording.pipeline = module.pipeline;
  }
  if (d.set_count != 0)
    f.vkCmdBindDescriptorSets(recording.commands, VK_PIPELINE_BIND_POINT_COMPUTE, module.layout, 0,
                              d.set_count, sets_.data() + d.first_set, 0, nullptr);
  const std::uint32_t bytes = module.record->parameter_bytes;
  if (bytes != 0) {
    fill_arguments(d);
    if (program::has_uniform(*module.record))
      std::memcpy(static_cast<unsigned char*>(uniform_.mapped) + d.uniform_offset, arguments_.data(), bytes);
    else
      f.vkCmdPushConstants(recording.commands, module.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, bytes,
                           arguments_.data());
  }
  f.vkCmdDispatch(recording.commands, groups.x, groups.y, groups.z);
  if (m.handles.debug_utils) f.vkCmdEndDebugUtilsLabelEXT(recording.commands);
}

// --- runs ----------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Result<void> Instance::record_prepare(VkCommandBuffer commands) {
  if (Result<void> r = check(program::Phase::Prepare); !r) return r;
  if (model_->prepare_count == 0) return {};
  Recording recording{commands, program::Barrier::Absent, VK_NULL_HANDLE};
  for (std::uint32_t i = 0; i < model_->prepare_count; ++i) record_dispatch(recording, i);
  record_pending(commands, program::Barrier::Memory);
  return {};
}

AIRSTRIP_INLINE Result<void> Instance::record(VkCommandBuffer commands) {
  if (Result<void> r = check(program::Phase::Run); !r) return r;
  Recording recording{commands, program::Barrier::Absent, VK_NULL_HANDLE};
  for (std::uint32_t i = model_->prepare_count; i < model_->dispatches.size(); ++i)
    record_dispatch(recording, i);
  return {};
}

AIRSTRIP_INLINE Result<Progress> Instance::advance(VkCommandBuffer commands, double max_cost) {
  const auto count = static_cast<std::uint32_t>(costs_.size());
  Progress progress;
  // What a run needs was checked when it began, and cannot have changed since.
  if (next_ == 0 || !model_)
    if (Result<void> r = check(program::Phase::Run); !r) return r.error();
  Recording recording{commands, next_ == 0 ? program::Barrier::Absent : program::Barrier::Memory,
                      VK_NULL_HANDLE};
  for (; next_ < count; ++next_) {
    const bool is_empty = groups_[model_->prepare_count + next_].x == 0;
    const double cost = is_empty ? 0 : cost_of(next_);
    if (progress.dispatches != 0 && !is_empty && !(progress.cost + cost <= max_cost)) break;
    record_dispatch(recording, model_->prepare_count + next_);
    progress.cost += cost;
    progress.dispatches += is_empty ? 0 : 1;
  }
  progress.done = next_ == count;
  return progress;
}

// --- costs ---------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE double Instance::cost_of(std::uint32_t index) const {
  const detail::PlannedDispatch& d = model_->dispatches[model_->prepare_count + index];
  const auto groups = static_cast<double>(sizes_[d.record->groups]);
  if (!has_sizes_ || groups <= 0) return 0;
  const Cost& cost = costs_[index];
  if (cost.microseconds >= 0) return cost.microseconds * groups / cost.groups;
  const double operations =
      static_cast<double>(d.record->operations) / cost_model_.operations_per_microsecond;
  const double bytes = static_cast<double>(d.record->bytes) / cost_model_.bytes_per_microsecond;
  return cost_model_.per_dispatch + (operations > bytes ? operations : bytes) * groups / d.most_groups;
}

AIRSTRIP_INLINE double Instance::cost() const {
  double sum = 0;
  for (std::uint32_t i = 0; i < costs_.size(); ++i) sum += cost_of(i);
  return sum;
}

AIRSTRIP_INLINE LongestDispatch Instance::longest_dispatch() const {
  LongestDispatch longest;
  for (std::uint32_t i = 0; i < costs_.size(); ++i) {
    const double cost = cost_of(i);
    if (i != 0 && cost <= longest.microseconds) continue;
    const program::DispatchRecord& record = *model_->dispatches[model_->prepare_count + i].record;
    longest = {model_->program.text(record.name), i, cost, costs_[i].microseconds >= 0};
  }
  return longest;
}

AIRSTRIP_INLINE std::uint32_t Instance::timestamp_count() const {
  return static_cast<std::uint32_t>(costs_.size()) + 1;
}

AIRSTRIP_INLINE Result<void> Instance::record_calibration(VkCommandBuffer commands, VkQueryPool queries,
                                                          std::uint32_t first) {
  if (Result<void> r = check(program::Phase::Run); !r) return r;
  if (!queries)
    return detail::failure(ErrorCode::MissingBinding,
                           "no VkQueryPool was given; make one of timestamp_count() timestamps");
  const Functions& f = model_->handles.f;
  f.vkCmdResetQueryPool(commands, queries, first, timestamp_count());
  // Each waits for the one before, so that a timestamp is the end of one and the beginning of the next.
  record_barrier(commands,
                 {VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                  VK_ACCESS_MEMORY_WRITE_BIT, VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT});
  f.vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, queries, first);
  Recording recording{commands, program::Barrier::Absent, VK_NULL_HANDLE};
  for (std::uint32_t i = 0; i < costs_.size(); ++i) {
    record_dispatch(recording, model_->prepare_count + i);
    recording.pending = program::Barrier::Memory;
    f.vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, queries, first + i + 1);
    const std::uint32_t groups = model_->dispatches[model_->prepare_count + i].record->groups;
    costs_[i].timed_groups = static_cast<double>(sizes_[groups]);
  }
  is_timed_ = true;
  return {};
}

AIRSTRIP_INLINE Result<void> Instance::take_timestamps(Span<const std::uint64_t> ticks, double period,
                                                       std::uint32_t valid_bits) {
  if (!is_timed_)
    return detail::failure(ErrorCode::NotReady, "no run was recorded to be timed; call record_calibration");
  if (ticks.size() != timestamp_count()) {
    String message("there are ");
    message << std::uint64_t{ticks.size()} << " timestamps, and a run has " << timestamp_count();
    return detail::failure(ErrorCode::InvalidOperand, static_cast<String&&>(message));
  }
  // Taken as they are, either would make all dispatches cost nothing, and `advance` would record them all at once.
  if (valid_bits == 0)
    return detail::failure(ErrorCode::MissingCapability,
                           "the queue's family has no timestamps (timestampValidBits is 0)");
  if (!(period > 0 && period < 1e9))
    return detail::failure(
        ErrorCode::InvalidOperand,
        "the period of timestamps is no number of nanoseconds; give VkPhysicalDeviceLimits::timestampPeriod");
  const std::uint64_t mask = valid_bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << valid_bits) - 1;
  for (std::size_t i = 0; i < costs_.size(); ++i) {
    if (costs_[i].timed_groups <= 0) continue;  // it had nothing to do
    costs_[i].microseconds = static_cast<double>((ticks[i + 1] - ticks[i]) & mask) * period / 1000;
    costs_[i].groups = costs_[i].timed_groups;
  }
  return {};
}

AIRSTRIP_INLINE Result<void> Instance::copy_costs(const Instance& other) {
  if (!model_ || other.model_ != model_)
    return detail::failure(ErrorCode::InvalidOperand,
                           "costs are copied between instances of one model, and these are not");
  for (std::size_t i = 0; i < costs_.size(); ++i) {
    costs_[i].microseconds = other.costs_[i].microseconds;
    costs_[i].groups = other.costs_[i].groups;
  }
  return {};
}

// --- barriers ------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE MemoryBarrier Instance::barrier_before(VkPipelineStageFlags stages, VkAccessFlags access) {
  return {stages, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, access,
          VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT};
}
AIRSTRIP_INLINE MemoryBarrier Instance::barrier_after(VkPipelineStageFlags stages, VkAccessFlags access) {
  return {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, stages, VK_ACCESS_SHADER_WRITE_BIT, access};
}
AIRSTRIP_INLINE MemoryBarrier Instance::barrier_between_runs() {
  return barrier_before(VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT);
}

AIRSTRIP_INLINE void Instance::record_barrier(VkCommandBuffer commands, const MemoryBarrier& barrier) const {
  VkMemoryBarrier memory = detail::make_structure<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
  memory.srcAccessMask = barrier.source_access;
  memory.dstAccessMask = barrier.destination_access;
  model_->handles.f.vkCmdPipelineBarrier(commands, barrier.source_stages, barrier.destination_stages, 0, 1,
                                         &memory, 0, nullptr, 0, nullptr);
}

AIRSTRIP_PLAYER_NAMESPACE_END
