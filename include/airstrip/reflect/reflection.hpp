// What a module says of itself: entry points, what they want bound, and what the device must have.
//
//     Result<Reflection> r = reflect(words);
//     for (const reflection::Binding& b : r->bindings(r->entry_points()[0]))
//       printf("set %u binding %u: %s\n", b.set, b.binding, to_string(b.kind));
//
// A Reflection owns flat arrays; structures refer to each other by index, names are views into its text. It is moved, not
// copied, and does not need the words any more.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../spirv/enums.hpp"
#include "../spirv/grammar.hpp"
#include "../spirv/target.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"

#include <cstdint>

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection {

/// No index: "not there".
inline constexpr std::uint32_t none = 0xFFFFFFFF;

/// A part of one of the Reflection's arrays.
struct Range {
  std::uint32_t first = 0, count = 0;
};

/// VkDescriptorType by meaning; the numbers are Vulkan's own where it has one, so that no table is needed.
enum class DescriptorKind : std::uint32_t {
  Sampler = 0,
  CombinedImageSampler = 1,
  SampledImage = 2,
  StorageImage = 3,
  UniformTexelBuffer = 4,
  StorageTexelBuffer = 5,
  UniformBuffer = 6,
  StorageBuffer = 7,
  InputAttachment = 10,
  AccelerationStructure = 1000150000,
  Tensor = 1000460000,   ///< VK_DESCRIPTOR_TYPE_TENSOR_ARM
  Unknown = 0x7FFFFFFF,  ///< of a type that is opaque to this library: the caller decides
};

/// As spelled above.
const char* to_string(DescriptorKind kind);

/// How memory is used. `declared` comes from decorations, `used` from the instructions that an entry point reaches.
struct AccessFlags {
  bool read = false, write = false, atomic = false;
};

enum class TypeKind : std::uint8_t {
  Void,
  Boolean,
  Int,
  Float,
  Vector,
  Matrix,
  Array,
  RuntimeArray,
  Struct,
  Pointer,
  Image,
  Sampler,
  SampledImage,
  AccelerationStructure,
  CooperativeMatrix,
  Tensor,
  Graph,
  Function,
  Opaque,
};

/// As spelled above.
const char* to_string(TypeKind kind);

struct Type {
  TypeKind kind = TypeKind::Opaque;
  std::uint32_t id = 0;           ///< in the module
  spirv::Op op{};                 ///< as declared
  Text name;                      ///< OpName, or empty
  std::uint32_t bits = 0;         ///< Int, Float
  bool is_signed = false;         ///< Int
  std::uint32_t encoding = none;  ///< Float: its FPEncoding (bf16, fp8), or none for IEEE 754
  std::uint32_t element =
      none;  ///< of vectors, matrices (the column), arrays, pointers, images (the sampled type)
  std::uint32_t count = 0;              ///< components, columns, elements; 0 for a runtime array
  std::uint32_t count_constant = none;  ///< Array: in spec_constants() when its length depends on one
  std::uint32_t stride = 0;             ///< ArrayStride, or 0
  Range members;                        ///< Struct: in members()
  std::uint64_t size = 0;               ///< bytes as laid out; 0 where there is no layout, or a runtime array
  spirv::StorageClass storage{};        ///< Pointer
  std::uint32_t image = none;           ///< Image, SampledImage: in images()
  std::uint32_t matrix = none;          ///< CooperativeMatrix: in cooperative_matrices()
  std::uint32_t tensor = none;          ///< Tensor: in tensors()
  /// Function: what it returns, then its parameters. Graph: its inputs, `count` of them, then its outputs. In indices(),
  /// of types() or none.
  Range parts;
};

struct Member {
  Text name;
  std::uint32_t type = none;
  std::uint32_t offset = none;  ///< bytes; none where there is no layout
  std::uint64_t size = 0;       ///< bytes, without padding behind it
  std::uint32_t matrix_stride = 0;
  bool row_major = false, non_writable = false, non_readable = false;
};

struct ImageInfo {
  spirv::Dim dim{};
  bool depth = false, arrayed = false, multisampled = false, storage = false;
  spirv::ImageFormat format{};
};

struct CooperativeMatrixInfo {
  std::uint32_t component = none;  ///< in types()
  std::uint32_t scope = 0, rows = 0, columns = 0;
  std::uint32_t use = none;  ///< spirv::CooperativeMatrixUse; none for NVIDIA's older type, which has no use
};

/// A tensor (SPV_ARM_tensors).
struct TensorInfo {
  std::uint32_t element = none;  ///< in types()
  std::uint32_t rank = 0;        ///< 0: not said
  Range shape;                   ///< in component_bits(); empty: not said
};

/// A descriptor that an entry point uses. Variables that share a set and a binding (`Aliased`) are one each.
struct Binding {
  std::uint32_t set = 0, binding = 0;
  DescriptorKind kind = DescriptorKind::Unknown;
  std::uint32_t count = 1;  ///< descriptors; 0 for a run-time sized array of them
  std::uint32_t count_constant = none;
  Text name;                   ///< of the variable, else of its block
  std::uint32_t variable = 0;  ///< the id in the module
  std::uint32_t type = none;   ///< of what is bound, arrays of descriptors taken off: in types()
  /// Buffers: bytes that a binding must have at least: the fixed part, and one element of a runtime array behind it.
  std::uint64_t minimum_bytes = 0;
  std::uint32_t element_stride = 0;  ///< of a runtime array at the end, or 0
  AccessFlags declared, used;
  std::uint32_t input_attachment_index = none;
  std::uint32_t word_offset = 0;  ///< of the variable
};

struct PushConstants {
  std::uint32_t offset = 0, size = 0;  ///< bytes; size 0: none
  std::uint32_t type = none;
};

/// A specialisation constant. Values are the bits of the constant as it lies in a map entry; Booleans are VkBool32.
struct SpecConstant {
  std::uint32_t spec_id = none;  ///< none for a composite or an OpSpecConstantOp
  std::uint32_t id = 0;
  spirv::Op op{};  ///< OpSpecConstant, OpSpecConstantComposite …; of an OpSpecConstantOp the operation
  Text name;
  std::uint32_t type = none;
  std::uint64_t default_bits = 0;
  std::uint64_t bits = 0;     ///< with the overrides
  bool is_evaluated = false;  ///< false: an operation that was not computed; `bits` says nothing
  std::uint32_t size = 0;     ///< bytes of a VkSpecializationMapEntry
  Range constituents;         ///< composites: in indices(), of spec_constants() or none
  Range components;           ///< vectors: their values with the overrides, in component_bits()
  std::uint32_t word_offset = 0;
};

/// A value between stages.
struct StageVariable {
  Text name;
  std::uint32_t location = none, component = 0, index = 0;
  std::uint32_t builtin = none;  ///< spirv::BuiltIn
  std::uint32_t type = none;
  std::uint32_t variable = 0;
  std::uint32_t member = none;  ///< of a block, whose members are listed by themselves
  bool flat = false, no_perspective = false, centroid = false, sample = false, patch = false;
};

struct Size3 {
  std::uint32_t x = 1, y = 1, z = 1;
};

/// What an entry point asks of the arithmetic on floats of one width (SPV_KHR_float_controls).
struct FloatMode {
  bool denorm_preserve = false, denorm_flush_to_zero = false, signed_zero_inf_nan_preserve = false;
  bool rounding_rte = false, rounding_rtz = false;
  std::uint32_t fast_math = none;  ///< FPFastMathMode by default (SPV_KHR_float_controls2), or none
};

struct EntryPoint {
  Text name;
  spirv::ExecutionModel model{};
  std::uint32_t function = 0;
  Range bindings;         ///< in bindings(), ordered by set and binding
  Range inputs, outputs;  ///< in stage_variables()
  PushConstants push_constants;
  Size3 workgroup;  ///< with overrides; compute-like stages
  bool has_workgroup = false;
  std::uint64_t workgroup_bytes = 0;      ///< of Workgroup variables
  std::uint32_t subgroup_operations = 0;  ///< bits of VkSubgroupFeatureFlagBits
  Range modes;                            ///< execution modes, in execution_modes()
  FloatMode float16, float32, float64;
  bool contraction_off = false;
  std::uint32_t word_offset = 0;
};

/// Memory that is reached by its address (PhysicalStorageBuffer): one for each type of pointer to a block, or that a
/// function loads or makes from a number. What it points to may hold such pointers again, and so lead back to itself.
struct BufferReference {
  std::uint32_t pointer = none;  ///< in types()
  std::uint32_t type = none;     ///< what lies there
  AccessFlags used;              ///< by any entry point
};

struct ExecutionModeInfo {
  spirv::ExecutionMode mode{};
  Range operands;  ///< in indices(): literals, or of ids the values; of a type's id the type, in types()
};

/// A graph that can be run (SPV_ARM_graph).
struct GraphEntryPoint {
  Text name;
  std::uint32_t graph = 0;  ///< the id in the module
  std::uint32_t type = none;
  Range bindings;  ///< in bindings(), in the order of its inputs and outputs
};

/// A capability or extension the module declares, and the first instruction that needs it.
struct Need {
  bool is_extension = false;
  spirv::Capability capability{};
  Text extension;                 ///< its name, known to the grammar or not
  std::uint32_t word_offset = 0;  ///< of that instruction; 0 when nothing in the module needs it
};

/// A value for a specialisation constant.
struct Override {
  std::uint32_t spec_id = 0;
  std::uint64_t bits = 0;
};

}  // namespace reflection

/// See the head of this file. Everything is a view into this object and lives as long as it.
class Reflection {
public:
  Span<const reflection::EntryPoint> entry_points() const {
    return {entry_points_.data(), entry_points_.size()};
  }
  /// The entry point of this name (and model); null when there is none.
  const reflection::EntryPoint* find_entry_point(Text name) const;
  const reflection::EntryPoint* find_entry_point(Text name, spirv::ExecutionModel model) const;

  /// Of all entry points, each binding once for every entry point that uses it.
  Span<const reflection::Binding> bindings() const { return {bindings_.data(), bindings_.size()}; }
  Span<const reflection::Binding> bindings(const reflection::EntryPoint& of) const {
    return {bindings_.data() + of.bindings.first, of.bindings.count};
  }
  Span<const reflection::Type> types() const { return {types_.data(), types_.size()}; }
  Span<const reflection::Member> members() const { return {members_.data(), members_.size()}; }
  Span<const reflection::ImageInfo> images() const { return {images_.data(), images_.size()}; }
  Span<const reflection::CooperativeMatrixInfo> cooperative_matrices() const {
    return {matrices_.data(), matrices_.size()};
  }
  Span<const reflection::TensorInfo> tensors() const { return {tensors_.data(), tensors_.size()}; }
  Span<const reflection::SpecConstant> spec_constants() const {
    return {constants_.data(), constants_.size()};
  }
  Span<const reflection::StageVariable> stage_variables() const {
    return {stage_variables_.data(), stage_variables_.size()};
  }
  Span<const reflection::ExecutionModeInfo> execution_modes() const { return {modes_.data(), modes_.size()}; }
  Span<const reflection::GraphEntryPoint> graph_entry_points() const {
    return {graph_entry_points_.data(), graph_entry_points_.size()};
  }
  Span<const reflection::BufferReference> buffer_references() const {
    return {buffer_references_.data(), buffer_references_.size()};
  }
  Span<const std::uint32_t> indices() const { return {indices_.data(), indices_.size()}; }
  Span<const std::uint64_t> component_bits() const {
    return {component_bits_.data(), component_bits_.size()};
  }
  Span<const reflection::Need> needs() const { return {needs_.data(), needs_.size()}; }

  spirv::Version version() const { return version_; }
  spirv::AddressingModel addressing_model() const { return addressing_; }
  spirv::MemoryModel memory_model() const { return memory_; }

private:
  friend class Reflector;

  Buffer<reflection::EntryPoint> entry_points_;
  Buffer<reflection::Binding> bindings_;
  Buffer<reflection::Type> types_;
  Buffer<reflection::Member> members_;
  Buffer<reflection::ImageInfo> images_;
  Buffer<reflection::CooperativeMatrixInfo> matrices_;
  Buffer<reflection::TensorInfo> tensors_;
  Buffer<reflection::SpecConstant> constants_;
  Buffer<reflection::StageVariable> stage_variables_;
  Buffer<reflection::ExecutionModeInfo> modes_;
  Buffer<reflection::GraphEntryPoint> graph_entry_points_;
  Buffer<reflection::BufferReference> buffer_references_;
  Buffer<std::uint32_t> indices_;
  Buffer<std::uint64_t> component_bits_;
  Buffer<reflection::Need> needs_;
  Buffer<char> text_;
  spirv::Version version_{};
  spirv::AddressingModel addressing_{};
  spirv::MemoryModel memory_{};
};

AIRSTRIP_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/names.hpp"
#endif
