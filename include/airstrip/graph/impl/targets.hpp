#pragma once

#include "../targets.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

AIRSTRIP_INLINE List<CompileTarget> standard_targets() {
  constexpr std::uint64_t least_iterations = 65535;
  CompileTarget baseline;
  baseline.target.max_loop_iterations = least_iterations;
  CompileTarget subgroups;
  subgroups.name = "subgroups";
  tensor::Target& t = subgroups.target;
  t.spirv = spirv::Target::vulkan(1, 1);
  using spirv::Capability;
  for (const Capability capability :
       {Capability::GroupNonUniform, Capability::GroupNonUniformVote, Capability::GroupNonUniformArithmetic,
        Capability::GroupNonUniformBallot, Capability::GroupNonUniformShuffle})
    t.spirv.enable(capability);
  t.max_loop_iterations = least_iterations;
  // What all but a few old devices have (Vulkan Hardware Database): the player compares.
  t.max_workgroup_invocations = 256;
  t.max_workgroup_size = {256, 256, 64};
  t.max_shared_memory = 32768;
  t.max_storage_buffers = 8;
  t.subgroup_size = 32;
  t.min_subgroup_size = 4;
  t.max_subgroup_size = 128;
  CompileTarget fp16;
  fp16.name = "fp16";
  fp16.target = t;
  fp16.target.spirv.enable_feature("shaderFloat16");
  fp16.target.spirv.enable_feature("storageBuffer16BitAccess");
  fp16.float16 = true;
  List<CompileTarget> targets;
  targets.push_back(static_cast<CompileTarget&&>(fp16));
  targets.push_back(static_cast<CompileTarget&&>(subgroups));
  targets.push_back(static_cast<CompileTarget&&>(baseline));
  return targets;
}

AIRSTRIP_GRAPH_NAMESPACE_END
