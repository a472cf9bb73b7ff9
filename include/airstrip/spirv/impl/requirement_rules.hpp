// Requirements that the grammar cannot state, because they depend on the types of operands.
#pragma once

#include "../emitter.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// The hand-written rules for one instruction. Each comment names the specification they come from.
class RequirementRules {
public:
  RequirementRules(Emitter& emitter, InstructionKey key, SourceLocation at)
      : e_(emitter), key_(key), at_(at) {}

  /// Requires what the instruction needs. False when the target does not permit it; the emitter has failed then.
  bool apply(std::uint32_t result_type, Span<const OperandWord> operands);

  /// Whether an instruction of a block needs the rules each time, since its types decide.
  static bool depends_on_types(Op op);

private:
  using Caps = Span<const Capability>;

  bool need(Capability capability) { return e_.require(capability, name(), at_); }
  bool need_any(Caps capabilities) { return e_.require_any(capabilities, name(), at_); }
  const char* name() const { return grammar::instructions()[key_.index].name; }
  std::uint32_t width(std::uint32_t shape) const {
    return (shape & Emitter::shape_width) >> Emitter::shape_width_shift;
  }
  std::uint32_t type_of(OperandWord word) const { return e_.info(word.word).type; }
  std::uint32_t shape_of(OperandWord word) const { return e_.info(word.word).shape; }
  StorageClass storage_of_pointer(std::uint32_t type) const;
  bool is(OperandWord constant, std::uint32_t value) const;

  bool instruction_set(Span<const OperandWord> operands);
  bool local_size_id(Span<const OperandWord> operands);
  bool int_type(std::uint32_t bits);
  bool float_type(Span<const OperandWord> operands);
  bool image_type(Span<const OperandWord> operands);
  bool cooperative_type(Span<const OperandWord> operands);
  bool pointer_type(StorageClass storage, std::uint32_t pointee);
  bool uniform_variable(std::uint32_t pointer);
  void narrow_scalars(std::uint32_t type, bool& has8, bool& has16, unsigned& budget) const;
  bool narrow_members(std::uint32_t type) {
    unsigned budget = Emitter::walk_budget;
    return narrow_members(type, budget);
  }
  bool narrow_members(std::uint32_t type, unsigned& budget);
  bool atomic(Span<const OperandWord> operands, std::uint32_t result_type);
  bool integer_dot(Span<const OperandWord> operands);
  bool group_operation(std::uint32_t operation);
  bool image_access(std::uint32_t image_type, bool write);
  bool logical_pointer(std::uint32_t type);
  bool memory_scopes(Span<const OperandWord> operands);
  bool access_scopes(Span<const OperandWord> operands, OperandKind kind);
  bool narrow(std::uint32_t shape);

  Emitter& e_;
  InstructionKey key_;
  SourceLocation at_;
};

namespace detail {

/// How many words the string in front has; 0 when it has no end.
inline std::size_t string_words(const OperandWord* words, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (((words[i].word - 0x01010101u) & ~words[i].word & 0x80808080u) != 0) return i + 1;  // a zero byte
  return 0;
}
/// Whether the string in front begins with this text; give its terminating zero with it to compare the whole.
inline bool is_text(const OperandWord* words, std::size_t count, Text text) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i / 4 >= count || static_cast<unsigned char>(text[i]) != (words[i / 4].word >> (8 * (i % 4)) & 0xFF))
      return false;
  return true;
}
/// A string packed into words, at most to its terminating zero; `used` is the number of words, 0 when it has no end.
inline String unpack(const OperandWord* words, std::size_t count, std::size_t& used) {
  String text;
  for (used = 0; used < count; ++used)
    for (unsigned shift = 0; shift < 32; shift += 8) {
      const auto c = static_cast<char>(words[used].word >> shift & 0xFF);
      if (c == '\0') {
        ++used;
        return text;
      }
      text << c;
    }
  used = 0;
  return text;
}

// Alternatives that outlive the call, as Requirements asks.
inline constexpr Capability int8_or_storage[] = {
    Capability::Int8, Capability::StorageBuffer8BitAccess, Capability::UniformAndStorageBuffer8BitAccess,
    Capability::StoragePushConstant8, Capability::WorkgroupMemoryExplicitLayout8BitAccessKHR};
inline constexpr Capability int16_or_storage[] = {Capability::Int16,
                                                  Capability::StorageBuffer16BitAccess,
                                                  Capability::UniformAndStorageBuffer16BitAccess,
                                                  Capability::StoragePushConstant16,
                                                  Capability::StorageInputOutput16,
                                                  Capability::WorkgroupMemoryExplicitLayout16BitAccessKHR};
inline constexpr Capability float16_or_buffer[] = {Capability::Float16,
                                                   Capability::Float16Buffer};  // of kernels
inline constexpr Capability float16_or_storage[] = {Capability::Float16,
                                                    Capability::StorageBuffer16BitAccess,
                                                    Capability::UniformAndStorageBuffer16BitAccess,
                                                    Capability::StoragePushConstant16,
                                                    Capability::StorageInputOutput16,
                                                    Capability::WorkgroupMemoryExplicitLayout16BitAccessKHR};
inline constexpr Capability storage8[] = {Capability::StorageBuffer8BitAccess,
                                          Capability::UniformAndStorageBuffer8BitAccess};
inline constexpr Capability storage16[] = {Capability::StorageBuffer16BitAccess,
                                           Capability::UniformAndStorageBuffer16BitAccess};
}  // namespace detail

AIRSTRIP_INLINE bool RequirementRules::depends_on_types(Op op) {
  switch (op) {
    case Op::OpPtrAccessChain:
    case Op::OpInBoundsPtrAccessChain:
    case Op::OpSDot:
    case Op::OpUDot:
    case Op::OpSUDot:
    case Op::OpSDotAccSat:
    case Op::OpUDotAccSat:
    case Op::OpSUDotAccSat:
    case Op::OpImageRead:
    case Op::OpImageWrite:
    case Op::OpPhi:
    case Op::OpSelect:
    case Op::OpFunctionCall:
    case Op::OpControlBarrier:
    case Op::OpMemoryBarrier:
    case Op::OpDot: return true;
    default:
      return (op >= Op::OpAtomicLoad && op <= Op::OpAtomicXor) || op == Op::OpAtomicFAddEXT ||
             op == Op::OpAtomicFMinEXT || op == Op::OpAtomicFMaxEXT ||
             (op >= Op::OpGroupNonUniformElect && op <= Op::OpGroupNonUniformQuadSwap);
  }
}

AIRSTRIP_INLINE StorageClass RequirementRules::storage_of_pointer(std::uint32_t type) const {
  const Emitter::BoundedWords words = e_.declaration(type);
  return e_.info(type).op == Op::OpTypePointer && words.size() > 2 ? static_cast<StorageClass>(words[2])
                                                                   : static_cast<StorageClass>(~0u);
}

AIRSTRIP_INLINE bool RequirementRules::is(OperandWord constant, std::uint32_t value) const {
  const Emitter::BoundedWords words = e_.declaration(constant.word);
  return words.size() == 4 && e_.info(constant.word).op == Op::OpConstant && words[3] == value;
}

AIRSTRIP_INLINE bool RequirementRules::apply(std::uint32_t result_type, Span<const OperandWord> operands) {
  const std::size_t count = operands.size();
  switch (key_.op) {
    case Op::OpExtInstImport: return instruction_set(operands);
    case Op::OpExecutionModeId: return local_size_id(operands);
    case Op::OpTypeInt: return int_type(operands[0].word);
    case Op::OpTypeFloat: return float_type(operands);
    case Op::OpTypeVector:
      return (operands[1].word != 8 && operands[1].word != 16) || need(Capability::Vector16);
    case Op::OpTypeImage: return image_type(operands);
    case Op::OpTypeCooperativeMatrixKHR: return cooperative_type(operands);
    case Op::OpVariable:
      return operands[0].word != static_cast<std::uint32_t>(StorageClass::Uniform) ||
             uniform_variable(result_type);
    case Op::OpTypePointer:
      return pointer_type(static_cast<StorageClass>(operands[0].word), operands[1].word);
    case Op::OpSDot:
    case Op::OpUDot:
    case Op::OpSUDot:
    case Op::OpSDotAccSat:
    case Op::OpUDotAccSat:
    case Op::OpSUDotAccSat:
      if (!integer_dot(operands)) return false;
      break;
    case Op::OpDot:
      if ((shape_of(operands[0]) >> Emitter::shape_encoding_shift & 63) ==
              static_cast<std::uint32_t>(FPEncoding::BFloat16KHR) + 1 &&
          !need(Capability::BFloat16DotProductKHR))
        return false;
      break;
    case Op::OpImageRead:
      if (count && !image_access(type_of(operands[0]), false)) return false;
      break;
    case Op::OpImageWrite:
      if (count && !image_access(type_of(operands[0]), true)) return false;
      break;
    case Op::OpPtrAccessChain:
    case Op::OpInBoundsPtrAccessChain:
      if (!logical_pointer(type_of(operands[0]))) return false;
      break;
    case Op::OpPhi:
    case Op::OpSelect:
    case Op::OpFunctionCall:
      if (result_type && e_.info(result_type).op == Op::OpTypePointer && !logical_pointer(result_type))
        return false;
      break;
    default: {
      if (key_.rule == TypeRule::GroupIntArithmetic || key_.rule == TypeRule::GroupFloatArithmetic ||
          key_.rule == TypeRule::GroupLogical) {
        if (!group_operation(operands[1].word)) return false;
      } else if (depends_on_types(key_.op) && key_.op >= Op::OpAtomicLoad &&
                 (key_.op <= Op::OpAtomicXor || key_.op >= Op::OpAtomicFMinEXT)) {
        if (!atomic(operands, result_type)) return false;
      }
    }
  }
  if (key_.section == Section::Block && e_.memory_model_ == MemoryModel::Vulkan && !memory_scopes(operands))
    return false;
  if (e_.narrow_types_ == 0) return true;
  if (key_.section != Section::Block) {
    // "Cannot form constants of 8- or 16-bit types" with storage capabilities alone (SPIRV-Tools #2704).
    const bool value =
        (key_.op >= Op::OpConstantTrue && key_.op <= Op::OpSpecConstantOp) || key_.op == Op::OpUndef;
    return !value || !result_type || narrow_members(result_type);
  }
  const auto settled = [&](std::uint8_t bit, Capability capability) {
    if (e_.requirements_.has(capability))
      e_.narrow_types_ = static_cast<std::uint8_t>(e_.narrow_types_ & ~bit);
  };
  settled(Emitter::narrow_int8, Capability::Int8);
  settled(Emitter::narrow_int16, Capability::Int16);
  settled(Emitter::narrow_float16, Capability::Float16);
  // An 8- or 16-bit number that only storage capabilities permit may be loaded, stored, copied and converted in width,
  // no more (SPV_KHR_16bit_storage, SPV_KHR_8bit_storage).
  switch (key_.op) {
    case Op::OpLoad: return !result_type || e_.info(result_type).shape != 0 || narrow_members(result_type);
    case Op::OpStore: {  // of scalars, vectors and matrices: a composite is formed in registers
      const std::uint32_t type = operands.size() > 1 ? type_of(operands[1]) : 0;
      return !type || e_.info(type).shape != 0 || narrow_members(type);
    }
    case Op::OpCopyObject:
    case Op::OpCopyMemory:
    case Op::OpAccessChain:
    case Op::OpInBoundsAccessChain:
    case Op::OpFConvert:
    case Op::OpSConvert:
    case Op::OpUConvert: return true;
    default: break;
  }
  if (result_type && !narrow_members(result_type)) return false;
  for (const OperandWord& word : operands)
    if (word.tag >= OperandWord::first_builder_tag && e_.info(word.word).kind == IdKind::Value &&
        type_of(word) && !narrow_members(type_of(word)))
      return false;
  return true;
}

AIRSTRIP_INLINE bool RequirementRules::narrow(std::uint32_t shape) {
  const std::uint32_t bits = width(shape), kind = shape & Emitter::shape_class;
  if (bits >= 32 || kind < Emitter::shape_int || (shape >> Emitter::shape_encoding_shift & 63) != 0 ||
      (shape & Emitter::shape_cooperative))
    return true;
  const Capability wanted = kind == Emitter::shape_float ? Capability::Float16
                            : bits == 8                  ? Capability::Int8
                                                         : Capability::Int16;
  return need(wanted);
}

// "NonSemantic." sets: SPV_KHR_non_semantic_info, in core from 1.6 on.
AIRSTRIP_INLINE bool RequirementRules::instruction_set(Span<const OperandWord> operands) {
  static constexpr Extension non_semantic[] = {Extension::SPV_KHR_non_semantic_info};
  if (!detail::is_text(operands.data(), operands.size(), "NonSemantic.") ||
      e_.version() >= make_version(1, 6))
    return true;
  String why;
  if (e_.requirements_.require_any(Span<const Extension>(non_semantic), why)) return true;
  e_.fail(ErrorCode::MissingCapability, static_cast<String&&>(why), at_, name());
  return false;
}

// VUID-RuntimeSpirv-LocalSizeId-06434: a feature, which no version of Vulkan enables by itself.
AIRSTRIP_INLINE bool RequirementRules::local_size_id(Span<const OperandWord> operands) {
  if (operands.size() < 2 || static_cast<ExecutionMode>(operands[1].word) != ExecutionMode::LocalSizeId ||
      e_.target().environment() != Environment::Vulkan ||
      e_.target().permits(ValidationFeature::Maintenance4))
    return true;
  String why("LocalSizeId needs the Vulkan feature maintenance4; the target ");
  why << e_.target().name() << " does not have it enabled";
  e_.fail(ErrorCode::MissingCapability, static_cast<String&&>(why), at_, name());
  return false;
}

// OpTypeInt: "Int8, Int16, Int64" by width, or a capability of 8/16-bit storage (SPIR-V 3.31, 3.56.6).
AIRSTRIP_INLINE bool RequirementRules::int_type(std::uint32_t bits) {
  switch (bits) {
    case 32: return true;
    case 8: e_.narrow_types_ |= Emitter::narrow_int8; return need_any(detail::int8_or_storage);
    case 16: e_.narrow_types_ |= Emitter::narrow_int16; return need_any(detail::int16_or_storage);
    case 64: return need(Capability::Int64);
    default: break;
  }
  if (bits != 0 && bits <= 64 && e_.target().permits(Capability::ArbitraryPrecisionIntegersALTERA))
    return need(Capability::ArbitraryPrecisionIntegersALTERA);
  e_.fail(ErrorCode::InvalidOperand, "an integer is 8, 16, 32 or 64 bits wide", at_, name());
  return false;
}

AIRSTRIP_INLINE bool RequirementRules::float_type(Span<const OperandWord> operands) {
  if (operands.size() > 1) return true;  // the encoding is an enumerant with requirements of its own
  switch (operands[0].word) {
    case 32: return true;
    case 16:
      e_.narrow_types_ |= Emitter::narrow_float16;
      return e_.memory_model_ == MemoryModel::OpenCL ? need_any(detail::float16_or_buffer)
                                                     : need_any(detail::float16_or_storage);
    case 64: return need(Capability::Float64);
    default: break;
  }
  e_.fail(ErrorCode::InvalidOperand, "a floating-point number without an encoding is 16, 32 or 64 bits wide",
          at_, name());
  return false;
}

// SPIR-V 3.8 "Dim": the capability of the storage or of the sampled form.
AIRSTRIP_INLINE bool RequirementRules::image_type(Span<const OperandWord> operands) {
  if (operands.size() < 7 || e_.memory_model_ == MemoryModel::OpenCL) return true;
  const auto dim = static_cast<Dim>(operands[1].word);
  const bool arrayed = operands[3].word != 0, multisampled = operands[4].word != 0,
             storage = operands[5].word == 2;
  bool ok = true;
  switch (dim) {
    case Dim::Dim1D: ok = need(storage ? Capability::Image1D : Capability::Sampled1D); break;
    case Dim::Rect: ok = need(storage ? Capability::ImageRect : Capability::SampledRect); break;
    case Dim::Buffer: ok = need(storage ? Capability::ImageBuffer : Capability::SampledBuffer); break;
    case Dim::Cube:
      if (arrayed) ok = need(storage ? Capability::ImageCubeArray : Capability::SampledCubeArray);
      break;
    default: break;
  }
  if (ok && multisampled && storage && dim != Dim::SubpassData) {
    ok = need(Capability::StorageImageMultisample);
    if (ok && arrayed) ok = need(Capability::ImageMSArray);
  }
  if (ok && width(e_.info(operands[0].word).shape) == 64) ok = need(Capability::Int64ImageEXT);
  return ok;
}

// SPV_KHR_cooperative_matrix: the Vulkan memory model must be the module's; and what is inside the matrix.
AIRSTRIP_INLINE bool RequirementRules::cooperative_type(Span<const OperandWord> operands) {
  if (e_.memory_model_ != MemoryModel::Vulkan) {
    e_.fail(
        ErrorCode::VersionConflict,
        "a cooperative matrix needs the memory model Vulkan, which is fixed when the module is started; set "
        "ModuleOptions::memory_model",
        at_, name());
    return false;
  }
  const std::uint32_t shape = e_.info(operands[0].word).shape;
  // What is inside is computed with, so the storage capabilities are not enough for a narrow component.
  if (!(shape & Emitter::shape_encoding)) return narrow(shape);
  const Emitter::BoundedWords component = e_.declaration(operands[0].word);
  switch (static_cast<FPEncoding>(component.size() > 3 ? component[3] : 0)) {
    case FPEncoding::BFloat16KHR: return need(Capability::BFloat16CooperativeMatrixKHR);
    case FPEncoding::Float8E4M3EXT:
    case FPEncoding::Float8E5M2EXT: return need(Capability::Float8CooperativeMatrixEXT);
    default: return true;
  }
}

AIRSTRIP_INLINE void RequirementRules::narrow_scalars(std::uint32_t type, bool& has8, bool& has16,
                                                      unsigned& budget) const {
  const Emitter::IdInfo& known = e_.info(type);
  if (known.shape != 0) {
    if ((known.shape & Emitter::shape_class) >= Emitter::shape_int &&
        !(known.shape & Emitter::shape_cooperative)) {
      has8 |= width(known.shape) == 8;
      has16 |= width(known.shape) == 16;
    }
    return;
  }
  const Emitter::BoundedWords words = e_.declaration(type);
  if (budget == 0) return;
  --budget;
  if (known.op == Op::OpTypeArray || known.op == Op::OpTypeRuntimeArray) {
    if (words.size() > 2) narrow_scalars(words[2], has8, has16, budget);
  } else if (known.op == Op::OpTypeStruct) {
    for (std::size_t i = 2; i < words.size(); ++i) narrow_scalars(words[i], has8, has16, budget);
  }
}

// The width of numbers in memory by storage class: SPV_KHR_16bit_storage, SPV_KHR_8bit_storage; Vulkan's
// VUID-RuntimeSpirv-storageBuffer16BitAccess-06328 and those after it.
AIRSTRIP_INLINE bool RequirementRules::uniform_variable(std::uint32_t pointer) {
  bool has8 = false, has16 = false;
  if (e_.memory_model_ == MemoryModel::OpenCL) return true;
  std::uint32_t inner = e_.declaration(pointer)[3];
  unsigned budget = Emitter::walk_budget;
  narrow_scalars(inner, has8, has16, budget);
  for (unsigned i = 0;
       i < 64 && (e_.info(inner).op == Op::OpTypeArray || e_.info(inner).op == Op::OpTypeRuntimeArray); ++i)
    inner = e_.declaration(inner)[2];
  if (e_.info(inner).flags & Emitter::buffer_block)
    return (!has8 || need_any(detail::storage8)) && (!has16 || need_any(detail::storage16));
  return (!has8 || need(Capability::UniformAndStorageBuffer8BitAccess)) &&
         (!has16 || need(Capability::UniformAndStorageBuffer16BitAccess));
}

AIRSTRIP_INLINE bool RequirementRules::pointer_type(StorageClass storage, std::uint32_t pointee) {
  bool has8 = false, has16 = false;
  if (e_.memory_model_ == MemoryModel::OpenCL) return true;
  unsigned budget = Emitter::walk_budget;
  narrow_scalars(pointee, has8, has16, budget);
  if (!has8 && !has16) return true;
  switch (storage) {
    case StorageClass::StorageBuffer:
    case StorageClass::PhysicalStorageBuffer:
      return (!has8 || need_any(detail::storage8)) && (!has16 || need_any(detail::storage16));
    case StorageClass::Uniform: return true;  // the variable says whether it is a uniform or a storage buffer
    case StorageClass::PushConstant:
      return (!has8 || need(Capability::StoragePushConstant8)) &&
             (!has16 || need(Capability::StoragePushConstant16));
    case StorageClass::Input:
    case StorageClass::Output: return !has16 || need(Capability::StorageInputOutput16);
    case StorageClass::Workgroup:
      if (e_.has_explicit_layout(pointee))
        return (!has8 || need(Capability::WorkgroupMemoryExplicitLayout8BitAccessKHR)) &&
               (!has16 || need(Capability::WorkgroupMemoryExplicitLayout16BitAccessKHR));
      break;
    default: break;
  }
  // Function, Private, Workgroup: arithmetic types, as the variable holds them.
  return narrow_members(pointee);
}

AIRSTRIP_INLINE bool RequirementRules::narrow_members(std::uint32_t type, unsigned& budget) {
  const Emitter::IdInfo known = e_.info(type);
  if (known.shape != 0) return narrow(known.shape);
  const Emitter::BoundedWords words = e_.declaration(type);
  if (budget == 0) return true;
  --budget;
  if (known.op == Op::OpTypeArray) return narrow_members(words[2], budget);
  if (known.op == Op::OpTypeStruct)
    for (std::size_t i = 2; i < words.size(); ++i)
      if (!narrow_members(words[i], budget)) return false;
  return true;
}

// Int64Atomics; the AtomicFloat… of SPV_EXT_shader_atomic_float_add, …_min_max, and SPV_NV_shader_atomic_fp16_vector.
AIRSTRIP_INLINE bool RequirementRules::atomic(Span<const OperandWord> operands, std::uint32_t result_type) {
  const std::uint32_t shape = result_type           ? e_.info(result_type).shape
                              : operands.size() > 3 ? shape_of(operands[3])
                                                    : 0;
  const std::uint32_t bits = width(shape);
  if ((shape & Emitter::shape_class) == Emitter::shape_int)
    return bits != 64 || need(Capability::Int64Atomics);
  const bool vector = (shape & Emitter::shape_components) >> Emitter::shape_components_shift > 1;
  const auto pick = [&](Capability half, Capability single, Capability wide) {
    return need(vector ? Capability::AtomicFloat16VectorNV : bits == 16 ? half : bits == 64 ? wide : single);
  };
  if (key_.op == Op::OpAtomicFAddEXT)
    return pick(Capability::AtomicFloat16AddEXT, Capability::AtomicFloat32AddEXT,
                Capability::AtomicFloat64AddEXT);
  if (key_.op == Op::OpAtomicFMinEXT || key_.op == Op::OpAtomicFMaxEXT)
    return pick(Capability::AtomicFloat16MinMaxEXT, Capability::AtomicFloat32MinMaxEXT,
                Capability::AtomicFloat64MinMaxEXT);
  return true;
}

// SPV_KHR_integer_dot_product: the capability of the input.
AIRSTRIP_INLINE bool RequirementRules::integer_dot(Span<const OperandWord> operands) {
  const std::uint32_t shape = shape_of(operands[0]);
  const std::uint32_t components = (shape & Emitter::shape_components) >> Emitter::shape_components_shift;
  if (components == 1) return need(Capability::DotProductInput4x8BitPacked);
  return need(components == 4 && width(shape) == 8 ? Capability::DotProductInput4x8Bit
                                                   : Capability::DotProductInputAll);
}

// SPIR-V 3.28 "Group Operation": a clustered operation and a scan are permitted by different capabilities, though the
// instruction lists both.
AIRSTRIP_INLINE bool RequirementRules::group_operation(std::uint32_t operation) {
  switch (static_cast<GroupOperation>(operation)) {
    case GroupOperation::Reduce:
    case GroupOperation::InclusiveScan:
    case GroupOperation::ExclusiveScan: return need(Capability::GroupNonUniformArithmetic);
    case GroupOperation::ClusteredReduce: return need(Capability::GroupNonUniformClustered);
    default: return true;
  }
}

// VUID-RuntimeSpirv-OpTypeImage-06269 and -06270: a format that is not declared.
AIRSTRIP_INLINE bool RequirementRules::image_access(std::uint32_t image_type, bool write) {
  const Emitter::BoundedWords words = e_.declaration(image_type);
  if (e_.info(image_type).op != Op::OpTypeImage || words.size() < 9 ||
      e_.memory_model_ == MemoryModel::OpenCL)
    return true;
  if (static_cast<ImageFormat>(words[8]) != ImageFormat::Unknown ||
      static_cast<Dim>(words[3]) == Dim::SubpassData)
    return true;
  return need(write ? Capability::StorageImageWriteWithoutFormat : Capability::StorageImageReadWithoutFormat);
}

// Pointers that are computed under logical addressing: SPV_KHR_variable_pointers.
AIRSTRIP_INLINE bool RequirementRules::logical_pointer(std::uint32_t type) {
  switch (storage_of_pointer(type)) {
    case StorageClass::StorageBuffer: return need(Capability::VariablePointersStorageBuffer);
    case StorageClass::Workgroup: return need(Capability::VariablePointers);
    default: return true;
  }
}

// "If Device Scope is used for a memory scope, VulkanMemoryModelDeviceScope must be declared" (SPIR-V 2.20.2).
AIRSTRIP_INLINE bool RequirementRules::memory_scopes(Span<const OperandWord> operands) {
  std::size_t at = 0;
  bool scope_is_execution = key_.op == Op::OpControlBarrier;
  const InstructionInfo& known = grammar::instructions()[key_.index];
  if (key_.section == Section::Block && known.name[2] == 'G') return true;  // OpGroup…: execution scopes
  for (const OperandInfo& operand : grammar::operands(known)) {
    if (operand.kind == OperandKind::IdResultType || operand.kind == OperandKind::IdResult) continue;
    if (at >= operands.size()) return true;
    if (operand.kind == OperandKind::MemoryAccess || operand.kind == OperandKind::ImageOperands)
      return access_scopes(operands.subspan(at), operand.kind);
    if (operand.quantifier == Quantifier::Many) return true;
    if (operand.kind == OperandKind::IdScope) {
      if (!scope_is_execution && is(operands[at], static_cast<std::uint32_t>(Scope::Device)) &&
          !need(Capability::VulkanMemoryModelDeviceScope))
        return false;
      scope_is_execution = false;
    }
    ++at;
  }
  return true;
}
// The scopes among the parameters of memory access masks, of which an instruction may have two, and image operands.
AIRSTRIP_INLINE bool RequirementRules::access_scopes(Span<const OperandWord> operands, OperandKind kind) {
  for (std::size_t at = 0; at < operands.size();) {
    std::uint32_t mask = operands[at++].word;
    for (; mask != 0; mask &= mask - 1) {
      const EnumerantInfo* const bit = grammar::find(kind, mask & (~mask + 1));
      if (!bit) return true;
      for (const OperandInfo& parameter : grammar::parameters(*bit)) {
        if (at >= operands.size()) return true;
        if (parameter.kind == OperandKind::IdScope &&
            is(operands[at], static_cast<std::uint32_t>(Scope::Device)) &&
            !need(Capability::VulkanMemoryModelDeviceScope))
          return false;
        ++at;
      }
    }
    if (kind != OperandKind::MemoryAccess) return true;
  }
  return true;
}

AIRSTRIP_SPIRV_NAMESPACE_END
