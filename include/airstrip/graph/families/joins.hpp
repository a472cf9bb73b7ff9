// Joining and cutting as nodes. Their problems refer to lists, which these own.
#pragma once

#include "../../tensor/move.hpp"
#include "../family.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// Any number of tensors one behind the other along an axis: inputs x0, x1, …
struct Concat {
  std::int64_t axis = 0;
  std::size_t count = 0;  ///< of inputs; those behind them belong to the epilogue
  Expression epilogue = {};
  Buffer<TensorType> parts = {};

  Concat() = default;
  Concat(std::int64_t along, std::size_t inputs) : axis(along), count(inputs) {}
  Concat(const Concat& other) { *this = other; }
  Concat& operator=(const Concat& other);
};

template <>
struct Family<Concat> : FamilyOf<Concat> {
  static constexpr Text name = "concat";
  static std::size_t inputs(const Concat& problem) { return problem.count; }
  static void bind(Concat& problem, std::size_t input, const TensorType& type);
  static String input_name(const Concat& problem, std::size_t i);
  static Scalar primary(const Concat& problem, std::uint32_t index);
  static Result<void> infer(const Concat& problem, Inferred& result);
  static void describe(const Concat& problem, Attributes& attributes) {
    attributes.add("axis", problem.axis);
  }
  static Result<tensor::Operation> lower(const Concat& problem, const tensor::Target& target,
                                         SourceLocation at);
};

/// A tensor cut along an axis into outputs y0, y1, … of these sizes.
struct Split {
  std::int64_t axis = 0;
  Buffer<Dimension> sizes = {};
  TensorType x = {};

  Split() = default;
  Split(std::int64_t along, Span<const Dimension> parts) : axis(along) { sizes.append(parts); }
  Split(const Split& other) { *this = other; }
  Split& operator=(const Split& other);
};

template <>
struct Family<Split> : FamilyOf<Split> {
  static constexpr Text name = "split";
  static std::size_t inputs(const Split&) { return 1; }
  static TensorType* input(Split& problem, std::size_t) { return &problem.x; }
  static Text input_name(const Split&, std::size_t) { return "x"; }
  static String output_name(const Split& problem, std::size_t i);
  static Expression* epilogue(Split&) { return nullptr; }
  static Scalar primary(const Split&, std::uint32_t) { return Scalar::Void; }
  static Result<void> infer(const Split& problem, Inferred& result);
  static void describe(const Split& problem, Attributes& attributes) { attributes.add("axis", problem.axis); }
  static Result<tensor::Operation> lower(const Split& problem, const tensor::Target& target,
                                         SourceLocation at);
};

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "../impl/family_joins.hpp"
#endif
