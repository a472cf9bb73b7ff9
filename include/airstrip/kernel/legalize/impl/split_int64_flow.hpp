// What control flow carries of 64-bit integers: two values for each.
#pragma once

#include "split_int64.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// --- control flow ------------------------------------------------------------------------------------------------------------

// Where the values that an owner gives are pairs. Those that leave it say so, before its Results are met.
inline void SplitInt64::remember_positions(NodeId leaving) {
  const Node& node = kernel_.node(leaving);
  const NodeId owner = node.op == Op::Break ? node.immediate : kernel_.region(node.region).owner;
  if (owner >= positions_.size() || positions_[owner] != 0) return;
  positions_[owner] = static_cast<std::uint32_t>(wide_position_.size()) + 1;
  const Span<const NodeId> operands = kernel().operands(leaving);
  wide_position_.push_back(static_cast<std::uint32_t>(operands.size()));
  for (const NodeId old : operands) wide_position_.push_back(wide_type(original(old)));
}

inline void SplitInt64::transfer(NodeId id) {
  remember_positions(id);
  expand_operands(id);
}

inline void SplitInt64::result(NodeId id) {
  const Node node = kernel_.node(id);
  const NodeId owner = node.operands[0];
  const Type type = word(node.type);
  if (positions_[owner] == 0) {  // nothing gives a value: nothing gets here
    const Term undefined = r_.term(kernel_.undefined(type));
    return give(id, Wide{undefined, undefined});
  }
  const std::uint32_t* const list = wide_position_.data() + positions_[owner] - 1;
  std::uint32_t index = list[0];
  for (std::uint32_t i = 0; i < node.immediate; ++i) index += list[1 + i];
  kernel_.node(id).type = type;
  low_[id] = id;
  high_[id] = kernel_.add_result(owner, index, type);
}

inline void SplitInt64::switch_node(NodeId id) {
  const Wide selector = wide(kernel_.node(id).operands[0]);
  const Type words(Scalar::U32);
  const std::uint32_t cases = kernel_.node(id).region_count - 1;
  bool fits = true;
  for (std::uint32_t c = 0; c < cases; ++c)
    for (const std::uint64_t literal : kernel().switch_literals(kernel().switch_cases(id)[c]))
      fits = fits && literal >> 32 == 0;
  if (fits) {
    // The lower word selects; where the upper is not zero, a number that no case names does.
    std::uint64_t other = 0;
    for (bool taken = true; taken; ++other) {
      taken = false;
      for (std::uint32_t c = 0; c < cases; ++c)
        for (const std::uint64_t literal : kernel().switch_literals(kernel().switch_cases(id)[c]))
          taken = taken || literal == other;
      if (!taken) break;
    }
    const Term fits_word = equal(selector.high, r_.constant(words, 0));
    kernel_.node(id).operands[0] = select(fits_word, selector.low, r_.constant(words, other)).node;
    return;
  }
  // The number of the case whose literal it is.
  Term number = r_.constant(words, cases);
  Buffer<std::uint64_t> numbers;
  Buffer<Span<const std::uint64_t>> lists;
  for (std::uint32_t c = 0; c < cases; ++c) {
    numbers.push_back(c);
    const Kernel::SwitchCase range = kernel().switch_cases(id)[c];
    for (std::uint32_t i = 0; i < range.count; ++i) {
      const std::uint64_t literal = kernel().switch_literals(range)[i];
      const Term same = wide_equal(selector, wide_constant(r_, words, literal));
      number = select(same, r_.constant(words, c), number);
    }
  }
  for (std::uint32_t c = 0; c < cases && c < numbers.size(); ++c) lists.push_back({numbers.data() + c, 1});
  if (numbers.out_of_memory() || lists.out_of_memory()) return fail_out_of_memory(kernel_);
  kernel_.set_switch_cases(id, {lists.data(), lists.size()});
  kernel_.node(id).operands[0] = number.node;
}

// The array of one element that takes the upper words of a function's result, where vectors are too short for both.
inline std::uint32_t SplitInt64::upper_result(std::uint32_t function) {
  if (upper_[function] == 0) {
    Resource resource;
    resource.kind = ResourceKind::Private;
    resource.element = word(results_[function]);
    resource.count = 1;
    resource.stride = resource.element.size();
    resource.name = kernel_.add_text("upper_result");
    resource.location = kernel_.function(function).location;
    upper_[function] = kernel_.add_resource(resource) + 1;
  }
  return upper_[function] - 1;
}

inline void SplitInt64::call(NodeId id) {
  const Node node = kernel_.node(id);
  expand_operands(id);
  if (!wide_type(node.type)) return;
  const std::uint32_t function = node.immediate;
  const unsigned count = node.type.components();
  r_.after(id);
  const Term value = r_.term(id);
  if (count > 2) {
    kernel_.node(id).type = word(node.type);
    MemoryAccess access;
    access.resource = upper_result(function);
    access.stride = word(node.type).size();
    access.alignment = 4;
    low_[id] = id;
    high_[id] = r_.emit(Op::Load, word(node.type), Span<const NodeId>(), kernel_.add_access(access));
    return;
  }
  kernel_.node(id).type = Type(Scalar::U32, 2 * count);
  const Term low = half(value, false);
  low_[id] = low.node;
  high_[id] = half(value, true).node;
}

inline void SplitInt64::return_node(NodeId id) {
  const Type type = results_[function_];
  const unsigned count = type.components();
  const Wide value = wide(kernel_.node(id).operands[0]);
  if (count > 2) {
    MemoryAccess access;
    access.resource = upper_result(function_);
    access.stride = word(type).size();
    access.alignment = 4;
    r_.emit(Op::Store, Type(), Span<const NodeId>(&value.high.node, 1), kernel_.add_access(access));
    kernel_.node(id).operands[0] = value.low.node;
    return;
  }
  Term parts[4];
  for (unsigned i = 0; i < count; ++i) {
    parts[2 * i] = component(value.low, i);
    parts[2 * i + 1] = component(value.high, i);
  }
  kernel_.node(id).operands[0] =
      construct(Type(Scalar::U32, 2 * count), Span<const Term>(parts, 2 * count)).node;
}

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
