// The importer: names to values, nodes in order, functions and subgraphs where they stand.
#pragma once

#include "../import.hpp"
#include "node_importer.hpp"
#include "scope.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// Constants that were made already, by the node or tensor of the model that they are: what is unrolled shares them.
class ConstantTable {
public:
  ValueId find(const void* key) const {
    if (slots_.empty()) return ValueId::Absent;
    for (std::size_t i = hash(key) & (slots_.size() - 1); slots_[i].key; i = (i + 1) & (slots_.size() - 1))
      if (slots_[i].key == key) return slots_[i].value;
    return ValueId::Absent;
  }
  void set(const void* key, ValueId value) {
    if (2 * (count_ + 1) > slots_.size() && !grow()) return;  // then it is made again
    insert({key, value});
    ++count_;
  }

private:
  struct Slot {
    const void* key;
    ValueId value;
  };
  static std::size_t hash(const void* key) {
    const std::uint64_t h = reinterpret_cast<std::uintptr_t>(key) * std::uint64_t{0x9E3779B97F4A7C15};
    return static_cast<std::uint32_t>(h >> 32);
  }
  void insert(const Slot& slot) {
    std::size_t i = hash(slot.key) & (slots_.size() - 1);
    while (slots_[i].key) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = slot;
  }
  bool grow() {
    Buffer<Slot> before = static_cast<Buffer<Slot>&&>(slots_);
    slots_ = Buffer<Slot>();
    if (!slots_.resize(before.empty() ? 64 : before.size() * 2, Slot{nullptr, ValueId::Absent})) {
      slots_ = static_cast<Buffer<Slot>&&>(before);
      return false;
    }
    for (const Slot& slot : before)
      if (slot.key) insert(slot);
    return true;
  }

  Buffer<Slot> slots_;  // a power of two of them
  std::size_t count_ = 0;
};

class Importer {
public:
  Importer(const Model& model, const ImportOptions& options, ImportReport& report)
      : model_(model), options_(options), report_(report) {}

  Result<Graph> run();

  /// The nodes of a subgraph, which sees the names of the node that has it. `inputs`: the values of its inputs. Its outputs'
  /// values, Absent of those that could not be made.
  Buffer<ValueId> import_subgraph(const onnx::Graph& subgraph, Span<const ValueId> inputs);

  void add_issue(Text node, const onnx::Node& of, String reason);
  void add_input_to_bind(Text name);
  /// An attribute's value: in a function that of the call, where it refers to one. Null where the call has none.
  const Attribute* resolve(const Attribute& attribute) const { return resolve(attribute, call_); }
  Graph& graph() { return g_; }
  bool ok() const { return error_.code == ErrorCode::Ok && g_.ok(); }
  /// A tensor of the model as a constant; Absent, and an error of the import, where it has none that a graph can hold.
  ValueId constant(const Tensor& tensor, Text name);
  /// Whether a value is, in the model, of integers of less than a byte, which the graph has in bytes.
  bool is_narrow(ValueId value) const;

  // --- sequences
  ValueId add_sequence(Span<const ValueId> values);
  Span<const ValueId> sequence(ValueId id) const {
    const Buffer<ValueId>& values = sequences_[static_cast<std::uint32_t>(id) - first_sequence];
    return {values.data(), values.size()};
  }

  /// Counts what is made. False, and an error of the import: it is more than ImportOptions::max_nodes.
  bool spend(std::uint64_t nodes, Text name);

private:
  // The call of a function while its nodes are imported.
  struct Call {
    const onnx::Node* node;
    const Function* function;
    const Call* outer;
  };
  // A size that the model leaves open, and what the graph calls it.
  struct OpenSize {
    String name;
    Text input;  // of one without a name
    std::size_t axis = 0;
    String parameter;
  };

  const ImageOption* image_of(Text name) const;
  /// Refuses what the options say of inputs and outputs that the model does not have.
  Result<void> check_names_of_options() const;
  static const Attribute* resolve(const Attribute& attribute, const Call* call);
  void import_inputs();
  Dimension dimension(const onnx::Dimension& d, Text input, std::size_t axis);
  String parameter_name(Text name) const;
  void import_nodes(Span<const onnx::Node> nodes, Scope& scope, Span<const OperatorSetId> opsets);
  void import_node(const onnx::Node& node, std::size_t index, Scope& scope);
  void import_operator(const onnx::Node& node, Span<const ValueId> inputs, Scope& scope, Text name);
  void import_call(const onnx::Node& node, const Function& function, Span<const ValueId> inputs, Scope& scope,
                   Text name);
  void import_initializers(const onnx::Graph& graph, Scope& scope);
  void set_output(const onnx::Node& node, std::size_t output, ValueId value, bool is_missing, Scope& scope,
                  Text name);
  /// The version of a domain; 0, and an error of the import: there is none, or there are two.
  std::int64_t version_of(Text domain, Text node);
  /// Absent: missing because something before it is not supported (`missing` is set), or unknown, which is an error.
  ValueId value_of(Text name, Scope& scope, Text user, bool& missing);
  const Function* find_function(const onnx::Node& node) const;
  void fail(ErrorCode code, String message);
  void fail(Diagnostic error);
  /// Everything that is not supported, in one sentence.
  Diagnostic refusal() const;

  const Model& model_;
  const ImportOptions& options_;
  ImportReport& report_;
  Graph g_;
  Diagnostic error_;
  Scope* scope_ = nullptr;  // of the node that is imported
  Span<const OperatorSetId> opsets_;
  const Call* call_ = nullptr;
  unsigned depth_ = 0;
  std::uint64_t spent_ = 0;
  Scope seen_;  // operators
  ConstantTable constants_;
  List<Buffer<ValueId>> sequences_;
  List<OpenSize> open_sizes_;
  Buffer<ValueId> narrow_;  // constants that were of elements of less than a byte
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
