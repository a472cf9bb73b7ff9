#pragma once

#include "../order.hpp"
#include "common.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

class Ordering {
public:
  explicit Ordering(Kernel& kernel) : kernel_(kernel) {}

  void run() {
    const std::uint32_t nodes = kernel_.node_bound(), regions = kernel_.region_bound();
    if (!state_.resize(nodes, 0) || !slot_.resize(nodes, 0) || !roots_of_.resize(regions, Range{}) ||
        !readers_of_.resize(regions, Range{}))
      return pass_out_of_memory(kernel_, "order");
    for (const Function& f : kernel_.functions()) gather(f.body);
    if (roots_.out_of_memory() || readers_.out_of_memory() || results_.out_of_memory())
      return pass_out_of_memory(kernel_, "order");
    for (const Function& f : kernel_.functions()) place(f.body);
    if (stack_.out_of_memory() || wanted_.out_of_memory()) pass_out_of_memory(kernel_, "order");
  }

private:
  struct Range {
    std::uint32_t first = 0, count = 0, done = 0;
  };
  struct Reader {
    NodeId node;
    std::uint32_t epoch;  // roots of its region before it
  };
  struct Frame {
    NodeId node;
    std::uint32_t next;
  };
  static constexpr std::uint16_t root_flags = op_flag::writes | op_flag::terminator | op_flag::regions;
  static constexpr std::uint8_t placed = 1, numbered = 2;

  static bool is_root(Op op) { return has_flag(op, root_flags); }
  static bool is_reader(Op op) { return has_flag(op, op_flag::reads | op_flag::convergent); }

  // The roots and readers of each region in their order. The slot of a construct says where its Results begin.
  void gather(RegionId region) {
    std::uint32_t roots = 0, readers = 0;
    for (NodeId id = kernel_.region(region).first; id != no_node; id = kernel_.node(id).next) {
      const Op op = kernel_.op(id);
      if (is_root(op))
        ++roots;
      else if (is_reader(op))
        ++readers;
    }
    // Those of inner regions come into the same buffers, behind.
    Range& mine = roots_of_[region];
    mine = {static_cast<std::uint32_t>(roots_.size()), roots, 0};
    readers_of_[region] = {static_cast<std::uint32_t>(readers_.size()), readers, 0};
    NodeId* root = roots_.extend(roots);
    Reader* reader = readers_.extend(readers);
    if ((!root && roots != 0) || (!reader && readers != 0)) return;
    std::uint32_t epoch = 0;
    const std::uint32_t first_root = mine.first;
    for (NodeId id = kernel_.region(region).first; id != no_node; id = kernel_.node(id).next) {
      const Op op = kernel_.op(id);
      if (is_root(op)) {
        *root++ = id;
        ++epoch;
      } else if (is_reader(op)) {
        *reader++ = {id, epoch};
      } else if (op == Op::Result) {
        results_.push_back(id);
        std::uint32_t& first = slot_[operand(id, 0)];
        if (first == 0) first = static_cast<std::uint32_t>(results_.size());
      }
    }
    for (std::uint32_t i = 0; i < roots && first_root + i < roots_.size(); ++i) {
      const NodeId owner = roots_[first_root + i];
      for (std::uint32_t r = 0; r < kernel_.node(owner).region_count; ++r) gather(inner(owner, r));
    }
  }

  NodeId operand(NodeId id, std::uint32_t index) const {
    return static_cast<const Kernel&>(kernel_).operands(id)[index];
  }
  RegionId inner(NodeId id, std::uint32_t index) const {
    return static_cast<const Kernel&>(kernel_).regions(id)[index];
  }

  void place(RegionId region) {
    const Range roots = roots_of_[region];
    kernel_.region(region).first = kernel_.region(region).last = no_node;
    for (std::uint32_t i = 0; i < roots.count; ++i) {
      const NodeId root = roots_[roots.first + i];
      const std::uint32_t operands = kernel_.node(root).operand_count;
      for (std::uint32_t o = 0; o < operands; ++o) demand(operand(root, o));
      const std::uint32_t regions = kernel_.node(root).region_count;
      flush(region, i);
      for (std::uint32_t r = 0; r < regions; ++r) place(inner(root, r));
      kernel_.append(region, root);
      if (regions == 0) continue;
      for (std::uint32_t r = slot_[root]; r != 0 && r <= results_.size(); ++r) {
        const NodeId result = results_[r - 1];
        if (operand(result, 0) != root) break;
        kernel_.append(region, result);
      }
    }
  }

  bool is_free(NodeId id, std::uint8_t mark) const {
    const Node& node = kernel_.node(id);
    return (state_[id] & mark) == 0 && node.region != no_region && node.op != Op::Argument &&
           node.op != Op::Result && !is_root(node.op);
  }

  // Places a value behind what it needs; that goes from left to right.
  void demand(NodeId id) {
    if (!is_free(id, placed)) return;
    state_[id] |= placed;
    stack_.push_back({id, 0});
    while (!stack_.empty()) {
      Frame& frame = stack_.back();
      const NodeId node = frame.node;
      const Span<const NodeId> operands = static_cast<const Kernel&>(kernel_).operands(node);
      NodeId needed = no_node;
      while (frame.next < operands.size() && needed == no_node) {
        const NodeId candidate = operands[frame.next++];
        if (is_free(candidate, placed)) needed = candidate;
      }
      if (needed != no_node) {
        state_[needed] |= placed;
        stack_.push_back({needed, 0});
        continue;
      }
      stack_.pop_back();
      kernel_.append(kernel_.node(node).region, node);
    }
  }

  // Readers that stand before root `position` and are wanted behind it only. They are rare: which of them comes first is
  // found out when it matters, from the order in which the rest of the function wants them.
  void flush(RegionId region, std::uint32_t position) {
    Range& range = readers_of_[region];
    bool pending = false;
    std::uint32_t end = range.done;
    for (; end < range.count && readers_[range.first + end].epoch <= position; ++end)
      pending = pending || (state_[readers_[range.first + end].node] & placed) == 0;
    const std::uint32_t begin = range.done;
    range.done = end;
    if (!pending) return;
    number();
    wanted_.clear();
    for (std::uint32_t i = begin; i < end; ++i) {
      const NodeId node = readers_[range.first + i].node;
      if ((state_[node] & placed) == 0 && slot_[node] != 0)
        wanted_.push_back(node);  // 0: nobody wants it at all
    }
    for (std::size_t i = 1; i < wanted_.size(); ++i)
      for (std::size_t j = i; j > 0 && slot_[wanted_[j]] < slot_[wanted_[j - 1]]; --j) {
        const NodeId other = wanted_[j];
        wanted_[j] = wanted_[j - 1];
        wanted_[j - 1] = other;
      }
    for (std::size_t i = 0; i < wanted_.size(); ++i) demand(wanted_[i]);
  }

  // Numbers every reader in the order in which the functions' roots want it; once.
  void number() {
    if (count_ != 0) return;
    count_ = 1;
    for (const Function& f : kernel_.functions()) number(f.body);
  }
  void number(RegionId region) {
    const Range roots = roots_of_[region];
    for (std::uint32_t i = 0; i < roots.count; ++i) {
      const NodeId root = roots_[roots.first + i];
      for (std::uint32_t o = 0; o < kernel_.node(root).operand_count; ++o) number_value(operand(root, o));
      for (std::uint32_t r = 0; r < kernel_.node(root).region_count; ++r) number(inner(root, r));
    }
  }
  void number_value(NodeId id) {
    if (!is_free(id, numbered)) return;
    state_[id] |= numbered;
    const std::size_t bottom = numbering_.size();
    numbering_.push_back({id, 0});
    while (numbering_.size() > bottom) {
      Frame& frame = numbering_.back();
      const NodeId node = frame.node;
      if (frame.next < kernel_.node(node).operand_count) {
        const NodeId needed = operand(node, frame.next++);
        if (is_free(needed, numbered)) {
          state_[needed] |= numbered;
          numbering_.push_back({needed, 0});
        }
        continue;
      }
      numbering_.pop_back();
      if (is_reader(kernel_.op(node))) slot_[node] = count_++;
    }
  }

  Kernel& kernel_;
  Buffer<std::uint8_t> state_;
  Buffer<std::uint32_t> slot_;  // of a construct: its first Result, plus 1; of a reader: its number
  Buffer<NodeId> roots_, results_, wanted_;
  Buffer<Reader> readers_;
  Buffer<Range> roots_of_, readers_of_;
  Buffer<Frame> stack_, numbering_;
  std::uint32_t count_ = 0;
};

}  // namespace detail

AIRSTRIP_INLINE void order(Kernel& kernel) { detail::Ordering(kernel).run(); }

AIRSTRIP_KERNEL_NAMESPACE_END
