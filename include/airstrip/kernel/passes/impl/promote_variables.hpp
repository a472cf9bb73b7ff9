#pragma once

#include "../promote_variables.hpp"
#include "common.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail {

// Three steps, each linear. `collect` finds the variables that each construct changes. `walk` goes through the program
// with the value of every variable at hand, puts values for loads, and keeps at each edge (the entry of a loop, a Yield,
// Break or Continue) the values it carries; where edges bring different ones stands a *join*, so far only noted. Then
// joins that turn out to be one value are dropped, those that are read become nodes, and the edges get their operands.
class VariablePromotion {
public:
  explicit VariablePromotion(Kernel& kernel) : kernel_(kernel) {}

  void run() {
    bool any = false;
    for (const Resource& r : kernel_.resources()) any = any || r.kind == ResourceKind::Variable;
    if (!any || !kernel_.ok()) return;
    const std::size_t resources = kernel_.resources().size();
    if (!used_in_.resize(resources, 0) || !stamp_.resize(resources, 0)) return out_of_memory();
    for (function_ = 1; function_ <= kernel_.functions().size(); ++function_)
      collect(kernel_.functions()[function_ - 1].body);
    if (work_.out_of_memory() || constructs_.out_of_memory() || sets_.out_of_memory() ||
        stack_.out_of_memory())
      return out_of_memory();
    if (!found_) return;
    if (shared_) drop_shared();
    // Everything that the walk writes to has its room before anything is changed.
    std::size_t values = 0, edges = 0, joins = 0;
    for (const Construct& c : constructs_) {
      values += static_cast<std::size_t>(c.edge_count) * c.set_count;
      edges += c.edge_count;
      joins += 2 * static_cast<std::size_t>(c.set_count);
    }
    if (!environment_.resize(resources, no_node) || !value_of_.resize(kernel_.node_bound(), no_node) ||
        !open_.resize(kernel_.region_bound(), 0) || !enter_.resize(kernel_.region_bound(), 0) ||
        !leave_.resize(kernel_.region_bound(), 0) || !edges_.reserve(edges) || !values_.reserve(values) ||
        !joins_.reserve(joins) || !saved_.reserve(sets_.size()) || !worklist_.reserve(joins))
      return out_of_memory();
    for (std::uint32_t f = 0; f < kernel_.functions().size(); ++f) {
      for (NodeId& value : environment_) value = no_node;
      reachable_ = true;
      walk(kernel_.functions()[f].body);
    }
    simplify();
    materialise();
    if (patches_.out_of_memory() || operands_.out_of_memory() || kernel_.out_of_memory()) out_of_memory();
  }

private:
  // A value is a node; or join | a number in joins_; or 0, undefined.
  static constexpr NodeId join = 0x80000000u;
  static constexpr std::uint32_t shared = ~std::uint32_t{0};
  static constexpr std::uint32_t no_edge = ~std::uint32_t{0};

  struct Construct {
    NodeId node;
    std::uint32_t first_set = 0, set_count = 0;            // in sets_: the variables it changes
    std::uint32_t edge_count = 0;                          // all that lead to it
    std::uint32_t entry_edges = no_edge;                   // to the arguments of a loop, chained
    std::uint32_t exit_edges = no_edge;                    // to its Results
    std::uint32_t first_argument = 0, argument_count = 0;  // in joins_
    std::uint32_t first_result = 0, result_count = 0;
  };
  struct Edge {
    NodeId node;                // whose operands the values become
    std::uint32_t first_value;  // in values_: one for each variable of the construct
    std::uint32_t next;
    bool reachable;
  };
  struct Join {
    std::uint32_t construct;
    std::uint32_t slot;  // in the construct's set
    bool is_argument;
    bool replaced;
    bool live;
    NodeId value;  // what it is replaced by; later its node
  };
  struct Patch {
    NodeId node;
    std::uint32_t operand;
    NodeId value;
  };

  void out_of_memory() { pass_out_of_memory(kernel_, "promote_variables"); }

  // --- first step
  void collect(RegionId region) {
    const Kernel& kernel = kernel_;
    std::uint32_t* const used_in = used_in_.data();
    for (NodeId id = kernel.region(region).first; id != no_node;) {
      const Node& n = kernel.node(id);
      const NodeId next = n.next;
      if (n.op == Op::VariableLoad || n.op == Op::VariableStore) {
        if (n.op == Op::VariableStore) work_.push_back(n.immediate);
        found_ = true;
        std::uint32_t& user = used_in[n.immediate];
        if (user != 0 && user != function_) {
          user = shared;
          shared_ = true;
        } else {
          user = function_;
        }
      } else if (n.region_count != 0) {
        const auto index = static_cast<std::uint32_t>(constructs_.size());
        Construct construct{};
        construct.node = id;
        construct.edge_count = n.op == Op::Loop ? 1 : 0;
        if (!constructs_.push_back(construct) || !stack_.push_back(index)) return;
        const std::size_t begin = work_.size();
        for (const RegionId inner : kernel.regions(id)) collect(inner);
        stack_.pop_back();
        finish_set(index, begin);
      } else if (n.op == Op::Yield) {
        if (!stack_.empty()) ++constructs_[stack_.back()].edge_count;
      } else if (n.op == Op::Break || n.op == Op::Continue) {
        ++constructs_[construct_of(n.immediate)].edge_count;
      }
      id = next;
    }
  }

  // What was stored in since `begin`, each once; it stays for the construct around.
  void finish_set(std::uint32_t index, std::size_t begin) {
    const auto first = static_cast<std::uint32_t>(sets_.size());
    for (std::size_t i = begin; i < work_.size(); ++i) {
      const std::uint32_t variable = work_[i];
      if (stamp_[variable] == index + 1) continue;
      stamp_[variable] = index + 1;
      sets_.push_back(variable);
    }
    const std::size_t count = sets_.size() - first;
    for (std::size_t i = 0; i < count; ++i) work_[begin + i] = sets_[first + i];
    work_.truncate(begin + count);
    constructs_[index].first_set = first;
    constructs_[index].set_count = static_cast<std::uint32_t>(count);
  }

  void drop_shared() {
    for (Construct& c : constructs_) {
      std::uint32_t kept = 0;
      for (std::uint32_t i = 0; i < c.set_count; ++i) {
        const std::uint32_t variable = sets_[c.first_set + i];
        if (used_in_[variable] != shared) sets_[c.first_set + kept++] = variable;
      }
      c.set_count = kept;
    }
  }

  std::uint32_t construct_of(NodeId owner) const {
    for (std::size_t i = stack_.size(); i-- > 0;)
      if (constructs_[stack_[i]].node == owner) return stack_[i];
    return 0;
  }

  // --- second step
  void walk(RegionId region) {
    open_[region] = 1;
    enter_[region] = ++clock_;
    for (NodeId id = kernel_.region(region).first; id != no_node;) {
      const Node& n = kernel_.node(id);
      const NodeId next = n.next;
      if (n.op == Op::VariableLoad) {
        const std::uint32_t variable = n.immediate;
        if (used_in_[variable] != shared) {
          const Type type = n.type;
          const NodeId value = environment_[variable];
          value_of_[id] = value != no_node ? value : kernel_.undefined(type);
          kernel_.unlink(id);
        }
      } else if (n.op == Op::VariableStore && used_in_[n.immediate] != shared) {
        const NodeId value = n.operands[0];
        environment_[n.immediate] = value_of_[value] != no_node ? value_of_[value] : value;
        kernel_.unlink(id);
      } else {
        rewrite(id);
        if (n.region_count != 0)
          construct(id);
        else if (n.op == Op::Yield && !stack_.empty())
          add_edge(id, stack_.back(), false);
        else if (n.op == Op::Break || n.op == Op::Continue)
          add_edge(id, construct_of(n.immediate), n.op == Op::Continue);
      }
      id = next;
    }
    leave_[region] = ++clock_;
    open_[region] = 0;
  }

  void rewrite(NodeId id) {
    const Span<NodeId> operands = kernel_.operands(id);
    const NodeId* const value_of = value_of_.data();
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const NodeId value = value_of[operands[i]];
      if (value == no_node) continue;
      if ((value & join) != 0)
        patches_.push_back({id, static_cast<std::uint32_t>(i), value});
      else
        operands[i] = value;
    }
  }

  void add_edge(NodeId id, std::uint32_t to, bool to_arguments) {
    Construct& c = constructs_[to];
    std::uint32_t& list = to_arguments ? c.entry_edges : c.exit_edges;
    const auto edge = static_cast<std::uint32_t>(edges_.size());
    edges_.push_back({id, static_cast<std::uint32_t>(values_.size()), list, reachable_});
    list = edge;
    NodeId* const values = values_.extend(c.set_count);
    for (std::uint32_t i = 0; i < c.set_count; ++i) values[i] = environment_[sets_[c.first_set + i]];
  }

  NodeId add_join(std::uint32_t construct, std::uint32_t slot, bool is_argument) {
    const auto index = static_cast<NodeId>(joins_.size());
    joins_.push_back({construct, slot, is_argument, false, false, no_node});
    return join | index;
  }

  void construct(NodeId id) {
    const std::uint32_t index = next_construct_++;
    Construct& c = constructs_[index];
    const bool is_loop = kernel_.op(id) == Op::Loop;
    const bool entered = reachable_;
    const std::size_t saved = saved_.size();
    for (std::uint32_t i = 0; i < c.set_count; ++i) saved_.push_back(environment_[sets_[c.first_set + i]]);
    if (is_loop) {
      add_edge(id, index, true);
      c.first_argument = static_cast<std::uint32_t>(joins_.size());
      c.argument_count = c.set_count;
      for (std::uint32_t i = 0; i < c.set_count; ++i)
        environment_[sets_[c.first_set + i]] = add_join(index, i, true);
    }
    stack_.push_back(index);
    for (std::uint32_t r = 0; r < kernel_.node(id).region_count; ++r) {
      reachable_ = entered;
      if (!is_loop)
        for (std::uint32_t i = 0; i < c.set_count; ++i)
          environment_[sets_[c.first_set + i]] = saved_[saved + i];
      walk(kernel_.regions(id)[r]);
    }
    stack_.pop_back();
    // What the edges that leave it bring.
    reachable_ = false;
    for (std::uint32_t e = c.exit_edges; e != no_edge; e = edges_[e].next)
      reachable_ = reachable_ || edges_[e].reachable;
    c.first_result = static_cast<std::uint32_t>(joins_.size());
    for (std::uint32_t i = 0; i < c.set_count; ++i) {
      NodeId value = saved_[saved + i];
      bool one = true, first = true;
      for (std::uint32_t e = c.exit_edges; e != no_edge; e = edges_[e].next) {
        if (!edges_[e].reachable) continue;
        const NodeId given = values_[edges_[e].first_value + i];
        one = first || given == value;
        value = given;
        first = false;
        if (!one) break;
      }
      if (!one || !is_open(value)) value = add_join(index, i, false);
      environment_[sets_[c.first_set + i]] = value;
    }
    c.result_count = static_cast<std::uint32_t>(joins_.size()) - c.first_result;
    saved_.truncate(saved);
  }

  RegionId region_of(NodeId value) const {
    if ((value & join) == 0) return kernel_.node(value).region;
    const Join& j = joins_[value & ~join];
    const NodeId owner = constructs_[j.construct].node;
    return j.is_argument ? kernel_.regions(owner)[0] : kernel_.node(owner).region;
  }
  // Whether a value may be used where the walk stands.
  bool is_open(NodeId value) const {
    const RegionId region = region_of(value);
    return region == no_region || open_[region] != 0;
  }

  // --- third step
  NodeId resolve(NodeId value) const {
    while ((value & join) != 0 && joins_[value & ~join].replaced) value = joins_[value & ~join].value;
    return value;
  }

  // A join that brings itself or one other value is that value. Replacing one may make others so: repeated until
  // nothing changes, which is at most once a level of loops.
  void simplify() {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::uint32_t i = 0; i < joins_.size(); ++i) {
        Join& j = joins_[i];
        if (j.replaced) continue;
        const Construct& c = constructs_[j.construct];
        NodeId one = no_node;
        bool none = true, different = false;
        for (std::uint32_t e = j.is_argument ? c.entry_edges : c.exit_edges; e != no_edge;
             e = edges_[e].next) {
          if (!edges_[e].reachable) continue;
          const NodeId value = resolve(values_[edges_[e].first_value + j.slot]);
          if (value == (join | i)) continue;
          different = !none && value != one;
          if (different) break;
          one = value;
          none = false;
        }
        if (different || !is_around(one, c.node)) continue;
        j.replaced = true;
        j.value = one;
        changed = true;
      }
    }
  }

  // Whether a value may be used at a construct, whose edges it reaches.
  bool is_around(NodeId value, NodeId construct) const {
    const RegionId of = region_of(value), at = kernel_.node(construct).region;
    return of == no_region || (enter_[of] <= enter_[at] && leave_[at] <= leave_[of]);
  }

  void need(NodeId value) {
    if ((value & join) == 0) return;
    Join& j = joins_[value & ~join];
    if (j.live) return;
    j.live = true;
    worklist_.push_back(value & ~join);
  }

  void materialise() {
    for (const Patch& p : patches_) need(resolve(p.value));
    while (!worklist_.empty()) {
      const Join& j = joins_[worklist_.back()];
      worklist_.pop_back();
      const Construct& c = constructs_[j.construct];
      for (std::uint32_t e = j.is_argument ? c.entry_edges : c.exit_edges; e != no_edge; e = edges_[e].next)
        if (edges_[e].reachable) need(resolve(values_[edges_[e].first_value + j.slot]));
    }
    for (Construct& c : constructs_) {
      const NodeId owner = c.node;
      for (std::uint32_t i = 0; i < c.argument_count; ++i) {
        Join& j = joins_[c.first_argument + i];
        if (!j.live) continue;
        const Resource& variable = kernel_.resource(sets_[c.first_set + j.slot]);
        j.value = kernel_.add_argument(kernel_.regions(owner)[0], variable.element, variable.location);
      }
      std::uint32_t number = no_edge;
      for (std::uint32_t i = 0; i < c.result_count; ++i) {
        Join& j = joins_[c.first_result + i];
        if (!j.live) continue;
        if (number == no_edge) number = result_count(owner);
        j.value = kernel_.add_result(owner, number++, kernel_.resource(sets_[c.first_set + j.slot]).element);
      }
    }
    for (const Construct& c : constructs_) {
      give(c, c.entry_edges, c.first_argument, c.argument_count);
      give(c, c.exit_edges, c.first_result, c.result_count);
    }
    for (const Patch& p : patches_) {
      const Join& j = joins_[p.value & ~join];
      const std::uint32_t variable = sets_[constructs_[j.construct].first_set + j.slot];
      const NodeId value = node_of(p.value, kernel_.resource(variable).element);
      kernel_.operands(p.node)[p.operand] = value;
    }
  }

  std::uint32_t result_count(NodeId owner) const {
    std::uint32_t count = 0;
    for (NodeId id = kernel_.node(owner).next; id != no_node && kernel_.op(id) == Op::Result;
         id = kernel_.node(id).next)
      ++count;
    return count;
  }

  NodeId node_of(NodeId value, Type type) {
    value = resolve(value);
    if ((value & join) != 0) return joins_[value & ~join].value;
    return value != no_node ? value : kernel_.undefined(type);
  }

  // Adds to the operands of a construct's edges what its joins take.
  void give(const Construct& c, std::uint32_t edge, std::uint32_t first, std::uint32_t count) {
    bool any = false;
    for (std::uint32_t i = 0; i < count; ++i) any = any || joins_[first + i].live;
    if (!any) return;
    for (; edge != no_edge; edge = edges_[edge].next) {
      const Edge& e = edges_[edge];
      operands_.clear();
      for (const NodeId operand : kernel_.operands(e.node)) operands_.push_back(operand);
      for (std::uint32_t i = 0; i < count; ++i) {
        const Join& j = joins_[first + i];
        if (!j.live) continue;
        const Type type = kernel_.resource(sets_[c.first_set + j.slot]).element;
        operands_.push_back(e.reachable ? node_of(values_[e.first_value + j.slot], type)
                                        : kernel_.undefined(type));
      }
      kernel_.set_operands(e.node, {operands_.data(), operands_.size()});
    }
  }

  Kernel& kernel_;
  bool found_ = false, shared_ = false;
  std::uint32_t function_ = 0;
  Buffer<std::uint32_t> used_in_;  // by resource: 1 + the function, or shared
  Buffer<std::uint32_t> stamp_;    // by resource: 1 + the construct whose set has it last
  Buffer<std::uint32_t> work_, sets_, stack_;
  Buffer<Construct> constructs_;  // in the order of the text
  std::uint32_t next_construct_ = 0;
  bool reachable_ = true;
  Buffer<NodeId> environment_;  // by resource: its value where the walk stands
  Buffer<NodeId> value_of_;     // by node: of a load
  Buffer<NodeId> saved_;        // values before the constructs that are open
  Buffer<std::uint8_t> open_;   // by region
  Buffer<std::uint32_t> enter_, leave_;
  std::uint32_t clock_ = 0;
  Buffer<Edge> edges_;
  Buffer<NodeId> values_;
  Buffer<Join> joins_;
  Buffer<Patch> patches_;
  Buffer<std::uint32_t> worklist_;
  Buffer<NodeId> operands_;
};

}  // namespace detail

AIRSTRIP_INLINE void promote_variables(Kernel& kernel) { detail::VariablePromotion(kernel).run(); }

AIRSTRIP_KERNEL_NAMESPACE_END
