// The pass at work: what it knows of a graph, and elementwise nodes that become one. The rest: fuse_epilogue.hpp,
// fuse_prologue.hpp.
#pragma once

#include "../passes/fuse.hpp"
#include "elements.hpp"
#include "expressions.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

/// The node's inputs of an expression in the making, each value once.
class FusedInputs {
public:
  FusedInputs(Span<const ValueId> inputs, std::size_t own) : own_(own) { inputs_.append(inputs); }

  /// What the expression calls the value.
  String name_of(ValueId value) {
    for (std::size_t i = own_; i < inputs_.size(); ++i)
      if (inputs_[i] == value) return operand_name('i', i);
    inputs_.push_back(value);
    return operand_name('i', inputs_.size() - 1);
  }
  Buffer<ValueId>& inputs() { return inputs_; }

private:
  std::size_t own_;
  Buffer<ValueId> inputs_;
};

/// Fuses in place; nodes that were taken up have no operator any more, and go at the end.
class Fuser {
public:
  Fuser(Graph& graph, const FusionOptions& options, FusionReport& report)
      : g_(graph), o_(options), r_(report), nodes_(graph.nodes_to_change()) {}

  Result<void> run() {
    if (!count_users()) return out_of_memory();
    for (std::size_t i = 0; i < nodes_.size() && ok(); ++i)
      if (is_elementwise(nodes_[i])) take_elementwise_producers(i);
    for (std::size_t i = 0; i < nodes_.size() && ok(); ++i)
      if (nodes_[i].op && is_elementwise(nodes_[i])) go_behind_producer(i);
    for (std::size_t i = 0; i < nodes_.size() && ok(); ++i)
      if (nodes_[i].op && !is_elementwise(nodes_[i])) take_prologues(i);
    sweep();
    if (!ok()) return static_cast<Diagnostic&&>(error_);
    return {};
  }

private:
  using Elementwise = tensor::ElementwiseProblem;

  bool ok() const { return error_.code == ErrorCode::Ok; }
  static Diagnostic out_of_memory() {
    return detail::refuse(ErrorCode::OutOfMemory, "out of memory for fusion");
  }
  static bool is_elementwise(const Node& node) {
    return node.op && problem_of<Elementwise>(*node.op) != nullptr;
  }
  const Node* producer_of(ValueId value) const {
    const NodeId id = value == ValueId::Absent ? NodeId::Absent : g_.value(value).producer;
    return id == NodeId::Absent ? nullptr : &nodes_[static_cast<std::size_t>(id)];
  }
  const String& name_of(ValueId value) const { return g_.value(value).name; }

  // However often a node reads a value, it is one user.
  void count_reads(const Node& node, int change) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      bool again = node.inputs[i] == ValueId::Absent;
      for (std::size_t j = 0; j < i; ++j) again = again || node.inputs[j] == node.inputs[i];
      if (!again) users_[static_cast<std::size_t>(node.inputs[i])] += static_cast<std::uint32_t>(change);
    }
  }
  bool count_users() {
    if (!users_.resize(g_.value_count(), 0)) return false;
    for (const Node& node : nodes_) count_reads(node, 1);
    for (const GraphOutput& output : g_.outputs()) ++users_[static_cast<std::size_t>(output.value)];
    return true;
  }
  bool has_one_user(ValueId value) const { return users_[static_cast<std::size_t>(value)] == 1; }

  void refuse(Text what, Text into, const String& why) {
    ++r_.refused;
    r_.text << what << " not into " << into << ": " << why << '\n';
  }
  void tell(Text what, Text into, Text how) {
    ++r_.fused;
    r_.text << what << " into " << into << ' ' << how << '\n';
  }

  /// Buffers that a kernel of these values binds.
  std::size_t buffer_count(Span<const ValueId> inputs, Span<const ValueId> outputs) const {
    std::size_t count = 0;
    const auto is_buffer = [&](ValueId value) {
      return value != ValueId::Absent && g_.type(value).storage == tensor::Storage::Buffer;
    };
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      bool again = false;
      for (std::size_t j = 0; j < i; ++j) again = again || inputs[j] == inputs[i];
      if (!again && is_buffer(inputs[i])) ++count;
    }
    for (const ValueId output : outputs)
      if (is_buffer(output)) ++count;
    return count;
  }
  bool has_room(Span<const ValueId> inputs, Span<const ValueId> outputs, std::uint32_t functions, Text what,
                Text into) {
    const std::size_t buffers = buffer_count(inputs, outputs);
    String why;
    const std::uint32_t most = o_.max_storage_buffers ? o_.max_storage_buffers : 4;
    if (buffers > most)
      why << "the kernel would bind " << static_cast<std::uint64_t>(buffers) << " buffers, and " << most
          << " are the most";
    else if (functions > o_.max_functions)
      why << "the expression would have " << functions << " functions, and " << o_.max_functions
          << " are the most";
    else
      return true;
    refuse(what, into, why);
    return false;
  }

  // Takes the place of nodes `from` and `to`: at `to`, with these inputs.
  void replace(std::size_t from, std::size_t to, OwnedOperator op, Buffer<ValueId>&& inputs) {
    Node& node = nodes_[to];
    // A value that both read is read once now.
    for (const std::size_t n : {from, to}) count_reads(nodes_[n], -1);
    node.op = static_cast<OwnedOperator&&>(op);
    node.inputs = static_cast<Buffer<ValueId>&&>(inputs);
    count_reads(node, 1);
    nodes_[from].op = OwnedOperator();
    nodes_[from].inputs.clear();
    rebind(node);
  }
  void rebind(Node& node) {
    Buffer<TensorType> types;
    for (const ValueId id : node.inputs) {
      TensorType none;
      none.scalar = Scalar::Void;
      types.push_back(id == ValueId::Absent ? none : g_.type(id));
    }
    node.op->bind({types.data(), types.size()});
    Inferred inferred;
    Result<void> r = node.op->infer(inferred);
    Expression* const epilogue = node.op->epilogue();
    if (r && inferred.outputs.size() == 1 && epilogue && epilogue->empty() &&
        inferred.outputs[0].scalar != g_.type(node.outputs[0]).scalar) {
      // What a convolution stores has its operand's type, and that is another one in front of a cast.
      Expression e;
      e.output("o0", e.cast(e.primary(node.op->primary(0)), g_.type(node.outputs[0]).scalar));
      *epilogue = static_cast<Expression&&>(e);
      Inferred again;
      r = node.op->infer(again);
    }
    if (!r && ok()) {
      error_ = static_cast<Result<void>&&>(r).error();
      String message("fusion made an operator of ");
      message << Text(node.name) << " that is refused: " << error_.message;
      error_.message = static_cast<String&&>(message);
      error_.where = node.where;
    }
  }

  // The leaf of `e` for one of a node's inputs.
  Expr input_leaf(Expression& e, FusedInputs& inputs, ValueId value) {
    return e.input(Text(inputs.name_of(value)), g_.type(value));
  }

  // --- elementwise into elementwise
  void take_elementwise_producers(std::size_t at) {
    for (bool again = true; again && ok();) {
      again = false;
      const Node& node = nodes_[at];
      for (const ValueId value : node.inputs) {
        const Node* const producer = producer_of(value);
        if (!producer || !is_elementwise(*producer) || producer->outputs.size() != 1 || !has_one_user(value))
          continue;
        const Expression& before = problem_of<Elementwise>(*producer->op)->expression;
        const Expression& after = problem_of<Elementwise>(*node.op)->expression;
        const bool same = g_.type(value).shape == g_.type(node.outputs[0]).shape;
        if (!same && (uses_coordinates(before) || function_count(before) > o_.max_repeated_functions)) {
          refuse(Text(producer->name), Text(node.name),
                 "its results are used several times each, and would be computed as often");
          continue;
        }
        if (inline_producer(at, static_cast<std::size_t>(g_.value(value).producer), value,
                            function_count(before) + function_count(after))) {
          again = true;
          break;
        }
      }
    }
  }
  bool inline_producer(std::size_t at, std::size_t from, ValueId value, std::uint32_t functions) {
    const Node& node = nodes_[at];
    const Expression& before = problem_of<Elementwise>(*nodes_[from].op)->expression;
    const Expression& after = problem_of<Elementwise>(*node.op)->expression;
    FusedInputs inputs({}, 0);
    Expression e;
    Buffer<Expr> first, second;
    const auto leaf_of = [&](const Expression& source, Span<const ValueId> given, const Expression::Node& n) {
      return given[operand_index(source.text(source.inputs()[n.immediate].name))];
    };
    copy_values(
        e, before,
        [&](const Expression::Node& n) {
          return input_leaf(e, inputs,
                            leaf_of(before, {nodes_[from].inputs.data(), nodes_[from].inputs.size()}, n));
        },
        first);
    const Expr result = first.empty() ? Expr() : first[before.outputs()[0].node];
    copy_values(
        e, after,
        [&](const Expression::Node& n) {
          const ValueId read = leaf_of(after, {node.inputs.data(), node.inputs.size()}, n);
          return read == value ? result : input_leaf(e, inputs, read);
        },
        second, o_.skip_half);
    for (const Expression::Output& output : after.outputs())
      e.output(after.text(output.name), second[output.node]);
    if (!e.ok()) {
      error_ = e.error();
      return false;
    }
    if (!has_room({inputs.inputs().data(), inputs.inputs().size()},
                  {node.outputs.data(), node.outputs.size()}, functions, Text(nodes_[from].name),
                  Text(node.name)))
      return false;
    Elementwise problem;
    // Inputs that were stretched to it may be gone.
    problem.shape = g_.type(node.outputs[0]).shape;
    problem.expression = static_cast<Expression&&>(e);
    OwnedOperator op(new (std::nothrow) ProblemOperator<Elementwise>(problem));
    if (!op) {
      error_ = out_of_memory();
      return false;
    }
    tell(Text(nodes_[from].name), Text(node.name), "as part of its expression");
    replace(from, at, static_cast<OwnedOperator&&>(op), static_cast<Buffer<ValueId>&&>(inputs.inputs()));
    return true;
  }

  // --- elementwise behind another operator
  void go_behind_producer(std::size_t at);

  void append_epilogue(std::size_t from, std::size_t at, ValueId value);

  // --- elementwise in front of another operator
  void take_prologues(std::size_t at);

  bool has_same_space(const Operator& op, std::size_t slot, const Node& producer, ValueId operand) const;

  void prepend_prologue(std::size_t from, std::size_t at, std::size_t slot);

  void sweep() {
    List<Node> kept;
    for (Node& node : nodes_) {
      if (!node.op) continue;
      for (const ValueId output : node.outputs)
        g_.value_to_change(output).producer = static_cast<NodeId>(kept.size());
      kept.push_back(static_cast<Node&&>(node));
    }
    if (kept.out_of_memory() && ok()) error_ = out_of_memory();
    nodes_ = static_cast<List<Node>&&>(kept);
  }

  Graph& g_;
  const FusionOptions& o_;
  FusionReport& r_;
  List<Node>& nodes_;
  Buffer<std::uint32_t> users_;
  Diagnostic error_;
};

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
