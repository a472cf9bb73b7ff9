// One operation of each kind that layer 3 makes: what golden hashes, translations and limits on compile time are about.
#pragma once

#include <airstrip/tensor.hpp>

#include <string>
#include <vector>

namespace tensor_catalog {

using namespace airstrip;
using namespace airstrip::tensor;

struct Entry {
  const char* name;
  Result<Operation> (*make)(const Target&);
  /// It can be generated for `Target()`: what every device with Vulkan 1.0 has.
  bool has_baseline = true;
};

inline Result<Operation> fused_elementwise(const Target& target) {
  ElementwiseProblem problem;
  Expression& e = problem.expression;
  const Expr x = e.input("x", {Scalar::F32, {Dimension::parameter("n"), 96}});
  const Expr bias = e.input("bias", {Scalar::F32, {96}});
  const Expr y = (max)(x + bias, 0.0f);
  e.output("y", y * e.parameter("scale", Scalar::F32));
  return elementwise(problem, target);
}

inline Result<Operation> integer_elementwise(const Target& target) {
  ElementwiseProblem problem;
  Expression& e = problem.expression;
  const Expr x = e.input("x", {Scalar::I8, {7, 33}}), y = e.input("y", {Scalar::I64, {33}});
  e.output("z", cast(x, Scalar::I64) * y);
  e.output("positive", cast(x, Scalar::I32) > 0);
  return elementwise(problem, target);
}

inline std::vector<Entry> all() {
  return {
      {"elementwise", fused_elementwise},
      {"elementwise_integers", integer_elementwise},
  };
}

}  // namespace tensor_catalog
