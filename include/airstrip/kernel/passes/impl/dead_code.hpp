#pragma once

#include "../../loops.hpp"
#include "../dead_code.hpp"
#include "common.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// Mark and sweep. `scan` removes what nothing reaches, chains the edges of each construct and finds the roots: what
// others see. From those, everything needed is marked: operands; of a Result and an argument the values that its edges
// give; of a node the constructs around it; of a construct its condition and what decides about its edges. The rest goes.
//
// Nearly every value stands in front of what needs it. So the nodes, which `scan` lists, are looked at from the last to
// the first, and only those that turn out to be needed after they were passed (around a loop) go over a worklist.
class DeadCode {
public:
  explicit DeadCode(Kernel& kernel) : kernel_(kernel) {}

  void run() {
    if (!kernel_.ok()) return;
    // `scan` may add undefined values, one a function.
    const std::size_t bound = kernel_.node_bound() + kernel_.functions().size();
    if (!state_.resize(bound, 0) || !next_.resize(bound, no_node) || !exits_.resize(bound, no_node) ||
        !entries_.resize(bound, no_node) || !text_.reserve(bound) || !worklist_.reserve(bound) ||
        !stores_.resize(kernel_.resources().size(), no_node) ||
        !read_.resize(kernel_.resources().size(), 0) || !effects_.resize(kernel_.functions().size(), 0))
      return pass_out_of_memory(kernel_, "remove_dead_code");
    // Helpers before those that call them.
    const auto functions = static_cast<std::uint32_t>(kernel_.functions().size());
    for (std::uint32_t i = 1; i <= functions; ++i) {
      function_ = i % functions;
      scan(kernel_.functions()[function_].body);
      const NodeId last = kernel_.region(kernel_.functions()[function_].body).last;
      need_operands(last);
    }
    // What is passed and not needed yet is gathered at the list's end.
    std::size_t dead = text_.size();
    for (std::size_t i = text_.size(); i-- > 0;) {
      const NodeId id = text_[i];
      state_[id] |= passed;
      if (!is_live(id)) {
        text_[--dead] = id;
        continue;
      }
      reach(id);
      if (!worklist_.empty()) mark();
    }
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      const NodeId loop = loops_[i];
      if (is_live(loop)) continue;
      need(loop);
      mark();
    }
    for (std::size_t i = dead; i < text_.size(); ++i)
      if (!is_live(text_[i])) sweep(text_[i]);
    for (const NodeId construct : constructs_)
      if (is_live(construct)) trim(construct);
    if (loops_.out_of_memory() || constructs_.out_of_memory() || operands_.out_of_memory() ||
        keep_.out_of_memory() || kernel_.out_of_memory())
      pass_out_of_memory(kernel_, "remove_dead_code");
  }

private:
  static constexpr std::uint8_t live = 1, passed = 2;  // an argument, which is in no list, counts as passed
  bool is_live(NodeId id) const { return (state_[id] & live) != 0; }

  // --- roots
  void scan(RegionId id) {
    bool reached = true;
    for (NodeId node = kernel_.region(id).first; node != no_node;) {
      const Node& n = kernel_.node(node);
      const NodeId next = n.next;
      if (!reached) {
        if (has_flag(n.op, op_flag::terminator))
          make_return(node);
        else
          kernel_.unlink(node);
        node = next;
        continue;
      }
      const std::uint16_t flags = info_of(n.op).flags;
      if ((flags & op_flag::terminator) != 0) {
        terminator(node);
      } else {
        text_.push_back(node);
        if ((flags & op_flag::regions) != 0)
          reached = construct(node);
        else if ((flags & op_flag::writes) != 0)
          write(node);
      }
      node = next;
    }
  }

  // Whether anything follows.
  bool construct(NodeId node) {
    const Kernel& kernel = kernel_;
    const NodeId next = kernel.node(node).next;
    bool has_values = next != no_node && kernel.op(next) == Op::Result;
    if (kernel.op(node) == Op::Loop) {
      for (const NodeId argument : kernel.arguments(kernel.regions(node)[0])) {
        state_[argument] |= passed;
        has_values = true;
      }
    }
    if (has_values) constructs_.push_back(node);
    for (std::uint32_t i = 0; i < kernel.node(node).region_count; ++i) scan(kernel.regions(node)[i]);
    if (kernel.op(node) == Op::Loop &&
        !LoopCounter(kernel, node, entries_[node], next_.data()).run().finite) {
      loops_.push_back(node);
      effects_[function_] = 1;
    }
    return exits_[node] != no_node;
  }

  void terminator(NodeId node) {
    const Node& n = kernel_.node(node);
    switch (n.op) {
      case Op::Yield: chain(exits_[kernel_.region(n.region).owner], node); break;
      case Op::Break: chain(exits_[n.immediate], node); break;
      case Op::Continue: chain(entries_[n.immediate], node); break;
      default:
        if (kernel_.region(n.region).owner != no_node) {
          need_owner(node);
          need_operands(node);
        }
        break;
    }
  }
  void chain(NodeId& list, NodeId node) {
    next_[node] = list;
    list = node;
  }

  // Memory of the invocation or of the workgroup: storing in it matters if somebody reads it.
  static bool is_local(ResourceKind kind) {
    return kind == ResourceKind::Workgroup || kind == ResourceKind::Private || kind == ResourceKind::Variable;
  }
  // The local resource that a node accesses.
  bool local_resource(NodeId node, std::uint32_t& resource) const {
    const Op op = kernel_.op(node);
    if (op == Op::VariableLoad || op == Op::VariableStore)
      resource = kernel_.node(node).immediate;
    else if (is_memory_access(op) && op != Op::ArrayLength)
      resource = kernel_.access_of(node).resource;
    else
      return false;
    return is_local(kernel_.resource(resource).kind);
  }

  void write(NodeId node) {
    std::uint32_t resource = 0;
    if (kernel_.op(node) == Op::Call) {
      if (!effects_[kernel_.node(node).immediate]) return;
    } else if (local_resource(node, resource)) {
      effects_[function_] = 1;
      // A volatile access is one that somebody sees.
      const bool is_variable = kernel_.op(node) == Op::VariableStore;
      if (is_variable || !kernel_.access_of(node).is_volatile) {
        chain(stores_[resource], node);
        return;
      }
    }
    effects_[function_] = 1;
    need(node);
  }

  void make_return(NodeId node) {
    const Type result = kernel_.functions()[function_].result;
    const NodeId value = result.is_void() ? no_node : kernel_.undefined(result);
    Node& n = kernel_.node(node);
    n.op = Op::Return;
    n.immediate = 0;
    kernel_.set_operands(node, Span<const NodeId>(&value, result.is_void() ? 0 : 1));
  }

  // --- marking
  void need(NodeId id) {
    std::uint8_t& state = state_[id];
    if ((state & live) != 0) return;
    state |= live;
    if ((state & passed) != 0) worklist_.push_back(id);
  }
  void need_operands(NodeId id) {
    for (const NodeId operand : static_cast<const Kernel&>(kernel_).operands(id)) need(operand);
  }
  void need_owner(NodeId id) {
    const RegionId region = kernel_.node(id).region;
    if (region == no_region) return;
    const NodeId owner = kernel_.region(region).owner;
    if (owner != no_node) need(owner);
  }
  void need_values(NodeId edge, std::uint32_t index) {
    for (; edge != no_node; edge = next_[edge])
      need(static_cast<const Kernel&>(kernel_).operands(edge)[index]);
  }

  void mark() {
    while (!worklist_.empty()) {
      const NodeId id = worklist_.back();
      worklist_.pop_back();
      reach(id);
    }
  }

  // Marks what a node that is needed needs.
  void reach(NodeId id) {
    const Node& n = kernel_.node(id);
    if (n.region != reached_region_) {  // else the constructs around it are needed already
      reached_region_ = n.region;
      need_owner(id);
    }
    const std::uint16_t flags = info_of(n.op).flags;
    if (n.op == Op::Result) {
      const NodeId owner = n.operands[0];
      need(owner);
      need_values(exits_[owner], n.immediate);
    } else if (n.op == Op::Argument) {
      const NodeId owner = kernel_.region(n.region).owner;
      need(static_cast<const Kernel&>(kernel_).operands(owner)[n.immediate]);
      need_values(entries_[owner], n.immediate);
    } else if ((flags & op_flag::regions) != 0) {
      if (n.op != Op::Loop) need_operands(id);
      // What stands between the construct and an edge decides whether that is taken.
      for (NodeId edge = exits_[id]; edge != no_node; edge = next_[edge]) need_owner(edge);
      for (NodeId edge = entries_[id]; edge != no_node; edge = next_[edge]) need_owner(edge);
    } else {
      need_operands(id);
      std::uint32_t resource = 0;
      if ((flags & op_flag::reads) != 0 && local_resource(id, resource) && !read_[resource]) {
        read_[resource] = 1;
        for (NodeId store = stores_[resource]; store != no_node; store = next_[store]) need(store);
      }
    }
  }

  // --- the rest
  // Results go with their construct; `trim` takes those of one that stays.
  void sweep(NodeId id) {
    if (kernel_.op(id) != Op::Result || !is_live(kernel_.node(id).operands[0])) kernel_.unlink(id);
  }

  // Takes the Results and arguments of a construct that nobody uses.
  void trim(NodeId owner) {
    bool all = true;
    keep_.clear();
    for (NodeId id = kernel_.node(owner).next; id != no_node && kernel_.op(id) == Op::Result;
         id = kernel_.node(id).next) {
      keep_.push_back(is_live(id));
      all = all && is_live(id);
    }
    if (!all) {
      std::uint32_t number = 0;
      for (NodeId id = kernel_.node(owner).next; id != no_node && kernel_.op(id) == Op::Result;) {
        const NodeId next = kernel_.node(id).next;
        if (is_live(id))
          kernel_.node(id).immediate = number++;
        else
          kernel_.unlink(id);
        id = next;
      }
      for (NodeId edge = exits_[owner]; edge != no_node; edge = next_[edge]) keep_operands(edge);
    }
    if (kernel_.op(owner) != Op::Loop) return;
    const RegionId body = kernel_.regions(owner)[0];
    all = true;
    keep_.clear();
    for (const NodeId argument : kernel_.arguments(body)) {
      keep_.push_back(is_live(argument));
      all = all && is_live(argument);
    }
    if (all) return;
    keep_operands(owner);
    for (NodeId edge = entries_[owner]; edge != no_node; edge = next_[edge]) keep_operands(edge);
    kernel_.keep_arguments(body, {keep_.data(), keep_.size()});
  }

  void keep_operands(NodeId id) {
    const Span<const NodeId> operands = static_cast<const Kernel&>(kernel_).operands(id);
    operands_.clear();
    for (std::size_t i = 0; i < operands.size() && i < keep_.size(); ++i)
      if (keep_[i]) operands_.push_back(operands[i]);
    kernel_.set_operands(id, {operands_.data(), operands_.size()});
  }

  Kernel& kernel_;
  std::uint32_t function_ = 0;
  RegionId reached_region_ = no_region;  // of the node that `reach` saw last
  Buffer<std::uint8_t> state_;           // by node: the bits above
  Buffer<NodeId> text_;                  // every node but terminators, in the order of the text
  Buffer<NodeId> next_;                  // by node: of the chains below
  Buffer<NodeId> exits_, entries_;       // by construct: Yields and Breaks; Continues
  Buffer<NodeId> stores_;                // by local resource: what writes it
  Buffer<std::uint8_t> read_;            // by local resource
  Buffer<std::uint8_t> effects_;         // by function: others see that it was called
  Buffer<NodeId> loops_;                 // not certain to end
  Buffer<NodeId> constructs_;            // with Results or arguments
  Buffer<NodeId> worklist_;
  Buffer<NodeId> operands_;
  Buffer<std::uint8_t> keep_;
};

}  // namespace detail

AIRSTRIP_INLINE void remove_dead_code(Kernel& kernel) { detail::DeadCode(kernel).run(); }

AIRSTRIP_KERNEL_NAMESPACE_END
