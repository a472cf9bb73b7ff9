// Family: what a graph has to know of a family of layer 3 so that its problem can be a node.
#pragma once

#include "../config.hpp"
#include "operator.hpp"

#include <cstdint>
#include <new>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// Specialised for each problem, by deriving from FamilyOf<Problem> and adding what differs:
///
///     static constexpr Text name;
///     static std::size_t inputs(const Problem&);                       // tensors that the family itself reads
///     static TensorType* input(Problem&, std::size_t);                 // where it says what they are
///     static Text input_name(const Problem&, std::size_t);             // what the operation calls them
///     static Result<void> infer(const Problem&, Inferred&);            // the outputs, without an epilogue
///     static Result<tensor::Operation> lower(const Problem&, const tensor::Target&, SourceLocation);
template <class Problem>
struct Family;

/// What most families have alike: one epilogue, one output called y, no prologue.
template <class Problem>
struct FamilyOf {
  static void bind(Problem& problem, std::size_t input, const TensorType& type) {
    *Family<Problem>::input(problem, input) = type;
  }
  static void set_constant(Problem&, std::size_t, bool) {}
  static Text output_name(const Problem&, std::size_t) { return "y"; }
  static Expression* prologue(Problem&, std::size_t) { return nullptr; }
  static bool is_read_once(const Problem&, std::size_t) { return true; }
  static bool may_lack(const Problem&, std::size_t) { return false; }
  static PrologueSpace prologue_space(const Problem&, std::size_t) { return PrologueSpace::Input; }
  static Expression* epilogue(Problem& problem) { return &problem.epilogue; }
  static Scalar primary(const Problem& problem, std::uint32_t index) {
    return index == 0 ? problem.x.scalar : Scalar::Void;
  }
  static void describe(const Problem&, Attributes&) {}
};

/// An operator of a problem.
template <class Problem>
class ProblemOperator final : public Operator {
public:
  using Traits = Family<Problem>;

  explicit ProblemOperator(const Problem& problem) : problem_(problem) {}
  Problem& problem() { return problem_; }
  const Problem& problem() const { return problem_; }
  static const void* kind_of() {
    static constexpr char kind = 0;
    return &kind;
  }

  Text name() const override { return Traits::name; }
  Operator* clone() const override { return new (std::nothrow) ProblemOperator(problem_); }
  std::size_t own_inputs() const override { return Traits::inputs(problem_); }
  void bind(Span<const TensorType> inputs) override {
    const std::size_t own = own_inputs();
    for (std::size_t i = 0; i < own && i < inputs.size(); ++i)
      // A prologue that does without its element leaves the shape that the operand had.
      if (inputs[i].scalar != Scalar::Void) Traits::bind(problem_, i, inputs[i]);
    for (std::size_t i = 0; i < own; ++i)
      if (Expression* const e = Traits::prologue(problem_, i)) bind_expression(*e, inputs);
    if (Expression* const e = Traits::epilogue(problem_)) bind_expression(*e, inputs);
  }
  void set_constant(std::size_t input, bool is_constant) override {
    Traits::set_constant(problem_, input, is_constant);
  }
  Result<void> infer(Inferred& result) const override {
    if (Result<void> r = Traits::infer(problem_, result); !r) return r;
    const Expression* const e = Traits::epilogue(const_cast<Problem&>(problem_));
    if (!e || e->empty()) return {};
    // All of an epilogue's outputs have the first one's shape.
    const Inferred::Output shape = result.outputs[0];
    result.outputs.clear();
    for (const Expression::Output& output : e->outputs())
      result.add(output.type.scalar, Span<const SizeId>(shape.shape, shape.rank));
    return {};
  }
  void describe(Attributes& attributes) const override { Traits::describe(problem_, attributes); }
  Expression* prologue(std::size_t input) override { return Traits::prologue(problem_, input); }
  bool is_read_once(std::size_t input) const override { return Traits::is_read_once(problem_, input); }
  bool may_lack(std::size_t input) const override { return Traits::may_lack(problem_, input); }
  PrologueSpace prologue_space(std::size_t input) const override {
    return Traits::prologue_space(problem_, input);
  }
  Expression* epilogue() override { return Traits::epilogue(problem_); }
  Scalar primary(std::uint32_t index) const override { return Traits::primary(problem_, index); }
  Result<tensor::Operation> lower(const tensor::Target& target, SourceLocation at) const override {
    return Traits::lower(problem_, target, at);
  }
  String input_name(std::size_t input) const override { return Traits::input_name(problem_, input); }
  String output_name(std::size_t output) const override {
    const Expression* const e = Traits::epilogue(const_cast<Problem&>(problem_));
    if (!e || e->empty() || output >= e->outputs().size()) return Traits::output_name(problem_, output);
    return e->text(e->outputs()[output].name);
  }
  const void* kind() const override { return kind_of(); }

private:
  Problem problem_;
};

/// The problem of an operator, or null where it is of another family.
template <class Problem>
Problem* problem_of(Operator& op) {
  if (op.kind() != ProblemOperator<Problem>::kind_of()) return nullptr;
  return &static_cast<ProblemOperator<Problem>&>(op).problem();
}
template <class Problem>
const Problem* problem_of(const Operator& op) {
  return problem_of<Problem>(const_cast<Operator&>(op));
}

AIRSTRIP_GRAPH_NAMESPACE_END
