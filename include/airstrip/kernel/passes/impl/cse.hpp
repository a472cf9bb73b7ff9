#pragma once

#include "../cse.hpp"
#include "common.hpp"

#include <cstddef>
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
    unsigned bits = 6;
    while (std::size_t{1} << bits < 2 * static_cast<std::size_t>(kernel_.node_bound())) ++bits;
    shift_ = 64 - bits;
    mask_ = (std::size_t{1} << bits) - 1;
    const std::size_t resources = kernel_.resources().size(), nodes = kernel_.node_bound();
    if (!table_.resize(mask_ + 1, no_node) || !replaced_.resize(nodes, no_node) || !state_.resize(nodes, 0) ||
        !open_.resize(kernel_.region_bound(), 0) || !constant_.resize(resources, 0))
      return pass_out_of_memory(kernel_, "eliminate_common_subexpressions");
    for (std::uint32_t i = 0; i < resources; ++i) constant_[i] = is_constant_memory(kernel_, i);
    for (const Function& f : kernel_.functions()) region(f.body);
  }

  // By node: not 0 where an equal expression stands that cannot be used; were one of the two moved, it perhaps could.
  Span<const std::uint8_t> repeated_nodes() const { return {state_.data(), state_.size()}; }

  // After `run`, when nodes were moved and nothing else was changed: what became equal by that. The table of the run is
  // still right. New finds are among what had its equal and, from there, what has an operand that was replaced now.
  void run_again() {
    if (!kernel_.ok() || table_.empty()) return;
    for (NodeId& node : replaced_) node = no_node;
    again_ = true;
    for (const Function& f : kernel_.functions()) region(f.body);
  }

private:
  static constexpr std::uint8_t repeated = 1, passed = 2;  // `passed`: by `run_again`

  void region(RegionId id) {
    open_[id] = 1;
    const NodeId* const replaced = replaced_.data();
    for (NodeId node = kernel_.region(id).first; node != no_node;) {
      const Node& n = kernel_.node(node);
      const NodeId next = n.next;
      bool look = !again_ || (state_[node] & repeated) != 0;
      for (NodeId& operand : kernel_.operands(node))
        if (replaced[operand] != no_node) {
          operand = replaced[operand];
          look = true;
        }
      const std::uint16_t flags = info_of(n.op).flags;
      if ((flags & op_flag::pure) != 0) {
        if (look && n.op != Op::Result) merge(node, flags);
      } else if ((flags & op_flag::reads) != 0) {
        if (look && reads_constant_memory(kernel_, node, {constant_.data(), constant_.size()}))
          merge(node, flags);
      } else if ((flags & op_flag::regions) != 0) {
        for (const RegionId inner : kernel_.regions(node)) region(inner);
      }
      state_[node] |= again_ ? passed : 0;
      node = next;
    }
    open_[id] = 0;
  }

  // Whether the value of a node in the table may be used where the walk stands.
  bool is_usable(NodeId id) const {
    return open_[kernel_.node(id).region] != 0 && (!again_ || (state_[id] & passed) != 0);
  }

  void merge(NodeId id, std::uint16_t flags) {
    const Node& n = kernel_.node(id);
    const bool swaps = (flags & op_flag::commutative) != 0;
    // By its access is told what is by its contents the same.
    const bool is_key = n.operand_count <= 3 && n.op != Op::Load && n.op != Op::ArrayLength;
    const NodeId same = is_key ? find(id, swaps) : find_in_full(id, swaps);
    if (same == id) return;
    replaced_[id] = same;
    kernel_.unlink(id);
  }

  // All that decides what an operation of up to three operands computes. (Put together from its fields: they may have
  // been written just now, and processors wait for what is read wider than it was written.)
  struct Key {
    std::uint64_t operation, operands, rest;
    friend bool operator==(const Key& a, const Key& b) {
      return a.operation == b.operation && a.operands == b.operands && a.rest == b.rest;
    }
  };
  static std::uint64_t pair(std::uint32_t low, std::uint32_t high) {
    return low | static_cast<std::uint64_t>(high) << 32;
  }
  static Key key_of(const Node& n, bool swaps) {
    // Operands beyond the count may hold anything.
    const std::uint32_t a = n.operand_count > 0 ? n.operands[0] : no_node;
    const std::uint32_t b = n.operand_count > 1 ? n.operands[1] : no_node;
    const std::uint32_t c = n.operand_count > 2 ? n.operands[2] : no_node;
    const bool turn = swaps && b < a;  // the same for both orders
    return {pair(static_cast<std::uint32_t>(n.op) | static_cast<std::uint32_t>(n.operand_count) << 16,
                 n.type.bits()),
            turn ? pair(b, a) : pair(a, b), pair(c, n.immediate)};
  }

  // A multilinear hash of the words; its high bits are the best.
  NodeId find(NodeId id, bool swaps) {
    const Node* const nodes = &kernel_.node(0);
    const Key key = key_of(nodes[id], swaps);
    const std::uint64_t hash = key.operation * 0x9E3779B97F4A7C15u + key.operands * 0xC2B2AE3D27D4EB4Fu +
                               key.rest * 0xD6E8FEB86659FD93u;
    NodeId* const table = table_.data();
    const std::size_t mask = mask_;
    std::size_t at = hash >> shift_;
    for (; table[at] != no_node; at = (at + 1) & mask) {
      const NodeId other = table[at];
      if (nodes[other].op != nodes[id].op || !(key_of(nodes[other], swaps) == key)) continue;
      if (is_usable(other)) return other;
      state_[id] |= repeated;
      state_[other] |= repeated;
      break;
    }
    table[at] = id;
    return id;
  }

  NodeId find_in_full(NodeId id, bool swaps) {
    const Node& n = kernel_.node(id);
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
      if (is_usable(other)) return other;
      state_[id] |= repeated;
      state_[other] |= repeated;
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
  bool again_ = false;
  unsigned shift_ = 0;             // from 64 bits to the table's
  Buffer<NodeId> replaced_;        // by node
  Buffer<std::uint8_t> state_;     // by node: the bits above
  Buffer<std::uint8_t> open_;      // by region: its values may be used
  Buffer<std::uint8_t> constant_;  // by resource: holds what it held at the beginning
};

}  // namespace detail

AIRSTRIP_INLINE void eliminate_common_subexpressions(Kernel& kernel) {
  detail::CommonSubexpressions(kernel).run();
}

AIRSTRIP_KERNEL_NAMESPACE_END
