#pragma once

#include "../record.hpp"
#include "preparation.hpp"

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

AIRSTRIP_INLINE Result<Prepared> prepare(const Pipeline& pipeline, const Arguments& arguments, Frame& frame,
                                         SourceLocation at) {
  Prepared prepared;
  Diagnostic error = Preparation(prepared, arguments, frame, at).first(pipeline);
  if (error.code != ErrorCode::Ok) return error;
  return prepared;
}

AIRSTRIP_INLINE Result<void> prepare_again(Prepared& prepared, const Arguments& arguments, Frame& frame,
                                           SourceLocation at) {
  Diagnostic error = Preparation(prepared, arguments, frame, at).again();
  if (error.code != ErrorCode::Ok) return error;
  return {};
}

AIRSTRIP_INLINE const ResourceUse* Prepared::find(const Slot& slot) const {
  for (std::size_t i = 0; body_ && i < body_->descriptors.size(); ++i) {
    const detail::PipelineBody::Descriptor& d = body_->descriptors[i];
    if (detail::is_at(slot, body_->bindings()[d.binding]) && slot.element == d.element) return &uses_[i];
  }
  return nullptr;
}

inline bool Prepared::begin(VkCommandBuffer commands, Diagnostic& error) const {
  if (AIRSTRIP_UNLIKELY(!body_)) {
    error = detail::failure(ErrorCode::NotReady, "nothing was prepared, so nothing can be recorded");
    return false;
  }
  const detail::PipelineBody& body = *body_;
  if (AIRSTRIP_UNLIKELY(body.state.load(std::memory_order_acquire) != PipelineState::Ready)) {
    String message("pipeline ");
    message << Text(body.label) << " is not compiled: call compile(), or record something else meanwhile";
    error = detail::failure(ErrorCode::NotReady, static_cast<String&&>(message));
    return false;
  }
  const Functions& f = body.context.functions();
  if (body.context.has_debug_utils()) {
    VkDebugUtilsLabelEXT label{};
    label.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_LABEL_EXT;
    label.pLabelName = body.label.c_str();
    f.vkCmdBeginDebugUtilsLabelEXT(commands, &label);
  }
  f.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, body.pipeline);
  if (pushed_ != 0)
    f.vkCmdPushDescriptorSetKHR(commands, VK_PIPELINE_BIND_POINT_COMPUTE, body.layout, 0, pushed_,
                                writes_.data());
  for (const Run& run : runs_)
    f.vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, body.layout, run.first, run.count,
                              sets_.data() + run.first, 0, nullptr);
  if (!constants_.empty())
    f.vkCmdPushConstants(commands, body.layout, VK_SHADER_STAGE_COMPUTE_BIT,
                         body.entry->push_constants.offset, static_cast<std::uint32_t>(constants_.size()),
                         constants_.data());
  return true;
}

inline void Prepared::end(VkCommandBuffer commands) const {
  if (body_->context.has_debug_utils()) body_->context.functions().vkCmdEndDebugUtilsLabelEXT(commands);
}

AIRSTRIP_INLINE Result<void> record(VkCommandBuffer commands, const Prepared& prepared, Groups groups) {
  Diagnostic error;
  if (prepared.body_) {
    const std::uint32_t(&most)[3] = prepared.body_->context.describe().limits.maxComputeWorkGroupCount;
    if (AIRSTRIP_UNLIKELY(groups.x > most[0] || groups.y > most[1] || groups.z > most[2])) {
      String message("pipeline ");
      message << Text(prepared.body_->label) << " is to run " << groups.x << " x " << groups.y << " x "
              << groups.z << " workgroups, and the device takes " << most[0] << " x " << most[1] << " x "
              << most[2] << " at most (maxComputeWorkGroupCount)";
      return detail::failure(ErrorCode::LimitExceeded, static_cast<String&&>(message));
    }
  }
  if (!prepared.begin(commands, error)) return error;
  prepared.body_->context.functions().vkCmdDispatch(commands, groups.x, groups.y, groups.z);
  prepared.end(commands);
  return {};
}

AIRSTRIP_INLINE Result<void> record_indirect(VkCommandBuffer commands, const Prepared& prepared,
                                             VkBuffer buffer, VkDeviceSize offset) {
  Diagnostic error;
  if (!buffer || offset % 4 != 0)
    return detail::failure(ErrorCode::InvalidBinding,
                           buffer ? "the offset of an indirect dispatch is no multiple of 4"
                                  : "the buffer of an indirect dispatch is VK_NULL_HANDLE");
  if (!prepared.begin(commands, error)) return error;
  prepared.body_->context.functions().vkCmdDispatchIndirect(commands, buffer, offset);
  prepared.end(commands);
  return {};
}

AIRSTRIP_VULKAN_NAMESPACE_END
