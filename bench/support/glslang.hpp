// GLSL to SPIR-V words through glslang's library, without its optimiser: what other projects' kernels are made with.
#pragma once

#include <glslang/Public/ShaderLang.h>
#include <glslang/SPIRV/GlslangToSpv.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace bench {

inline const TBuiltInResource& glslang_limits() {
  static const TBuiltInResource values = [] {
    TBuiltInResource r;
    std::memset(&r, 0, sizeof r);
    r.maxComputeWorkGroupCountX = r.maxComputeWorkGroupCountY = r.maxComputeWorkGroupCountZ = 65535;
    r.maxComputeWorkGroupSizeX = r.maxComputeWorkGroupSizeY = 1024;
    r.maxComputeWorkGroupSizeZ = 64;
    r.maxComputeUniformComponents = 1024;
    r.limits.nonInductiveForLoops = r.limits.whileLoops = r.limits.doWhileLoops = true;
    r.limits.generalUniformIndexing = r.limits.generalAttributeMatrixVectorIndexing = true;
    r.limits.generalVaryingIndexing = r.limits.generalSamplerIndexing = true;
    r.limits.generalVariableIndexing = r.limits.generalConstantMatrixVectorIndexing = true;
    return r;
  }();
  return values;
}

// For Vulkan 1.1 or 1.2 and the SPIR-V that comes with it. `log`: what glslang says where it refuses.
inline bool glslang_words(const std::string& source, std::vector<std::uint32_t>& words, int vulkan_minor = 1,
                          std::string* log = nullptr) {
  static const bool started = glslang::InitializeProcess();
  if (!started) return false;
  glslang::TShader shader(EShLangCompute);
  const char* const text = source.c_str();
  shader.setStrings(&text, 1);
  shader.setEnvInput(glslang::EShSourceGlsl, EShLangCompute, glslang::EShClientVulkan, 100);
  shader.setEnvClient(glslang::EShClientVulkan,
                      vulkan_minor < 2 ? glslang::EShTargetVulkan_1_1 : glslang::EShTargetVulkan_1_2);
  shader.setEnvTarget(glslang::EShTargetSpv,
                      vulkan_minor < 2 ? glslang::EShTargetSpv_1_3 : glslang::EShTargetSpv_1_5);
  const auto messages = static_cast<EShMessages>(EShMsgSpvRules | EShMsgVulkanRules);
  if (!shader.parse(&glslang_limits(), 450, false, messages)) {
    if (log) *log = shader.getInfoLog();
    return false;
  }
  glslang::TProgram program;
  program.addShader(&shader);
  if (!program.link(messages)) {
    if (log) *log = program.getInfoLog();
    return false;
  }
  glslang::SpvOptions options;
  options.disableOptimizer = true;  // without spirv-opt: the least that glslang does
  glslang::GlslangToSpv(*program.getIntermediate(EShLangCompute), words, &options);
  return true;
}

}  // namespace bench
