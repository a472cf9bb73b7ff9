#include "subjects.hpp"

namespace bench {

using namespace airstrip;
using namespace airstrip::tensor;

namespace {

MatmulProblem product(std::int64_t m, std::int64_t n, std::int64_t k) {
  MatmulProblem problem;
  problem.m = m;
  problem.n = n;
  problem.k = k;
  return problem;
}

}  // namespace

std::vector<Subject> subjects() {
  std::vector<Subject> list;
  const auto add = [&](const char* name, auto make) {
    list.push_back({name, std::string(name).find("_4096_") != std::string::npos, make});
  };
  add("elementwise_add", [](const Target& target) {
    ElementwiseProblem problem;
    Expression& e = problem.expression;
    const Expr x = e.input("x", {Scalar::F32, {1 << 20}}), y = e.input("y", {Scalar::F32, {1 << 20}});
    e.output("z", x + y);
    return elementwise(problem, target);
  });
  add("elementwise_fused", [](const Target& target) {
    ElementwiseProblem problem;
    Expression& e = problem.expression;
    const Expr x = e.input("x", {Scalar::F32, {64, 128, 128}}),
               scale = e.input("scale", {Scalar::F32, {64, 1, 1}}),
               shift = e.input("shift", {Scalar::F32, {64, 1, 1}});
    e.output("z", (max)(x * scale + shift, 0.0) * x);
    return elementwise(problem, target);
  });
  for (const bool packed : {false, true})
    add(packed ? "matmul_1024_weights" : "matmul_1024", [packed](const Target& target) {
      MatmulProblem problem = product(1024, 1024, 1024);
      problem.b.constant = packed;
      return matmul(problem, target);
    });
  add("matmul_4096_weights", [](const Target& target) {
    MatmulProblem problem = product(4096, 4096, 4096);
    problem.b.constant = true;
    return matmul(problem, target);
  });
  add("matmul_runtime", [](const Target& target) {
    MatmulProblem problem;
    problem.m = Dimension::parameter("m");
    problem.n = 1000;
    problem.k = 777;
    problem.b.constant = true;
    return matmul(problem, target);
  });
  add("matvec_4096", [](const Target& target) {
    MatmulProblem problem = product(4096, 1, 4096);
    problem.a.constant = true;
    return matmul(problem, target);
  });
  add("vecmat_4096", [](const Target& target) {
    MatmulProblem problem = product(1, 4096, 4096);
    problem.b.constant = true;
    return matmul(problem, target);
  });
  for (const bool precise : {false, true})
    add(precise ? "conv3x3_precise" : "conv3x3", [precise](const Target& target) {
      ConvolutionProblem problem;
      problem.x = {Scalar::F32, {1, 64, 56, 56}};
      problem.w = {Scalar::F32, {64, 64, 3, 3}};
      for (int i = 0; i < 2; ++i) problem.axes[i].pad_begin = problem.axes[i].pad_end = 1;
      problem.precise = precise;
      return convolution(problem, target);
    });
  add("conv_depthwise", [](const Target& target) {
    ConvolutionProblem problem;
    problem.x = {Scalar::F32, {1, 64, 56, 56}};
    problem.w = {Scalar::F32, {64, 1, 3, 3}};
    problem.groups = 64;
    for (int i = 0; i < 2; ++i) problem.axes[i].pad_begin = problem.axes[i].pad_end = 1;
    return convolution(problem, target);
  });
  return list;
}

}  // namespace bench
