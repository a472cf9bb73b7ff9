// The importer: names to values, nodes in order, functions and subgraphs where they stand.
#pragma once

#include "../import.hpp"
#include "node_importer.hpp"
#include "scope.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

class Importer {
public:
  Importer(const Model& model, const ImportOptions& options, ImportReport& report)
      : model_(model), options_(options), report_(report) {}

  Result<Graph> run();

  /// The nodes of a subgraph, which sees the names of the node that has it. `inputs`: the values of its inputs. Its outputs'
  /// values, None of those that could not be made.
  Buffer<ValueId> import_subgraph(const onnx::Graph& subgraph, Span<const ValueId> inputs);

  void add_issue(Text node, const onnx::Node& of, String reason);
  void add_input_to_bind(Text name);
  /// An attribute's value: in a function that of the call, where it refers to one.
  const Attribute* resolve(const Attribute& attribute) const;
  Graph& graph() { return g_; }
  /// A tensor of the model as a constant; None, and an error of the import, where it has none that a graph can hold.
  ValueId constant(const Tensor& tensor, Text name);
  /// Whether a value is, in the model, of integers of less than a byte, which the graph has in bytes.
  bool is_narrow(ValueId value) const;

private:
  // The call of a function while its nodes are imported.
  struct Call {
    const onnx::Node* node;
    const Function* function;
    const Call* outer;
  };

  const ImageOption* image_of(Text name) const;
  void import_inputs();
  Dimension dimension(const onnx::Dimension& d, Text input, std::size_t axis);
  void import_nodes(Span<const onnx::Node> nodes, Scope& scope, Span<const OperatorSetId> opsets);
  void import_node(const onnx::Node& node, std::size_t index, Scope& scope, Span<const OperatorSetId> opsets);
  void import_call(const onnx::Node& node, const Function& function, Span<const ValueId> inputs, Scope& scope,
                   Text name);
  void import_initializers(const onnx::Graph& graph, Scope& scope);
  /// None: missing because something before it is not supported (`missing` is set), or unknown, which is an error.
  ValueId value_of(Text name, Scope& scope, Text user, bool& missing);
  const Function* find_function(const onnx::Node& node) const;
  void fail(ErrorCode code, String message);

  const Model& model_;
  const ImportOptions& options_;
  ImportReport& report_;
  Graph g_;
  Diagnostic error_;
  Scope* scope_ = nullptr;  // of the node that is imported
  Span<const OperatorSetId> opsets_;
  const Call* call_ = nullptr;
  unsigned depth_ = 0;
  Buffer<Text> seen_;       // operators
  Buffer<ValueId> narrow_;  // constants that were of such elements
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
