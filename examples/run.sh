#!/usr/bin/env bash
# Sets up, builds and runs examples.
#
#   examples/run.sh              super_resolution: a picture by a trained network, compared with plain C++
#   examples/run.sh PICTURE      the same with a picture of yours
#   examples/run.sh NAME…        those examples
#   examples/run.sh all          all of them, super_resolution first, and the models by the command line program
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build

# A file is an example, and so is a folder with sources.
all_names=(super_resolution quickstart)
for source in "$root"/examples/*.cpp "$root"/examples/*/main.cpp; do
  name=$(basename "$source" .cpp)
  [ "$name" != main ] || name=$(basename "$(dirname "$source")")
  case $name in super_resolution | quickstart) ;; *) all_names+=("$name") ;; esac
done

picture=() models=no
names=("$@")
if [ ${#names[@]} = 0 ]; then
  names=(super_resolution)
elif [ ${#names[@]} = 1 ] && [ "${names[0]}" = all ]; then
  names=("${all_names[@]}")
  models=yes
elif [ ${#names[@]} = 1 ] && [ -f "${names[0]}" ]; then
  picture=("$(realpath "${names[0]}")")
  names=(super_resolution)
fi
for name in "${names[@]}"; do
  if [ ! -f "$root/examples/$name.cpp" ] && [ ! -f "$root/examples/$name/main.cpp" ]; then
    echo "run.sh: '$name' is neither a picture nor an example; there are: all ${all_names[*]}" >&2
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
if [ ${#names[@]} = 0 ]; then
  echo "run.sh: nothing is left to run; install what is missing" >&2
  exit 1
fi
if [ $models = yes ] && grep "^-- tools/airstrip: skipped" "$build/examples.log"; then models=no; fi

failed=()
run() { # NAME COMMAND…
  local name=$1
  shift
  "$@" || failed+=("$name")
}
build() { # TARGET…
  if [ -t 2 ]; then echo "building $* (log: $build/examples.log)" >&2; fi
  if ! cmake --build "$build" --target "$@" -j "${JOBS:-$(nproc)}" >>"$build/examples.log" 2>&1; then
    cat "$build/examples.log"
    exit 1
  fi
}
# The first one's result before the others are built.
for first in "${names[@]:0:1}"; do
  build "$first"
  run "$first" "$build/bin/$first" "${picture[@]}"
done
if [ ${#names[@]} -gt 1 ]; then
  build "${names[@]:1}"
  for name in "${names[@]:1}"; do run "$name" "$build/bin/$name"; done
fi
if [ $models = yes ]; then
  build airstrip_tool
  run classifier "$build/bin/airstrip" run "$root/examples/models/classifier.onnx" --size batch=8 --check
fi
if [ ${#failed[@]} -gt 0 ]; then
  echo "run.sh: failed: ${failed[*]}" >&2
  exit 1
fi
