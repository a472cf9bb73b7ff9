// What a GPU's compiler makes of the default GPU schedules, and of every other schedule of a matrix product.
#include "groups.hpp"
#include "null_gpu.hpp"
#include "schedule_name.hpp"
#include "subjects.hpp"

#include <cstdio>

namespace bench {
namespace {

using namespace airstrip;
using namespace airstrip::tensor;

double get(const Statistics& s, const char* key) {
  const auto found = s.find(key);
  return found == s.end() ? -1.0 : found->second;
}

double spilled_of(const Statistics& s) { return get(s, "Spilled VGPRs") + get(s, "Spilled SGPRs"); }

void print(const std::string& name, const Statistics& s) {
  std::printf("%-64s VGPRs %3.0f spilled %.0f LDS %5.0f code %6.0f waves %2.0f latency %7.0f inverse %7.0f\n",
              name.c_str(), get(s, "VGPRs"), spilled_of(s), get(s, "LDS size"), get(s, "Code size"),
              get(s, "Subgroups per SIMD"), get(s, "Latency"), get(s, "Inverse Throughput"));
}

std::map<std::string, double> counters(const Statistics& s) {
  std::map<std::string, double> result;
  result["spilled"] = spilled_of(s);
  const std::pair<const char*, const char*> names[] = {{"VGPRs", "vgprs"},

                                                       {"LDS size", "lds"},
                                                       {"Code size", "code"},
                                                       {"Subgroups per SIMD", "waves"},
                                                       {"Latency", "latency"},
                                                       {"Inverse Throughput", "inverse_throughput"}};
  for (const auto& [from, to] : names) result[to] = get(s, from);
  return result;
}

MatmulProblem large_product() {
  MatmulProblem problem;
  problem.m = problem.n = problem.k = 4096;
  problem.b.constant = true;
  return problem;
}

// Cycles of a SIMD for 64 multiply-adds of a product of 4096. The compiler's inverse throughput is that of 64 invocations
// with the main loop taken eight times, whatever its count, and a loop inside it four times: so many multiply-adds they
// have done. Negative where the schedule cannot be judged like that.
double cycles(const NullGpu& gpu, const MatmulSchedule& s, Statistics& statistics, std::string& error) {
  const std::uint32_t step = s.share_a || s.share_b ? s.block_k : s.unroll_k;
  const std::uint32_t inner = step / s.unroll_k;
  if (inner != 1 && inner != 4) return -1;
  const Result<Operation> made = matmul(large_product(), s, gpu.target());
  if (!made) {
    error = std::string(made.error().to_string());
    return -1;
  }
  std::size_t product = 0;
  for (std::size_t i = 0; i < made->steps().size(); ++i)
    if (made->steps()[i].kernel.name() == Text("matmul")) product = i;
  statistics = gpu.compile(*made, product, error);
  if (!error.empty()) return -1;
  return get(statistics, "Inverse Throughput") / (s.tile_m * s.tile_n * 8.0 * step / s.lanes_k);
}

void search(const NullGpu& gpu, const std::string& group, Report& report) {
  const MatmulSchedule standard = default_schedule(large_product(), gpu.target());
  Statistics statistics;
  std::string error;
  const double of_default = cycles(gpu, standard, statistics, error);
  if (of_default <= 0) return report.fail(group + "default", error.empty() ? "it cannot be judged" : error);
  print(group + "default: " + name_of(standard), statistics);
  double best = of_default;
  MatmulSchedule best_schedule = standard;
  Statistics of_best = statistics;
  double tried = 0, spilled = 0;
  for (const std::uint32_t tile_m : {2u, 4u, 8u, 16u})
    for (const std::uint32_t tile_n : {2u, 4u, 8u, 16u})
      for (const std::uint32_t lanes_m : {8u, 16u})
        for (const std::uint32_t lanes_n : {8u, 16u})
          for (const bool share : {true, false})
            for (const std::uint32_t block_k : {8u, 16u, 32u})
              for (const std::uint32_t inner : {1u, 4u}) {
                if (tile_m * tile_n < 16 || tile_m * tile_n > 128) continue;
                if (!share && (inner != 1 || block_k > 16 || lanes_m * lanes_n > 64)) continue;
                MatmulSchedule s;
                s.tile_m = tile_m;
                s.tile_n = tile_n;
                s.block_m = tile_m * lanes_m;
                s.block_n = tile_n * lanes_n;
                s.vector = tile_n < 4 ? 2 : 4;
                s.share_a = s.share_b = share;
                s.block_k = block_k;
                s.unroll_k = share ? block_k / inner : block_k / 2;
                if (!legal(large_product(), s, gpu.target())) continue;
                Statistics found;
                error.clear();
                const double cost = cycles(gpu, s, found, error);
                if (!error.empty()) report.fail(group + name_of(s), error);
                if (cost <= 0) continue;
                ++tried;
                if (spilled_of(found) > 0) {
                  ++spilled;
                  continue;
                }
                if (cost >= best) continue;
                best = cost;
                best_schedule = s;
                of_best = found;
              }
  print(group + "best: " + name_of(best_schedule), of_best);
  std::printf("%-64s %.3f and %.3f cycles of a SIMD for 64 multiply-adds, %.0f tried, %.0f of them spill\n",
              (group + "default and best").c_str(), of_default, best, tried, spilled);
  report.add_counters(
      group + "search",
      {{"default_cycles", of_default}, {"best_cycles", best}, {"tried", tried}, {"spilling", spilled}});
}

}  // namespace

void gpu_group(Report& report) {
  for (const char* family : {"VEGA10", "NAVI21", "GFX1100"}) {
    const std::string group = std::string("gpu/") + family + "/";
    bool any = report.wants(group + "search");
    for (const Subject& subject : subjects()) any = any || report.wants(group + subject.name);
    if (!any) continue;
    if (!NullGpu::knows(family)) {
      std::printf("%s: not known to the RADV that is installed, if one is\n", family);
      continue;
    }
    NullGpu gpu;
    if (const std::string reason = gpu.open(family); !reason.empty()) {
      report.fail(group, reason);
      continue;
    }
    std::printf("%s, %s\n", gpu.describe().device_name.c_str(), gpu.describe().driver_info.c_str());
    for (const Subject& subject : subjects()) {
      const std::string name = group + subject.name;
      if (!report.wants(name)) continue;
      const Result<Operation> operation = subject.make(gpu.target());
      if (!operation) {
        report.fail(name, std::string(operation.error().to_string()));
        continue;
      }
      for (std::size_t s = 0; s < operation->steps().size(); ++s) {
        const std::string step = name + "/" + std::string(operation->steps()[s].kernel.name());
        std::string error;
        const Statistics statistics = gpu.compile(*operation, s, error);
        if (!error.empty()) {
          report.fail(step, error);
          continue;
        }
        print(step, statistics);
        report.add_counters(step, counters(statistics));
      }
    }
    if (report.wants(group + "search")) search(gpu, group + "search/", report);
  }
}

}  // namespace bench
