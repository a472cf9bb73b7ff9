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

inline TensorType planes() { return {Scalar::F32, {1, 8, 14, 13}}; }

inline Result<Operation> matrix_product(const Target& target) {
  MatmulProblem problem;
  problem.m = 48;
  problem.n = Dimension::parameter("n");
  problem.k = 70;
  Expression& e = problem.epilogue;
  const Expr bias = e.input("bias", {Scalar::F32, {48, 1}});
  e.output("c", (max)(e.primary(Scalar::F32) + bias, 0.0f));
  return matmul(problem, target);
}
inline Result<Operation> packed_product(const Target& target) {
  MatmulProblem problem;
  problem.m = problem.n = problem.k = 256;
  problem.b.constant = true;
  return matmul(problem, target);
}
inline Result<Operation> direct_convolution(const Target& target) {
  ConvolutionProblem problem;
  problem.x = planes();
  problem.w = {Scalar::F32, {12, 8, 3, 3}};
  problem.axes[0] = problem.axes[1] = {1, 1, 1, 1};
  Expression& e = problem.epilogue;
  e.output("y", (max)(e.primary(Scalar::F32) + e.input("bias", {Scalar::F32, {12, 1, 1}}), 0.0f));
  return convolution(problem, target);
}
inline Result<Operation> transposed_convolution(const Target& target) {
  ConvolutionProblem problem;
  problem.x = planes();
  problem.w = {Scalar::F32, {8, 4, 2, 2}};
  problem.axes[0] = problem.axes[1] = {2, 1};
  problem.transposed = true;
  return convolution(problem, target);
}
inline Result<Operation> max_pool(const Target& target) {
  PoolProblem problem;
  problem.x = planes();
  for (int i = 0; i < 2; ++i) {
    problem.kernel[i] = 3;
    problem.strides[i] = 2;
    problem.pads_begin[i] = 1;
  }
  problem.indices = true;
  return pool(problem, target);
}
inline Result<Operation> average_pool(const Target& target) {
  PoolProblem problem;
  problem.kind = PoolKind::Average;
  problem.x = planes();
  problem.global = true;
  return pool(problem, target);
}
inline Result<Operation> sum(const Target& target) {
  ReduceProblem problem;
  problem.x = {Scalar::F32, {Dimension::parameter("rows"), 1000}};
  problem.axes = {-1};
  return reduce(problem, target);
}
/// What is summed is computed of x where it is loaded.
inline Result<Operation> sum_of_prologue(const Target& target) {
  ReduceProblem problem;
  problem.x = {Scalar::I8, {6, 200}};
  problem.axes = {-1};
  Expression& e = problem.prologue;
  const Expr x = cast(e.primary(Scalar::I8), Scalar::F32) * e.input("scale", {Scalar::F32, {6, 1}});
  const Expr kept = (max)(x - e.parameter("zero", Scalar::F32), 0.5f);
  e.output("value", kept * kept);
  return reduce(problem, target);
}
inline Result<Operation> arg_max(const Target& target) {
  ReduceProblem problem;
  problem.kind = ReduceKind::ArgMax;
  problem.x = planes();
  problem.axes = {1};
  return reduce(problem, target);
}
inline Result<Operation> layer_normalization(const Target& target) {
  NormalizeProblem problem;
  problem.x = {Scalar::F32, {6, 384}};
  problem.scale = problem.bias = true;
  return normalize(problem, target);
}
inline Result<Operation> batch_normalization(const Target& target) {
  BatchNormalizeProblem problem;
  problem.x = planes();
  return batch_normalize(problem, target);
}
inline Result<Operation> transposition(const Target& target) {
  TransposeProblem problem;
  problem.x = {Scalar::F32, {5, 40, 70}};
  problem.permutation = {0, 2, 1};
  return transpose(problem, target);
}
inline Result<Operation> padding(const Target& target) {
  PadProblem problem;
  problem.x = planes();
  problem.before = problem.after = {0, 0, 2, 3};
  problem.mode = PadMode::Reflect;
  return pad(problem, target);
}
inline Result<Operation> pixel_shuffle(const Target& target) {
  DepthToSpaceProblem problem;
  problem.x = planes();
  return depth_to_space(problem, target);
}

inline Result<Operation> joined(const Target& target) {
  static const TensorType parts[] = {{Scalar::F16, {3, 7}}, {Scalar::F16, {3, 5}}};
  ConcatProblem problem;
  problem.parts = parts;
  problem.axis = 1;
  return concat(problem, target);
}
inline Result<Operation> embedding(const Target& target) {
  GatherProblem problem;
  problem.data = {Scalar::F32, {100, 64}};
  problem.indices = {Scalar::I64, {Dimension::parameter("n")}};
  return gather(problem, target);
}
inline Result<Operation> scattered_sum(const Target& target) {
  ScatterNDProblem problem;
  problem.data = {Scalar::F32, {9, 6}};
  problem.indices = {Scalar::I32, {5, 1}};
  problem.updates = {Scalar::F32, {5, 6}};
  problem.reduction = ScatterReduction::Add;
  return scatter_nd(problem, target);
}
inline Result<Operation> enlarged(const Target& target, ResizeMode mode) {
  ResizeProblem problem;
  problem.x = planes();
  problem.axes = {2, 3};
  problem.scales[0] = problem.scales[1] = {3, 2};
  problem.mode = mode;
  return resize(problem, target);
}
inline Result<Operation> nearest(const Target& target) { return enlarged(target, ResizeMode::Nearest); }
inline Result<Operation> bilinear(const Target& target) { return enlarged(target, ResizeMode::Linear); }
inline Result<Operation> choice(const Target& target) {
  WhereProblem problem;
  problem.condition = {Scalar::Boolean, {5, 1}};
  problem.a = {Scalar::F32, {5, 33}};
  problem.b = {Scalar::F32, {33}};
  return where(problem, target);
}

inline std::vector<Entry> all() {
  return {
      {"elementwise", fused_elementwise},
      {"elementwise_integers", integer_elementwise},
      {"matmul", matrix_product},
      {"matmul_packed", packed_product},
      {"convolution", direct_convolution},
      {"convolution_transposed", transposed_convolution},
      {"max_pool", max_pool},
      {"average_pool", average_pool},
      {"reduce_sum", sum},
      {"reduce_prologue", sum_of_prologue},
      {"arg_max", arg_max},
      {"layer_normalize", layer_normalization},
      {"batch_normalize", batch_normalization},
      {"transpose", transposition},
      {"pad", padding},
      {"depth_to_space", pixel_shuffle},
      {"concat", joined},
      {"gather", embedding},
      {"scatter_nd", scattered_sum},
      {"resize_nearest", nearest},
      {"resize_linear", bilinear},
      {"where", choice},
  };
}

}  // namespace tensor_catalog
