// What a GPU's compiler makes of the default GPU schedules, and of all others of a matrix product.
#include "../support/measure.hpp"
#include "null_gpu.hpp"

#include <spirv-tools/libspirv.h>

#include <cstdio>
#include <functional>

namespace bench {
namespace {

using namespace airstrip;
using tensor::Operation;

struct Subject {
  std::string name;
  std::function<Result<Operation>(const tensor::Target&)> make;
};

std::vector<Subject> subjects() {
  std::vector<Subject> list;
  list.push_back({"elementwise/add_16M", [](const tensor::Target& target) {
                    tensor::ElementwiseProblem problem;
                    tensor::Expression& e = problem.expression;
                    const tensor::TensorType type{tensor::Scalar::F32, {1 << 24}};
                    const tensor::Expr x = e.input("x", type), y = e.input("y", type);
                    e.output("z", x + y);
                    return tensor::elementwise(problem, target);
                  }});
  return list;
}

void print(const std::string& name, const Statistics& s) {
  const auto get = [&](const char* key) {
    const auto found = s.find(key);
    return found == s.end() ? -1.0 : found->second;
  };
  std::printf(
      "%-52s VGPRs %4.0f  spilled %g  LDS %6.0f  code %6.0f  waves %3.0f  latency %8.0f  inverse %8.0f\n",
      name.c_str(), get("VGPRs"), get("Spilled VGPRs") + get("Spilled SGPRs"), get("LDS size"),
      get("Code size"), get("Subgroups per SIMD"), get("Latency"), get("Inverse Throughput"));
}

int run(int argc, char** argv) {
  Report report;
  if (!report.parse(argc, argv)) return 1;
  std::string skipped;
  for (const char* family : {"NAVI21", "GFX1100", "NAVI31"}) {
    if (!NullGpu::knows(family)) {
      skipped += std::string(family) + ": not known to the RADV that is installed, if one is\n";
      continue;
    }
    NullGpu gpu;
    if (const std::string reason = gpu.open(family); !reason.empty()) {
      skipped += std::string(family) + ": " + reason + "\n";
      continue;
    }
    std::printf("%s, %s\n", gpu.describe().device_name.c_str(), gpu.describe().driver_info.c_str());
    for (const Subject& subject : subjects()) {
      const std::string name = std::string("gpu/") + family + "/" + subject.name;
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
        for (const auto& [key, value] : statistics) std::printf("   %s: %g\n", key.c_str(), value);
        report.add_counters(step, statistics);
      }
    }
  }
  std::printf("%s", skipped.c_str());
  return report.write() ? 0 : 1;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::run(argc, argv); }
