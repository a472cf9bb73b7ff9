#pragma once

#include "../contract.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

class Contraction {
public:
  explicit Contraction(Kernel& kernel) : kernel_(kernel) {}

  void run() {
    if (!uses_.resize(kernel_.node_bound(), 0)) return;
    for (const Function& f : kernel_.functions()) count(f.body);
    for (const Function& f : kernel_.functions()) region(f.body);
  }

private:
  void count(RegionId id) {
    for (NodeId n = kernel_.region(id).first; n != no_node; n = kernel_.node(n).next) {
      for (const NodeId operand : static_cast<const Kernel&>(kernel_).operands(n))
        if (uses_[operand] < 2) ++uses_[operand];
      for (std::uint32_t i = 0; i < kernel_.node(n).region_count; ++i)
        count(static_cast<const Kernel&>(kernel_).regions(n)[i]);
    }
  }

  void region(RegionId id) {
    for (NodeId n = kernel_.region(id).first; n != no_node; n = kernel_.node(n).next) {
      for (std::uint32_t i = 0; i < kernel_.node(n).region_count; ++i)
        region(static_cast<const Kernel&>(kernel_).regions(n)[i]);
      Node& sum = kernel_.node(n);
      if (sum.op != Op::Add || !sum.type.is_float() || sum.type.is_matrix() ||
          sum.type.scalar() == Scalar::BF16)
        continue;
      // In the region of the sum: a product that is invariant in a loop is computed before it, and costs nothing there.
      for (unsigned side = 0; side < 2; ++side) {
        const NodeId product = sum.operands[side];
        const Node& p = kernel_.node(product);
        if (p.op != Op::Mul || p.region != id || uses_[product] != 1) continue;
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
  }

  Kernel& kernel_;
  Buffer<std::uint8_t> uses_;
};

}  // namespace detail

AIRSTRIP_INLINE void contract(Kernel& kernel) {
  if (kernel.options().floats.contraction) detail::Contraction(kernel).run();
}

AIRSTRIP_KERNEL_NAMESPACE_END
