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
    drop_rest();
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
  static constexpr std::uint16_t reader_flags = op_flag::reads | op_flag::convergent;
  static constexpr std::uint8_t placed = 1, numbered = 2, movable = 4;

  // The roots and readers of each region in their order; those of inner regions come into the same buffers, behind. The
  // slot of a construct says where its Results begin.
  void gather(RegionId region) {
    const auto first_root = static_cast<std::uint32_t>(roots_.size());
    const auto first_reader = static_cast<std::uint32_t>(readers_.size());
    std::uint8_t* const state = state_.data();
    for (NodeId id = kernel_.region(region).first; id != no_node;) {
      const Node& n = kernel_.node(id);
      const NodeId next = n.next;
      const std::uint16_t flags = info_of(n.op).flags;
      if ((flags & root_flags) != 0 || (n.op == Op::Load && kernel_.access_of(id).early)) {
        roots_.push_back(id);
      } else if (n.op == Op::Result) {
        results_.push_back(id);
        std::uint32_t& first = slot_[n.operands[0]];
        if (first == 0) first = static_cast<std::uint32_t>(results_.size());
      } else {
        state[id] = movable;
        ++movables_;
        if ((flags & reader_flags) != 0)
          readers_.push_back({id, static_cast<std::uint32_t>(roots_.size()) - first_root});
      }
      id = next;
    }
    const std::uint32_t roots = static_cast<std::uint32_t>(roots_.size()) - first_root;
    roots_of_[region] = {first_root, roots, 0};
    readers_of_[region] = {first_reader, static_cast<std::uint32_t>(readers_.size()) - first_reader, 0};
    for (std::uint32_t i = 0; i < roots; ++i) {
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

  // Only what stands in a region and is no root, argument or Result moves.
  bool is_free(NodeId id, std::uint8_t mark) const { return (state_[id] & (movable | mark)) == movable; }

  // Places a value behind what it needs; that goes from left to right.
  void demand(NodeId id) {
    if (!is_free(id, placed)) return;
    const Kernel& kernel = kernel_;
    std::uint8_t* const state = state_.data();
    state[id] |= placed;
    Frame frame{id, 0};
    for (stack_.clear();;) {
      const Span<const NodeId> operands = kernel.operands(frame.node);
      const NodeId* const list = operands.data();
      const auto count = static_cast<std::uint32_t>(operands.size());
      NodeId needed = no_node;
      while (frame.next < count && needed == no_node) {
        const NodeId candidate = list[frame.next++];
        if ((state[candidate] & (movable | placed)) == movable) needed = candidate;
      }
      if (needed != no_node) {
        state[needed] |= placed;
        stack_.push_back(frame);
        frame = {needed, 0};
        continue;
      }
      kernel_.append(kernel.node(frame.node).region, frame.node);
      --movables_;
      if (stack_.empty()) return;
      frame = stack_.back();
      stack_.pop_back();
    }
  }

  // What nobody wants stands nowhere.
  void drop_rest() {
    for (NodeId id = 1; id < state_.size() && movables_ != 0; ++id) {
      if (!is_free(id, placed)) continue;
      Node& n = kernel_.node(id);
      n.region = no_region;
      n.next = n.previous = no_node;
      --movables_;
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
      if (has_flag(kernel_.op(node), reader_flags)) slot_[node] = count_++;
    }
  }

  Kernel& kernel_;
  Buffer<std::uint8_t> state_;  // by node: the bits above
  Buffer<std::uint32_t> slot_;  // of a construct: its first Result, plus 1; of a reader: its number
  Buffer<NodeId> roots_, results_, wanted_;
  Buffer<Reader> readers_;
  Buffer<Range> roots_of_, readers_of_;
  Buffer<Frame> stack_, numbering_;
  std::uint32_t count_ = 0;
  std::uint32_t movables_ = 0;  // that are not placed yet
};

}  // namespace detail

AIRSTRIP_INLINE void order(Kernel& kernel) { detail::Ordering(kernel).run(); }

AIRSTRIP_KERNEL_NAMESPACE_END
