// The driver's part of making a model: all its pipelines in one call.
#pragma once

#include "../../config.hpp"
#include "../model.hpp"
#include "model_body.hpp"

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

namespace detail {

class ModelCompiler {
public:
  ModelCompiler(ModelBody& body, VkPipelineCache cache) : m_(body), cache_(cache) {}
  ~ModelCompiler() {
    for (const Shader& shader : shaders_)
      m_.handles.f.vkDestroyShaderModule(m_.handles.device, shader.module, m_.handles.allocation());
  }
  ModelCompiler(const ModelCompiler&) = delete;
  ModelCompiler& operator=(const ModelCompiler&) = delete;

  Diagnostic run() {
    // Those that an earlier call has made stay.
    std::size_t name_bytes = 0;
    for (std::uint32_t i = 0; i < m_.modules.size(); ++i) {
      if (m_.modules[i].pipeline) continue;
      missing_.push_back(i);
      name_bytes += m_.modules[i].record->entry_point.count + std::size_t{1};
    }
    const std::size_t count = missing_.size();
    if (count == 0 && !missing_.out_of_memory()) return {};
    // What the infos point to must not move.
    if (missing_.out_of_memory() || !sizes_.reserve(count) || !infos_.reserve(count) ||
        !names_.reserve(name_bytes) || !made_.resize(count, VK_NULL_HANDLE))
      return out_of_memory("pipelines");
    for (const std::uint32_t i : missing_) {
      Diagnostic error = add(m_.modules[i]);
      if (error.code != ErrorCode::Ok) return error;
    }
    const VkResult result =
        m_.handles.f.vkCreateComputePipelines(m_.handles.device, cache_, static_cast<std::uint32_t>(count),
                                              infos_.data(), m_.handles.allocation(), made_.data());
    Diagnostic first;
    for (std::size_t i = 0; i < count; ++i) {
      PlannedModule& module = m_.modules[missing_[i]];
      module.pipeline = made_[i];
      if (made_[i] || first.code != ErrorCode::Ok) continue;
      first = failed_call("vkCreateComputePipelines", result);
      first.message << " for the module " << m_.program.text(module.record->name);
    }
    return first;
  }

private:
  struct Shader {
    std::uint32_t first_word, word_count;
    VkShaderModule module;
  };

  Diagnostic shader_of(const program::ModuleRecord& record, VkShaderModule& module) {
    for (const Shader& shader : shaders_)
      if (shader.first_word == record.words.first && shader.word_count == record.words.count) {
        module = shader.module;
        return {};
      }
    if (!shaders_.reserve(shaders_.size() + 1)) return out_of_memory("pipelines");
    auto info = make_structure<VkShaderModuleCreateInfo>(VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO);
    info.codeSize = std::size_t{record.words.count} * sizeof(std::uint32_t);
    info.pCode = m_.program.words(record).data();
    const VkResult result =
        m_.handles.f.vkCreateShaderModule(m_.handles.device, &info, m_.handles.allocation(), &module);
    if (result < 0) return failed_call("vkCreateShaderModule", result);
    shaders_.push_back({record.words.first, record.words.count, module});
    return {};
  }

  Diagnostic add(const PlannedModule& planned) {
    const program::ModuleRecord& record = *planned.record;
    auto info = make_structure<VkComputePipelineCreateInfo>(VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO);
    info.stage =
        make_structure<VkPipelineShaderStageCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO);
    Diagnostic error = shader_of(record, info.stage.module);
    if (error.code != ErrorCode::Ok) return error;
    if (record.subgroup_size != 0) {
      auto size = make_structure<VkPipelineShaderStageRequiredSubgroupSizeCreateInfo>(
          VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO);
      size.requiredSubgroupSize = record.subgroup_size;
      sizes_.push_back(size);
      info.stage.pNext = &sizes_.back();
    }
    if (record.full_subgroups != 0)
      info.stage.flags = VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT;
    info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
    const Text name = m_.program.text(record.entry_point);
    const std::size_t at = names_.size();
    names_.append({name.data(), name.size()});
    names_.push_back('\0');
    info.stage.pName = names_.data() + at;
    info.layout = planned.layout;
    infos_.push_back(info);
    return {};
  }

  ModelBody& m_;
  VkPipelineCache cache_;
  Buffer<std::uint32_t> missing_;
  Buffer<Shader> shaders_;
  Buffer<VkPipelineShaderStageRequiredSubgroupSizeCreateInfo> sizes_;
  Buffer<VkComputePipelineCreateInfo> infos_;
  Buffer<char> names_;
  Buffer<VkPipeline> made_;
};

}  // namespace detail

AIRSTRIP_INLINE Result<void> Model::compile(VkPipelineCache cache) {
  if (!body_) return detail::failure(ErrorCode::NotReady, "an empty model cannot be compiled");
  // Whoever takes it out of Made or Failed compiles it.
  ModelState state = ModelState::Made;
  while (!body_->state.compare_exchange_strong(state, ModelState::Compiling, std::memory_order_acq_rel)) {
    if (state == ModelState::Ready) return {};
    if (state == ModelState::Compiling)
      return detail::failure(ErrorCode::NotReady, "the model is being compiled by another thread");
  }
  Diagnostic error = detail::ModelCompiler(*body_, cache).run();
  const bool ok = error.code == ErrorCode::Ok;
  body_->state.store(ok ? ModelState::Ready : ModelState::Failed, std::memory_order_release);
  if (!ok) return error;
  return {};
}

AIRSTRIP_PLAYER_NAMESPACE_END
