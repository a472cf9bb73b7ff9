#!/usr/bin/env bash
# Sets up, builds and runs every test. Last line: N passed, N failed, N skipped.
# usage: tests/run.sh [BUILD_DIR [CMAKE_ARGUMENT…]]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${1:-$root/build}
shift $(($# > 0 ? 1 : 0))
jobs=${JOBS:-$(nproc)}

"$root/scripts/setup.sh" test
mkdir -p "$build"
if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
# Without optimisation: a test suite of heavy headers spends its time in the compiler. The sanitizers' run in CI is optimised.
if ! cmake -S "$root" -B "$build" -G Ninja -DAIRSTRIP_TESTS=ON -DCMAKE_BUILD_TYPE=Debug "$@" >"$build/configure.log" 2>&1; then
  cat "$build/configure.log"
  exit 1
fi
cmake --build "$build" -j "$jobs"

# ctest's own exit status says less than the summary's: that one also fails when nothing ran.
log=$build/tests.log
(cd "$build" && ctest --verbose -j "$jobs") >"$log" 2>&1 || true
"$root/tests/summary.py" "$log"
