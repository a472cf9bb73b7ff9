#!/usr/bin/env bash
# Sets up, builds and runs the examples: all of them, the quickstart first, or those that are named as arguments.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build

names=("$@")
if [ ${#names[@]} = 0 ]; then
  names=(quickstart)
  # A file is an example, and so is a folder with sources.
  for source in "$root"/examples/*.cpp "$root"/examples/*/main.cpp; do
    name=$(basename "$source" .cpp)
    [ "$name" != main ] || name=$(basename "$(dirname "$source")")
    [ "$name" = quickstart ] || names+=("$name")
  done
fi
for name in "${names[@]}"; do
  if [ ! -f "$root/examples/$name.cpp" ] && [ ! -f "$root/examples/$name/main.cpp" ]; then
    echo "run.sh: there is no example called '$name'; the folder has: $(cd "$root/examples" && echo *.cpp */main.cpp | sed 's|/main\.cpp||g; s/\.cpp//g')" >&2
    exit 2
  fi
done

"$root/scripts/setup.sh" run
mkdir -p "$build"
if ! cmake -S "$root" -B "$build" -G Ninja >"$build/examples.log" 2>&1; then
  cat "$build/examples.log"
  exit 1
fi
# What needs a library that is not here is left out, with the reason.
buildable=()
for name in "${names[@]}"; do
  grep "^-- examples/$name: skipped" "$build/examples.log" || buildable+=("$name")
done
names=("${buildable[@]}")
[ ${#names[@]} -gt 0 ] || exit 0
if ! cmake --build "$build" --target "${names[@]}" -j "${JOBS:-$(nproc)}" >>"$build/examples.log" 2>&1; then
  cat "$build/examples.log"
  exit 1
fi
failed=()
for name in "${names[@]}"; do
  "$build/bin/$name" || failed+=("$name")
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "run.sh: failed: ${failed[*]}" >&2
  exit 1
fi
