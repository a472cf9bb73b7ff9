#pragma once

#include "../ranges.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

inline constexpr std::int64_t range_limit = std::int64_t{1} << 62;

inline Range make_range(std::int64_t low, std::int64_t high) { return {low, high, true}; }

// All that a type of up to 32 bits holds.
inline Range range_of_type(Type type) {
  if (type.is_boolean()) return make_range(0, 1);
  if (!type.is_int() || type.width() > 32) return {};
  const std::int64_t span = std::int64_t{1} << type.width();
  return type.is_signed() ? make_range(-span / 2, span / 2 - 1) : make_range(0, span - 1);
}

// An interval as a value of a type: as it is where the type holds all of it, else whatever the type holds.
inline Range range_in_type(Range range, Type type) {
  if (!range.known || range.low < -range_limit || range.high > range_limit) return range_of_type(type);
  if (type.width() == 64) return !type.is_signed() && range.low < 0 ? Range() : range;
  const Range all = range_of_type(type);
  return range.within(all.low, all.high) ? range : all;
}

inline Range range_union(Range a, Range b) {
  if (!a.known || !b.known) return {};
  return make_range(a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high);
}

inline Range range_product(Range a, Range b) {
  const std::int64_t ends[4][2] = {{a.low, b.low}, {a.low, b.high}, {a.high, b.low}, {a.high, b.high}};
  Range result;
  for (const auto& pair : ends) {
    const std::int64_t x = pair[0] < 0 ? -pair[0] : pair[0], y = pair[1] < 0 ? -pair[1] : pair[1];
    if (x != 0 && y > range_limit / x) return {};
    const Range end = make_range(pair[0] * pair[1], pair[0] * pair[1]);
    result = result.known ? range_union(result, end) : end;
  }
  return result;
}

// The least number of the form 2^n - 1 that is not below.
inline std::int64_t range_mask(std::int64_t value) {
  std::int64_t mask = 0;
  while (mask < value) mask = mask * 2 + 1;
  return mask;
}

// What two operands give. Unknown operands of an unsigned type are at least not negative.
inline Range range_of_binary(Op op, Type type, Range a, Range b) {
  const bool is_signed = type.is_signed();
  const bool a_positive = a.known ? a.low >= 0 : !is_signed, b_positive = b.known ? b.low >= 0 : !is_signed;
  const bool known = a.known && b.known;
  switch (op) {
    case Op::Add: return known ? make_range(a.low + b.low, a.high + b.high) : Range();
    case Op::Sub: return known ? make_range(a.low - b.high, a.high - b.low) : Range();
    case Op::Mul: return known ? range_product(a, b) : Range();
    case Op::Div: {
      if (!a.known) return {};
      if (a_positive && b.known && b.low >= 0)
        return make_range(a.low / (b.high > 0 ? b.high : 1), a.high / (b.low > 0 ? b.low : 1));
      if (a_positive && b_positive) return make_range(0, a.high);
      const std::int64_t most = -a.low > a.high ? -a.low : a.high;
      return make_range(-most, most);
    }
    case Op::Rem:
    case Op::Mod:
      if (a_positive && b_positive) {
        if (!b.known) return a.known ? make_range(0, a.high) : Range();
        const std::int64_t most = b.high > 0 ? b.high - 1 : 0;
        return make_range(0, a.known && a.high < most ? a.high : most);
      }
      if (b.known && b.low >= 0) {
        const std::int64_t most = b.high > 0 ? b.high - 1 : 0;
        return make_range(op == Op::Mod ? 0 : -most, most);
      }
      return {};
    case Op::And:
      if (a.known && a_positive && b.known && b_positive)
        return make_range(0, a.high < b.high ? a.high : b.high);
      if (a.known && a_positive) return make_range(0, a.high);
      if (b.known && b_positive) return make_range(0, b.high);
      return {};
    case Op::Or:
    case Op::Xor:
      if (!known || !a_positive || !b_positive) return {};
      return make_range(0, range_mask(a.high > b.high ? a.high : b.high));
    case Op::Min:
      if (known) return make_range(a.low < b.low ? a.low : b.low, a.high < b.high ? a.high : b.high);
      if (is_signed || (!a.known && !b.known)) return {};
      return make_range(0, a.known ? a.high : b.high);
    case Op::Max:
      return known ? make_range(a.low > b.low ? a.low : b.low, a.high > b.high ? a.high : b.high) : Range();
    case Op::ShiftRight: {
      if (!b.within(0, 63)) return {};
      if (a.known)
        return make_range(a.low >> (a.low < 0 ? b.low : b.high), a.high >> (a.high < 0 ? b.high : b.low));
      if (is_signed || type.width() != 64 || b.low < 2) return {};
      return make_range(0, static_cast<std::int64_t>(~std::uint64_t{0} >> b.low));
    }
    case Op::ShiftLeft:
      if (!known || !a_positive || !b.within(0, 62) || a.high > range_limit >> b.high) return {};
      return make_range(a.low << b.low, a.high << b.high);
    default: return {};
  }
}

}  // namespace detail

AIRSTRIP_INLINE Range Ranges::at(NodeId user, NodeId id) const {
  if (id >= ranges_.size()) return {};
  if (refined_[id].known && user < position_.size() && position_[test_[id]] != 0 &&
      position_[user] > position_[test_[id]])
    return refined_[id];
  return ranges_[id];
}

AIRSTRIP_INLINE bool Ranges::analyse(const Kernel& kernel) {
  const std::uint32_t bound = kernel.node_bound();
  ranges_.clear();
  refined_.clear();
  step_.clear();
  test_.clear();
  position_.clear();
  if (!ranges_.resize(bound, Range()) || !refined_.resize(bound, Range()) || !step_.resize(bound, 0) ||
      !test_.resize(bound, no_node) || !position_.resize(bound, 0))
    return false;
  for (NodeId id = 1; id < bound; ++id) {
    ranges_[id] = detail::range_of_type(kernel.type(id));
    if (has_flag(kernel.op(id), op_flag::global)) global(kernel, id);
  }
  // How far each iteration moves each argument.
  for (const Function& function : kernel.functions())
    for_each_node(kernel, function.body, [&](NodeId id) {
      if (kernel.op(id) != Op::Continue) return;
      const RegionId body = kernel.regions(kernel.node(id).immediate)[0];
      const Span<const NodeId> arguments = kernel.arguments(body), operands = kernel.operands(id);
      for (std::size_t i = 0; i < arguments.size() && i < operands.size(); ++i) {
        const NodeId argument = arguments[i];
        if (operands[i] == argument || step_[argument] < 0) continue;
        std::int64_t step = -1;
        if (kernel.op(operands[i]) == Op::Add) {
          const Span<const NodeId> sum = kernel.operands(operands[i]);
          const NodeId added = sum[0] == argument ? sum[1] : sum[0];
          const Range range = ranges_[added];
          if ((sum[0] == argument || sum[1] == argument) && kernel.op(added) == Op::Constant && range.known)
            step = range.low;
        }
        if (step > step_[argument] || step < 0) step_[argument] = step;
      }
    });
  std::uint32_t position = 0;
  for (const Function& function : kernel.functions())
    for_each_node(kernel, function.body, [&](NodeId id) {
      position_[id] = ++position;
      node(kernel, id);
    });
  return true;
}

AIRSTRIP_INLINE void Ranges::global(const Kernel& kernel, NodeId id) {
  const Type type = kernel.type(id);
  Range& range = ranges_[id];
  switch (kernel.op(id)) {
    case Op::Constant: {
      if (!type.is_int()) return;
      const std::uint64_t bits = kernel.constant_bits(id);
      const std::uint64_t sign = std::uint64_t{1} << (type.width() - 1);
      const auto value = static_cast<std::int64_t>(type.is_signed() ? (bits ^ sign) - sign : bits);
      if (!type.is_signed() && value < 0) return;  // past 2^63
      range = detail::range_in_type(detail::make_range(value, value), type);
      return;
    }
    case Op::ConstantVector: {
      const Span<const NodeId> components = kernel.operands(id);
      for (std::size_t i = 0; i < components.size(); ++i) {
        if (components[i] > id) global(kernel, components[i]);
        range = i == 0 ? ranges_[components[0]] : detail::range_union(range, ranges_[components[i]]);
      }
      return;
    }
    case Op::BuiltInValue: {
      const KernelOptions& options = kernel.options();
      std::int64_t product = 1, most = 1;
      for (unsigned i = 0; i < 3; ++i) {
        if (options.workgroup_spec[i] != 0) return;
        product *= options.workgroup[i];
        if (options.workgroup[i] > most) most = options.workgroup[i];
      }
      switch (static_cast<BuiltIn>(kernel.node(id).immediate)) {
        case BuiltIn::LocalInvocationId: range = detail::make_range(0, most - 1); return;
        case BuiltIn::WorkgroupSize: range = detail::make_range(1, most); return;
        case BuiltIn::LocalInvocationIndex:
        case BuiltIn::SubgroupId:
          if (product <= 0xFFFFFFFF) range = detail::make_range(0, product - 1);
          return;
        // maxSubgroupSize is at most 128 (Vulkan, VkPhysicalDeviceSubgroupSizeControlProperties)
        case BuiltIn::SubgroupSize: range = detail::make_range(1, 128); return;
        case BuiltIn::SubgroupInvocationId: range = detail::make_range(0, 127); return;
        default: return;
      }
    }
    default: return;
  }
}

// The arguments of a loop, and the test it begins with.
AIRSTRIP_INLINE void Ranges::loop(const Kernel& kernel, NodeId id) {
  const RegionId body = kernel.regions(id)[0];
  NodeId test = kernel.region(body).first;
  while (test != no_node && kernel.node(test).region_count == 0 &&
         !has_flag(kernel.op(test), op_flag::terminator))
    test = kernel.node(test).next;
  NodeId condition = no_node;
  if (test != no_node && kernel.op(test) == Op::If) {
    const NodeId leaves = kernel.region(kernel.regions(test)[1]).first;
    const NodeId stays = kernel.region(kernel.regions(test)[0]).first;
    if (kernel.op(leaves) == Op::Break && kernel.node(leaves).immediate == id &&
        kernel.op(stays) == Op::Yield)
      condition = kernel.operands(test)[0];
  }
  const Span<const NodeId> arguments = kernel.arguments(body), initial = kernel.operands(id);
  for (std::size_t i = 0; i < arguments.size() && i < initial.size(); ++i) {
    const NodeId argument = arguments[i];
    const Range first = here(initial[i]);
    const std::int64_t step = step_[argument];
    if (!first.known || step < 0) continue;
    if (step == 0) {
      ranges_[argument] = first;
      continue;
    }
    if (condition == no_node || kernel.op(condition) != Op::Less || kernel.operands(condition)[0] != argument)
      continue;
    const NodeId end_node = kernel.operands(condition)[1];
    // The end has to be known where the loop is entered: what is computed inside has not been looked at.
    const Range end = here(end_node);
    if (!end.known || end.low < -detail::range_limit) continue;
    const std::int64_t last = end.high - 1;
    const std::int64_t next = last + step;
    const Range range = detail::make_range(first.low, first.high > next ? first.high : next);
    const Range fits = detail::range_in_type(range, kernel.type(argument));
    if (!fits.known || fits.low != range.low || fits.high != range.high) continue;
    ranges_[argument] = range;
    refined_[argument] = detail::make_range(first.low, last < first.low ? first.low : last);
    test_[argument] = test;
  }
}

AIRSTRIP_INLINE void Ranges::node(const Kernel& kernel, NodeId id) {
  using namespace detail;
  const Node& n = kernel.node(id);
  if (n.op == Op::Loop) return loop(kernel, id);
  const Type type = n.type;
  if (!type.is_int() || type.is_matrix()) return;
  const Span<const NodeId> operands = kernel.operands(id);
  // A counter is refined from the start of its loop on: before the test nothing but the test's operands is computed,
  // and what uses the counter there must not profit.
  const auto operand = [&](std::size_t i) { return at(id, operands[i]); };
  Range range;
  switch (n.op) {
    case Op::Add:
    case Op::Sub:
    case Op::Mul:
    case Op::Div:
    case Op::Rem:
    case Op::Mod:
    case Op::And:
    case Op::Or:
    case Op::Xor:
    case Op::Min:
    case Op::Max:
    case Op::ShiftLeft:
    case Op::ShiftRight: {
      const Range a = operand(0);
      range = range_of_binary(n.op, type, a, operand(1));
      break;
    }
    case Op::Clamp: {
      const Range least = operand(1), most = operand(2), x = operand(0);
      if (!least.known || !most.known) break;
      range = make_range(least.low < most.low ? least.low : most.low, most.high);
      if (x.known && x.high < range.high) range.high = x.high > least.high ? x.high : least.high;
      if (range.high > most.high) range.high = most.high;
      if (range.high < range.low) range.low = range.high;
      break;
    }
    case Op::Negate: {
      const Range a = operand(0);
      if (a.known) range = make_range(-a.high, -a.low);
      break;
    }
    case Op::Abs: {
      const Range a = operand(0);
      if (a.known) range = make_range(0, -a.low > a.high ? -a.low : a.high);
      break;
    }
    case Op::Sign: range = make_range(-1, 1); break;
    case Op::AddCarry:
    case Op::SubBorrow: range = make_range(0, 1); break;
    case Op::BitCount: range = make_range(0, type.width()); break;
    case Op::BitFieldExtract: {
      const Range count = operand(2);
      if (!type.is_signed() && count.within(0, 62))
        range = make_range(0, (std::int64_t{1} << count.high) - 1);
      break;
    }
    case Op::Select: range = range_union(operand(1), operand(2)); break;
    case Op::Convert:
      if (kernel.type(operands[0]).is_int() || kernel.type(operands[0]).is_boolean()) range = operand(0);
      break;
    case Op::Bitcast:
      if (kernel.type(operands[0]).is_int() && kernel.type(operands[0]).width() == type.width())
        range = operand(0);
      break;
    case Op::Extract:
      range = operand(0);
      if (kernel.op(operands[0]) == Op::BuiltInValue && kernel.options().workgroup_spec[n.immediate] == 0 &&
          static_cast<BuiltIn>(kernel.node(operands[0]).immediate) == BuiltIn::LocalInvocationId)
        range = make_range(0, kernel.options().workgroup[n.immediate] - std::int64_t{1});
      break;
    case Op::Construct:
    case Op::Insert:
    case Op::Shuffle:
      range = operand(0);
      for (std::size_t i = 1; i < operands.size(); ++i) range = range_union(range, operand(i));
      break;
    case Op::ExtractDynamic:
    case Op::SubgroupBroadcast:
    case Op::SubgroupBroadcastFirst:
    case Op::SubgroupMin:
    case Op::SubgroupMax:
      if (n.op == Op::SubgroupMin || n.op == Op::SubgroupMax) {
        // The first of an exclusive scan gets the identity.
        if (static_cast<GroupKind>(n.immediate & 0xFF) == GroupKind::Exclusive) break;
      }
      range = operand(0);
      break;
    case Op::Result: {
      const NodeId owner = operands[0];
      if (kernel.op(owner) != Op::If) break;
      bool first = true;
      for (const RegionId region : kernel.regions(owner)) {
        const NodeId last = kernel.region(region).last;
        if (kernel.op(last) != Op::Yield || kernel.operands(last).size() <= n.immediate) continue;
        const NodeId value = kernel.operands(last)[n.immediate];
        range = first ? ranges_[value] : range_union(range, ranges_[value]);
        first = false;
      }
      break;
    }
    default: break;
  }
  ranges_[id] = range_in_type(range, type);
}

AIRSTRIP_KERNEL_NAMESPACE_END
