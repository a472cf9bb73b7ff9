// Loads, stores and matrices of small types that are held in 32 bits.
#pragma once

#include "widen.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// --- memory ----------------------------------------------------------------------------------------------------------------

inline std::uint32_t Widen::widened_access(std::uint32_t access, unsigned factor) {
  MemoryAccess wider = kernel_.access(access);
  wider.stride *= factor;
  wider.offset *= factor;
  wider.alignment *= factor;
  return kernel_.add_access(wider);
}

// What lies in buffers for a type that is gone: bf16 as its bits.
inline Type Widen::stored_type(Type type) {
  return type.scalar() == Scalar::BF16 ? type.with(Scalar::U16) : type;
}
inline Term Widen::from_stored(Term value, Type type) {
  return type.scalar() == Scalar::BF16 ? bf16_from_bits(convert(value, type.with(Scalar::U32)))
                                       : convert(value, holder(type));
}
inline Term Widen::to_stored(Term value, Type type) {
  return type.scalar() == Scalar::BF16 ? convert(bf16_bits(value), type.with(Scalar::U16))
                                       : convert(value, type);
}
inline MemoryAccess Widen::component_access(const MemoryAccess& vector, Type type, unsigned index) {
  const std::uint32_t size = type.width() / 8;
  MemoryAccess access = vector;
  access.offset += index * size;
  if (access.alignment > size) access.alignment = size;
  return access;
}

inline void Widen::load(NodeId id) {
  const Type type = kernel_.type(id);
  const std::uint32_t access = kernel_.node(id).immediate;
  replace_operands(id);
  if (!gone(type)) return;
  if (kernel_.resource(kernel_.access(access).resource).kind != ResourceKind::Buffer) {
    kernel_.node(id).immediate = widened_access(access, 32 / type.width());
    kernel_.node(id).type = holder(type);
    return;
  }
  const MemoryAccess place = kernel_.access(access);
  if (is_accessed_whole(place, type)) {
    r_.after(id);
    kernel_.node(id).type = stored_type(type);
    map_[id] = from_stored(r_.term(id), type).node;
    return;
  }
  // Storage without arithmetic permits no Construct of a small vector: each component is converted by itself.
  r_.before(id);
  NodeId address[3] = {};
  const Span<const NodeId> operands = static_cast<const Kernel&>(kernel_).operands(id);
  const Span<const NodeId> given(address, operands.size());
  for (std::size_t i = 0; i < operands.size(); ++i) address[i] = operands[i];
  Term parts[4];
  for (unsigned i = 0; i < type.components(); ++i) {
    const std::uint32_t number = kernel_.add_access(component_access(place, type, i));
    const NodeId part = r_.emit(Op::Load, stored_type(type.component()), given, number);
    parts[i] = from_stored(r_.term(part), type.component());
  }
  map_[id] = construct(holder(type), Span<const Term>(parts, type.components())).node;
  kernel_.unlink(id);
}

inline void Widen::store(NodeId id) {
  const NodeId old = static_cast<const Kernel&>(kernel_).operands(id)[0];
  const Type type = original(old);
  const std::uint32_t access = kernel_.node(id).immediate;
  replace_operands(id);
  const Term value = r_.term(operand(old));
  if (!gone(type)) {
    kernel_.operands(id)[0] = value.node;
    return;
  }
  const MemoryAccess place = kernel_.access(access);
  if (kernel_.resource(place.resource).kind != ResourceKind::Buffer) {
    kernel_.node(id).immediate = widened_access(access, 32 / type.width());
    kernel_.operands(id)[0] = value.node;
    return;
  }
  if (is_accessed_whole(place, type)) {
    const NodeId stored = to_stored(value, type).node;
    kernel_.operands(id)[0] = stored;
    return;
  }
  NodeId operands[4] = {};
  const Span<const NodeId> all = static_cast<const Kernel&>(kernel_).operands(id);
  const Span<const NodeId> given(operands, all.size());
  for (std::size_t i = 1; i < all.size(); ++i) operands[i] = all[i];
  for (unsigned i = 0; i < type.components(); ++i) {
    operands[0] = to_stored(component(value, i), type.component()).node;
    r_.emit(Op::Store, Type(), given, kernel_.add_access(component_access(place, type, i)));
  }
  kernel_.unlink(id);
}

// --- matrices --------------------------------------------------------------------------------------------------------------

// Of bf16 matrices only the arithmetic is lacking (SPV_KHR_bfloat16): it is done on f32 matrices. The conversion back
// rounds as the device does.
inline void Widen::matrix(NodeId id) {
  const Node node = kernel_.node(id);
  const Span<const NodeId> operands = static_cast<const Kernel&>(kernel_).operands(id);
  bool lacking = gone(node.type);
  for (const NodeId old : operands) lacking = lacking || gone(original(old));
  if (lacking) {
    r_.fail(id, "the target lacks the component type of this cooperative matrix, which has no other form");
    return;
  }
  const bool computes = node.op == Op::Add || node.op == Op::Sub || node.op == Op::Mul ||
                        node.op == Op::Div || node.op == Op::Negate || node.op == Op::MatrixScale;
  if (!computes) return replace_operands(id);
  compute_with_wide(id);
  kernel_.node(id).type = holder(node.type);
  r_.after(id);
  give(id, r_.term(id), node.type);
}

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
