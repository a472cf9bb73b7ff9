// What has no kernel as a rule: another shape for the same elements, and a tensor's sizes as a tensor.
#pragma once

#include "../../tensor/move.hpp"
#include "../family.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// The same elements, in the same order, in another shape (ONNX Reshape, Flatten, Squeeze, Unsqueeze, with all sizes
/// known). Where x lies without gaps the result is x's memory; else it is copied.
struct Reshape {
  Shape shape = {};
  TensorType x = {};
};
template <>
struct Family<Reshape> : FamilyOf<Reshape> {
  static constexpr Text name = "reshape";
  static std::size_t inputs(const Reshape&) { return 1; }
  static TensorType* input(Reshape& problem, std::size_t) { return &problem.x; }
  static Text input_name(const Reshape&, std::size_t) { return "x"; }
  static Expression* epilogue(Reshape&) { return nullptr; }
  static Result<void> infer(const Reshape& problem, Inferred& result);
  static void describe(const Reshape& problem, Attributes& attributes) {
    attributes.add("shape", problem.shape);
  }
  static Result<tensor::Operation> lower(const Reshape& problem, const tensor::Target& target,
                                         SourceLocation at);
};

/// Sizes of the graph as a tensor of one axis (ONNX Shape): known when the graph is made, and where something reads them
/// when it runs, written by a kernel.
struct Sizes {
  Shape sizes = {};
  Scalar scalar = Scalar::I64;
  bool is_scalar = false;  ///< one size, as a tensor without axes (ONNX Size)
};
template <>
struct Family<Sizes> : FamilyOf<Sizes> {
  static constexpr Text name = "sizes";
  static std::size_t inputs(const Sizes&) { return 0; }
  static TensorType* input(Sizes&, std::size_t) { return nullptr; }
  static Text input_name(const Sizes&, std::size_t) { return {}; }
  static Expression* epilogue(Sizes&) { return nullptr; }
  static Scalar primary(const Sizes&, std::uint32_t) { return Scalar::Void; }
  static Result<void> infer(const Sizes& problem, Inferred& result);
  static void describe(const Sizes& problem, Attributes& attributes) {
    attributes.add("sizes", problem.sizes);
  }
  static Result<tensor::Operation> lower(const Sizes& problem, const tensor::Target& target,
                                         SourceLocation at);
};

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "../impl/family_views.hpp"
#endif
