// Where a value is computed, and whether it is at all: what common subexpressions and loop invariants share.
#pragma once

#include "../../../config.hpp"
#include "common.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// One walk in the order of the text, for either pass or both.
//
// Merging: a table of the expressions seen. Nothing is ever taken out of it: an entry whose region is closed can never
// be used again, and is overwritten by the next equal expression.
//
// Hoisting: every value knows how many loops it stands in; an operation may stand in as many as the deepest of its
// operands. Operands come first, so what moved or was merged already is seen where it is now.
class ValuePlacement {
public:
  ValuePlacement(Kernel& kernel, bool merge, bool hoist) : kernel_(kernel), merge_(merge), hoist_(hoist) {}

  /// Whether anything moved before a loop.
  bool run(const char* pass) {
    if (!kernel_.ok()) return false;
    const std::size_t bound = kernel_.node_bound(), resources = kernel_.resources().size();
    unsigned bits = 6;
    while (std::size_t{1} << bits < bound + bound / 4) ++bits;  // half of the nodes are no expressions
    const std::size_t capacity = std::size_t{1} << bits;
    mask_ = capacity - 1;
    shift_ = 64 - bits;
    if ((merge_ && !(table_.resize(capacity, no_node) && replaced_.resize(bound, no_node) &&
                     open_.resize(kernel_.region_bound(), 0) && constant_.resize(resources, 0))) ||
        (hoist_ && !depth_.resize(bound, 0))) {
      pass_out_of_memory(kernel_, pass);
      return false;
    }
    if (merge_)
      for (std::uint32_t i = 0; i < resources; ++i) constant_[i] = is_constant_memory(kernel_, i);
    for (const Function& f : kernel_.functions()) region(f.body, false);
    if (loops_.out_of_memory()) pass_out_of_memory(kernel_, pass);
    return moved_;
  }

private:
  const Kernel& read() const { return kernel_; }
  std::uint32_t depth() const { return static_cast<std::uint32_t>(loops_.size()); }

  // `first`: the body of a loop, whose beginning is executed whenever the loop is.
  void region(RegionId id, bool first) {
    if (merge_) open_[id] = 1;
    for (NodeId node = kernel_.region(id).first; node != no_node;) {
      const Node& n = kernel_.node(node);
      const NodeId next = n.next;
      if (merge_) {
        const NodeId* const replaced = replaced_.data();
        for (NodeId& operand : kernel_.operands(node))
          if (replaced[operand] != no_node) operand = replaced[operand];
      }
      const std::uint16_t flags = info_of(n.op).flags;
      if ((flags & op_flag::regions) != 0) {
        if (hoist_ && n.op == Op::Loop)
          loop(node, first);
        else
          for (const RegionId inner : read().regions(node)) region(inner, false);
        first = false;
      } else {
        const bool pure = (flags & op_flag::pure) != 0 && n.op != Op::Result;
        const bool merges =
            merge_ && (pure || ((flags & op_flag::reads) != 0 &&
                                reads_constant_memory(kernel_, node, {constant_.data(), constant_.size()})));
        std::size_t entry = 0;
        const NodeId same = !merges ? no_node : has_key(n) ? find_key(node, entry) : find(node, entry);
        if (same != no_node) {
          replaced_[node] = same;
          kernel_.unlink(node);
        } else {
          if (hoist_ && depth() != 0) place(node, pure, first);
          if (merges) table_[entry] = node;
        }
      }
      node = next;
    }
    if (merge_) open_[id] = 0;
  }

  void loop(NodeId node, bool first) {
    const std::uint32_t outer_reach = reach_;
    reach_ = first ? reach_ : depth();
    if (!loops_.push_back(node)) return;
    const RegionId body = kernel_.regions(node)[0];
    for (const NodeId argument : kernel_.arguments(body)) depth_[argument] = depth();
    region(body, true);
    loops_.pop_back();
    reach_ = outer_reach;
  }

  void place(NodeId id, bool pure, bool first) {
    std::uint32_t to = depth();
    if (pure) {
      to = 0;
      for (const NodeId operand : read().operands(id))
        if (depth_[operand] > to) to = depth_[operand];
      if (to < depth() && !cannot_trap(kernel_, id)) {
        const std::uint32_t least = first ? reach_ : depth();
        if (to < least) to = least;
      }
      if (to < depth()) {
        kernel_.unlink(id);
        kernel_.insert_before(loops_[to], id);
        moved_ = true;
      }
    }
    depth_[id] = to;
  }

  // All that decides what an operation of up to three operands computes; a load is told by its access's contents too.
  // (Put together from the fields of the node: they may have been written just now, and processors wait where what is
  // read is wider than what was written.)
  struct Key {
    std::uint64_t operation, operands, rest;
    friend bool operator==(const Key& a, const Key& b) {
      return a.operation == b.operation && a.operands == b.operands && a.rest == b.rest;
    }
  };
  static bool has_key(const Node& n) {
    return n.operand_count <= 3 && n.op != Op::Load && n.op != Op::ArrayLength;
  }
  static std::uint64_t pair(std::uint32_t low, std::uint32_t high) {
    return low | static_cast<std::uint64_t>(high) << 32;
  }
  static Key key_of(const Node& n) {
    // Operands beyond the count may hold anything.
    const std::uint32_t a = n.operand_count > 0 ? n.operands[0] : no_node;
    const std::uint32_t b = n.operand_count > 1 ? n.operands[1] : no_node;
    const std::uint32_t c = n.operand_count > 2 ? n.operands[2] : no_node;
    const bool turn = b < a && has_flag(n.op, op_flag::commutative);  // the same for both orders
    const std::uint32_t operation = static_cast<std::uint32_t>(n.op) | std::uint32_t{n.operand_count} << 16;
    return {pair(operation, n.type.bits()), turn ? pair(b, a) : pair(a, b), pair(c, n.immediate)};
  }

  // The expression that is equal to this one and may be used here; if there is none, the entry for this one.
  NodeId find_key(NodeId id, std::size_t& entry) const {
    const Node* const nodes = &read().node(0);
    const NodeId* const table = table_.data();
    const Key key = key_of(nodes[id]);
    // A multilinear hash, whose high bits are the best.
    const std::uint64_t hash = key.operation * 0x9E3779B97F4A7C15u + key.operands * 0xC2B2AE3D27D4EB4Fu +
                               key.rest * 0xD6E8FEB86659FD93u;
    for (entry = hash >> shift_; table[entry] != no_node; entry = (entry + 1) & mask_) {
      const Node& other = nodes[table[entry]];
      if (other.op == nodes[id].op && key_of(other) == key)
        return open_[other.region] ? table[entry] : no_node;
    }
    return no_node;
  }
  NodeId find(NodeId id, std::size_t& entry) const {
    const Node& n = kernel_.node(id);
    const bool swaps = has_flag(n.op, op_flag::commutative);
    const Span<const NodeId> operands = read().operands(id);
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
    for (entry = (hash ^ hash >> 15) & mask_; table_[entry] != no_node; entry = (entry + 1) & mask_) {
      const NodeId other = table_[entry];
      if (equal(id, other, swaps)) return open_[kernel_.node(other).region] ? other : no_node;
    }
    return no_node;
  }

  bool equal(NodeId a, NodeId b, bool swaps) const {
    const Node &x = kernel_.node(a), &y = kernel_.node(b);
    if (x.op != y.op || !(x.type == y.type) || x.operand_count != y.operand_count) return false;
    if (x.immediate != y.immediate &&
        !((x.op == Op::Load || x.op == Op::ArrayLength) && kernel_.access_of(a) == kernel_.access_of(b)))
      return false;
    const Span<const NodeId> p = read().operands(a), q = read().operands(b);
    if (swaps && p[0] == q[1] && p[1] == q[0]) return p.size() == 2 || p[2] == q[2];
    for (std::size_t i = 0; i < p.size(); ++i)
      if (p[i] != q[i]) return false;
    return true;
  }

  Kernel& kernel_;
  const bool merge_, hoist_;
  bool moved_ = false;
  Buffer<NodeId> table_;  // open addressing
  std::size_t mask_ = 0;
  unsigned shift_ = 0;             // from 64 bits to the table's
  Buffer<NodeId> replaced_;        // by node
  Buffer<std::uint8_t> open_;      // by region: its values may be used
  Buffer<std::uint8_t> constant_;  // by resource: holds what it held at the beginning
  std::uint32_t reach_ =
      0;  // where the innermost loop stands in the beginning of loops around it: how far those go
  Buffer<NodeId> loops_;         // around the walk
  Buffer<std::uint32_t> depth_;  // by node: loops it stands in
};

}  // namespace detail

AIRSTRIP_KERNEL_NAMESPACE_END
