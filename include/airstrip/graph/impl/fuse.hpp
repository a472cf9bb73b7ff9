#pragma once

#include "../passes/dead_code.hpp"
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

  bool count_users() {
    if (!users_.resize(g_.value_count(), 0)) return false;
    for (const Node& node : nodes_) {
      for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        bool again = node.inputs[i] == ValueId::Absent;
        for (std::size_t j = 0; j < i; ++j) again = again || node.inputs[j] == node.inputs[i];
        if (!again) ++users_[static_cast<std::size_t>(node.inputs[i])];
      }
    }
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
    for (const std::size_t n : {from, to})
      for (std::size_t i = 0; i < nodes_[n].inputs.size(); ++i) {
        bool again = nodes_[n].inputs[i] == ValueId::Absent;
        for (std::size_t j = 0; j < i; ++j) again = again || nodes_[n].inputs[j] == nodes_[n].inputs[i];
        if (!again) --users_[static_cast<std::size_t>(nodes_[n].inputs[i])];
      }
    node.op = static_cast<OwnedOperator&&>(op);
    node.inputs = static_cast<Buffer<ValueId>&&>(inputs);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      bool again = node.inputs[i] == ValueId::Absent;
      for (std::size_t j = 0; j < i; ++j) again = again || node.inputs[j] == node.inputs[i];
      if (!again) ++users_[static_cast<std::size_t>(node.inputs[i])];
    }
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
  void go_behind_producer(std::size_t at) {
    const Node& node = nodes_[at];
    // The last one: the others are there by then.
    NodeId best = NodeId::Absent;
    ValueId through = ValueId::Absent;
    for (const ValueId value : node.inputs) {
      const Node* const producer = producer_of(value);
      if (!producer || !producer->op || is_elementwise(*producer) ||
          !const_cast<Operator&>(*producer->op).epilogue())
        continue;
      if (producer->outputs.size() != 1 || g_.type(value).storage != tensor::Storage::Buffer) continue;
      if (!has_one_user(value)) {
        refuse(Text(node.name), Text(producer->name), "something else needs its results as well");
        continue;
      }
      if (!(g_.type(value).shape == g_.type(node.outputs[0]).shape)) {
        refuse(Text(node.name), Text(producer->name), "its results are stretched to another shape");
        continue;
      }
      if (g_.type(node.outputs[0]).storage != tensor::Storage::Buffer) {
        refuse(Text(node.name), Text(producer->name),
               "an image is written by whole texels, which only elementwise kernels do");
        continue;
      }
      const NodeId id = g_.value(value).producer;
      if (best != NodeId::Absent && id < best) continue;
      best = id;
      through = value;
    }
    if (best != NodeId::Absent) append_epilogue(static_cast<std::size_t>(best), at, through);
  }

  void append_epilogue(std::size_t from, std::size_t at, ValueId value) {
    Node& producer = nodes_[from];
    const Node& node = nodes_[at];
    Expression& before = *producer.op->epilogue();
    const Expression& after = problem_of<Elementwise>(*node.op)->expression;
    FusedInputs inputs({producer.inputs.data(), producer.inputs.size()}, producer.op->own_inputs());
    Expression e;
    Buffer<Expr> first, second;
    Expr result;
    if (before.empty()) {
      const Scalar primary = producer.op->primary(0);
      if (primary == Scalar::Void) return;
      result = e.cast(e.primary(primary), g_.type(value).scalar);
    } else {
      copy_values(
          e, before,
          [&](const Expression::Node& n) {
            if (n.function == tensor::Function::Primary) return e.primary(n.type, n.immediate);
            const std::size_t index = operand_index(before.text(before.inputs()[n.immediate].name));
            return e.input(Text(operand_name('i', index)), g_.type(producer.inputs[index]));
          },
          first);
      result = first[before.outputs()[0].node];
    }
    copy_values(
        e, after,
        [&](const Expression::Node& n) {
          const ValueId read = node.inputs[operand_index(after.text(after.inputs()[n.immediate].name))];
          return read == value ? result : input_leaf(e, inputs, read);
        },
        second, o_.skip_half);
    for (std::size_t i = 0; i < after.outputs().size(); ++i)
      e.output(Text(operand_name('o', i)), second[after.outputs()[i].node]);
    if (!e.ok()) {
      error_ = e.error();
      return;
    }
    if (!has_room({inputs.inputs().data(), inputs.inputs().size()},
                  {node.outputs.data(), node.outputs.size()}, function_count(before) + function_count(after),
                  Text(node.name), Text(producer.name)))
      return;
    tell(Text(node.name), Text(producer.name), "as its epilogue");
    before = static_cast<Expression&&>(e);
    String name;
    name << Text(producer.name) << '+' << Text(node.name);
    OwnedOperator op = static_cast<OwnedOperator&&>(producer.op);
    replace(from, at, static_cast<OwnedOperator&&>(op), static_cast<Buffer<ValueId>&&>(inputs.inputs()));
    nodes_[at].name = static_cast<String&&>(name);
  }

  // --- elementwise in front of another operator
  void take_prologues(std::size_t at) {
    for (std::size_t slot = 0; slot < nodes_[at].op->own_inputs() && ok(); ++slot) {
      const Node& node = nodes_[at];
      const ValueId value = node.inputs[slot];
      const Node* const producer = producer_of(value);
      if (!producer || !is_elementwise(*producer) || producer->outputs.size() != 1) continue;
      if (!nodes_[at].op->prologue(slot)) continue;
      std::size_t times = 0;
      for (const ValueId input : node.inputs) times += input == value ? 1 : 0;
      if (times != 1 || !has_one_user(value)) {
        refuse(Text(producer->name), Text(node.name), "something else needs its results as well");
        continue;
      }
      const std::uint32_t functions = function_count(problem_of<Elementwise>(*producer->op)->expression);
      if (!node.op->is_read_once(slot) && functions > o_.max_repeated_functions) {
        String why("each element is read several times, and its ");
        why << functions << " functions would be computed as often";
        refuse(Text(producer->name), Text(node.name), why);
        continue;
      }
      prepend_prologue(static_cast<std::size_t>(g_.value(value).producer), at, slot);
    }
  }

  // Whether an elementwise node computes the same as a prologue of an input, of whose space it knows only so much.
  bool has_same_space(const Operator& op, std::size_t slot, const Node& producer, ValueId operand) const {
    const PrologueSpace space = op.prologue_space(slot);
    if (space == PrologueSpace::Input) return true;
    if (uses_coordinates(problem_of<Elementwise>(*producer.op)->expression)) return false;
    if (space == PrologueSpace::Batched) return true;
    // Each element by itself.
    for (const ValueId input : producer.inputs) {
      std::uint64_t count = 0;
      if (input != operand && !(element_count(g_.type(input).shape, count) && count == 1)) return false;
    }
    return operand != ValueId::Absent;
  }

  void prepend_prologue(std::size_t from, std::size_t at, std::size_t slot) {
    Node& node = nodes_[at];
    const Node& producer = nodes_[from];
    const Expression& before = problem_of<Elementwise>(*producer.op)->expression;
    Expression& after = *node.op->prologue(slot);
    const ValueId value = node.inputs[slot];
    // The operand is the first tensor that is as large; the others are inputs of the expression.
    ValueId operand = ValueId::Absent;
    for (const ValueId input : producer.inputs)
      if (operand == ValueId::Absent && g_.type(input).shape == g_.type(value).shape &&
          g_.type(input).storage == tensor::Storage::Buffer)
        operand = input;
    if (operand == ValueId::Absent && !node.op->may_lack(slot)) {
      refuse(Text(producer.name), Text(node.name), "none of its inputs is as large as its result");
      return;
    }
    if (!has_same_space(*node.op, slot, producer, operand)) {
      refuse(Text(producer.name), Text(node.name),
             "the product computes over other axes than those of its operand, which the result depends on");
      return;
    }
    FusedInputs inputs({node.inputs.data(), node.inputs.size()}, node.op->own_inputs());
    inputs.inputs()[slot] = operand;
    Expression e;
    Buffer<Expr> first, second;
    copy_values(
        e, before,
        [&](const Expression::Node& n) {
          const ValueId read = producer.inputs[operand_index(before.text(before.inputs()[n.immediate].name))];
          return read == operand ? e.primary(g_.type(operand).scalar) : input_leaf(e, inputs, read);
        },
        first);
    Expr result = first[before.outputs()[0].node];
    if (!after.empty()) {
      copy_values(
          e, after,
          [&](const Expression::Node& n) {
            if (n.function == tensor::Function::Primary) return result;
            const std::size_t index = operand_index(after.text(after.inputs()[n.immediate].name));
            return e.input(Text(operand_name('i', index)), g_.type(node.inputs[index]));
          },
          second, o_.skip_half);
      result = second[after.outputs()[0].node];
    }
    e.output("o0", result);
    if (!e.ok()) {
      error_ = e.error();
      return;
    }
    if (!has_room({inputs.inputs().data(), inputs.inputs().size()},
                  {node.outputs.data(), node.outputs.size()}, function_count(e), Text(producer.name),
                  Text(node.name)))
      return;
    tell(Text(producer.name), Text(node.name), "as its prologue");
    after = static_cast<Expression&&>(e);
    OwnedOperator op = static_cast<OwnedOperator&&>(node.op);
    replace(from, at, static_cast<OwnedOperator&&>(op), static_cast<Buffer<ValueId>&&>(inputs.inputs()));
  }

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

AIRSTRIP_INLINE Result<FusionReport> fuse(Graph& graph, const FusionOptions& options) {
  FusionReport report;
  if (!options.enabled) return report;
  if (!graph.ok()) return graph.error();
  if (Result<void> r = detail::Fuser(graph, options, report).run(); !r) return r.error();
  return report;
}

AIRSTRIP_GRAPH_NAMESPACE_END
