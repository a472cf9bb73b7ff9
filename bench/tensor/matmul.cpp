// fp32 matrix product of 1024 x 1024 x 1024: the library's schedules beside GLSL written by hand and the processor's own.
#include "../support/glslang.hpp"
#include "../support/validate.hpp"
#include "cpu.hpp"
#include "device.hpp"
#include "glsl_matmul.hpp"
#include "groups.hpp"
#include "schedule_name.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace bench {
namespace {

using namespace airstrip;
using namespace airstrip::vulkan;

constexpr std::uint32_t m = 1024, n = 1024, k = 1024;
constexpr std::uint64_t seed_a = 1, seed_b = 2;

// A B of one set, in double precision.
std::vector<double> reference(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<double> c(std::size_t{m} * n);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t p = 0; p < k; ++p) {
      const double value = static_cast<double>(a[i * k + p]);
      for (std::size_t j = 0; j < n; ++j) c[i * n + j] += value * static_cast<double>(b[p * n + j]);
    }
  return c;
}

struct Problem {
  explicit Problem(Machine& machine) : machine_(machine) {
    a = machine.random(std::size_t{m} * k, seed_a);
    b = machine.random(std::size_t{k} * n, seed_b);
    c = machine.empty(std::size_t{m} * n * sizeof(float));
    last_ = buffer_sets - 1;
    expected_ = reference(Machine::numbers(seed_a, last_, std::size_t{m} * k),
                          Machine::numbers(seed_b, last_, std::size_t{k} * n));
  }
  // Empty, or how the chain's result of the last set is wrong.
  std::string check(Chain& chain, const Buffers& result) {
    const std::vector<float> wrong(std::size_t{m} * n, NAN);
    if (!machine_.device.upload(result.set[last_], wrong.data(), wrong.size() * sizeof(float)))
      return "no upload";
    if (chain.run(last_) < 0) return chain.error().empty() ? "it did not run" : chain.error();
    return check(machine_.download(result.set[last_], std::size_t{m} * n));
  }
  std::string check(const std::vector<float>& found) const {
    // |error| <= gamma_k sum |a| |b| <= gamma_k k, since |a|, |b| < 1; gamma_k = k u / (1 - k u), u = 2^-24 (Higham,
    // Accuracy and Stability of Numerical Algorithms, 3.1): whatever the order of the sum.
    const double u = 0x1p-24, bound = k * (k * u / (1 - k * u));
    for (std::size_t i = 0; i < expected_.size(); ++i) {
      const double difference = static_cast<double>(found.size() > i ? found[i] : NAN) - expected_[i];
      if (!(std::fabs(difference) <= bound))
        return "element " + std::to_string(i) + " is off by " + std::to_string(difference);
    }
    return {};
  }

  Buffers a, b, c;

private:
  Machine& machine_;
  std::size_t last_;
  std::vector<double> expected_;
};

struct GlslReady {
  explicit GlslReady(Machine& on) : machine(on), chain(on) {}
  ~GlslReady() {
    machine.release(packed_a);
    machine.release(packed_b);
  }
  Machine& machine;
  Chain chain;
  Buffers packed_a, packed_b;
};

std::string compile_glsl(const GlslKernel& kernel, std::vector<std::uint32_t>& words) {
  std::string log;
  return glslang_words(kernel.source, words, 2, &log) ? std::string() : "glslang: " + log;
}

std::string make_glsl(Machine& machine, Problem& problem, const GlslMatmul& tile, GlslReady& ready,
                      bool only_pack = false) {
  std::vector<std::uint32_t> words;
  const auto bound = [&](std::vector<const Buffers*> buffers) {
    std::vector<Chain::Bound> result;
    for (std::uint32_t i = 0; i < buffers.size(); ++i)
      result.push_back({tile.addresses ? Slot::at_offset(8 * i) : Slot(0, i), buffers[i], tile.addresses});
    return result;
  };
  const Buffers *a = &problem.a, *b = &problem.b;
  if (tile.packs_a()) {
    ready.packed_a = machine.empty(std::size_t{m} * k * sizeof(float));
    const GlslKernel kernel = pack_a(tile, m, k);
    std::string wrong = compile_glsl(kernel, words);
    PipelineInfo info;
    info.words = {words.data(), words.size()};
    if (wrong.empty())
      wrong = ready.chain.add(info, {kernel.groups_x, kernel.groups_y}, bound({a, &ready.packed_a}));
    if (!wrong.empty()) return wrong;
    a = &ready.packed_a;
    if (only_pack) return ready.chain.run(0) < 0 ? ready.chain.error() : std::string();
  }
  if (tile.packs_b()) {
    ready.packed_b = machine.empty(std::size_t{k} * n * sizeof(float));
    for (std::size_t set = 0; set < buffer_sets; ++set) {
      const std::vector<float> packed = pack_b(tile, Machine::numbers(seed_b, set, std::size_t{k} * n), n, k);
      if (!machine.device.upload(ready.packed_b.set[set], packed.data(), packed.size() * sizeof(float)))
        return "no upload";
    }
    b = &ready.packed_b;
  }
  const GlslKernel kernel = product(tile, m, n, k);
  words.clear();
  std::string wrong = compile_glsl(kernel, words);
  PipelineInfo info;
  info.words = {words.data(), words.size()};
  if (wrong.empty())
    wrong = ready.chain.add(info, {kernel.groups_x, kernel.groups_y}, bound({a, b, &problem.c}));
  return wrong.empty() ? problem.check(ready.chain, problem.c) : wrong;
}

// The tiles to measure: the best of each kind on the drivers that were tuned for. AIRSTRIP_BENCH_TILES: names of others,
// with spaces between.
std::vector<GlslMatmul> tiles(const Machine& machine) {
  using Kind = GlslMatmul::Kind;
  const std::uint32_t subgroup = machine.target.subgroup_size ? machine.target.subgroup_size : 8;
  std::vector<GlslMatmul> list;
  if (const char* const named = std::getenv("AIRSTRIP_BENCH_TILES")) {
    std::istringstream names(named);
    for (std::string name; std::getline(names, name, ' ');) {
      GlslMatmul tile;
      tile.subgroup = subgroup;
      if (tile.parse(name)) list.push_back(tile);
    }
    return list;
  }
  const auto add = [&](Kind kind, bool addresses, std::uint32_t rows, std::uint32_t columns,
                       std::uint32_t unroll, bool vectors, bool along_m = false) {
    if (addresses && !machine.target.device_addresses) return;
    if (kind == Kind::Broadcast && rows % subgroup) return;
    GlslMatmul tile;
    tile.kind = kind;
    tile.addresses = addresses;
    tile.rows = rows;
    tile.columns = columns;
    tile.unroll = unroll;
    tile.lanes = kind == Kind::Naive ? 64 : subgroup;
    tile.subgroup = subgroup;
    tile.vectors = vectors;
    tile.along_m = along_m;
    list.push_back(tile);
  };
  add(Kind::Naive, false, 1, 1, 1, false);
  add(Kind::Shared, false, 4, 4, 16, false);
  add(Kind::Rows, false, 8, 1, 4, true);
  add(Kind::Rows, false, 8, 2, 4, true);
  add(Kind::Rows, true, 8, 1, 4, true);
  add(Kind::PanelsOfB, false, 8, 4, 4, true);
  add(Kind::PanelsOfB, true, 8, 1, 4, true);
  add(Kind::PanelsOfB, true, 16, 1, 16, true);
  add(Kind::PanelsOfB, true, 32, 1, 4, true);
  add(Kind::Panels, false, 8, 4, 4, false);
  add(Kind::Panels, false, 16, 2, 1, true);
  add(Kind::Panels, false, 16, 4, 1, true);
  add(Kind::Panels, false, 16, 8, 1, true);
  add(Kind::Panels, false, 32, 2, 1, true);
  add(Kind::Panels, true, 32, 1, 16, false);
  add(Kind::Panels, true, 16, 1, 16, true);
  add(Kind::Panels, true, 32, 1, 2, true);
  add(Kind::Panels, true, 32, 1, 4, true);
  add(Kind::Panels, true, 32, 1, 8, true, true);
  add(Kind::Panels, true, 64, 1, 8, false, true);
  add(Kind::Panels, true, 64, 1, 16, false, true);
  add(Kind::Broadcast, false, 16, 2, 4, true);
  add(Kind::Broadcast, false, 16, 4, 2, true);
  add(Kind::Broadcast, true, 8, 2, 4, true);
  add(Kind::Broadcast, true, 16, 1, 4, true);
  add(Kind::Broadcast, true, 32, 1, 4, true);
  return list;
}

tensor::MatmulProblem product_problem() {
  tensor::MatmulProblem problem;
  problem.m = m;
  problem.n = n;
  problem.k = k;
  problem.b.constant = true;
  return problem;
}

// The default schedule, and those that AIRSTRIP_BENCH_SCHEDULES names, with spaces between.
std::vector<std::pair<std::string, tensor::MatmulSchedule>> schedules(const Machine& machine) {
  const tensor::MatmulSchedule standard = default_schedule(product_problem(), machine.target);
  std::vector<std::pair<std::string, tensor::MatmulSchedule>> list = {{"default", standard}};
  std::printf("default schedule: %s\n", name_of(standard).c_str());
  if (const char* const named = std::getenv("AIRSTRIP_BENCH_SCHEDULES")) {
    std::istringstream names(named);
    for (std::string name; std::getline(names, name, ' ');)
      if (tensor::MatmulSchedule schedule; parse(name, schedule)) list.emplace_back(name, schedule);
  }
  return list;
}

}  // namespace

void matmul_group(Machine& machine, Report& report) {
  const std::string group = "matmul_f32_1024/";
  std::unique_ptr<Problem> problem;
  std::vector<std::unique_ptr<GlslReady>> kept;
  std::vector<Variant> variants;
  bool packed[2] = {};  // one row for packing alone, by buffer and by address: tiles differ little in that
  for (const GlslMatmul& tile : tiles(machine)) {
    for (const bool only_pack : {false, true}) {
      const std::string name = group + (only_pack ? "pack_a/" : "glsl/") + tile.name();
      if (!report.wants(name) || (only_pack && (!tile.packs_a() || packed[tile.addresses]))) continue;
      packed[tile.addresses] = packed[tile.addresses] || only_pack;
      if (!problem) problem = std::make_unique<Problem>(machine);
      auto ready = std::make_unique<GlslReady>(machine);
      const std::string wrong = make_glsl(machine, *problem, tile, *ready, only_pack);
      if (!wrong.empty()) {
        report.fail(name, wrong);
        continue;
      }
      Chain* const chain = &ready->chain;
      variants.push_back({name,
                          [chain](std::size_t turn) { return chain->run(turn); },
                          2.0 * m * n * k,
                          0,
                          {{"first_dispatch_ms", chain->first_seconds() * 1e3}}});
      kept.push_back(std::move(ready));
    }
  }
  std::vector<std::unique_ptr<Ready>> own;
  // What the default leaves as variables of the module, as values that the loop carries.
  const std::string carried = "default_carried";
  std::vector<std::pair<std::string, tensor::MatmulSchedule>> all = schedules(machine);
  all.emplace_back(carried, all.front().second);
  for (const auto& [label, schedule] : all) {
    const std::string name = group + "ours/" + label;
    if (!report.wants(name)) continue;
    if (!problem) problem = std::make_unique<Problem>(machine);
    Result<tensor::Operation> made = tensor::matmul(product_problem(), schedule, machine.target);
    if (!made) {
      report.fail(name, std::string(made.error().to_string()));
      continue;
    }
    if (label == carried) {
      if (made->steps()[made->steps().size() - 1].write.passes.promote_variables)
        continue;  // the default has them so
      for (tensor::Step& step : made->steps_to_fill()) step.write.passes.promote_variables = true;
    }
    auto ready = make_ready(machine, *made, {{"a", &problem->a}, {"b", &problem->b}, {"c", &problem->c}});
    if (ready->error.empty()) ready->error = problem->check(ready->chain, problem->c);
    if (!ready->error.empty()) {
      report.fail(name, ready->error);
      continue;
    }
    Chain* const chain = &ready->chain;
    variants.push_back({name,
                        [chain](std::size_t turn) { return chain->run(turn); },
                        2.0 * m * n * k,
                        0,
                        {{"first_dispatch_ms", chain->first_seconds() * 1e3}}});
    own.push_back(std::move(ready));
  }
  std::vector<float> a[buffer_sets], b[buffer_sets], c(std::size_t{m} * n);
  OpenBlas blas;
  if (const std::string name = group + "cpu/fma_" + FmaPeak::width();
      report.wants(name) && FmaPeak::flops() > 0)
    variants.push_back({name, [](std::size_t) { return FmaPeak::run(); }, FmaPeak::flops()});
  if (const std::string name = group + "cpu/openblas"; report.wants(name)) {
    if (const std::string reason = blas.open(); !reason.empty()) {
      std::printf("%s: %s\n", name.c_str(), reason.c_str());
    } else {
      if (!problem) problem = std::make_unique<Problem>(machine);
      for (std::size_t set = 0; set < buffer_sets; ++set) {
        a[set] = Machine::numbers(seed_a, set, std::size_t{m} * k);
        b[set] = Machine::numbers(seed_b, set, std::size_t{k} * n);
      }
      const auto run = [&](std::size_t turn) {
        const double start = now();
        blas.sgemm(m, n, k, a[turn % buffer_sets].data(), b[turn % buffer_sets].data(), c.data());
        return now() - start;
      };
      run(buffer_sets - 1);
      if (const std::string wrong = problem->check(c); !wrong.empty())
        report.fail(name, wrong);
      else
        variants.push_back({name, run, 2.0 * m * n * k});
      report.add_context("openblas", blas.config());
    }
  }
  report.measure(variants);
  own.clear();
  kept.clear();
  if (problem)
    for (Buffers* buffers : {&problem->a, &problem->b, &problem->c}) machine.release(*buffers);
}

}  // namespace bench
