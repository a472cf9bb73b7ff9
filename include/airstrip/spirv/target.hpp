// Target: the environment a module is made for, and what it permits there.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/string.hpp"
#include "enums.hpp"
#include "grammar.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// A set of capabilities; one bit for each of the grammar's.
class CapabilitySet {
public:
  bool contains(Capability capability) const;
  /// False when the grammar does not have the capability.
  bool insert(Capability capability);
  void insert_all();
  void clear();
  /// In ascending order of the enumerants' values: `for (i = 0; i < grammar size; ++i) if (contains_index(i)) …`.
  bool contains_index(std::size_t index) const { return (bits_[index / 64] >> (index % 64) & 1) != 0; }
  static constexpr std::size_t max_size = 512;

private:
  std::uint64_t bits_[max_size / 64] = {};
};

/// A set of the grammar's SPIR-V extensions.
class ExtensionSet {
public:
  bool contains(Extension extension) const {
    const auto i = static_cast<std::size_t>(extension);
    return (bits_[i / 64] >> (i % 64) & 1) != 0;
  }
  void insert(Extension extension) {
    const auto i = static_cast<std::size_t>(extension);
    bits_[i / 64] |= std::uint64_t{1} << (i % 64);
  }
  void insert_all();
  void clear();
  static constexpr std::size_t max_size = 256;

private:
  std::uint64_t bits_[max_size / 64] = {};
};

enum class Environment : std::uint8_t { Universal, Vulkan, OpenCL };

/// What permits no capability, but changes which modules are valid.
enum class ValidationFeature : std::uint8_t {
  ScalarBlockLayout,            ///< the feature scalarBlockLayout
  UniformBufferStandardLayout,  ///< the feature uniformBufferStandardLayout
  RelaxedBlockLayout,           ///< VK_KHR_relaxed_block_layout, which Vulkan 1.1 contains
  WorkgroupScalarBlockLayout,   ///< the feature workgroupMemoryExplicitLayoutScalarBlockLayout
  Maintenance4,                 ///< the feature maintenance4: LocalSizeId
  Maintenance8,                 ///< Offset operands outside gathers
  Maintenance9,                 ///< bit instructions on other widths than 32
};

/// What a module may use. A plain value; start from an environment and add what the caller knows to be enabled:
///
///     Target::vulkan(1, 2).enable_feature("shaderFloat16").enable_extension("VK_KHR_cooperative_matrix")
///
/// A Vulkan target permits at first only what every device of that API version permits without enabling anything,
/// because what a VkDevice has enabled cannot be queried. A name that is not known makes the target invalid; the
/// builder then fails with `InvalidTarget` and the name.
class Target {
public:
  /// SPIR-V by itself: every capability and extension of the grammar.
  static Target universal(unsigned major = 1, unsigned minor = 6);
  /// Vulkan 1.0 to 1.4, and the newest SPIR-V version it takes (1.0, 1.3, 1.5, 1.6, 1.6). A newer Vulkan is taken
  /// as the newest known one.
  static Target vulkan(unsigned major, unsigned minor);
  /// OpenCL 1.2 to 3.0, full profile: for checking requirements.
  static Target opencl(unsigned major, unsigned minor);

  /// Emits this version of SPIR-V. An error when the environment does not take it.
  Target& spirv(unsigned major, unsigned minor);
  /// Permits a capability, and all that it implies.
  Target& enable(Capability capability);
  Target& enable(Extension extension);
  Target& enable(ValidationFeature feature);
  /// A member of a Vulkan feature structure ("shaderFloat16"): permits the capabilities it stands for, and the
  /// SPIR-V extensions they need where a Vulkan extension brings both. Or one of ValidationFeature ("scalarBlockLayout").
  /// A capability that implies a type with a feature of its own (DotProductInput4x8Bit implies Int8) waits for that.
  Target& enable_feature(Text vulkan_feature);
  /// A Vulkan extension ("VK_KHR_8bit_storage": permits the SPIR-V extensions it brings; capabilities still need
  /// their features) or a SPIR-V extension ("SPV_KHR_8bit_storage").
  Target& enable_extension(Text name);
  /// Permits every capability and SPIR-V extension that some device of this environment may permit.
  Target& enable_everything();

  bool permits(Capability capability) const;
  bool permits(Extension extension) const;
  bool permits(ValidationFeature feature) const {
    return (validation_features_ >> static_cast<unsigned>(feature) & 1) != 0;
  }
  Environment environment() const { return environment_; }
  /// Version of the environment (of SPIR-V for a universal target).
  Version environment_version() const { return environment_version_; }
  /// SPIR-V version of modules made for this target.
  Version spirv_version() const { return spirv_version_; }
  /// "vulkan1.1", "opencl2.0", "spv1.6".
  String name() const;
  /// What was wrong with the calls above; empty when nothing was.
  Text error() const { return Text(error_); }

private:
  void set_error(Text what, Text which);
  void enable_by_feature(Capability capability);

  CapabilitySet capabilities_;
  CapabilitySet waiting_;  // permitted as soon as the types are that they imply
  bool waits_ = false;
  ExtensionSet extensions_;
  Version environment_version_ = make_version(1, 6);
  Version spirv_version_ = make_version(1, 6);
  Version max_spirv_version_ = make_version(1, 6);
  Environment environment_ = Environment::Universal;
  std::uint8_t validation_features_ = 0;  // a bit for each ValidationFeature
  char error_[96] = {};
};

AIRSTRIP_SPIRV_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/target.hpp"
#endif
