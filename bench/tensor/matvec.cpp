// A matrix of 4096 x 4096 times a vector: bytes of the matrix a second, beside a copy of as many bytes.
#include "groups.hpp"

#include <cmath>

namespace bench {
namespace {

using namespace airstrip;

constexpr std::size_t rows = 4096, columns = 4096;

tensor::MatmulProblem matvec() {
  tensor::MatmulProblem problem;
  problem.m = static_cast<std::int64_t>(rows);
  problem.n = 1;
  problem.k = static_cast<std::int64_t>(columns);
  problem.a.constant = true;
  return problem;
}

}  // namespace

void matvec_group(Machine& machine, Report& report) {
  const std::string group = "matvec_f32_4096/", name = group + "ours/default", copy_name = group + "copy";
  if (!report.wants(name) && !report.wants(copy_name)) return;
  Buffers a = machine.random(rows * columns, 5), b = machine.random(columns, 6),
          c = machine.empty(rows * sizeof(float)), copied = machine.empty(rows * columns * sizeof(float));
  std::vector<Variant> variants;
  std::vector<std::unique_ptr<Ready>> kept;
  if (report.wants(name)) {
    const Result<tensor::Operation> made = tensor::matmul(matvec(), machine.target);
    std::unique_ptr<Ready> ready = std::make_unique<Ready>(machine);
    if (!made)
      ready->error = std::string(made.error().to_string());
    else
      ready = make_ready(machine, *made, {{"a", &a}, {"b", &b}, {"c", &c}});
    const std::size_t last = buffer_sets - 1;
    if (ready->error.empty() && ready->chain.run(last) < 0) ready->error = "it did not run";
    const std::vector<float> found = machine.download(c.set[last], rows);
    // As in matmul.cpp.
    const double u = 0x1p-24, k = columns, bound = k * (k * u / (1 - k * u));
    for (std::size_t i = 0; i < rows && ready->error.empty(); ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < columns; ++j)
        sum += static_cast<double>(Machine::number(5, last, i * columns + j)) *
               static_cast<double>(Machine::number(6, last, j));
      if (!(std::fabs(sum - static_cast<double>(found[i])) <= bound))
        ready->error = "row " + std::to_string(i) + " is wrong";
    }
    if (!ready->error.empty()) {
      report.fail(name, ready->error);
    } else {
      Chain* const chain = &ready->chain;
      variants.push_back({name,
                          [chain](std::size_t turn) { return chain->run(turn); },
                          0,
                          (rows * columns + rows + columns) * sizeof(float) * 1.0,
                          {{"first_dispatch_ms", chain->first_seconds() * 1e3}}});
      kept.push_back(std::move(ready));
    }
  }
  if (report.wants(copy_name)) {
    tensor::ElementwiseProblem problem;
    tensor::Expression& e = problem.expression;
    e.output("z", e.input("x", {tensor::Scalar::F32, {static_cast<std::int64_t>(rows * columns)}}));
    const Result<tensor::Operation> made = tensor::elementwise(problem, machine.target);
    if (made) {
      auto ready = make_ready(machine, *made, {{"x", &a}, {"z", &copied}});
      if (ready->error.empty() && ready->chain.run(0) < 0) ready->error = "it did not run";
      if (ready->error.empty() &&
          machine.download(copied.set[0], rows * columns) != Machine::numbers(5, 0, rows * columns))
        ready->error = "the copy is wrong";
      if (!ready->error.empty()) {
        report.fail(copy_name, ready->error);
      } else {
        Chain* const chain = &ready->chain;
        variants.push_back({copy_name, [chain](std::size_t turn) { return chain->run(turn); }, 0,
                            2.0 * rows * columns * sizeof(float)});
        kept.push_back(std::move(ready));
      }
    }
  }
  report.measure(variants);
  kept.clear();
  for (Buffers* buffers : {&a, &b, &c, &copied}) machine.release(*buffers);
}

}  // namespace bench
