// Every benchmark program's main: says what it was compiled with and what it is compared with.
#include <benchmark/benchmark.h>

#include <spirv-tools/libspirv.h>

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
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
