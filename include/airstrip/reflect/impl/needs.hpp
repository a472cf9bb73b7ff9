// For each capability and extension that the module declares, the first instruction that needs it: what the grammar says
// of opcodes and enumerants, and by hand what depends on types.
#pragma once

#include "reflector.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection::detail {

/// The first instruction that needs something, by capability and by extension; 0: none so far.
struct FirstNeeds {
  std::uint32_t capability[spirv::CapabilitySet::max_size] = {};
  std::uint32_t extension[spirv::ExtensionSet::max_size] = {};
  /// By instruction of the grammar: 0 while none was seen, `no_enumerants`, or where its first enumerant stands.
  std::uint8_t first_enumerant[1024] = {};
  /// Where that is the only one: its value + 1 when it was last looked at, as it mostly comes again.
  std::uint32_t last_value[1024] = {};
  std::uint64_t seen_decorations = 0;  // of the first 64, those without enumerants as parameters
  std::uint64_t seen_storage = 0;      // of the first 64 storage classes

  static constexpr std::uint8_t no_enumerants = 255;

  void add(spirv::Capability what, std::uint32_t offset) {
    std::uint32_t& first = capability[spirv::grammar::capability_index(what)];
    if (first == 0) first = offset;
  }
  void add(Span<const spirv::Capability> any, std::uint32_t offset) {
    for (const spirv::Capability what : any) add(what, offset);
  }
  void add(Span<const spirv::Extension> any, std::uint32_t offset) {
    for (const spirv::Extension what : any)
      if (std::uint32_t& first = extension[static_cast<std::size_t>(what)]; first == 0) first = offset;
  }
  template <class Info>
  void add_info(const Info& info, std::uint32_t offset) {
    add(spirv::grammar::capabilities(info), offset);
    add(spirv::grammar::extensions(info), offset);
  }
};

/// The word at which an instruction's first enumerant may stand, or `no_enumerants`. What stands before it takes one word
/// at least.
inline std::uint8_t first_enumerant_of(const spirv::InstructionInfo& info) {
  // Of an operation within an instruction only arithmetic matters here, and that has none of its own.
  if (info.op == spirv::Op::OpSpecConstantOp) return FirstNeeds::no_enumerants;
  std::uint8_t position = 1;
  for (const spirv::OperandInfo& operand : spirv::grammar::operands(info)) {
    if (spirv::grammar::is_enum(operand.kind)) return position;
    if (operand.quantifier == spirv::Quantifier::One) ++position;
  }
  return FirstNeeds::no_enumerants;
}

/// Whether its value alone says what an instruction needs: no other enumerant stands beside it, or behind it as a
/// parameter, which those of decorations may.
inline bool has_one_enumerant(const spirv::InstructionInfo& info) {
  unsigned count = 0;
  for (const spirv::OperandInfo& operand : spirv::grammar::operands(info)) {
    if (operand.kind == spirv::OperandKind::Decoration) return false;
    count += spirv::grammar::is_enum(operand.kind);
  }
  return count == 1;
}

inline void add_enumerants(const spirv::Instruction& at, std::uint32_t offset, FirstNeeds& first) {
  spirv::OperandCursor operands(at);
  for (spirv::Operand operand; operands.next(operand);) {
    if (operand.enumerant) {
      first.add_info(*operand.enumerant, offset);
    } else if (!operand.is_opaque && spirv::grammar::is_mask(operand.kind)) {
      for (std::uint32_t bits = operand.word(); bits != 0; bits &= bits - 1)
        if (const spirv::EnumerantInfo* const bit = spirv::grammar::find(operand.kind, bits & (0 - bits)))
          first.add_info(*bit, offset);
    }
  }
}

/// The capability itself, or what it implies and nothing else declares: Shader where only Geometry is declared.
inline std::uint32_t first_of(const FirstNeeds& first, const spirv::CapabilitySet& declared,
                              spirv::Capability capability, unsigned depth = 0) {
  const std::size_t index = spirv::grammar::capability_index(capability);
  if (first.capability[index] != 0) return first.capability[index];
  const spirv::EnumerantInfo* const info =
      spirv::grammar::find(spirv::OperandKind::Capability, static_cast<std::uint32_t>(capability));
  std::uint32_t earliest = 0;
  if (!info || depth == 8) return 0;  // the grammar's longest chain has six
  for (const spirv::Capability implied : spirv::grammar::capabilities(*info)) {
    const std::uint32_t offset =
        declared.contains(implied) ? 0 : first_of(first, declared, implied, depth + 1);
    if (offset != 0 && (earliest == 0 || offset < earliest)) earliest = offset;
  }
  return earliest;
}

}  // namespace reflection::detail

AIRSTRIP_INLINE void Reflector::add_needs() {
  if (capabilities_.empty() && extensions_.empty()) return;
  reflection::detail::FirstNeeds first;
  for (const Instruction at : view_) {
    const Op op = at.opcode();
    if (op == Op::OpCapability || op == Op::OpExtension || op == Op::OpName || op == Op::OpLabel) continue;
    const std::uint32_t offset = index(at.word_offset());
    if (op == Op::OpDecorate || op == Op::OpMemberDecorate) {
      const std::uint32_t decoration = at.word(op == Op::OpDecorate ? 2 : 3);
      const std::uint64_t bit = decoration < 64 ? std::uint64_t{1} << decoration : 0;
      if ((first.seen_decorations & bit) != 0) continue;
      if (decoration != static_cast<std::uint32_t>(spirv::Decoration::BuiltIn)) first.seen_decorations |= bit;
    }
    const spirv::InstructionInfo* const info = at.info();
    if (!info) continue;
    const auto which = static_cast<std::size_t>(info - spirv::grammar::instructions().begin());
    if (which >= sizeof first.first_enumerant) continue;  // never: the grammar has 877
    std::uint8_t& position = first.first_enumerant[which];
    if (position == 0) {
      first.add_info(*info, offset);
      position = reflection::detail::first_enumerant_of(*info);
    }
    if (position < at.words().size()) {
      const std::uint32_t value = at.word(position) + 1;
      if (op == Op::OpTypePointer || op == Op::OpVariable) {
        const std::uint64_t bit = value <= 64 ? std::uint64_t{1} << (value - 1) % 64 : 0;
        if ((first.seen_storage & bit) == 0) reflection::detail::add_enumerants(at, offset, first);
        first.seen_storage |= bit;
      } else if (value == 0 || value != first.last_value[which]) {
        reflection::detail::add_enumerants(at, offset, first);
        if (reflection::detail::has_one_enumerant(*info)) first.last_value[which] = value;
      }
    }
    add_typed_needs(at, offset, first);
  }

  spirv::CapabilitySet declared;
  for (const std::uint32_t i : capabilities_)
    declared.insert(static_cast<spirv::Capability>(view_[i].word(1)));
  for (const std::uint32_t i : capabilities_) {
    reflection::Need need;
    need.capability = static_cast<spirv::Capability>(view_[i].word(1));
    if (spirv::grammar::capability_index(need.capability) <
        spirv::grammar::enumerants(spirv::OperandKind::Capability).size())
      need.word_offset = reflection::detail::first_of(first, declared, need.capability);
    out_.needs_.push_back(need);
  }
  const std::size_t capabilities = out_.needs_.size();
  for (const std::uint32_t i : extensions_) {
    reflection::Need need;
    need.is_extension = true;
    need.extension = text_of(view_[i], 1);
    spirv::Extension known{};
    if (spirv::grammar::find(need.extension, known)) {
      need.word_offset = first.extension[static_cast<std::size_t>(known)];
      // An extension that brings a capability is needed by what needs the capability.
      for (std::size_t c = 0; c < capabilities && need.word_offset == 0; ++c) {
        const spirv::EnumerantInfo* const info = spirv::grammar::find(
            spirv::OperandKind::Capability, static_cast<std::uint32_t>(out_.needs_[c].capability));
        if (!spend(1)) return;
        if (!info) continue;
        for (const spirv::Extension brings : spirv::grammar::extensions(*info))
          if (brings == known) need.word_offset = out_.needs_[c].word_offset;
      }
    }
    out_.needs_.push_back(need);
  }
}

/// 8 or 16 bits in memory that is seen from outside (SPV_KHR_8bit_storage, SPV_KHR_16bit_storage).
AIRSTRIP_INLINE void Reflector::add_storage_needs(const Global& global, std::uint32_t offset,
                                                  reflection::detail::FirstNeeds& first) {
  using spirv::Capability;
  if (global.type == reflection::none) return;
  const TypeFacts& facts = type_facts_[global.type];
  const auto add = [&](Capability of8, Capability of16) {
    if (facts.has_8_bits) first.add(of8, offset);
    if (facts.has_16_bits) first.add(of16, offset);
  };
  switch (global.storage) {
    case spirv::StorageClass::StorageBuffer:
    case spirv::StorageClass::Uniform:
      if (global.storage == spirv::StorageClass::StorageBuffer || facts.is_buffer_block)
        add(Capability::StorageBuffer8BitAccess, Capability::StorageBuffer16BitAccess);
      add(Capability::UniformAndStorageBuffer8BitAccess, Capability::UniformAndStorageBuffer16BitAccess);
      break;
    case spirv::StorageClass::PushConstant:
      add(Capability::StoragePushConstant8, Capability::StoragePushConstant16);
      break;
    case spirv::StorageClass::Input:
    case spirv::StorageClass::Output:
      if (facts.has_16_bits) first.add(Capability::StorageInputOutput16, offset);
      break;
    case spirv::StorageClass::Workgroup:
      if (!facts.is_block) break;
      first.add(Capability::WorkgroupMemoryExplicitLayoutKHR, offset);
      add(Capability::WorkgroupMemoryExplicitLayout8BitAccessKHR,
          Capability::WorkgroupMemoryExplicitLayout16BitAccessKHR);
      break;
    default: break;
  }
}

/// Arrays of descriptors that are indexed by what is no constant.
AIRSTRIP_INLINE void Reflector::add_indexing_needs(const Instruction& at, std::uint32_t offset,
                                                   reflection::detail::FirstNeeds& first) {
  using reflection::DescriptorKind;
  using spirv::Capability;
  const Instruction base = view_.find_definition(at.word(3));
  if (base.opcode() != Op::OpVariable || slot_[base.index()] == 0) return;
  const Global& global = globals_[slot_[base.index()] - 1];
  if (!global.is_bound || global.type == reflection::none || value_index(at.word(4)) != reflection::none)
    return;
  const reflection::TypeKind kind = out_.types_[global.type].kind;
  if (kind != reflection::TypeKind::Array && kind != reflection::TypeKind::RuntimeArray) return;
  switch (bindings_[global.binding].kind) {
    case DescriptorKind::UniformBuffer:
      first.add(Capability::UniformBufferArrayDynamicIndexing, offset);
      first.add(Capability::UniformBufferArrayNonUniformIndexing, offset);
      break;
    case DescriptorKind::StorageBuffer:
      first.add(Capability::StorageBufferArrayDynamicIndexing, offset);
      first.add(Capability::StorageBufferArrayNonUniformIndexing, offset);
      break;
    case DescriptorKind::StorageImage:
      first.add(Capability::StorageImageArrayDynamicIndexing, offset);
      first.add(Capability::StorageImageArrayNonUniformIndexing, offset);
      break;
    case DescriptorKind::UniformTexelBuffer:
      first.add(Capability::UniformTexelBufferArrayDynamicIndexing, offset);
      first.add(Capability::UniformTexelBufferArrayNonUniformIndexing, offset);
      break;
    case DescriptorKind::StorageTexelBuffer:
      first.add(Capability::StorageTexelBufferArrayDynamicIndexing, offset);
      first.add(Capability::StorageTexelBufferArrayNonUniformIndexing, offset);
      break;
    case DescriptorKind::InputAttachment:
      first.add(Capability::InputAttachmentArrayDynamicIndexing, offset);
      first.add(Capability::InputAttachmentArrayNonUniformIndexing, offset);
      break;
    case DescriptorKind::Sampler:
    case DescriptorKind::SampledImage:
    case DescriptorKind::CombinedImageSampler:
      first.add(Capability::SampledImageArrayDynamicIndexing, offset);
      first.add(Capability::SampledImageArrayNonUniformIndexing, offset);
      break;
    default: break;
  }
}

/// Device scope, which the Vulkan memory model has a capability for.
AIRSTRIP_INLINE void Reflector::add_scope_needs(std::uint32_t id, std::uint32_t offset,
                                                reflection::detail::FirstNeeds& first) {
  std::uint32_t scope = 0;
  if (out_.memory_ == spirv::MemoryModel::Vulkan && word_value(id, scope) &&
      scope == static_cast<std::uint32_t>(spirv::Scope::Device))
    first.add(spirv::Capability::VulkanMemoryModelDeviceScope, offset);
}

AIRSTRIP_INLINE void Reflector::add_typed_needs(const Instruction& at, std::uint32_t offset,
                                                reflection::detail::FirstNeeds& first) {
  using reflection::TypeKind;
  using spirv::Capability;
  const auto type_at = [&](unsigned position) -> const reflection::Type* {
    const std::uint32_t type = type_index(at.word(position));
    return type == reflection::none ? nullptr : &out_.types_[type];
  };
  const auto type_of = [&](unsigned position) -> const reflection::Type* {
    const std::uint32_t type = type_index(view_.find_definition(at.word(position)).type_id());
    return type == reflection::none ? nullptr : &out_.types_[type];
  };
  switch (at.opcode()) {
    case Op::OpTypeInt:
      if (at.word(2) == 8) first.add(Capability::Int8, offset);
      if (at.word(2) == 16) first.add(Capability::Int16, offset);
      if (at.word(2) == 64) first.add(Capability::Int64, offset);
      break;
    case Op::OpTypeFloat:
      if (at.words().size() > 3) break;  // an encoding: the grammar has its capability
      if (at.word(2) == 16) first.add(Capability::Float16, offset);
      if (at.word(2) == 64) first.add(Capability::Float64, offset);
      break;
    case Op::OpTypePointer: {
      const reflection::Type* const pointee = type_at(3);
      if (!pointee || at.word(2) != static_cast<std::uint32_t>(spirv::StorageClass::PhysicalStorageBuffer))
        break;
      Global global;
      global.type = type_index(at.word(3));
      global.storage = spirv::StorageClass::StorageBuffer;
      add_storage_needs(global, offset, first);
      break;
    }
    case Op::OpTypeImage: {
      const bool arrayed = at.word(5) == 1, multisampled = at.word(6) == 1, storage = at.word(7) == 2;
      if (arrayed && static_cast<spirv::Dim>(at.word(3)) == spirv::Dim::Cube)
        first.add(storage ? Capability::ImageCubeArray : Capability::SampledCubeArray, offset);
      if (storage && static_cast<spirv::Dim>(at.word(3)) == spirv::Dim::Buffer)
        first.add(Capability::ImageBuffer, offset);
      if (storage && static_cast<spirv::Dim>(at.word(3)) == spirv::Dim::Dim1D)
        first.add(Capability::Image1D, offset);
      if (storage && static_cast<spirv::Dim>(at.word(3)) == spirv::Dim::Rect)
        first.add(Capability::ImageRect, offset);
      if (multisampled && storage) first.add(Capability::StorageImageMultisample, offset);
      if (multisampled && storage && arrayed) first.add(Capability::ImageMSArray, offset);
      break;
    }
    case Op::OpTypeCooperativeMatrixKHR: {
      const reflection::Type* const component = type_at(2);
      if (!component || component->encoding == reflection::none) break;
      const bool is_bfloat16 =
          component->encoding == static_cast<std::uint32_t>(spirv::FPEncoding::BFloat16KHR);
      first.add(is_bfloat16 ? Capability::BFloat16CooperativeMatrixKHR
                            : Capability::Float8CooperativeMatrixEXT,
                offset);
      break;
    }
    case Op::OpVariable:
    case Op::OpUntypedVariableKHR:
      if (slot_[at.index()] == 0) break;
      add_storage_needs(globals_[slot_[at.index()] - 1], offset, first);
      if (const std::uint32_t type = globals_[slot_[at.index()] - 1].type;
          type != reflection::none && out_.types_[type].kind == TypeKind::RuntimeArray)
        first.add(Capability::RuntimeDescriptorArray, offset);
      break;
    case Op::OpAccessChain:
    case Op::OpInBoundsAccessChain: add_indexing_needs(at, offset, first); break;
    case Op::OpImageRead:
    case Op::OpImageSparseRead:
    case Op::OpImageWrite: {
      const bool writes_it = at.opcode() == Op::OpImageWrite;
      const reflection::Type* const type = type_of(writes_it ? 1 : 3);
      if (!type || type->image == reflection::none || !out_.images_[type->image].storage) break;
      if (out_.images_[type->image].format != spirv::ImageFormat::Unknown) break;
      first.add(writes_it ? Capability::StorageImageWriteWithoutFormat
                          : Capability::StorageImageReadWithoutFormat,
                offset);
      break;
    }
    case Op::OpSelect:
    case Op::OpPhi:
    case Op::OpFunctionCall: {
      const reflection::Type* const type = type_at(1);
      if (!type || type->kind != TypeKind::Pointer) break;
      if (type->storage == spirv::StorageClass::Workgroup) first.add(Capability::VariablePointers, offset);
      if (type->storage == spirv::StorageClass::StorageBuffer)
        first.add(Capability::VariablePointersStorageBuffer, offset);
      break;
    }
    case Op::OpSDot:
    case Op::OpUDot:
    case Op::OpSUDot:
    case Op::OpSDotAccSat:
    case Op::OpUDotAccSat:
    case Op::OpSUDotAccSat: {
      const reflection::Type* const type = type_of(3);
      if (!type || type->kind != TypeKind::Vector || type->element == reflection::none) break;
      const bool bytes = type->count == 4 && out_.types_[type->element].bits == 8;
      first.add(bytes ? Capability::DotProductInput4x8Bit : Capability::DotProductInputAll, offset);
      break;
    }
    case Op::OpExtInstImport: {
      const Text name = spirv::literal_text(at.words().subspan(2, 32), scratch_);
      if (name.size() >= 12 && Text(name.data(), 12) == Text("NonSemantic."))
        first.add({spirv::Extension::SPV_KHR_non_semantic_info}, offset);
      break;
    }
    case Op::OpExtInst: {
      const spirv::ExtInstSetInfo* const set = ext_inst_set(at.word(3));
      if (const spirv::ExtInstInfo* const info = set ? spirv::grammar::find(*set, at.word(4)) : nullptr)
        first.add_info(*info, offset);
      break;
    }
    case Op::OpControlBarrier:
    case Op::OpMemoryBarrier:
      add_scope_needs(at.word(at.opcode() == Op::OpMemoryBarrier ? 1 : 2), offset, first);
      break;
    default:
      if (at.opcode() >= Op::OpAtomicLoad && at.opcode() <= Op::OpAtomicXor) {
        const bool stores = at.opcode() == Op::OpAtomicStore;
        const reflection::Type* const type = stores ? type_of(4) : type_at(1);
        if (type && type->kind == TypeKind::Int && type->bits == 64)
          first.add(Capability::Int64Atomics, offset);
        add_scope_needs(at.word(stores ? 2 : 4), offset, first);
      }
      break;
  }
}

AIRSTRIP_NAMESPACE_END
