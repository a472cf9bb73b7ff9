// What every test here does with a module: finish it, validate it, open a device that permits it.
#pragma once

#include "runner.hpp"
#include "support/skip.hpp"
#include "support/spirv_val.hpp"

#include <airstrip/spirv.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace test {

// VkSubgroupFeatureFlagBits.
constexpr std::uint32_t subgroup_basic = 1, subgroup_vote = 2, subgroup_arithmetic = 4, subgroup_ballot = 8,
                        subgroup_shuffle = 16, subgroup_shuffle_relative = 32, subgroup_clustered = 64,
                        subgroup_quad = 128;

// The target that a device which was opened with `request` permits.
inline airstrip::spirv::Target target_of(const DeviceRequest& request) {
  airstrip::spirv::Target target = airstrip::spirv::Target::vulkan(1, request.minor);
  for (const char* const feature : request.features) {
    // Decides where types may stand, and no capability.
    if (std::string(feature) == "shaderSubgroupExtendedTypes") continue;
    target.enable_feature(feature);
    if (std::string(feature) == "cooperativeMatrix") target.enable_extension("VK_KHR_cooperative_matrix");
  }
  using airstrip::spirv::Capability;
  const auto permit = [&](std::uint32_t operations, Capability capability) {
    if (request.subgroup_operations & operations) target.enable(capability);
  };
  permit(subgroup_vote, Capability::GroupNonUniformVote);
  permit(subgroup_arithmetic, Capability::GroupNonUniformArithmetic);
  permit(subgroup_ballot, Capability::GroupNonUniformBallot);
  permit(subgroup_shuffle, Capability::GroupNonUniformShuffle);
  permit(subgroup_shuffle_relative, Capability::GroupNonUniformShuffleRelative);
  permit(subgroup_clustered, Capability::GroupNonUniformClustered);
  permit(subgroup_quad, Capability::GroupNonUniformQuad);
  return target;
}

// The x of a built-in vector.
inline airstrip::spirv::ValueId load_x(airstrip::spirv::Builder& b, airstrip::spirv::BuiltIn builtin) {
  return b.OpCompositeExtract(b.OpLoad(b.declare_builtin_uvec3(builtin)), {0});
}

struct Ready {
  airstrip::spirv::Module module;
  std::unique_ptr<VulkanDevice> device;
  explicit operator bool() const { return device != nullptr; }
  bool run(Dispatch dispatch) const {
    dispatch.words = module.words();
    return device->run(dispatch);
  }
};

// False-like after a failure, and where the test case cannot run here: it has said so then. Some validator must have seen
// the module, spirv-val (of the year `since` or later) or the validation layer.
inline Ready prepare(airstrip::spirv::Builder& b, const DeviceRequest& request, int since = 0) {
  Ready ready;
  auto finished = b.finish();
  if (!finished.ok()) {
    FAIL_CHECK(std::string(finished.error().to_string().c_str()));
    return ready;
  }
  const Verdict verdict = validate(finished->words(), finished->target(), since);
  if (verdict.ran && !verdict.valid) {
    FAIL_CHECK("invalid: ", verdict.text);
    return ready;
  }
  std::string reason;
  ready.device = VulkanDevice::open(request, reason);
  if (ready.device && !verdict.ran && !ready.device->has_validation_layer()) {
    reason = verdict.text;
    ready.device = nullptr;
  }
  if (!ready.device) skip(reason.c_str());
  ready.module = static_cast<airstrip::spirv::Module&&>(*finished);
  return ready;
}

}  // namespace test
