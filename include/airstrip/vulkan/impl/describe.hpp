// How a Description is made: features from structures or names, properties from the physical device.
#pragma once

#include "../context.hpp"
#include "feature_structures.hpp"
#include "functions.hpp"

#include <cstring>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

namespace detail {

// The beginning of every structure that can be chained.
struct ChainLink {
  std::uint32_t type;
  ChainLink* next;
};
static_assert(sizeof(ChainLink) == sizeof(VkBaseOutStructure));

// The structures lie one after the other, each in whole words of 64 bits, so that none needs a pointer to be found.
inline std::uint32_t structure_words(const FeatureStructure& structure) {
  return static_cast<std::uint32_t>((sizeof(ChainLink) + 4 * member_count(structure) + 7) / 8);
}

inline bool contains(Span<const char* const> list, const char* name) {
  for (const char* const one : list)
    if (Text(one) == Text(name)) return true;
  return false;
}

// Room for every structure that is usable, all members false. False: out of memory.
inline bool lay_out_features(std::uint32_t api_version, Span<const char* const> extensions,
                             Buffer<std::uint64_t>& memory) {
  for (const FeatureStructure& structure : feature_structures) {
    const bool has_extension = structure.extension && contains(extensions, structure.extension);
    if (!is_usable(structure, version_of(api_version), has_extension)) continue;
    std::uint64_t* const at = memory.extend(structure_words(structure));
    if (!at) return false;
    std::memset(static_cast<void*>(at), 0, structure_words(structure) * sizeof *at);
    std::memcpy(static_cast<void*>(at), &structure.type, sizeof structure.type);
  }
  return true;
}

// Calls with the name and the value of each member.
template <class F>
void for_each_member(const FeatureStructure& structure, ChainLink* link, const F& call) {
  auto* const values = reinterpret_cast<VkBool32*>(link + 1);
  Words words(structure.members);
  std::uint32_t i = 0;
  for (Text member; words.next(member); ++i) call(member, values[i]);
}
template <class F>
void for_each_feature(Buffer<std::uint64_t>& memory, const F& call) {
  for (std::size_t at = 0; at < memory.size();) {
    auto* const link = reinterpret_cast<ChainLink*>(memory.data() + at);
    const FeatureStructure* const structure = find_structure(link->type);
    if (!structure) return;
    for_each_member(*structure, link, call);
    at += structure_words(*structure);
  }
}

inline void* link_features(Buffer<std::uint64_t>& memory) {
  ChainLink* last = nullptr;
  for (std::size_t at = 0; at < memory.size();) {
    auto* const link = reinterpret_cast<ChainLink*>(memory.data() + at);
    const FeatureStructure* const structure = find_structure(link->type);
    if (!structure) break;
    link->next = nullptr;
    if (last) last->next = link;
    last = link;
    at += structure_words(*structure);
  }
  return memory.empty() ? nullptr : static_cast<void*>(memory.data());
}

template <class T>
T make_structure(VkStructureType type, void* next = nullptr) {
  T made{};
  made.sType = type;
  made.pNext = next;
  return made;
}

// --- one description -------------------------------------------------------------------------------------------------

class Describing {
public:
  Describing(const Functions& functions, const ContextInfo& info) : f_(functions), info_(info) {
    f_.vkGetPhysicalDeviceProperties(info.physical_device, &properties_);
    d_.api_version = info.api_version < properties_.apiVersion ? info.api_version : properties_.apiVersion;
    if (d_.api_version < VK_API_VERSION_1_0) d_.api_version = VK_API_VERSION_1_0;
  }

  void add_feature(Text name) {
    if (!d_.has_feature(name)) d_.features.push_back(name);
  }
  void add_extension(const char* name) {
    VkExtensionProperties extension{};
    std::strncpy(extension.extensionName, name, sizeof extension.extensionName - 1);
    d_.extensions.push_back(extension);
  }
  std::uint32_t api_version() const { return d_.api_version; }

  Result<Description> finish() {
    fill_device();
    if (d_.api_version >= VK_API_VERSION_1_1) fill_subgroups();
    if (d_.api_version >= VK_API_VERSION_1_2) fill_driver();
    fill_known();
    fill_target();
    fill_matrices();
    if (d_.features.out_of_memory() || d_.extensions.out_of_memory() ||
        d_.cooperative_matrices.out_of_memory())
      return failure(ErrorCode::OutOfMemory, "out of memory while a device was described");
    return static_cast<Description&&>(d_);
  }

private:
  bool has(VkBool32 value) const { return value != VK_FALSE; }
  bool has_extension(const char* name) const { return d_.has_extension(Text(name)); }
  template <class T>
  T properties(VkStructureType type) const {
    T made = make_structure<T>(type);
    auto all =
        make_structure<VkPhysicalDeviceProperties2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &made);
    if (f_.vkGetPhysicalDeviceProperties2) f_.vkGetPhysicalDeviceProperties2(info_.physical_device, &all);
    return made;
  }

  void fill_device() {
    d_.limits = info_.limits ? *info_.limits : properties_.limits;
    d_.type = properties_.deviceType;
    d_.driver_version = properties_.driverVersion;
    d_.vendor_id = properties_.vendorID;
    d_.device_id = properties_.deviceID;
    d_.device_name = Text(properties_.deviceName);
    d_.has_device_addresses = d_.has_feature("bufferDeviceAddress");
    if (d_.api_version >= VK_API_VERSION_1_1 &&
        (has_extension("VK_KHR_push_descriptor") || d_.has_feature("pushDescriptor")))
      d_.max_push_descriptors = properties<VkPhysicalDevicePushDescriptorPropertiesKHR>(
                                    VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PUSH_DESCRIPTOR_PROPERTIES_KHR)
                                    .maxPushDescriptors;
  }

  void fill_subgroups() {
    const auto subgroup =
        properties<VkPhysicalDeviceSubgroupProperties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES);
    d_.subgroup_size = d_.min_subgroup_size = d_.max_subgroup_size = subgroup.subgroupSize;
    if (subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT)
      d_.subgroup_operations = subgroup.supportedOperations;
    d_.can_require_full_subgroups = d_.has_feature("computeFullSubgroups");
    if (!d_.has_feature("subgroupSizeControl")) return;
    const auto control = properties<VkPhysicalDeviceSubgroupSizeControlProperties>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES);
    d_.can_choose_subgroup_size = (control.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0;
    d_.min_subgroup_size = control.minSubgroupSize;
    d_.max_subgroup_size = control.maxSubgroupSize;
    d_.max_workgroup_subgroups = control.maxComputeWorkgroupSubgroups;
  }

  void fill_driver() {
    const auto driver =
        properties<VkPhysicalDeviceDriverProperties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES);
    d_.driver = driver.driverID;
    d_.driver_name = Text(driver.driverName);
    d_.driver_info = Text(driver.driverInfo);
  }

  void fill_known() {
    if (d_.device_name.contains("SwiftShader")) {
      d_.known.breaks_int64 = true;
      d_.known.why = "SwiftShader crashes on 64-bit integers";
    }
    if (!d_.device_name.contains("llvmpipe")) return;
    // Since some version its own version is Mesa's; before, it was 0.0.1.
    if (VK_API_VERSION_MAJOR(properties_.driverVersion) < 26) {
      d_.known.loop_iterations = 65535;
      d_.known.why = "llvmpipe before Mesa 26 ends an invocation after 65,535 loop iterations, silently";
    }
    // Before Vulkan 1.1 only the name says how wide it is.
    const bool is_wide = d_.subgroup_size > 8 || d_.device_name.contains("512 bits");
    if (!is_wide || d_.device_name.contains("LLVM 15")) return;
    d_.known.breaks_int64 = true;
    d_.known.why = "llvmpipe is aborted while it compiles 64-bit integers for 16 lanes";
  }

  // Enables what the target knows of; a feature that permits nothing is no error here.
  template <class Enable>
  void enable(const Enable& call) {
    spirv::Target with = d_.target;
    call(with);
    if (with.error().empty()) d_.target = with;
  }

  void fill_target() {
    using spirv::Target;
    d_.target = Target::vulkan(VK_API_VERSION_MAJOR(d_.api_version), VK_API_VERSION_MINOR(d_.api_version));
    for (const VkExtensionProperties& extension : d_.extensions)
      enable([&](Target& target) { target.enable_extension(Text(extension.extensionName)); });
    for (const Text feature : d_.features) {
      if (d_.known.breaks_int64 &&
          (feature == Text("shaderInt64") || String(feature).contains("Int64Atomics")))
        continue;
      enable([&](Target& target) { target.enable_feature(feature); });
    }
    static constexpr const char* operations[] = {
        "VK_SUBGROUP_FEATURE_BASIC_BIT",      "VK_SUBGROUP_FEATURE_VOTE_BIT",
        "VK_SUBGROUP_FEATURE_ARITHMETIC_BIT", "VK_SUBGROUP_FEATURE_BALLOT_BIT",
        "VK_SUBGROUP_FEATURE_SHUFFLE_BIT",    "VK_SUBGROUP_FEATURE_SHUFFLE_RELATIVE_BIT",
        "VK_SUBGROUP_FEATURE_CLUSTERED_BIT",  "VK_SUBGROUP_FEATURE_QUAD_BIT"};
    for (unsigned bit = 0; bit < 8; ++bit)
      if (d_.subgroup_operations >> bit & 1)
        enable([&](Target& target) { target.enable_feature(operations[bit]); });
    if (d_.api_version >= VK_API_VERSION_1_2 ||
        (d_.api_version >= VK_API_VERSION_1_1 && has_extension("VK_KHR_shader_float_controls")))
      fill_float_controls();
  }

  // A mode's capability does not say of which width it is, so it counts where every width in use has the mode.
  void fill_float_controls() {
    const auto p = properties<VkPhysicalDeviceFloatControlsProperties>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES);
    const bool half = d_.target.permits(spirv::Capability::Float16);
    const bool twice = d_.target.permits(spirv::Capability::Float64);
    const auto mode = [&](VkBool32 f16, VkBool32 f32, VkBool32 f64, spirv::Capability capability) {
      if (has(f32) && (!half || has(f16)) && (!twice || has(f64))) d_.target.enable(capability);
    };
    mode(p.shaderDenormPreserveFloat16, p.shaderDenormPreserveFloat32, p.shaderDenormPreserveFloat64,
         spirv::Capability::DenormPreserve);
    mode(p.shaderDenormFlushToZeroFloat16, p.shaderDenormFlushToZeroFloat32, p.shaderDenormFlushToZeroFloat64,
         spirv::Capability::DenormFlushToZero);
    mode(p.shaderSignedZeroInfNanPreserveFloat16, p.shaderSignedZeroInfNanPreserveFloat32,
         p.shaderSignedZeroInfNanPreserveFloat64, spirv::Capability::SignedZeroInfNanPreserve);
    mode(p.shaderRoundingModeRTEFloat16, p.shaderRoundingModeRTEFloat32, p.shaderRoundingModeRTEFloat64,
         spirv::Capability::RoundingModeRTE);
    mode(p.shaderRoundingModeRTZFloat16, p.shaderRoundingModeRTZFloat32, p.shaderRoundingModeRTZFloat64,
         spirv::Capability::RoundingModeRTZ);
  }

  // VkCooperativeMatrixPropertiesKHR, which older headers lack.
  struct MatrixProperties {
    std::uint32_t type;
    void* next;
    std::uint32_t m, n, k, a, b, c, result;
    VkBool32 saturating;
    std::uint32_t scope;
  };
  void fill_matrices() {
    if (!d_.has_feature("cooperativeMatrix") || !has_extension("VK_KHR_cooperative_matrix") ||
        !f_.cooperative_matrix_properties)
      return;
    using Get = VkResult(VKAPI_PTR*)(VkPhysicalDevice, std::uint32_t*, MatrixProperties*);
    const auto get = reinterpret_cast<Get>(f_.cooperative_matrix_properties);
    std::uint32_t count = 0;
    if (get(info_.physical_device, &count, nullptr) < 0) return;
    Buffer<MatrixProperties> list;
    if (!list.resize(count, MatrixProperties{1000506001, nullptr, 0, 0, 0, 0, 0, 0, 0, 0, 0})) return;
    if (get(info_.physical_device, &count, list.data()) < 0) return;
    for (std::uint32_t i = 0; i < count && i < list.size(); ++i) {
      const MatrixProperties& p = list[i];
      d_.cooperative_matrices.push_back({p.m, p.n, p.k, p.a, p.b, p.c, p.result, has(p.saturating), p.scope});
    }
  }

  const Functions& f_;
  const ContextInfo& info_;
  VkPhysicalDeviceProperties properties_ = {};
  Description d_;
};

// The device as the caller says it has been made.
inline Result<Description> describe_enabled(const Functions& functions, const ContextInfo& info) {
  Describing describing(functions, info);
  for (const char* const extension : info.extensions) describing.add_extension(extension);
  const auto add = [&](Text member, VkBool32 value) {
    if (value != VK_FALSE) describing.add_feature(member);
  };
  // Nothing is written through it.
  auto* link = const_cast<ChainLink*>(static_cast<const ChainLink*>(info.features));
  for (; link; link = link->next)
    if (const FeatureStructure* const structure = find_structure(link->type))
      for_each_member(*structure, link, add);
  if (info.enabled_features) {
    const auto* const values = reinterpret_cast<const VkBool32*>(info.enabled_features);
    Words words(feature_structures[0].members);
    std::uint32_t i = 0;
    for (Text member; words.next(member); ++i) add(member, values[i]);
  }
  for (const Text name : info.feature_names) {
    Text known;
    for (const FeatureStructure& structure : feature_structures) {
      Words words(structure.members);
      for (Text member; known.empty() && words.next(member);)
        if (member == name) known = member;
    }
    if (known.empty()) {
      String message("no feature structure known here has the member ");
      message << name;
      return failure(ErrorCode::InvalidTarget, static_cast<String&&>(message));
    }
    describing.add_feature(known);
  }
  return describing.finish();
}

// The device with all that it supports.
inline Result<Description> describe_possible(const Functions& functions, const ContextInfo& info) {
  Describing describing(functions, info);
  std::uint32_t count = 0;
  VkResult result =
      functions.vkEnumerateDeviceExtensionProperties(info.physical_device, nullptr, &count, nullptr);
  Buffer<VkExtensionProperties> extensions;
  Buffer<const char*> names;
  if (!extensions.resize(count)) return failure(ErrorCode::OutOfMemory, "out of memory for extensions");
  if (result >= 0)
    result = functions.vkEnumerateDeviceExtensionProperties(info.physical_device, nullptr, &count,
                                                            extensions.data());
  if (result < 0) return failed_call("vkEnumerateDeviceExtensionProperties", result);
  extensions.truncate(count);
  for (const VkExtensionProperties& extension : extensions) {
    names.push_back(extension.extensionName);
    describing.add_extension(extension.extensionName);
  }
  Buffer<std::uint64_t> features;
  if (!lay_out_features(describing.api_version(), names, features))
    return failure(ErrorCode::OutOfMemory, "out of memory for feature structures");
  auto* const all = static_cast<VkPhysicalDeviceFeatures2*>(link_features(features));
  if (describing.api_version() >= VK_API_VERSION_1_1 && functions.vkGetPhysicalDeviceFeatures2) {
    functions.vkGetPhysicalDeviceFeatures2(info.physical_device, all);
    for_each_feature(features, [&](Text member, VkBool32& value) {
      if (value != VK_FALSE) describing.add_feature(member);
    });
    return describing.finish();
  }
  functions.vkGetPhysicalDeviceFeatures(info.physical_device, &all->features);
  all->pNext = nullptr;
  features.truncate(structure_words(feature_structures[0]));
  for_each_feature(features, [&](Text member, VkBool32& value) {
    if (value != VK_FALSE) describing.add_feature(member);
  });
  return describing.finish();
}

}  // namespace detail

AIRSTRIP_VULKAN_NAMESPACE_END
