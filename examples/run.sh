#!/usr/bin/env bash
# Sets up, builds and runs the quickstart.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build
"$root/scripts/setup.sh" run
mkdir -p "$build"
if ! { cmake -S "$root" -B "$build" -G Ninja && cmake --build "$build" --target quickstart -j "${JOBS:-$(nproc)}"; } \
  >"$build/quickstart.log" 2>&1; then
  cat "$build/quickstart.log"
  exit 1
fi
"$build/bin/quickstart"
