// Operator: what a node does. A problem of layer 3 whose tensors are those of the graph.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "../tensor/expression.hpp"
#include "../tensor/operation.hpp"
#include "../tensor/size_table.hpp"
#include "../tensor/target.hpp"
#include "../tensor/type.hpp"

#include <cstdint>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

using tensor::Dimension;
using tensor::Expr;
using tensor::Expression;
using tensor::Scalar;
using tensor::Shape;
using tensor::SizeId;
using tensor::SizeTable;
using tensor::TensorType;

/// What an operator's outputs are: their sizes as formulas of a table of its own, whose parameters are those of the inputs'
/// shapes.
struct Inferred {
  struct Output {
    Scalar scalar = Scalar::F32;
    std::size_t rank = 0;
    SizeId shape[Shape::max_rank] = {};
  };
  void add(Scalar scalar, Span<const SizeId> shape);
  void add(Scalar scalar, const Shape& shape);

  SizeTable sizes;
  Buffer<Output> outputs;
};

/// Name and value of each attribute, for printing.
class Attributes {
public:
  void add(Text name, Text value);
  void add(Text name, std::int64_t value);
  void add(Text name, double value);
  void add(Text name, bool value) { add(name, Text(value ? "true" : "false")); }
  void add(Text name, Span<const std::int64_t> values);
  void add(Text name, const tensor::Integers& values) {
    add(name,
        Span<const std::int64_t>(values.begin(), static_cast<std::size_t>(values.end() - values.begin())));
  }
  void add(Text name, const Shape& values);
  /// "stride=[2, 2] group=1"
  const String& text() const { return text_; }

private:
  String text_;
};

/// The axes of a prologue: its coordinates, and what its other tensors are broadcast to.
enum class PrologueSpace : std::uint8_t {
  Input,  ///< those of the input
  Batched,  ///< those of the input are the last; in front there may be more, and those of one element may be longer
  Other,  ///< not those of the input
};

/// What a node does with its inputs. First come the inputs of the operator itself, then those of the expressions that were
/// fused into it, which call the node's input k "i<k>" and its outputs "o<k>".
///
/// To add an operator of your own, write a Family for its problem (graph/family.hpp).
class Operator {
public:
  virtual ~Operator() = default;
  /// "convolution"
  virtual Text name() const = 0;
  /// Null: out of memory.
  virtual Operator* clone() const = 0;
  virtual std::size_t own_inputs() const = 0;
  /// Says what the node's inputs are. Before `infer` and `lower`, and again when one has changed.
  virtual void bind(Span<const TensorType> inputs) = 0;
  /// Whether an input of the operator's own is a constant: then what a schedule packs of it is packed once.
  virtual void set_constant(std::size_t, bool) {}
  /// Shapes and types of the outputs. Errors: what the problem of layer 3 refuses whatever the device.
  virtual Result<void> infer(Inferred& result) const = 0;
  virtual void describe(Attributes& attributes) const = 0;

  // --- fusion
  /// What may be done to the elements of an input first; null: nothing may. `is_read_once`: each element is read once or so,
  /// and work that is done there is not done again and again.
  virtual Expression* prologue(std::size_t) { return nullptr; }
  virtual bool is_read_once(std::size_t) const { return false; }
  /// Whether a prologue may do without the input's own element: it then says the shape alone.
  virtual bool may_lack(std::size_t) const { return false; }
  virtual PrologueSpace prologue_space(std::size_t) const { return PrologueSpace::Input; }
  /// What is done to the results; null: nothing may be.
  virtual Expression* epilogue() { return nullptr; }
  /// The type of the epilogue's primary value `index`; Void: there is none. What is stored without an epilogue is that,
  /// cast to the output's type.
  virtual Scalar primary(std::uint32_t) const { return Scalar::Void; }

  // --- lowering
  /// The kernels for a target, with the default schedule.
  virtual Result<tensor::Operation> lower(const tensor::Target& target, SourceLocation at) const = 0;
  /// What the operation calls the operator's own input, and an output of the node.
  virtual String input_name(std::size_t input) const = 0;
  virtual String output_name(std::size_t output) const = 0;

  /// For passes that look for one kind: the address of a variable that all operators of a kind share.
  virtual const void* kind() const = 0;
};

/// An operator that belongs to a node. Moved; copied by `clone`.
class OwnedOperator {
public:
  OwnedOperator() = default;
  explicit OwnedOperator(Operator* owned) : owned_(owned) {}
  OwnedOperator(OwnedOperator&& other) noexcept : owned_(other.owned_) { other.owned_ = nullptr; }
  OwnedOperator& operator=(OwnedOperator&& other) noexcept {
    Operator* const owned = owned_;
    owned_ = other.owned_;
    other.owned_ = owned;
    return *this;
  }
  OwnedOperator(const OwnedOperator&) = delete;
  OwnedOperator& operator=(const OwnedOperator&) = delete;
  ~OwnedOperator() { delete owned_; }

  explicit operator bool() const { return owned_ != nullptr; }
  Operator* operator->() { return owned_; }
  const Operator* operator->() const { return owned_; }
  Operator& operator*() { return *owned_; }
  const Operator& operator*() const { return *owned_; }

private:
  Operator* owned_ = nullptr;
};

/// "i3", "o0": what fused expressions call the node's inputs and outputs.
String operand_name(char kind, std::size_t index);
/// 3 of "i3".
std::size_t operand_index(Text name);
/// Gives an expression's inputs the types that the node's inputs have now.
void bind_expression(Expression& expression, Span<const TensorType> inputs);

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/operator.hpp"
#endif
