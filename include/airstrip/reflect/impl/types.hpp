// Types: what they are, how large, and where their members lie.
#pragma once

#include "reflector.hpp"

AIRSTRIP_NAMESPACE_BEGIN

AIRSTRIP_INLINE std::uint32_t Reflector::type_index(std::uint32_t id) const {
  const Instruction at = view_.find_definition(id);
  return at && reflection::detail::is_type(at) && slot_[at.index()] != 0 ? slot_[at.index()] - 1
                                                                         : reflection::none;
}

AIRSTRIP_INLINE void Reflector::add_type(const Instruction& at) {
  reflection::Type type;
  type.id = at.word(1);
  type.op = at.opcode();
  TypeFacts facts;
  facts.instruction = at.index();
  if (at.opcode() == Op::OpTypeStruct) {
    type.kind = reflection::TypeKind::Struct;
    type.members = {index(out_.members_.size()), index(at.words().size() - 2)};
    out_.members_.resize(out_.members_.size() + type.members.count, {});
    member_facts_.resize(out_.members_.size(), {});
    if (out_.members_.out_of_memory() || member_facts_.out_of_memory()) return;
  }
  if (!out_.types_.push_back(type) || !type_facts_.push_back(facts) || !definitions_.push_back(at.index()))
    return;
  slot_[at.index()] = index(out_.types_.size());
}

AIRSTRIP_INLINE bool Reflector::is_handle(std::uint32_t type) const {
  if (type == reflection::none) return false;
  switch (out_.types_[type].kind) {
    case reflection::TypeKind::Image:
    case reflection::TypeKind::Sampler:
    case reflection::TypeKind::SampledImage:
    case reflection::TypeKind::AccelerationStructure:
    case reflection::TypeKind::Tensor:
    case reflection::TypeKind::Opaque: return true;
    default: return false;
  }
}

AIRSTRIP_INLINE bool Reflector::is_physical(std::uint32_t type) const {
  return type != reflection::none && out_.types_[type].kind == reflection::TypeKind::Pointer &&
         out_.types_[type].storage == spirv::StorageClass::PhysicalStorageBuffer;
}

AIRSTRIP_INLINE void Reflector::finish_type(const Instruction& at) {
  using reflection::TypeKind;
  namespace r = reflection::detail;
  const std::uint32_t own = slot_[at.index()] - 1;
  reflection::Type& type = out_.types_[own];
  TypeFacts& facts = type_facts_[own];
  type.name = name_of(at.index());
  // A type stands behind what it is made of, pointers aside (OpTypeForwardPointer). What does not is left out, so that
  // nothing contains itself.
  const auto element = [&](unsigned position) {
    const std::uint32_t found = type_index(at.word(position));
    const bool is_there =
        found != reflection::none && (found < own || out_.types_[found].op == Op::OpTypePointer);
    return is_there ? found : reflection::none;
  };
  const auto of = [&](std::uint32_t found) -> const reflection::Type& {
    static constexpr reflection::Type nothing{};
    return found == reflection::none ? nothing : out_.types_[found];
  };
  const auto packed = [&](std::uint32_t found) {
    return found == reflection::none ? std::uint64_t{0} : type_facts_[found].packed_size;
  };
  const auto locations = [&](std::uint32_t found) {
    return found == reflection::none ? std::uint64_t{0} : std::uint64_t{type_facts_[found].locations};
  };
  switch (at.opcode()) {
    case Op::OpTypeVoid: type.kind = TypeKind::Void; break;
    case Op::OpTypeBool:
      type.kind = TypeKind::Boolean;
      facts.packed_size = 4;  // of workgroup memory: Vulkan counts 32 bits
      facts.locations = 1;
      break;
    case Op::OpTypeInt:
    case Op::OpTypeFloat:
      type.kind = at.opcode() == Op::OpTypeInt ? TypeKind::Int : TypeKind::Float;
      type.bits = at.word(2);
      type.is_signed = type.kind == TypeKind::Int && at.word(3) != 0;
      if (type.kind == TypeKind::Float && at.words().size() > 3) type.encoding = at.word(3);
      type.size = type.bits / 8 + (type.bits % 8 != 0);
      facts.has_8_bits = type.bits == 8;
      facts.has_16_bits = type.bits == 16;
      facts.packed_size = type.size;
      facts.locations = 1;
      break;
    case Op::OpTypeVector:
    case Op::OpTypeVectorIdEXT:
      type.kind = TypeKind::Vector;
      type.element = element(2);
      if (at.opcode() == Op::OpTypeVector) {
        type.count = at.word(3);
      } else {
        word_value(at.word(3), type.count);
        type.count_constant = spec_of(at.word(3));
      }
      type.size = r::saturating_multiply(of(type.element).size, type.count);
      facts.packed_size = r::saturating_multiply(packed(type.element), type.count);
      facts.locations = type.size > 16 ? 2 : 1;
      break;
    case Op::OpTypeMatrix:
      type.kind = TypeKind::Matrix;
      type.element = element(2);
      type.count = at.word(3);
      type.size = r::saturating_multiply(of(type.element).size, type.count);
      facts.packed_size = r::saturating_multiply(packed(type.element), type.count);
      facts.locations = r::saturate32(r::saturating_multiply(locations(type.element), type.count));
      break;
    case Op::OpTypeArray:
    case Op::OpTypeRuntimeArray:
      type.kind = at.opcode() == Op::OpTypeArray ? TypeKind::Array : TypeKind::RuntimeArray;
      type.element = element(2);
      type.stride = facts_of(at.index()).array_stride;
      if (const std::uint32_t id = facts_of(at.index()).array_stride_id; id != 0) word_value(id, type.stride);
      if (type.kind == TypeKind::Array) {
        word_value(at.word(3), type.count);
        type.count_constant = spec_of(at.word(3));
        type.size = r::saturating_multiply(type.stride, type.count);
        facts.packed_size =
            type.stride != 0 ? type.size : r::saturating_multiply(packed(type.element), type.count);
        facts.locations = r::saturate32(r::saturating_multiply(locations(type.element), type.count));
      }
      break;
    case Op::OpTypeStruct: finish_struct(own); break;
    case Op::OpTypePointer:
    case Op::OpTypeUntypedPointerKHR:
      type.kind = TypeKind::Pointer;
      type.storage = static_cast<spirv::StorageClass>(at.word(2));
      if (type.storage == spirv::StorageClass::PhysicalStorageBuffer) type.size = facts.packed_size = 8;
      type.stride = facts_of(at.index()).array_stride;
      break;  // what it points to may follow: finish_pointers
    case Op::OpTypeImage: {
      type.kind = TypeKind::Image;
      type.element = element(2);
      reflection::ImageInfo image;
      image.dim = static_cast<spirv::Dim>(at.word(3));
      image.depth = at.word(4) == 1;
      image.arrayed = at.word(5) == 1;
      image.multisampled = at.word(6) == 1;
      image.storage = at.word(7) == 2;
      image.format = static_cast<spirv::ImageFormat>(at.word(8));
      type.image = index(out_.images_.size());
      if (!out_.images_.push_back(image)) type.image = reflection::none;
      break;
    }
    case Op::OpTypeSampler: type.kind = TypeKind::Sampler; break;
    case Op::OpTypeSampledImage:
      type.kind = TypeKind::SampledImage;
      type.element = element(2);
      type.image = of(type.element).image;
      break;
    case Op::OpTypeAccelerationStructureKHR: type.kind = TypeKind::AccelerationStructure; break;
    case Op::OpTypeCooperativeMatrixNV:
    case Op::OpTypeCooperativeMatrixKHR: {
      type.kind = TypeKind::CooperativeMatrix;
      type.element = element(2);
      reflection::CooperativeMatrixInfo matrix;
      matrix.component = type.element;
      word_value(at.word(3), matrix.scope);
      word_value(at.word(4), matrix.rows);
      word_value(at.word(5), matrix.columns);
      word_value(at.word(6), matrix.use);
      type.matrix = index(out_.matrices_.size());
      if (!out_.matrices_.push_back(matrix)) type.matrix = reflection::none;
      break;
    }
    case Op::OpTypeTensorARM: {
      type.kind = TypeKind::Tensor;
      type.element = element(2);
      reflection::TensorInfo tensor;
      tensor.element = type.element;
      word_value(at.word(3), tensor.rank);
      if (const std::uint32_t shape = value_index(at.word(4)); shape != reflection::none)
        tensor.shape = component_bits(values_[shape]);
      type.tensor = index(out_.tensors_.size());
      if (!out_.tensors_.push_back(tensor)) type.tensor = reflection::none;
      break;
    }
    case Op::OpTypeFunction:
    case Op::OpTypeGraphARM: {
      const bool is_graph = at.opcode() == Op::OpTypeGraphARM;
      type.kind = is_graph ? TypeKind::Graph : TypeKind::Function;
      if (is_graph) type.count = at.word(2);
      type.parts.first = index(out_.indices_.size());
      for (std::uint32_t i = is_graph ? 3 : 2; i < at.words().size(); ++i) {
        const std::uint32_t part = element(i);
        if (out_.indices_.push_back(part)) ++type.parts.count;
      }
      break;
    }
    default: break;  // opaque
  }
  if (type.element != reflection::none && type.kind != TypeKind::Image &&
      type.kind != TypeKind::SampledImage) {
    facts.has_8_bits = type_facts_[type.element].has_8_bits;
    facts.has_16_bits = type_facts_[type.element].has_16_bits;
  }
}

AIRSTRIP_INLINE std::uint64_t Reflector::member_size(const reflection::Member& member,
                                                     std::uint32_t& locations) const {
  locations = 0;
  if (member.type == reflection::none) return 0;
  const reflection::Type& type = out_.types_[member.type];
  locations = type_facts_[member.type].locations;
  if (type.kind != reflection::TypeKind::Matrix || member.matrix_stride == 0) return type.size;
  const std::uint32_t rows = type.element == reflection::none ? 0 : out_.types_[type.element].count;
  return reflection::detail::saturating_multiply(member.matrix_stride, member.row_major ? rows : type.count);
}

AIRSTRIP_INLINE void Reflector::finish_struct(std::uint32_t own) {
  namespace r = reflection::detail;
  reflection::Type& type = out_.types_[own];
  TypeFacts& facts = type_facts_[own];
  const Instruction at = view_[facts.instruction];
  const Facts& said = facts_of(facts.instruction);
  facts.is_block = said.block;
  facts.is_buffer_block = said.buffer_block;
  facts.all_non_writable = facts.all_non_readable = type.members.count != 0;
  std::uint64_t locations = 0;
  for (std::uint32_t i = 0; i < type.members.count; ++i) {
    reflection::Member& member = out_.members_[type.members.first + i];
    if (const std::uint32_t id = member_facts_[type.members.first + i].offset_id; id != 0)
      word_value(id, member.offset);
    const std::uint32_t found = type_index(at.word(2 + i));
    // A physical pointer may be declared ahead (OpTypeForwardPointer), and its size is known.
    const Instruction pointer = view_.find_definition(at.word(2 + i));
    const bool is_ahead = found != reflection::none && found >= own && pointer.opcode() == Op::OpTypePointer;
    if (found != reflection::none && (found < own || is_ahead)) member.type = found;
    std::uint32_t own_locations = 0;
    member.size =
        is_ahead
            ? (pointer.word(2) == static_cast<std::uint32_t>(spirv::StorageClass::PhysicalStorageBuffer) ? 8
                                                                                                         : 0)
            : member_size(member, own_locations);
    locations = r::saturating_add(locations, own_locations);
    if (member.type != reflection::none)
      facts.packed_size =
          r::saturating_add(facts.packed_size, is_ahead ? member.size : type_facts_[member.type].packed_size);
    if (member.offset != reflection::none) {
      facts.has_layout = true;
      const std::uint64_t end = r::saturating_add(member.offset, member.size);
      if (end > type.size) type.size = end;
    }
    if (found < own) {
      facts.has_8_bits |= type_facts_[found].has_8_bits;
      facts.has_16_bits |= type_facts_[found].has_16_bits;
    }
    facts.all_non_writable &= member.non_writable;
    facts.all_non_readable &= member.non_readable;
  }
  facts.locations = r::saturate32(locations);
  if (facts.has_layout) facts.packed_size = type.size;
}

AIRSTRIP_INLINE void Reflector::finish_pointers() {
  for (std::uint32_t i = 0; i < out_.types_.size(); ++i)
    if (out_.types_[i].op == Op::OpTypePointer)
      out_.types_[i].element = type_index(view_[type_facts_[i].instruction].word(3));
}

AIRSTRIP_NAMESPACE_END
