#pragma once

#include "../contract.hpp"
#include "common.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

class Contraction {
public:
  explicit Contraction(Kernel& kernel) : kernel_(kernel) {}

  void run() {
    if (!kernel_.ok()) return;
    if (!uses_.resize(kernel_.node_bound(), 0)) return pass_out_of_memory(kernel_, "contract");
    for (const Function& f : kernel_.functions()) count(f.body);
    if (sums_.out_of_memory()) return pass_out_of_memory(kernel_, "contract");
    for (const NodeId sum : sums_) fuse(sum);
  }

private:
  // Counts the uses of values, up to two, and notes the sums that have a product.
  void count(RegionId id) {
    const Kernel& kernel = kernel_;
    std::uint8_t* const uses = uses_.data();
    for (NodeId node = kernel.region(id).first; node != no_node;) {
      const Node& n = kernel.node(node);
      const Span<const NodeId> operands = kernel.operands(node);
      for (std::size_t i = 0; i < operands.size(); ++i) {
        std::uint8_t& used = uses[operands[i]];
        used = static_cast<std::uint8_t>(used | used << 1 | 1);
      }
      if (n.op == Op::Add && n.immediate == 0 && n.type.is_float() && !n.type.is_matrix() &&
          n.type.scalar() != Scalar::BF16) {
        if (kernel.op(n.operands[0]) == Op::Mul || kernel.op(n.operands[1]) == Op::Mul) sums_.push_back(node);
      } else if (n.region_count != 0) {
        for (const RegionId inner : kernel.regions(node)) count(inner);
      }
      node = n.next;
    }
  }

  void fuse(NodeId id) {
    Node& sum = kernel_.node(id);
    // In the region of the sum: a product that is invariant in a loop is computed before it, and costs nothing there.
    for (unsigned side = 0; side < 2; ++side) {
      const NodeId product = sum.operands[side];
      const Node& p = kernel_.node(product);
      if (p.op != Op::Mul || p.immediate != 0 || p.region != sum.region || uses_[product] != once) continue;
      const NodeId added = sum.operands[1 - side];
      const NodeId a = p.operands[0], b = p.operands[1];
      kernel_.unlink(product);
      sum.op = Op::Fma;
      sum.operands[0] = a;
      sum.operands[1] = b;
      sum.operands[2] = added;
      sum.operand_count = 3;
      break;
    }
  }

  static constexpr std::uint8_t once = 1;  // in uses_; of more, other bits are set too

  Kernel& kernel_;
  Buffer<std::uint8_t> uses_;  // by node
  Buffer<NodeId> sums_;        // in the order of the text
};

}  // namespace detail

AIRSTRIP_INLINE void contract(Kernel& kernel) {
  if (kernel.options().floats.contraction) detail::Contraction(kernel).run();
}

AIRSTRIP_KERNEL_NAMESPACE_END
