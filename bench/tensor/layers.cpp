// Layers of networks: convolutions as SqueezeNet 1.1, ResNet-18 and a super-resolution network have them, by the default schedule
// and by those that AIRSTRIP_BENCH_SCHEDULES names: a method and the product's schedule, as "winograd4:fma_8x64_8x8_n4_u4",
// "winograd2:…", "implicit:…". Rates count the multiply-adds of the plain convolution.
#include "groups.hpp"
#include "schedule_name.hpp"

#include <cmath>
#include <cstdlib>
#include <sstream>

namespace bench {
namespace {

using namespace airstrip;
using namespace airstrip::tensor;

struct Layer {
  std::int64_t inputs, outputs, height, width, kernel, stride, pad;

  std::int64_t out(std::int64_t size) const { return (size + 2 * pad - kernel) / stride + 1; }
  std::size_t x_count() const { return static_cast<std::size_t>(inputs * height * width); }
  std::size_t w_count() const { return static_cast<std::size_t>(outputs * inputs * kernel * kernel); }
  std::size_t y_count() const { return static_cast<std::size_t>(outputs * out(height) * out(width)); }
  double flops() const {
    return 2.0 * static_cast<double>(y_count()) * static_cast<double>(inputs * kernel * kernel);
  }
  std::string name() const {
    const auto text = [](std::int64_t number) { return std::to_string(number); };
    return text(kernel) + "x" + text(kernel) + "_" + text(inputs) + "_" + text(outputs) + "_at_" +
           text(height) + "x" + text(width) + (stride > 1 ? "_stride" + text(stride) : std::string());
  }
  ConvolutionProblem problem() const {
    ConvolutionProblem p;
    p.x = {Scalar::F32, {1, inputs, height, width}};
    p.w = {Scalar::F32, {outputs, inputs, kernel, kernel}};
    for (int i = 0; i < 2; ++i) {
      p.axes[i].pad_begin = p.axes[i].pad_end = pad;
      p.axes[i].stride = stride;
    }
    return p;
  }
};

constexpr Layer layers[] = {
    {3, 64, 227, 227, 3, 2, 0},    // SqueezeNet's first
    {16, 64, 56, 56, 3, 1, 1},     // its fire modules
    {48, 192, 14, 14, 3, 1, 1},    //
    {256, 48, 14, 14, 1, 1, 0},    //
    {512, 1000, 14, 14, 1, 1, 0},  // its last
    {3, 64, 224, 224, 7, 2, 3},    // ResNet-18's first
    {64, 64, 56, 56, 3, 1, 1},     // its blocks
    {128, 128, 28, 28, 3, 1, 1},   //
    {256, 256, 14, 14, 3, 1, 1},   //
    {256, 512, 14, 14, 3, 2, 1},   //
    {512, 512, 7, 7, 3, 1, 1},     //
    {32, 32, 256, 300, 3, 1, 1},   // super-resolution's
};

constexpr std::uint64_t seed_x = 17, seed_w = 18;

// Empty, or what is wrong with a result: every 61st element in double precision, within the bound of its sum, of which
// Winograd's transforms take some (see convolution.cpp).
std::string wrong_of(const Layer& l, double times, const std::vector<float>& found) {
  const std::size_t last = buffer_sets - 1;
  const std::vector<float> x = Machine::numbers(seed_x, last, l.x_count()),
                           w = Machine::numbers(seed_w, last, l.w_count());
  const std::int64_t rows = l.out(l.height), columns = l.out(l.width);
  const double u = 0x1p-24, terms = static_cast<double>(l.inputs * l.kernel * l.kernel);
  if (found.size() != l.y_count()) return "it did not run";
  for (std::size_t i = 0; i < found.size(); i += 61) {
    const std::int64_t at = static_cast<std::int64_t>(i), o = at / (rows * columns);
    const std::int64_t r = at / columns % rows, q = at % columns;
    double sum = 0, magnitude = 0;
    for (std::int64_t c = 0; c < l.inputs; ++c)
      for (std::int64_t t = 0; t < l.kernel * l.kernel; ++t) {
        const std::int64_t sr = r * l.stride + t / l.kernel - l.pad, sq = q * l.stride + t % l.kernel - l.pad;
        if (sr < 0 || sq < 0 || sr >= l.height || sq >= l.width) continue;
        const double product =
            static_cast<double>(x[static_cast<std::size_t>((c * l.height + sr) * l.width + sq)]) *
            static_cast<double>(w[static_cast<std::size_t>((o * l.inputs + c) * l.kernel * l.kernel + t)]);
        sum += product;
        magnitude += std::fabs(product);
      }
    const double bound = times * terms * u / (1 - terms * u) * magnitude;
    if (!(std::fabs(sum - static_cast<double>(found[i])) <= bound))
      return "element " + std::to_string(i) + " is wrong";
  }
  return {};
}

// A schedule by name. False where it is none.
bool schedule_named(const std::string& name, ConvolutionSchedule& schedule) {
  const std::size_t colon = name.find(':');
  if (colon == std::string::npos) return false;
  const std::string method = name.substr(0, colon);
  schedule.method = method == "winograd4"   ? ConvolutionMethod::Winograd4x4
                    : method == "winograd2" ? ConvolutionMethod::Winograd2x2
                                            : ConvolutionMethod::ImplicitMatmul;
  return (method == "implicit" || method.rfind("winograd", 0) == 0) &&
         parse(name.substr(colon + 1), schedule.product);
}

std::string name_of(const ConvolutionSchedule& s) {
  switch (s.method) {
    case ConvolutionMethod::Direct:
      return "direct_" + std::to_string(s.channels) + "x" + std::to_string(s.pixels);
    case ConvolutionMethod::ImplicitMatmul: return "implicit:" + bench::name_of(s.product);
    case ConvolutionMethod::Winograd2x2: return "winograd2:" + bench::name_of(s.product);
    case ConvolutionMethod::Winograd4x4: return "winograd4:" + bench::name_of(s.product);
  }
  return {};
}

void measure_layer(Machine& machine, Report& report, const Layer& layer) {
  const std::string group = "layers/" + layer.name() + "/";
  const ConvolutionProblem problem = layer.problem();
  const ConvolutionSchedule by_default = default_schedule(problem, machine.target);
  std::vector<std::pair<std::string, ConvolutionSchedule>> schedules = {{group + "default", by_default}};
  if (const char* const named = std::getenv("AIRSTRIP_BENCH_SCHEDULES")) {
    std::istringstream names(named);
    for (std::string name; std::getline(names, name, ' ');)
      if (ConvolutionSchedule schedule; schedule_named(name, schedule))
        schedules.push_back({group + name, schedule});
  }
  bool any = false;
  for (const auto& [name, schedule] : schedules) any = any || report.wants(name);
  if (!any) return;

  Buffers x = machine.random(layer.x_count(), seed_x), w = machine.random(layer.w_count(), seed_w),
          y = machine.empty(layer.y_count() * sizeof(float));
  std::vector<Variant> variants;
  std::vector<std::unique_ptr<Ready>> kept;
  for (const auto& [name, schedule] : schedules) {
    if (!report.wants(name)) continue;
    const Result<Operation> made = convolution(problem, schedule, machine.target);
    if (!made) {
      report.fail(name, std::string(made.error().to_string()));
      continue;
    }
    auto ready = make_ready(machine, *made, {{"x", &x}, {"w", &w}, {"y", &y}});
    if (ready->error.empty() && ready->chain.run(buffer_sets - 1) < 0) ready->error = "it did not run";
    const double times = schedule.method == ConvolutionMethod::Winograd4x4   ? 100
                         : schedule.method == ConvolutionMethod::Winograd2x2 ? 10
                                                                             : 1;
    if (ready->error.empty())
      ready->error = wrong_of(layer, times, machine.download(y.set[buffer_sets - 1], layer.y_count()));
    if (!ready->error.empty()) {
      report.fail(name, ready->error);
      continue;
    }
    Chain* const chain = &ready->chain;
    variants.push_back({name + (&schedule == &schedules[0].second ? " " + name_of(schedule) : std::string()),
                        [chain](std::size_t turn) { return chain->run(turn); },
                        layer.flops(),
                        0,
                        {{"first_dispatch_ms", chain->first_seconds() * 1e3}}});
    kept.push_back(std::move(ready));
  }
  report.measure(variants);
  kept.clear();
  for (Buffers* buffers : {&x, &w, &y}) machine.release(*buffers);
}

}  // namespace

void layers_group(Machine& machine, Report& report) {
  for (const Layer& layer : layers) measure_layer(machine, report, layer);
}

}  // namespace bench
