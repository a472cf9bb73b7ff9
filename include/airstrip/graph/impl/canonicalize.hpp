#pragma once

#include "../passes/canonicalize.hpp"
#include "../passes/dead_code.hpp"
#include "same_nodes.hpp"
#include "scale_weights.hpp"
#include "simplify.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

/// One sweep puts the nodes one behind another again, each after the rules had it. So a rule finds the makers of a node's
/// inputs in their last form, and can put nodes in front of it.
class Canonicalizer {
public:
  explicit Canonicalizer(Graph& graph) : g_(graph) {}

  Result<std::size_t> sweep() {
    if (!prepare()) return out_of_memory();
    List<Node> before = static_cast<List<Node>&&>(g_.nodes_to_change());
    g_.nodes_to_change() = List<Node>();
    for (Node& node : before) {
      for (ValueId& input : node.inputs) input = standing_for(input);
      const NodeId id = static_cast<NodeId>(g_.nodes().size());
      for (const ValueId output : node.outputs) g_.value_to_change(output).producer = id;
      if (!apply_rules(node)) continue;
      if (!g_.ok()) return g_.error();
      put(node);
    }
    for (GraphOutput& output : g_.outputs_to_change()) output.value = standing_for(output.value);
    if (g_.nodes_to_change().out_of_memory() || failed_) return out_of_memory();
    return count_;
  }

private:
  enum class Change { Absent, Changed, Gone };

  static Diagnostic out_of_memory() {
    return detail::refuse(ErrorCode::OutOfMemory, "out of memory while a graph was made canonical");
  }
  bool prepare() {
    if (!replaced_.resize(g_.value_count(), ValueId::Absent) || !users_.resize(g_.value_count(), 0))
      return false;
    for (const Node& node : g_.nodes())
      for (const ValueId input : node.inputs)
        if (input != ValueId::Absent) ++users_[static_cast<std::size_t>(input)];
    for (const GraphOutput& output : g_.outputs()) users_[static_cast<std::size_t>(output.value)] += 2;
    return true;
  }
  ValueId standing_for(ValueId id) const {
    while (static_cast<std::size_t>(id) < replaced_.size() &&
           replaced_[static_cast<std::size_t>(id)] != ValueId::Absent)
      id = replaced_[static_cast<std::size_t>(id)];
    return id;
  }
  // As the graph was before the sweep: what it is asked for is worth, never whether something is right.
  bool has_one_user(ValueId id) const {
    return static_cast<std::size_t>(id) < users_.size() && users_[static_cast<std::size_t>(id)] == 1;
  }
  bool is_buffer(ValueId id) const {
    return id != ValueId::Absent && g_.type(id).storage == tensor::Storage::Buffer;
  }
  static bool is_one(const Dimension& d) { return d.is_literal() && d.value() == 1; }
  static bool is_zero(const Shape& shape) {
    for (const Dimension& d : shape)
      if (!(d == Dimension(0))) return false;
    return true;
  }
  static bool are_ones(const Shape& shape) {
    for (const Dimension& d : shape)
      if (!is_one(d)) return false;
    return true;
  }

  // False: the node is not needed any more.
  bool apply_rules(Node& node) {
    for (const ValueId output : node.outputs)
      if (g_.value(output).is_constant) return true;
    if (has_fused(node)) return true;
    for (;;) {
      bind(node);
      switch (apply(node)) {
        case Change::Absent: return !take_same(node);
        case Change::Gone: ++count_; return false;
        case Change::Changed: ++count_; break;
      }
      if (!g_.ok() || failed_) return true;
    }
  }
  Change apply(Node& node) {
    Operator& op = *node.op;
    const ValueId x = node.inputs.empty() ? ValueId::Absent : node.inputs[0];
    if (problem_of<tensor::ElementwiseProblem>(op)) return elementwise(node);
    if (const Reshape* const p = problem_of<Reshape>(op)) return reshape(node, *p);
    if (const tensor::TransposeProblem* const p = problem_of<tensor::TransposeProblem>(op))
      return transpose(node, *p);
    if (tensor::MatmulProblem* const p = problem_of<tensor::MatmulProblem>(op)) return matmul(node, *p);
    if (const tensor::SliceProblem* const p = problem_of<tensor::SliceProblem>(op)) {
      // In steps of one there are as many elements only if it is all of them.
      for (const std::int64_t step : p->steps)
        if (step != 1) return Change::Absent;
      return become(node, x);
    }
    if (const Concat* const p = problem_of<Concat>(op))
      return p->count == 1 ? become(node, x) : Change::Absent;
    if (const Split* const p = problem_of<Split>(op))
      return p->sizes.size() == 1 ? become(node, x) : Change::Absent;
    if (const tensor::PadProblem* const p = problem_of<tensor::PadProblem>(op))
      return is_zero(p->before) && is_zero(p->after) ? become(node, x) : Change::Absent;
    if (const tensor::TileProblem* const p = problem_of<tensor::TileProblem>(op))
      return are_ones(p->repeats) ? become(node, x) : Change::Absent;
    if (problem_of<tensor::CopyProblem>(op)) return become(node, x);
    if (const tensor::PoolProblem* const p = problem_of<tensor::PoolProblem>(op))
      return pools_nothing(*p) ? become(node, x) : Change::Absent;
    if (const tensor::ReduceProblem* const p = problem_of<tensor::ReduceProblem>(op)) return reduce(node, *p);
    return Change::Absent;
  }

  // The node's only output is this value, if both are alike.
  Change become(Node& node, ValueId value) {
    if (node.outputs.size() != 1 || !is_buffer(value) || !is_buffer(node.outputs[0])) return Change::Absent;
    const TensorType &a = g_.type(node.outputs[0]), &b = g_.type(value);
    if (a.scalar != b.scalar || !(a.shape == b.shape)) return Change::Absent;
    return replace(node.outputs[0], value);
  }
  Change replace(ValueId from, ValueId to) {
    if (static_cast<std::size_t>(from) >= replaced_.size()) return Change::Absent;
    replaced_[static_cast<std::size_t>(from)] = to;
    return Change::Gone;
  }
  template <class Problem>
  Change set_problem(Node& node, const Problem& problem, Span<const ValueId> inputs) {
    node.op = OwnedOperator(new (std::nothrow) ProblemOperator<Problem>(problem));
    Buffer<ValueId> given;  // `inputs` may be the node's
    given.append(inputs);
    node.inputs = static_cast<Buffer<ValueId>&&>(given);
    failed_ = failed_ || !node.op || node.inputs.out_of_memory();
    return Change::Changed;
  }
  Change set_reshape(Node& node, ValueId x) {
    Reshape problem;
    problem.shape = g_.type(node.outputs[0]).shape;
    return set_problem(node, problem, {x});
  }
  void bind(Node& node) {
    if (!node.op) return;
    Buffer<TensorType> types;
    for (const ValueId input : node.inputs) {
      TensorType none;
      none.scalar = Scalar::Void;
      types.push_back(input == ValueId::Absent ? none : g_.type(input));
    }
    failed_ = failed_ || types.out_of_memory();
    if (!failed_) node.op->bind({types.data(), types.size()});
  }
  void put(Node& node) {
    // Rules may have put nodes in front of it.
    const NodeId id = static_cast<NodeId>(g_.nodes().size());
    for (const ValueId output : node.outputs) g_.value_to_change(output).producer = id;
    g_.nodes_to_change().push_back(static_cast<Node&&>(node));
  }

  // The problem of the node that makes a value, and nothing besides.
  template <class Problem>
  const Problem* made_by(ValueId value, ValueId& x) {
    if (!is_buffer(value) || g_.value(value).is_constant || g_.value(value).producer == NodeId::Absent)
      return nullptr;
    Node& node = g_.nodes_to_change()[static_cast<std::size_t>(g_.value(value).producer)];
    const Problem* const problem = problem_of<Problem>(*node.op);
    if (!problem || has_fused(node)) return nullptr;
    x = node.inputs[0];
    return is_buffer(x) ? problem : nullptr;
  }

  Change reshape(Node& node, const Reshape&) {
    const ValueId x = node.inputs[0];
    if (become(node, x) == Change::Gone) return Change::Gone;
    ValueId source = ValueId::Absent;
    if (!made_by<Reshape>(x, source)) return Change::Absent;
    return set_reshape(node, source);
  }

  static tensor::Integers permutation_of(const tensor::TransposeProblem& p) {
    if (!p.permutation.empty()) {
      tensor::Integers positive;
      for (const std::int64_t axis : p.permutation)
        positive.push_back(axis < 0 ? axis + static_cast<std::int64_t>(p.x.shape.rank()) : axis);
      return positive;
    }
    tensor::Integers reversed;
    for (std::size_t i = p.x.shape.rank(); i-- > 0;) reversed.push_back(static_cast<std::int64_t>(i));
    return reversed;
  }
  Change transpose(Node& node, const tensor::TransposeProblem& p) {
    if (!is_buffer(node.inputs[0]) || !is_buffer(node.outputs[0])) return Change::Absent;
    const tensor::Integers axes = permutation_of(p);
    bool keeps_order = true;
    std::int64_t last = -1;
    for (const std::int64_t axis : axes) {
      if (is_one(p.x.shape[static_cast<std::size_t>(axis)])) continue;
      keeps_order = keeps_order && axis > last;
      last = axis;
    }
    if (keeps_order) return set_reshape(node, node.inputs[0]);
    ValueId source = ValueId::Absent;
    const tensor::TransposeProblem* const before = made_by<tensor::TransposeProblem>(node.inputs[0], source);
    if (!before) return Change::Absent;
    const tensor::Integers first = permutation_of(*before);
    tensor::TransposeProblem merged;
    for (const std::int64_t axis : axes) merged.permutation.push_back(first[static_cast<std::size_t>(axis)]);
    return set_problem(node, merged, {source});
  }

  Change matmul(Node& node, tensor::MatmulProblem& p) {
    for (std::size_t i = 0; i < 2; ++i) {
      tensor::MatmulOperand& operand = i == 0 ? p.a : p.b;
      ValueId source = ValueId::Absent;
      const tensor::TransposeProblem* const before =
          made_by<tensor::TransposeProblem>(node.inputs[i], source);
      if (!before || operand.quantization.bits) continue;
      const tensor::Integers axes = permutation_of(*before);
      const std::size_t rank = axes.size();
      bool swaps = rank >= 2;
      for (std::size_t axis = 0; axis < rank && swaps; ++axis) {
        const std::size_t from = axis + 2 < rank ? axis : axis + 2 == rank ? rank - 1 : rank - 2;
        swaps = axes[axis] == static_cast<std::int64_t>(from);
      }
      if (!swaps) continue;
      operand.transposed = !operand.transposed;
      node.inputs[i] = source;
      return Change::Changed;
    }
    return Change::Absent;
  }

  static bool pools_nothing(const tensor::PoolProblem& p) {
    if (p.kind == tensor::PoolKind::Lp || p.global || p.indices) return false;
    for (std::size_t i = 0; i + 2 < p.x.shape.rank() && i < 3; ++i)
      if (p.kernel[i] != 1 || p.strides[i] != 1 || p.pads_begin[i] != 0 || p.pads_end[i] != 0) return false;
    return true;
  }

  Change reduce(Node& node, const tensor::ReduceProblem& p) {
    using Kind = tensor::ReduceKind;
    if (p.kind != Kind::Sum && p.kind != Kind::Mean && p.kind != Kind::Min && p.kind != Kind::Max &&
        p.kind != Kind::Prod && p.kind != Kind::All && p.kind != Kind::Any)
      return Change::Absent;
    const Result<tensor::detail::ReduceFacts> facts = tensor::detail::reduction_facts(p);
    if (!facts || !is_buffer(node.inputs[0]) || !is_buffer(node.outputs[0]) ||
        g_.type(node.inputs[0]).scalar != g_.type(node.outputs[0]).scalar)
      return Change::Absent;
    for (std::size_t i = 0; i < p.x.shape.rank(); ++i)
      if ((facts->mask >> i & 1) && !is_one(p.x.shape[i])) return Change::Absent;
    return set_reshape(node, node.inputs[0]);
  }

  // --- elementwise
  Change elementwise(Node& node) {
    if (Change c = simplify(node); c != Change::Absent) return c;
    for (ValueId& input : node.inputs) {
      ValueId source = ValueId::Absent;
      if (!made_by<tensor::CopyProblem>(input, source)) continue;
      tensor::ElementwiseProblem& problem = *problem_of<tensor::ElementwiseProblem>(*node.op);
      problem.shape = g_.type(node.outputs[0]).shape;
      // The other places where it is read are other inputs.
      input = source;
      return Change::Changed;
    }
    return move_in_front_of_reshape(node);
  }
  Change simplify(Node& node) {
    const tensor::ElementwiseProblem& problem = *problem_of<tensor::ElementwiseProblem>(*node.op);
    ExpressionSimplifier simplifier(g_, problem.expression, {node.inputs.data(), node.inputs.size()});
    const bool any = simplifier.run();
    if (const ValueId same = simplifier.identity(); same != ValueId::Absent)
      if (become(node, same) == Change::Gone) return Change::Gone;
    if (!any) return Change::Absent;
    tensor::ElementwiseProblem made;
    made.shape = g_.type(node.outputs[0]).shape;
    Buffer<ValueId> inputs;
    if (!simplifier.rebuild(made.expression, inputs)) {
      failed_ = true;
      return Change::Absent;
    }
    return set_problem(node, made, {inputs.data(), inputs.size()});
  }

  // y = f(reshape(x)) as y = reshape(f(x)).
  Change move_in_front_of_reshape(Node& node) {
    const tensor::ElementwiseProblem& problem = *problem_of<tensor::ElementwiseProblem>(*node.op);
    if (node.outputs.size() != 1 || !is_buffer(node.outputs[0]) || uses_coordinates(problem.expression))
      return Change::Absent;
    const Shape shape = g_.type(node.outputs[0]).shape;
    for (const ValueId reshaped : node.inputs) {
      ValueId source = ValueId::Absent;
      if (!made_by<Reshape>(reshaped, source) || !(g_.type(reshaped).shape == shape) ||
          !can_take_up(source) || !has_one_user(reshaped) || !has_one_user(source))
        continue;
      Buffer<ValueId> inputs;
      if (!inputs_in_shape(node, shape, g_.type(source).shape, inputs)) continue;
      tensor::ElementwiseProblem moved = problem;
      moved.shape = g_.type(source).shape;
      const NodeId made = g_.add_operator(
          OwnedOperator(new (std::nothrow) ProblemOperator<tensor::ElementwiseProblem>(moved)),
          {inputs.data(), inputs.size()}, Text(node.name), node.where);
      if (made == NodeId::Absent) return Change::Absent;
      node.name << "_reshape";
      return set_reshape(node, g_.first_output(made));
    }
    return Change::Absent;
  }
  // Whether fusion may put elementwise work behind what makes a value.
  bool can_take_up(ValueId value) {
    const NodeId producer = g_.value(value).producer;
    if (producer == NodeId::Absent || g_.value(value).is_constant) return false;
    Node& node = g_.nodes_to_change()[static_cast<std::size_t>(producer)];
    return node.outputs.size() == 1 && node.op->epilogue() != nullptr;
  }
  // A node's inputs for a result of the shape `to` in place of `from`. False: one of them would have to be broadcast otherwise.
  bool inputs_in_shape(const Node& node, const Shape& from, const Shape& to, Buffer<ValueId>& inputs) {
    for (const ValueId input : node.inputs) {
      if (!is_buffer(input)) return false;
      ValueId source = ValueId::Absent;
      const bool is_reshaped = made_by<Reshape>(input, source) != nullptr;
      if (are_ones(g_.type(input).shape) || !(g_.type(input).shape == from)) {
        if (!are_ones(g_.type(input).shape)) return false;
      } else if (!g_.value(input).is_constant && !(is_reshaped && g_.type(source).shape == to)) {
        return false;
      }
    }
    for (const ValueId input : node.inputs) {
      ValueId source = ValueId::Absent;
      const TensorType type = g_.type(input);
      if (made_by<Reshape>(input, source) && type.shape == from && g_.type(source).shape == to)
        inputs.push_back(source);
      else if (type.shape == from)
        inputs.push_back(g_.reshape(input, to, {}, node.where));
      else
        inputs.push_back(type.shape.rank() > to.rank() ? g_.reshape(input, Shape(), {}, node.where) : input);
    }
    failed_ = failed_ || inputs.out_of_memory();
    return g_.ok() && !failed_;
  }

  // --- the same again
  bool take_same(Node& node) {
    if (node.inputs.empty()) return false;
    for (Node& other : g_.nodes_to_change()) {
      if (!same_nodes(g_, other, node)) continue;
      bool known = true;
      for (const ValueId output : node.outputs)
        known = known && static_cast<std::size_t>(output) < replaced_.size();
      if (!known) continue;
      for (std::size_t i = 0; i < node.outputs.size(); ++i) replace(node.outputs[i], other.outputs[i]);
      ++count_;
      return true;
    }
    return false;
  }

  Graph& g_;
  Buffer<ValueId> replaced_;
  Buffer<std::uint32_t> users_;
  std::size_t count_ = 0;
  bool failed_ = false;
};

}  // namespace detail

AIRSTRIP_INLINE Result<std::size_t> canonicalize(Graph& graph) {
  if (!graph.ok()) return graph.error();
  std::size_t count = 0;
  for (;;) {
    remove_dead(graph);
    Result<std::size_t> swept = detail::Canonicalizer(graph).sweep();
    if (!swept) return swept;
    remove_dead(graph);
    Result<std::size_t> scaled = detail::WeightScaler(graph).run();
    if (!scaled) return scaled;
    if (*swept + *scaled == 0) return count;
    count += *swept + *scaled;
  }
}

AIRSTRIP_GRAPH_NAMESPACE_END
