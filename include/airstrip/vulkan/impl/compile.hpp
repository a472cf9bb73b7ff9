// The driver's part of making pipelines: one or many in one call.
#pragma once

#include "../../config.hpp"
#include "../pipeline.hpp"
#include "pipeline_body.hpp"

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

AIRSTRIP_INLINE Result<void> compile(Span<Pipeline* const> pipelines, VkPipelineCache cache) {
  // What vkCreateComputePipelines is given for one pipeline.
  struct Job {
    detail::PipelineBody* body;
    VkShaderModule module;
    VkPipelineShaderStageRequiredSubgroupSizeCreateInfo size;
    VkSpecializationInfo constants;
  };
  Buffer<Job> jobs;
  Buffer<VkComputePipelineCreateInfo> infos;
  Buffer<VkPipeline> made;
  Diagnostic first;
  const auto keep = [&](Diagnostic error) {
    if (first.code == ErrorCode::Ok) first = static_cast<Diagnostic&&>(error);
  };
  if (!jobs.reserve(pipelines.size()) || !infos.reserve(pipelines.size()) || !made.reserve(pipelines.size()))
    return detail::failure(ErrorCode::OutOfMemory, "out of memory while pipelines were compiled");

  for (Pipeline* const pipeline : pipelines) {
    detail::PipelineBody* const body = pipeline->body_;
    if (!body) {
      keep(detail::failure(ErrorCode::NotReady, "an empty pipeline cannot be compiled"));
      continue;
    }
    // Whoever takes it out of Made or Failed compiles it.
    PipelineState state = PipelineState::Made;
    if (!body->state.compare_exchange_strong(state, PipelineState::Compiling, std::memory_order_acq_rel)) {
      if (state == PipelineState::Ready) continue;
      if (state == PipelineState::Compiling ||
          !body->state.compare_exchange_strong(state, PipelineState::Compiling, std::memory_order_acq_rel)) {
        String message("pipeline ");
        message << Text(body->label) << " is being compiled by another thread";
        keep(detail::failure(ErrorCode::NotReady, static_cast<String&&>(message)));
        continue;
      }
    }
    const Functions& f = body->context.functions();
    auto module_info =
        detail::make_structure<VkShaderModuleCreateInfo>(VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO);
    module_info.codeSize = body->words.size() * sizeof(std::uint32_t);
    module_info.pCode = body->words.data();
    VkShaderModule module = VK_NULL_HANDLE;
    const VkResult result = f.vkCreateShaderModule(body->context.device(), &module_info,
                                                   body->context.allocation_callbacks(), &module);
    if (result < 0) {
      keep(detail::failed_call("vkCreateShaderModule", result));
      body->state.store(PipelineState::Failed, std::memory_order_release);
      continue;
    }
    body->context.set_name(VK_OBJECT_TYPE_SHADER_MODULE, detail::handle_bits(module), body->label);
    jobs.push_back({body, module, {}, {}});
  }
  if (jobs.empty()) {
    if (first.code != ErrorCode::Ok) return first;
    return {};
  }

  for (Job& job : jobs) {  // their addresses stay from here on
    const detail::PipelineBody& body = *job.body;
    job.constants = {static_cast<std::uint32_t>(body.constants.size()), body.constants.data(),
                     body.constant_bytes.size(), body.constant_bytes.data()};
    auto info =
        detail::make_structure<VkComputePipelineCreateInfo>(VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO);
    info.stage = detail::make_structure<VkPipelineShaderStageCreateInfo>(
        VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO);
    if (body.subgroup_size != 0) {
      job.size = detail::make_structure<VkPipelineShaderStageRequiredSubgroupSizeCreateInfo>(
          VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO);
      job.size.requiredSubgroupSize = body.subgroup_size;
      info.stage.pNext = &job.size;
    }
    if (body.full_subgroups) info.stage.flags = VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT;
    info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
    info.stage.module = job.module;
    info.stage.pName = body.entry_name.c_str();
    info.stage.pSpecializationInfo = body.constants.empty() ? nullptr : &job.constants;
    info.layout = body.layout;
    infos.push_back(info);
    made.push_back(VK_NULL_HANDLE);
  }
  const Context& context = jobs[0].body->context;
  const Functions& f = context.functions();
  const VkResult result =
      f.vkCreateComputePipelines(context.device(), cache, static_cast<std::uint32_t>(infos.size()),
                                 infos.data(), context.allocation_callbacks(), made.data());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    detail::PipelineBody& body = *jobs[i].body;
    f.vkDestroyShaderModule(context.device(), jobs[i].module, context.allocation_callbacks());
    if (made[i]) {
      body.pipeline = made[i];
      context.set_name(VK_OBJECT_TYPE_PIPELINE, detail::handle_bits(made[i]), body.label);
      body.words = {};
      body.state.store(PipelineState::Ready, std::memory_order_release);
      continue;
    }
    Diagnostic error = detail::failed_call("vkCreateComputePipelines", result);
    error.offered = body.label;
    keep(static_cast<Diagnostic&&>(error));
    body.state.store(PipelineState::Failed, std::memory_order_release);
  }
  if (first.code != ErrorCode::Ok) return first;
  return {};
}

AIRSTRIP_INLINE Result<void> Pipeline::compile(VkPipelineCache cache) {
  Pipeline* const self = this;
  return vulkan::compile(Span<Pipeline* const>(&self, 1), cache);
}

AIRSTRIP_VULKAN_NAMESPACE_END
