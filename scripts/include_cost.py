#!/usr/bin/env python3
"""Measures what an #include costs: compile time of a file with nothing else in it, -O0 -std=c++20.

usage: include_cost.py [--runs N] [--compiler C++]...

The median of N runs of each. Runs are interleaved, so that a slow minute of the machine is shared by all; each
compiler's table has the ratio to <vector>.
"""
import argparse
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

SUBJECTS = [
    ("(nothing)", "", []),
    ("<vector>", "#include <vector>", []),
    ("airstrip/spirv.hpp, AIRSTRIP_HEADER_ONLY=0", "#include <airstrip/spirv.hpp>", ["-DAIRSTRIP_HEADER_ONLY=0"]),
    ("airstrip/spirv.hpp, header-only", "#include <airstrip/spirv.hpp>", []),
    ("airstrip/kernel.hpp, AIRSTRIP_HEADER_ONLY=0", "#include <airstrip/kernel.hpp>", ["-DAIRSTRIP_HEADER_ONLY=0"]),
    ("airstrip/kernel.hpp, header-only", "#include <airstrip/kernel.hpp>", []),
    ("airstrip/kernel/write_spirv.hpp, AIRSTRIP_HEADER_ONLY=0", "#include <airstrip/kernel/write_spirv.hpp>",
     ["-DAIRSTRIP_HEADER_ONLY=0"]),
    ("airstrip/kernel/write_spirv.hpp, header-only", "#include <airstrip/kernel/write_spirv.hpp>", []),
    ("airstrip/kernel/interpret.hpp, AIRSTRIP_HEADER_ONLY=0", "#include <airstrip/kernel/interpret.hpp>",
     ["-DAIRSTRIP_HEADER_ONLY=0"]),
    ("airstrip/kernel/interpret.hpp, header-only", "#include <airstrip/kernel/interpret.hpp>", []),
    ("vulkan/vulkan_core.h", "#include <vulkan/vulkan_core.h>", []),
    ("airstrip/player.hpp, AIRSTRIP_HEADER_ONLY=0", "#include <airstrip/player.hpp>", ["-DAIRSTRIP_HEADER_ONLY=0"]),
    ("airstrip/player.hpp, header-only", "#include <airstrip/player.hpp>", []),
    ("airstrip/vulkan.hpp, AIRSTRIP_HEADER_ONLY=0", "#include <airstrip/vulkan.hpp>", ["-DAIRSTRIP_HEADER_ONLY=0"]),
    ("airstrip/vulkan.hpp, header-only", "#include <airstrip/vulkan.hpp>", []),
    ("nlohmann/json.hpp", "#include <nlohmann/json.hpp>", []),
    ("vulkan/vulkan.hpp", "#include <vulkan/vulkan.hpp>", []),
]


def measure(compiler, runs):
    with tempfile.TemporaryDirectory() as folder:
        commands = {}
        for index, (name, text, flags) in enumerate(SUBJECTS):
            source = pathlib.Path(folder) / f"{index}.cpp"
            source.write_text(text + "\n", encoding="utf-8")
            command = [compiler, "-std=c++20", "-O0", f"-I{ROOT / 'include'}", *flags, "-c", str(source), "-o",
                       str(source.with_suffix(".o"))]
            # The first run fills the disk cache and tells what is not installed.
            first = subprocess.run(command, capture_output=True, text=True)
            if first.returncode == 0:
                commands[name] = command
            elif "airstrip" in name or name == "<vector>":
                sys.exit(f"{compiler}: {name} does not compile:\n{first.stderr}")
            else:
                print(f"{name}: skipped, {compiler} cannot include it")
        seconds = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(command, check=True)
                seconds[name].append(time.perf_counter() - start)

    version = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    vector = statistics.median(seconds["<vector>"])
    print(f"\n{version}, median of {runs}\n")
    print("| include | s | x <vector> |")
    print("|---|---|---|")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"| {name} | {median:.3f} | {median / vector:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--compiler", action="append")
    arguments = parser.parse_args()
    compilers = arguments.compiler or [name for name in ("g++", "clang++") if shutil.which(name)]
    for compiler in compilers:
        measure(compiler, arguments.runs)


if __name__ == "__main__":
    main()
