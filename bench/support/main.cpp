// Every benchmark program's main: says what it was compiled with and what it is compared with.
#include "skip.hpp"

#include <benchmark/benchmark.h>

#include <spirv-tools/libspirv.h>

#include <cstdio>

std::string (*bench::reason_to_skip)() = nullptr;

int main(int argc, char** argv) {
  benchmark::AddCustomContext("compiler",
#if defined(__clang__)
                              "clang " __clang_version__
#elif defined(__GNUC__)
                              "g++ " __VERSION__
#else
                              "unknown"
#endif
  );
  benchmark::AddCustomContext("spirv_tools", spvSoftwareVersionString());
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  if (bench::reason_to_skip) {
    const std::string reason = bench::reason_to_skip();
    if (!reason.empty()) {
      std::printf("SKIPPED: %s\n", reason.c_str());
      return 77;
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
