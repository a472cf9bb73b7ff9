#!/usr/bin/env bash
# Installs what is missing: setup.sh run|test|ci. Each group contains the one before it.
#   run   build and run examples, program    test  also the tests       ci  also everything .ci/run does
# Quiet, and quick when nothing is missing. Debian 12 and 13, Ubuntu 22.04 and 24.04; elsewhere it says what to install.
set -euo pipefail

group=${1:-test}

# PACKAGE or PACKAGE:COMMAND. With a command, one from anywhere else will do as well.
required=(g++:g++ cmake:cmake ninja-build:ninja)
optional=(libpng-dev libturbojpeg0-dev libcli11-dev nlohmann-json3-dev libvulkan-dev libvulkan1 mesa-vulkan-drivers
  python-matplotlib-data)
case $group in
  run) optional+=(spirv-tools) ;;
  test | ci)
    required+=(python3:python3 doctest-dev spirv-tools)
    optional+=(ccache:ccache spirv-headers libspirv-cross-c-shared-dev)
    ;;
  *)
    echo "usage: setup.sh run|test|ci" >&2
    exit 2
    ;;
esac
if [ "$group" = ci ]; then
  required+=(clang:clang++ meson:meson pkg-config:pkg-config)
  optional+=(clang-format:clang-format glslang-dev glslang-tools libbenchmark-dev libopenblas0-pthread
    vulkan-validationlayers)
fi

have() {
  if [ "${1#*:}" != "$1" ]; then
    command -v "${1#*:}" >/dev/null && return 0
  fi
  [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "${1%:*}" 2>/dev/null)" = "ii " ]
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif [ -t 0 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

updated=no
install() { # packages that are missing and known to apt
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
    --no-install-recommends install "$@" >/dev/null
}

ensure() { # required|optional ENTRY…
  local kind=$1 entry package unknown=() missing=()
  shift
  for entry in "$@"; do
    have "$entry" || missing+=("${entry%:*}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ $updated = no ]; then
    as_root apt-get -qq -o DPkg::Lock::Timeout=300 update >/dev/null || echo "setup: apt-get update failed; trying with the lists there are" >&2
    updated=yes
  fi
  local known=()
  for package in "${missing[@]}"; do
    if apt-cache show "$package" >/dev/null 2>&1; then known+=("$package"); else unknown+=("$package"); fi
  done
  if [ "$kind" = required ] && [ ${#unknown[@]} -gt 0 ]; then
    echo "setup: cannot go on: apt does not know ${unknown[*]}, which the $group group needs" >&2
    exit 1
  fi
  if [ ${#known[@]} -gt 0 ]; then
    echo "setup: installing ${known[*]}"
    if ! install "${known[@]}"; then
      if [ "$kind" = required ]; then
        echo "setup: apt could not install ${known[*]}; do it by hand, as root: apt-get install ${known[*]}" >&2
        exit 1
      fi
      # One that cannot be had keeps nobody from the others.
      for package in "${known[@]}"; do
        [ ${#known[@]} -gt 1 ] && install "$package" 2>/dev/null && continue
        echo "setup: apt could not install $package, which is optional" >&2
      done
    fi
  fi
  if [ ${#unknown[@]} -gt 0 ]; then
    echo "setup: ${#unknown[@]} optional packages unknown to apt: ${unknown[*]}"
  fi
}

if ! command -v apt-get >/dev/null; then
  absent=()
  for entry in "${required[@]}"; do
    [ "${entry#*:}" = "$entry" ] || command -v "${entry#*:}" >/dev/null || absent+=("${entry#*:}")
  done
  echo "setup: no apt here. By Debian's names, needed: ${required[*]%:*}; used if there: ${optional[*]%:*}"
  if [ ${#absent[@]} -gt 0 ]; then
    echo "setup: please install ${absent[*]} first" >&2
    exit 1
  fi
  exit 0
fi

ensure required "${required[@]}"
ensure optional "${optional[@]}"
if [ "$group" = ci ]; then
  # The sanitizers' and libFuzzer's runtime: a package of its own that only some releases pull in with clang.
  ensure optional "libclang-rt-$(clang++ -dumpversion | cut -d. -f1)-dev"
fi
