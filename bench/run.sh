#!/usr/bin/env bash
# Sets up, builds the benchmarks with -O2, as the distribution builds what they are compared with, and prints each figure
# beside its target.
# usage: bench/run.sh [REPORT_ARGUMENT…]     CXX=clang++ bench/run.sh --repetitions 15
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
compiler=${CXX:-c++}
build=$root/build/bench-$(basename "$compiler")
jobs=${JOBS:-$(nproc)}

"$root/scripts/setup.sh" ci
mkdir -p "$build"
if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
if ! {
  cmake -S "$root" -B "$build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_FLAGS_RELEASE="-O2 -DNDEBUG" -DAIRSTRIP_BENCHES=ON -DAIRSTRIP_TESTS=OFF -DAIRSTRIP_EXAMPLES=OFF &&
    cmake --build "$build" -j "$jobs"
} >"$build/build.log" 2>&1; then
  cat "$build/build.log"
  exit 1
fi
if [ ! -x "$build/bin/airstrip_bench_spirv" ]; then
  grep 'skipped' "$build/build.log" || cat "$build/build.log"
  exit 1
fi
"$root/bench/report.py" "$build"/bin/airstrip_bench_* "$@"
