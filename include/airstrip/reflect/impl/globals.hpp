// Global variables: what lies there, and the descriptor that it is.
#pragma once

#include "reflector.hpp"

AIRSTRIP_NAMESPACE_BEGIN

AIRSTRIP_INLINE void Reflector::finish_globals() {
  Buffer<std::uint64_t> places;
  for (Global& global : globals_) {
    const Instruction at = view_[global.instruction];
    if (at.opcode() == Op::OpUntypedVariableKHR) {
      global.type = type_index(at.word(4));
    } else if (const std::uint32_t pointer = type_index(at.word(1)); pointer != reflection::none) {
      if (out_.types_[pointer].op == Op::OpTypePointer) global.type = out_.types_[pointer].element;
    }
    const Facts& facts = facts_of(global.instruction);
    // Without a descriptor set and a binding it is no resource of Vulkan's.
    global.is_bound = (facts.set != reflection::none || facts.binding != reflection::none) &&
                      (global.storage == spirv::StorageClass::Uniform ||
                       global.storage == spirv::StorageClass::UniformConstant ||
                       global.storage == spirv::StorageClass::StorageBuffer);
    if (global.is_bound) places.push_back(place_of(facts));
  }
  if (places.out_of_memory()) out_of_memory_ = true;
  // Their order among all, by which an entry point's are sorted.
  spirv::detail::sort(places);
  for (Global& global : globals_) {
    if (!global.is_bound) continue;
    const std::uint64_t place = place_of(facts_of(global.instruction));
    std::size_t low = 0, high = places.size();
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (places[middle] < place)
        low = middle + 1;
      else
        high = middle;
    }
    global.rank = index(low);
    global.binding = index(bindings_.size());
    if (!bindings_.push_back(binding_of(global))) out_of_memory_ = true;
  }
}

AIRSTRIP_INLINE std::uint64_t Reflector::place_of(const Facts& facts) {
  const std::uint32_t set = facts.set == reflection::none ? 0 : facts.set;
  const std::uint32_t binding = facts.binding == reflection::none ? 0 : facts.binding;
  return std::uint64_t{set} << 32 | binding;
}

AIRSTRIP_INLINE reflection::Binding Reflector::binding_of(const Global& global) {
  using reflection::DescriptorKind;
  using reflection::TypeKind;
  reflection::Binding b;
  const Facts& facts = facts_of(global.instruction);
  b.set = static_cast<std::uint32_t>(place_of(facts) >> 32);
  b.binding = static_cast<std::uint32_t>(place_of(facts));
  b.variable = view_[global.instruction].word(2);
  b.word_offset = index(view_[global.instruction].word_offset());
  b.input_attachment_index = facts.input_attachment;
  b.name = name_of(global.instruction);

  // Arrays around a resource are descriptors. Each is made of an earlier type, so this ends.
  std::uint32_t type = global.type;
  std::uint64_t count = 1;
  while (type != reflection::none) {
    const reflection::Type& t = out_.types_[type];
    if (t.kind != TypeKind::Array && t.kind != TypeKind::RuntimeArray) break;
    count = t.kind == TypeKind::RuntimeArray ? 0 : reflection::detail::saturating_multiply(count, t.count);
    if (b.count_constant == reflection::none) b.count_constant = t.count_constant;
    if (!spend(1)) break;
    type = t.element;
  }
  b.count = reflection::detail::saturate32(count);
  b.type = type;
  b.declared.read = b.declared.write = true;
  const bool is_uniform = global.storage == spirv::StorageClass::Uniform;
  const bool is_memory = is_uniform || global.storage == spirv::StorageClass::StorageBuffer;
  if (type == reflection::none) {
    if (is_memory) b.kind = is_uniform ? DescriptorKind::UniformBuffer : DescriptorKind::StorageBuffer;
    return b;
  }
  const reflection::Type& t = out_.types_[type];
  const TypeFacts& known = type_facts_[type];
  if (b.name.empty()) b.name = t.name;
  bool is_written = false;  // may be
  switch (t.kind) {
    case TypeKind::Struct: {
      if (!is_memory) break;
      b.kind = is_uniform && !known.is_buffer_block ? DescriptorKind::UniformBuffer
                                                    : DescriptorKind::StorageBuffer;
      is_written = b.kind == DescriptorKind::StorageBuffer && !known.all_non_writable;
      b.declared.read = !known.all_non_readable;
      b.minimum_bytes = t.size;
      if (t.members.count == 0) break;
      const std::uint32_t last = out_.members_[t.members.first + t.members.count - 1].type;
      if (last != reflection::none && out_.types_[last].kind == TypeKind::RuntimeArray) {
        b.element_stride = out_.types_[last].stride;
        b.minimum_bytes = reflection::detail::saturating_add(b.minimum_bytes, b.element_stride);
      }
      break;
    }
    case TypeKind::Image:
    case TypeKind::SampledImage: {
      const reflection::ImageInfo image =
          t.image == reflection::none ? reflection::ImageInfo{} : out_.images_[t.image];
      is_written = image.storage && t.kind == TypeKind::Image;
      if (image.dim == spirv::Dim::Buffer)
        b.kind = is_written ? DescriptorKind::StorageTexelBuffer : DescriptorKind::UniformTexelBuffer;
      else if (image.dim == spirv::Dim::SubpassData)
        b.kind = DescriptorKind::InputAttachment;
      else if (t.kind == TypeKind::SampledImage)
        b.kind = DescriptorKind::CombinedImageSampler;
      else
        b.kind = is_written ? DescriptorKind::StorageImage : DescriptorKind::SampledImage;
      is_written &= image.dim != spirv::Dim::SubpassData;
      break;
    }
    case TypeKind::Sampler: b.kind = DescriptorKind::Sampler; break;
    case TypeKind::AccelerationStructure: b.kind = DescriptorKind::AccelerationStructure; break;
    case TypeKind::Tensor:
      b.kind = DescriptorKind::Tensor;
      is_written = true;
      break;
    default: is_written = true; break;  // opaque
  }
  b.declared.write = is_written && !facts.non_writable;
  b.declared.read &= !facts.non_readable;
  return b;
}

AIRSTRIP_NAMESPACE_END
