#pragma once

#include "../cse.hpp"
#include "common.hpp"

#include <cstring>

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// One walk in the order of the text with a table of the expressions seen. Nothing is ever taken out of the table: an
// entry whose region is closed can never be used again, and is overwritten by the next equal expression.
class CommonSubexpressions {
public:
  explicit CommonSubexpressions(Kernel& kernel) : kernel_(kernel) {}

  void run() {
    if (!kernel_.ok()) return;
    std::size_t capacity = 64;
    while (capacity < 2 * static_cast<std::size_t>(kernel_.node_bound())) capacity *= 2;
    mask_ = capacity - 1;
    const std::size_t resources = kernel_.resources().size();
    if (!table_.resize(capacity, no_node) || !replaced_.resize(kernel_.node_bound(), no_node) ||
        !open_.resize(kernel_.region_bound(), 0) || !constant_.resize(resources, 0))
      return pass_out_of_memory(kernel_, "eliminate_common_subexpressions");
    for (std::uint32_t i = 0; i < resources; ++i) constant_[i] = is_constant_memory(kernel_, i);
    for (const Function& f : kernel_.functions()) region(f.body);
  }

private:
  void region(RegionId id) {
    open_[id] = 1;
    for (NodeId node = kernel_.region(id).first; node != no_node;) {
      const Node& n = kernel_.node(node);
      const NodeId next = n.next;
      for (NodeId& operand : kernel_.operands(node))
        if (replaced_[operand] != no_node) operand = replaced_[operand];
      if (n.region_count != 0) {
        for (const RegionId inner : kernel_.regions(node)) region(inner);
      } else if ((has_flag(n.op, op_flag::pure) && n.op != Op::Result) ||
                 (has_flag(n.op, op_flag::reads) &&
                  reads_constant_memory(kernel_, node, {constant_.data(), constant_.size()}))) {
        const NodeId same = find(node);
        if (same != node) {
          replaced_[node] = same;
          kernel_.unlink(node);
        }
      }
      node = next;
    }
    open_[id] = 0;
  }

  NodeId find(NodeId id) {
    const Node& n = kernel_.node(id);
    const bool swaps = has_flag(n.op, op_flag::commutative);
    const Span<const NodeId> operands = static_cast<const Kernel&>(kernel_).operands(id);
    std::uint32_t hash = mix_hash(static_cast<std::uint32_t>(n.op) << 24, n.type.bits());
    if (n.op == Op::Load || n.op == Op::ArrayLength) {
      const MemoryAccess& access = kernel_.access_of(id);
      hash = mix_hash(mix_hash(hash, access.resource << 16 ^ access.stride), access.offset);
    } else {
      hash = mix_hash(hash, n.immediate);
    }
    std::size_t i = 0;
    if (swaps) {  // the same for both orders
      hash = mix_hash(hash, operands[0] < operands[1] ? operands[0] : operands[1]);
      hash = mix_hash(hash, operands[0] < operands[1] ? operands[1] : operands[0]);
      i = 2;
    }
    for (; i < operands.size(); ++i) hash = mix_hash(hash, operands[i]);
    std::size_t at = (hash ^ hash >> 15) & mask_;
    for (; table_[at] != no_node; at = (at + 1) & mask_) {
      const NodeId other = table_[at];
      if (!equal(id, other, swaps)) continue;
      if (open_[kernel_.node(other).region]) return other;
      break;
    }
    table_[at] = id;
    return id;
  }

  bool equal(NodeId a, NodeId b, bool swaps) const {
    const Node &x = kernel_.node(a), &y = kernel_.node(b);
    if (x.op != y.op || !(x.type == y.type) || x.operand_count != y.operand_count) return false;
    if (x.immediate != y.immediate &&
        !((x.op == Op::Load || x.op == Op::ArrayLength) && kernel_.access_of(a) == kernel_.access_of(b)))
      return false;
    const Span<const NodeId> p = static_cast<const Kernel&>(kernel_).operands(a),
                             q = static_cast<const Kernel&>(kernel_).operands(b);
    if (swaps && p[0] == q[1] && p[1] == q[0]) return p.size() == 2 || p[2] == q[2];
    return p.empty() || std::memcmp(p.data(), q.data(), p.size() * sizeof(NodeId)) == 0;
  }

  Kernel& kernel_;
  Buffer<NodeId> table_;  // open addressing
  std::size_t mask_ = 0;
  Buffer<NodeId> replaced_;        // by node
  Buffer<std::uint8_t> open_;      // by region: its values may be used
  Buffer<std::uint8_t> constant_;  // by resource: holds what it held at the beginning
};

}  // namespace detail

AIRSTRIP_INLINE void eliminate_common_subexpressions(Kernel& kernel) {
  detail::CommonSubexpressions(kernel).run();
}

AIRSTRIP_KERNEL_NAMESPACE_END
