#pragma once

#include "../order.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

class Ordering {
public:
  explicit Ordering(Kernel& kernel) : kernel_(kernel) {}

  void run() {
    const std::uint32_t nodes = kernel_.node_bound(), regions = kernel_.region_bound();
    state_.resize(nodes, 0);
    epoch_.resize(nodes, 0);
    roots_of_.resize(regions, {});
    readers_of_.resize(regions, {});
    if (state_.out_of_memory() || epoch_.out_of_memory() || roots_of_.out_of_memory() ||
        readers_of_.out_of_memory())
      return;
    for (const Function& f : kernel_.functions()) gather(f.body);
    if (roots_.out_of_memory() || results_.out_of_memory()) return;
    // Once to number what reads in the order in which it is wanted, and once to place everything.
    for (const Function& f : kernel_.functions()) visit(f.body);
    sort_readers();
    if (readers_.out_of_memory() || stack_.out_of_memory()) return;
    placing_ = true;
    for (std::uint8_t& s : state_) s = 0;
    for (const Function& f : kernel_.functions()) visit(f.body);
  }

private:
  struct Range {
    std::uint32_t first = 0, count = 0, done = 0;
  };
  struct Reader {
    NodeId node;
    RegionId region;
    std::uint32_t epoch;
  };
  struct Frame {
    NodeId node;
    std::uint32_t next;
  };
  static constexpr std::uint16_t root_flags = op_flag::writes | op_flag::terminator | op_flag::regions;

  static bool is_root(Op op) { return has_flag(op, root_flags); }
  static bool is_reader(Op op) { return has_flag(op, op_flag::reads | op_flag::convergent) && !is_root(op); }

  // The roots of each region in their order, and between which of them each reader stands.
  void gather(RegionId region) {
    // Those of inner regions come into the same buffer: count first.
    std::uint32_t count = 0;
    for (NodeId id = kernel_.region(region).first; id != no_node; id = kernel_.node(id).next)
      count += is_root(kernel_.op(id));
    const auto first = static_cast<std::uint32_t>(roots_.size());
    roots_of_[region] = {first, count, 0};
    if (!roots_.resize(first + count, no_node)) return;
    std::uint32_t at = 0;
    for (NodeId id = kernel_.region(region).first; id != no_node; id = kernel_.node(id).next) {
      const Op op = kernel_.op(id);
      if (is_root(op))
        roots_[first + at++] = id;
      else if (is_reader(op))
        epoch_[id] = at;
      else if (op == Op::Result)
        add_result(id);
      if (has_flag(op, op_flag::regions))
        for (const RegionId inner : kernel_.regions(id)) gather(inner);
    }
  }

  // The Results of a construct follow it, and one another in `results_`; its epoch slot says where.
  void add_result(NodeId id) {
    results_.push_back(id);
    std::uint32_t& first = epoch_[operand(id, 0)];
    if (first == 0) first = static_cast<std::uint32_t>(results_.size());
  }

  void visit(RegionId region) {
    const Range roots = roots_of_[region];
    if (placing_) kernel_.region(region).first = kernel_.region(region).last = no_node;
    for (std::uint32_t i = 0; i < roots.count; ++i) {
      const NodeId root = roots_[roots.first + i];
      for (std::uint32_t o = 0; o < kernel_.node(root).operand_count; ++o) demand(operand(root, o));
      const std::uint32_t inner = kernel_.node(root).region_count;
      if (placing_ && inner != 0) flush(region, i);
      for (std::uint32_t r = 0; r < inner; ++r) visit(static_cast<const Kernel&>(kernel_).regions(root)[r]);
      if (!placing_) continue;
      flush(region, i);
      kernel_.append(region, root);
      if (inner == 0) continue;
      for (std::uint32_t r = epoch_[root]; r != 0 && r <= results_.size(); ++r) {
        const NodeId result = results_[r - 1];
        if (operand(result, 0) != root) break;
        kernel_.append(region, result);
      }
    }
  }

  NodeId operand(NodeId id, std::uint32_t index) const {
    return static_cast<const Kernel&>(kernel_).operands(id)[index];
  }

  // Places (or numbers) a value and what it needs, its operands first and from left to right.
  void demand(NodeId id) {
    if (!wanted(id)) return;
    state_[id] = 1;
    stack_.push_back({id, 0});
    while (!stack_.empty()) {
      Frame& frame = stack_.back();
      const NodeId node = frame.node;
      if (frame.next < kernel_.node(node).operand_count) {
        const NodeId needed = operand(node, frame.next++);
        if (wanted(needed)) {
          state_[needed] = 1;
          stack_.push_back({needed, 0});
        }
        continue;
      }
      stack_.pop_back();
      if (placing_)
        kernel_.append(kernel_.node(node).region, node);
      else if (is_reader(kernel_.op(node)))
        readers_.push_back({node, kernel_.node(node).region, epoch_[node]});
    }
  }
  bool wanted(NodeId id) const {
    const Node& node = kernel_.node(id);
    return state_[id] == 0 && node.region != no_region && node.op != Op::Argument && node.op != Op::Result &&
           !is_root(node.op);
  }

  // Readers that stood before root `position` and are used behind it.
  void flush(RegionId region, std::uint32_t position) {
    Range& range = readers_of_[region];
    while (range.done < range.count && readers_[range.first + range.done].epoch <= position)
      demand(readers_[range.first + range.done++].node);
  }

  // By region, then by epoch, else as they were wanted: nearly sorted already.
  void sort_readers() {
    Buffer<Reader> sorted;
    if (!sorted.resize(readers_.size())) return;
    for (const Reader& r : readers_) ++readers_of_[r.region].count;
    std::uint32_t first = 0;
    for (Range& range : readers_of_) {
      range.first = first;
      first += range.count;
    }
    for (const Reader& r : readers_) {
      Range& range = readers_of_[r.region];
      std::uint32_t at = range.first + range.done++;
      for (; at > range.first && sorted[at - 1].epoch > r.epoch; --at) sorted[at] = sorted[at - 1];
      sorted[at] = r;
    }
    for (Range& range : readers_of_) range.done = 0;
    readers_ = static_cast<Buffer<Reader>&&>(sorted);
  }

  Kernel& kernel_;
  Buffer<std::uint8_t> state_;
  Buffer<std::uint32_t> epoch_;
  Buffer<NodeId> roots_, results_;
  Buffer<Range> roots_of_, readers_of_;
  Buffer<Reader> readers_;
  Buffer<Frame> stack_;
  bool placing_ = false;
};

}  // namespace detail

AIRSTRIP_INLINE void order(Kernel& kernel) { detail::Ordering(kernel).run(); }

AIRSTRIP_KERNEL_NAMESPACE_END
