// Kernels of layer 3 on the Vulkan device at hand, beside kernels written by hand. Arguments are those of Google
// Benchmark that report.py gives, and so is the file that is written.
#include "../support/measure.hpp"
#include "device.hpp"
#include "groups.hpp"

#include <spirv-tools/libspirv.h>

#include <cstdio>

int main(int argc, char** argv) {
  bench::Report report;
  if (!report.parse(argc, argv)) return 1;
  // First: it makes child processes, which would have only one of the threads that a driver starts.
  bench::gpu_group(report);
  bench::Machine machine;
  if (const std::string reason = machine.open(); !reason.empty()) {
    std::printf("SKIPPED: %s\n", reason.c_str());
    return 77;
  }
  const airstrip::vulkan::Description& d = machine.device.describe();
  report.add_context("compiler",
#if defined(__clang__)
                     "clang " __clang_version__
#elif defined(__GNUC__)
                     "g++ " __VERSION__
#else
                     "unknown"
#endif
  );
  report.add_context("spirv_tools", spvSoftwareVersionString());
  report.add_context("device", std::string(d.device_name));
  report.add_context("driver", std::string(d.driver_info));
  report.add_context("subgroup_size", std::to_string(d.subgroup_size));
  std::printf("%s, %s, subgroups of %u\n", d.device_name.c_str(), d.driver_info.c_str(), d.subgroup_size);
  bench::words_group(machine, report);
  bench::first_dispatch_group(machine, report);
  bench::elementwise_group(machine, report);
  bench::matvec_group(machine, report);
  bench::convolution_group(machine, report);
  bench::layers_group(machine, report);
  bench::matmul_group(machine, report);
  return report.write() ? 0 : 1;
}
