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
    if (!table_.resize(mask_ + 1, no_node) || !replaced_.resize(nodes, no_node) ||
        !repeated_.resize(nodes, 0) || !open_.resize(kernel_.region_bound(), 0) ||
        !constant_.resize(resources, 0))
      return pass_out_of_memory(kernel_, "eliminate_common_subexpressions");
    for (std::uint32_t i = 0; i < resources; ++i) constant_[i] = is_constant_memory(kernel_, i);
    for (const Function& f : kernel_.functions()) region(f.body);
  }

  // By node: an equal expression stands where it cannot be used; were one of the two moved, it perhaps could.
  Span<const std::uint8_t> repeated() const { return {repeated_.data(), repeated_.size()}; }

private:
  void region(RegionId id) {
    open_[id] = 1;
    const NodeId* const replaced = replaced_.data();
    for (NodeId node = kernel_.region(id).first; node != no_node;) {
      const Node& n = kernel_.node(node);
      const NodeId next = n.next;
      for (NodeId& operand : kernel_.operands(node))
        if (replaced[operand] != no_node) operand = replaced[operand];
      const std::uint16_t flags = info_of(n.op).flags;
      if ((flags & op_flag::pure) != 0) {
        if (n.op != Op::Result) merge(node, flags);
      } else if ((flags & op_flag::reads) != 0) {
        if (reads_constant_memory(kernel_, node, {constant_.data(), constant_.size()})) merge(node, flags);
      } else if ((flags & op_flag::regions) != 0) {
        for (const RegionId inner : kernel_.regions(node)) region(inner);
      }
      node = next;
    }
    open_[id] = 0;
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

  // All that decides what an operation of up to three operands computes, which stands together in a node.
  struct Key {
    std::uint64_t words[3];
    friend bool operator==(const Key& a, const Key& b) {
      return a.words[0] == b.words[0] && a.words[1] == b.words[1] && a.words[2] == b.words[2];
    }
  };
  static Key key_of(const Node& n, bool swaps) {
    static_assert(offsetof(Node, operands) == 8 && offsetof(Node, immediate) == 20);
    Key key;
    std::memcpy(key.words, static_cast<const void*>(&n), sizeof key.words);
    constexpr std::uint64_t low = 0xFFFFFFFFu;
    // Operands beyond the count may hold anything.
    if (n.operand_count < 3) key.words[2] &= ~low;
    if (n.operand_count == 1) key.words[1] &= low;
    if (n.operand_count == 0) key.words[1] = 0;
    // The same for both orders.
    const std::uint64_t a = key.words[1] & low, b = key.words[1] >> 32;
    if (swaps && b < a) key.words[1] = b | a << 32;
    return key;
  }

  // A multilinear hash of the words; its high bits are the best.
  NodeId find(NodeId id, bool swaps) {
    const Key key = key_of(kernel_.node(id), swaps);
    const std::uint64_t hash = key.words[0] * 0x9E3779B97F4A7C15u + key.words[1] * 0xC2B2AE3D27D4EB4Fu +
                               key.words[2] * 0xD6E8FEB86659FD93u;
    std::size_t at = static_cast<std::size_t>(hash >> shift_);
    for (; table_[at] != no_node; at = (at + 1) & mask_) {
      const NodeId other = table_[at];
      if (kernel_.op(other) != kernel_.op(id) || !(key_of(kernel_.node(other), swaps) == key)) continue;
      if (open_[kernel_.node(other).region]) return other;
      repeated_[id] = repeated_[other] = 1;
      break;
    }
    table_[at] = id;
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
      if (open_[kernel_.node(other).region]) return other;
      repeated_[id] = repeated_[other] = 1;
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
  unsigned shift_ = 0;             // from 64 bits to the table's
  Buffer<NodeId> replaced_;        // by node
  Buffer<std::uint8_t> repeated_;  // by node
  Buffer<std::uint8_t> open_;      // by region: its values may be used
  Buffer<std::uint8_t> constant_;  // by resource: holds what it held at the beginning
};

}  // namespace detail

AIRSTRIP_INLINE void eliminate_common_subexpressions(Kernel& kernel) {
  detail::CommonSubexpressions(kernel).run();
}

AIRSTRIP_KERNEL_NAMESPACE_END
