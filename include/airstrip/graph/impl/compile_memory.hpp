// Where a variant's tensors lie: places, lifetimes, and the formulas of their sizes.
#pragma once

#include "../memory_plan.hpp"
#include "../size_algebra.hpp"
#include "compile_variant.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

inline Result<void> VariantCompiler::plan() {
  if (!values_.resize(g_.value_count(), Place())) return out_of_memory();
  for (std::uint32_t i = 0; i < g_.inputs().size(); ++i) place_tensor(g_.inputs()[i], i);
  for (std::uint32_t i = 0; i < g_.outputs().size(); ++i)
    place_tensor(root_of(g_.outputs()[i].value), static_cast<std::uint32_t>(g_.inputs().size()) + i);
  Buffer<Lifetime> lifetimes;
  for (const LoweredNode& lowered : lowered_) {
    OwnOperands own;
    if (!own.places.resize(lowered.operands.size(), Place())) return out_of_memory();
    own.translation_first = formulas_.size();
    if (Result<void> r = translate_formulas(lowered.operation.sizes()); !r) return r;
    if (!own_.push_back(static_cast<OwnOperands&&>(own))) return out_of_memory();
  }
  for (std::uint32_t d = 0; d < dispatches_.size(); ++d) {
    const LoweredNode& lowered = lowered_[dispatches_[d].lowered];
    const tensor::Step& step = lowered.operation.steps()[dispatches_[d].step];
    for (std::size_t r = 0; r < step.kernel.resources().size(); ++r) {
      const std::size_t operand = lowered.operation.find(step.kernel.resource_name(r));
      if (operand == tensor::Operation::npos) continue;
      Place& place = place_of(dispatches_[d].lowered, operand);
      if (Result<void> placed = use(place, lowered, dispatches_[d].lowered, operand, d, lifetimes); !placed)
        return placed;
    }
  }
  Result<MemoryPlan> plan = plan_memory({lifetimes.data(), lifetimes.size()}, program::memory_alignment);
  if (!plan) return static_cast<Result<MemoryPlan>&&>(plan).error();
  scratch_bytes_ = plan->bytes;
  scratch_lower_bound_ = plan->lower_bound;
  const auto set_offset = [&](Place& place) {
    if (place.lifetime != no_index) place.offset = plan->offsets[place.lifetime];
  };
  for (Place& place : values_) set_offset(place);
  for (OwnOperands& own : own_)
    for (Place& place : own.places) set_offset(place);
  return {};
}

inline VariantCompiler::Place& VariantCompiler::place_of(std::uint32_t lowered, std::size_t operand) {
  const ValueId value = lowered_[lowered].operands[operand];
  return value == ValueId::Absent ? own_[lowered].places[operand]
                                  : values_[static_cast<std::size_t>(root_of(value))];
}
inline void VariantCompiler::place_tensor(ValueId value, std::uint32_t tensor) {
  Place& place = values_[static_cast<std::size_t>(value)];
  place.memory = Memory::Tensor;
  place.tensor = tensor;
  place.size = bytes_of(g_.type(value));
  place.bytes = bound_bytes(place.size);
  place.is_placed = true;
}
inline SizeId VariantCompiler::bytes_of(const TensorType& type) {
  SizeTable& table = g_.sizes_to_fill();
  if (type.storage != tensor::Storage::Buffer) return table.literal(0);
  SizeId bytes = table.literal(tensor::element_bytes(type.scalar));
  for (const Dimension& d : type.shape) bytes = multiply_sizes(table, bytes, g_.size(d));
  return bytes;
}
// At the largest sizes, to the next multiple of 16: what `tensor::OperationSizes::bytes` binds.
inline std::uint64_t VariantCompiler::bound_bytes(SizeId size) const {
  const std::uint64_t most = static_cast<std::uint64_t>(g_.sizes().upper(size));
  return (most + 15) / 16 * 16;
}

inline Result<void> VariantCompiler::use(Place& place, const LoweredNode& lowered, std::uint32_t index,
                                         std::size_t operand, std::uint32_t d, Buffer<Lifetime>& lifetimes) {
  const tensor::Operand& o = lowered.operation.operands()[operand];
  if (!place.is_placed) {
    const ValueId value = lowered.operands[operand];
    const ValueId root = value == ValueId::Absent ? value : root_of(value);
    place.is_placed = true;
    place.size = value == ValueId::Absent ? formula(index, o.bytes) : bytes_of(g_.type(root));
    place.bytes = bound_bytes(place.size);
    if (value != ValueId::Absent && g_.value(root).is_constant) {
      place.memory = Memory::Weights;
      const Value& constant = g_.value(root);
      const std::uint32_t weight = parts_.weight(Text(constant.name), constant.data);
      place.offset = w_.weights()[weight].offset;
    } else if (value == ValueId::Absent && o.role == tensor::Role::Packed) {
      if ((place.bytes | packed_bytes_) >> 62) return too_large(Text(o.name), g_.node(lowered.node));
      place.memory = Memory::Packed;
      place.offset = packed_bytes_;
      packed_bytes_ += (place.bytes + program::memory_alignment - 1) / program::memory_alignment *
                       program::memory_alignment;
    } else {
      if (place.bytes >> 62) return too_large(Text(o.name), g_.node(lowered.node));
      place.lifetime = static_cast<std::uint32_t>(lifetimes.size());
      if (!lifetimes.push_back({place.bytes, d, d})) return out_of_memory();
    }
  }
  if (place.lifetime != no_index) lifetimes[place.lifetime].last = d;
  return {};
}
inline Result<void> VariantCompiler::too_large(Text operand, const Node& node) const {
  String message("the node ");
  message << Text(node.name) << " needs more memory for " << operand
          << " than there can be; declare maxima of the sizes that are given at run time";
  return refuse(ErrorCode::LimitExceeded, static_cast<String&&>(message));
}

// All formulas of an operation, those that only check sizes included.
inline Result<void> VariantCompiler::translate_formulas(const SizeTable& table) {
  SizeTranslation translate(table, g_.sizes_to_fill());
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const SizeId made = translate(static_cast<SizeId>(i), [&](Text name, const SizeTable::Node& n) {
      return g_.size(Dimension::parameter(name, n.upper, n.multiple));
    });
    if (!formulas_.push_back(made)) return out_of_memory();
  }
  return {};
}
inline SizeId VariantCompiler::formula(std::uint32_t lowered, SizeId id) const {
  return formulas_[own_[lowered].translation_first + static_cast<std::size_t>(id)];
}

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
