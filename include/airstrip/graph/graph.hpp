// Graph: tensors and what is done with them, in single assignment. Built by hand or by an importer, changed by passes.
//
//     Graph graph;
//     const ValueId x = graph.input("x", {Scalar::F32, {1, 3, Dimension::parameter("height", 1080), 1920}});
//     const ValueId w = graph.constant("w", {Scalar::F32, {16, 3, 3, 3}}, bytes_of(weights));
//     tensor::ConvolutionProblem convolution;
//     for (int i = 0; i < 2; ++i) convolution.axes[i].pad_begin = convolution.axes[i].pad_end = 1;
//     const ValueId y = graph.map(graph.add(convolution, {x, w}), [](Expr v) { return tensor::relu(v); });
//     graph.output("y", y);
//     if (!graph.ok()) return puts(graph.error().to_string().c_str());
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/list.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "../tensor/elementwise.hpp"
#include "bytes.hpp"
#include "families.hpp"
#include "family.hpp"
#include "operator.hpp"

#include <cstdint>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

enum class ValueId : std::uint32_t { Absent = 0xFFFFFFFF };
enum class NodeId : std::uint32_t { Absent = 0xFFFFFFFF };

/// A tensor of the graph.
struct Value {
  String name;
  /// Row-major without gaps, in a buffer; of a graph's input or output it may be an image. Sizes are literals, parameters
  /// that the user named, or formulas of those, which are parameters called "size_<id>".
  TensorType type;
  NodeId producer = NodeId::Absent;
  std::uint32_t output = 0;  ///< of the producer
  bool is_input = false;
  bool is_constant = false;
  Bytes data;  ///< of a constant: elements as they lie in a buffer
  /// The elements of a small tensor of integers or Booleans, where they are known or follow from sizes.
  bool is_known = false;
  Buffer<SizeId> elements;
};

struct Node {
  String name;
  OwnedOperator op;
  /// First the operator's own; Absent where a prologue does without it.
  Buffer<ValueId> inputs;
  Buffer<ValueId> outputs;
  SourceLocation where;
};

/// What a graph gives its caller, under a name.
struct GraphOutput {
  String name;
  ValueId value = ValueId::Absent;
};

/// A tensor graph. Keeps the first error; ids given afterwards are Absent, and may be used on. Moved; copied by `clone`.
class Graph {
public:
  /// Integers of at most so many elements are followed through the graph as sizes are.
  static constexpr std::size_t max_known_elements = 64;

  Graph() = default;

  // --- building. Errors: what the operator's shapes and types refuse, with the node's name and the line of the call.
  /// A tensor that the caller binds. Sizes that are parameters are inputs of the program, too: a name is one size.
  ValueId input(Text name, const TensorType& type, SourceLocation at = SourceLocation::current());
  /// A picture of the shape [1, channels, height, width] that the caller binds as a two-dimensional image, f32: in a
  /// SampledImage or a StorageImage of `format`. Kernels read its texels; nothing is copied where a convolution comes first.
  ValueId input_image(Text name, const Shape& shape, tensor::Storage storage = tensor::Storage::SampledImage,
                      kernel::TexelFormat format = kernel::TexelFormat::Unknown,
                      SourceLocation at = SourceLocation::current());
  /// Elements as they lie in a buffer, Booleans as bytes. Errors: InvalidShape where they are not as many as the type says.
  ValueId constant(Text name, const TensorType& type, Bytes elements,
                   SourceLocation at = SourceLocation::current());
  /// One number, or a list of integers: i64.
  ValueId number(Scalar scalar, double value, SourceLocation at = SourceLocation::current());
  ValueId integers(Span<const std::int64_t> values, SourceLocation at = SourceLocation::current());
  /// A node. `problem`: its attributes; tensors and sizes that follow from the inputs are filled in. Its first output.
  template <class Problem>
  ValueId add(const Problem& problem, Span<const ValueId> inputs, Text name = {},
              SourceLocation at = SourceLocation::current()) {
    return first_output(
        add_operator(OwnedOperator(new (std::nothrow) ProblemOperator<Problem>(problem)), inputs, name, at));
  }
  template <class Problem>
  ValueId add(const Problem& problem, std::initializer_list<ValueId> inputs, Text name = {},
              SourceLocation at = SourceLocation::current()) {
    return add(problem, Span<const ValueId>(inputs.begin(), inputs.size()), name, at);
  }
  NodeId add_operator(OwnedOperator op, Span<const ValueId> inputs, Text name = {},
                      SourceLocation at = SourceLocation::current());
  /// Elementwise: `function(Expr…)` gives an Expr. Shapes broadcast as numpy's do.
  template <class Function>
  ValueId map(ValueId a, Function&& function, Text name = {}, SourceLocation at = SourceLocation::current()) {
    const ValueId inputs[] = {a};
    Expression e;
    const Expr x = operand(e, inputs, 0);
    return map_done(static_cast<Expression&&>(e), ok() ? function(x) : Expr(), inputs, name, at);
  }
  template <class Function>
  ValueId map(ValueId a, ValueId b, Function&& function, Text name = {},
              SourceLocation at = SourceLocation::current()) {
    const ValueId inputs[] = {a, b};
    Expression e;
    const Expr x = operand(e, inputs, 0), y = operand(e, inputs, 1);
    return map_done(static_cast<Expression&&>(e), ok() ? function(x, y) : Expr(), inputs, name, at);
  }
  /// Of any number of inputs: `function(Span<const Expr>)`.
  template <class Function>
  ValueId map_all(Span<const ValueId> inputs, Function&& function, Text name = {},
                  SourceLocation at = SourceLocation::current()) {
    Expression e;
    Buffer<Expr> leaves;
    for (std::size_t i = 0; i < inputs.size(); ++i) leaves.push_back(operand(e, inputs, i));
    const Expr result = ok() ? function(Span<const Expr>(leaves.data(), leaves.size())) : Expr();
    return map_done(static_cast<Expression&&>(e), result, inputs, name, at);
  }
  /// The same function of the tensors layer by its name: `apply(Function::Add, {a, b})`.
  ValueId apply(tensor::Function function, Span<const ValueId> inputs, Text name = {},
                SourceLocation at = SourceLocation::current());
  ValueId apply(tensor::Function function, std::initializer_list<ValueId> inputs, Text name = {},
                SourceLocation at = SourceLocation::current()) {
    return apply(function, Span<const ValueId>(inputs.begin(), inputs.size()), name, at);
  }
  ValueId cast(ValueId value, Scalar scalar, Text name = {}, SourceLocation at = SourceLocation::current());
  ValueId reshape(ValueId value, const Shape& shape, Text name = {},
                  SourceLocation at = SourceLocation::current());
  /// Makes a value an output of the graph.
  void output(Text name, ValueId value, SourceLocation at = SourceLocation::current());
  /// A picture of the shape [1, channels, height, width] that is stored into a two-dimensional storage image of the caller's.
  void output_image(Text name, ValueId value, kernel::TexelFormat format,
                    SourceLocation at = SourceLocation::current());

  // --- reading
  bool ok() const { return error_.code == ErrorCode::Ok; }
  const Diagnostic& error() const { return error_; }
  Span<const Node> nodes() const { return {nodes_.data(), nodes_.size()}; }
  const Node& node(NodeId id) const { return nodes_[static_cast<std::size_t>(id)]; }
  std::size_t value_count() const { return values_.size(); }
  const Value& value(ValueId id) const {
    return id == ValueId::Absent ? nothing_ : values_[static_cast<std::size_t>(id)];
  }
  const TensorType& type(ValueId id) const { return value(id).type; }
  Span<const ValueId> inputs() const { return {inputs_.data(), inputs_.size()}; }
  Span<const GraphOutput> outputs() const { return {outputs_.data(), outputs_.size()}; }
  ValueId first_output(NodeId id) const {
    return id == NodeId::Absent ? ValueId::Absent : node(id).outputs[0];
  }
  /// The formulas behind the sizes.
  const SizeTable& sizes() const { return sizes_; }
  /// A size of a shape as a formula, and a formula as a size.
  SizeId size(const Dimension& dimension);
  Dimension dimension(SizeId size) const;
  /// Known elements as sizes: of a shape, a list of starts. False where they are not known, or are more than eight.
  bool known_shape(ValueId id, Shape& shape) const;
  /// The elements of a constant or a known value as literals.
  bool known_integers(ValueId id, Buffer<std::int64_t>& integers) const;

  // --- for passes
  Graph clone() const;
  List<Node>& nodes_to_change() { return nodes_; }
  Value& value_to_change(ValueId id) { return values_[static_cast<std::size_t>(id)]; }
  SizeTable& sizes_to_fill() { return sizes_; }
  List<GraphOutput>& outputs_to_change() { return outputs_; }
  /// Infers the outputs of all nodes again, in order.
  Result<void> infer();
  void fail(Diagnostic error, Text node, SourceLocation at);
  ValueId add_value(Text name, const TensorType& type);

private:
  Expr operand(Expression& e, Span<const ValueId> inputs, std::size_t index);
  ValueId map_done(Expression&& e, Expr result, Span<const ValueId> inputs, Text name, SourceLocation at);
  Result<void> infer(Node& node);
  /// Fills in the elements of a node's outputs where they follow from those of its inputs.
  void infer_elements(const Node& node);
  bool check(Span<const ValueId> values, Text node, SourceLocation at);

  List<Value> values_;
  List<Node> nodes_;
  Buffer<ValueId> inputs_;
  List<GraphOutput> outputs_;
  SizeTable sizes_;
  Diagnostic error_;
  Value nothing_;
};

/// "f32[1, 3, 224, 224]", formulas written out.
String to_string(const Graph& graph, const TensorType& type);

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/graph.hpp"
#endif
