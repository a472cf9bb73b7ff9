// Convolution 3 x 3 of 64 channels to 64, 56 x 56, by each method, beside the matrix product of as many multiply-adds. All
// rates count the multiply-adds of the plain convolution, so that Winograd's is not that of what it computes.
#include "groups.hpp"

#include <cmath>

namespace bench {
namespace {

using namespace airstrip;
using namespace airstrip::tensor;

constexpr std::size_t channels = 64, size = 56, taps = 9;
constexpr std::size_t x_count = channels * size * size, w_count = channels * channels * taps;
constexpr std::uint64_t seed_x = 7, seed_w = 8;
constexpr double flops = 2.0 * channels * channels * taps * size * size;

ConvolutionProblem problem_of(bool precise) {
  ConvolutionProblem problem;
  problem.x = {Scalar::F32,
               {1, static_cast<std::int64_t>(channels), static_cast<std::int64_t>(size),
                static_cast<std::int64_t>(size)}};
  problem.w = {Scalar::F32, {static_cast<std::int64_t>(channels), static_cast<std::int64_t>(channels), 3, 3}};
  for (int i = 0; i < 2; ++i) problem.axes[i].pad_begin = problem.axes[i].pad_end = 1;
  problem.precise = precise;
  return problem;
}

ConvolutionSchedule schedule_of(ConvolutionMethod method, const Target& target) {
  // The default of a problem that may not be computed by Winograd's method is the implicit product.
  ConvolutionSchedule schedule =
      default_schedule(problem_of(method == ConvolutionMethod::ImplicitMatmul), target);
  if (method == ConvolutionMethod::Direct) {
    schedule = {};
    schedule.channels = 8;
    schedule.pixels = target.kind == DeviceKind::Gpu ? 2 : 8;
  }
  schedule.method = method;
  return schedule;
}

// In double precision, with the sum of the magnitudes, which errors are measured by.
void reference(const std::vector<float>& x, const std::vector<float>& w, std::vector<double>& y,
               std::vector<double>& magnitude) {
  y.assign(x_count, 0);
  magnitude.assign(x_count, 0);
  for (std::size_t o = 0; o < channels; ++o)
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t t = 0; t < taps; ++t) {
        const double weight = static_cast<double>(w[(o * channels + c) * taps + t]);
        const std::size_t dy = t / 3, dx = t % 3;  // from one row, and one column, before
        for (std::size_t r = 0; r < size; ++r) {
          if (r + dy < 1 || r + dy > size) continue;
          for (std::size_t q = 0; q < size; ++q) {
            if (q + dx < 1 || q + dx > size) continue;
            const double product =
                weight * static_cast<double>(x[(c * size + r + dy - 1) * size + q + dx - 1]);
            y[(o * size + r) * size + q] += product;
            magnitude[(o * size + r) * size + q] += std::fabs(product);
          }
        }
      }
}

}  // namespace

void convolution_group(Machine& machine, Report& report) {
  const std::string group = "conv3x3_64_56/";
  struct Method {
    const char* name;
    ConvolutionMethod method;
    // Of the bound gamma_K S: Winograd's transforms multiply errors by their norms, about 10 and 100.
    double times;
  };
  const Method methods[] = {{"direct", ConvolutionMethod::Direct, 1},
                            {"implicit", ConvolutionMethod::ImplicitMatmul, 1},
                            {"winograd2", ConvolutionMethod::Winograd2x2, 10},
                            {"winograd4", ConvolutionMethod::Winograd4x4, 100}};
  bool any = report.wants(group + "matmul");
  for (const Method& method : methods) any = any || report.wants(group + method.name);
  if (!any) return;
  Buffers x = machine.random(x_count, seed_x), w = machine.random(w_count, seed_w),
          y = machine.empty(x_count * sizeof(float)), a, b, c;
  const std::size_t last = buffer_sets - 1;
  std::vector<double> expected, magnitude;
  reference(Machine::numbers(seed_x, last, x_count), Machine::numbers(seed_w, last, w_count), expected,
            magnitude);
  std::vector<Variant> variants;
  std::vector<std::unique_ptr<Ready>> kept;
  const auto keep = [&](const std::string& name, std::unique_ptr<Ready> ready) {
    if (!ready->error.empty()) return report.fail(name, ready->error);
    Chain* const chain = &ready->chain;
    variants.push_back({name,
                        [chain](std::size_t turn) { return chain->run(turn); },
                        flops,
                        0,
                        {{"first_dispatch_ms", chain->first_seconds() * 1e3}}});
    kept.push_back(std::move(ready));
  };
  for (const Method& method : methods) {
    const std::string name = group + method.name;
    if (!report.wants(name)) continue;
    const ConvolutionProblem problem = problem_of(method.method == ConvolutionMethod::ImplicitMatmul);
    const Result<Operation> made =
        convolution(problem, schedule_of(method.method, machine.target), machine.target);
    if (!made) {
      report.fail(name, std::string(made.error().to_string()));
      continue;
    }
    auto ready = make_ready(machine, *made, {{"x", &x}, {"w", &w}, {"y", &y}});
    if (ready->error.empty() && ready->chain.run(last) < 0) ready->error = "it did not run";
    const std::vector<float> found = machine.download(y.set[last], x_count);
    const double u = 0x1p-24, k = channels * taps, gamma = k * u / (1 - k * u);
    for (std::size_t i = 0; i < x_count && ready->error.empty(); ++i)
      if (!(std::fabs(expected[i] - static_cast<double>(found[i])) <= method.times * gamma * magnitude[i]))
        ready->error = "element " + std::to_string(i) + " is wrong";
    keep(name, std::move(ready));
  }
  if (const std::string name = group + "matmul"; report.wants(name)) {
    constexpr std::size_t m = channels, n = size * size, k = channels * taps;
    a = machine.random(m * k, seed_x);
    b = machine.random(k * n, seed_w);
    c = machine.empty(m * n * sizeof(float));
    MatmulProblem problem;
    problem.m = static_cast<std::int64_t>(m);
    problem.n = static_cast<std::int64_t>(n);
    problem.k = static_cast<std::int64_t>(k);
    problem.a.constant = true;
    const Result<Operation> made = matmul(problem, machine.target);
    auto ready = std::make_unique<Ready>(machine);
    if (!made)
      ready->error = std::string(made.error().to_string());
    else
      ready = make_ready(machine, *made, {{"a", &a}, {"b", &b}, {"c", &c}});
    if (ready->error.empty() && ready->chain.run(last) < 0) ready->error = "it did not run";
    const std::vector<float> found = machine.download(c.set[last], m * n),
                             av = Machine::numbers(seed_x, last, m * k),
                             bv = Machine::numbers(seed_w, last, k * n);
    const double u = 0x1p-24, terms = k, bound = terms * (terms * u / (1 - terms * u));
    // Every seventh element: the product itself is checked in matmul.cpp.
    for (std::size_t i = 0; i < m * n && ready->error.empty(); i += 7) {
      double sum = 0;
      for (std::size_t p = 0; p < k; ++p)
        sum += static_cast<double>(av[i / n * k + p]) * static_cast<double>(bv[p * n + i % n]);
      if (!(std::fabs(sum - static_cast<double>(found[i])) <= bound))
        ready->error = "element " + std::to_string(i) + " is wrong";
    }
    keep(name, std::move(ready));
  }
  report.measure(variants);
  kept.clear();
  for (Buffers* buffers : {&x, &w, &y, &a, &b, &c}) machine.release(*buffers);
}

}  // namespace bench
