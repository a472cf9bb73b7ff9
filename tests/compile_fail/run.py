#!/usr/bin/env python3
"""Checks that a file does not compile, for the reason it states.

usage: run.py FILE COMPILER [FLAG...]

The first line of FILE is `// expect: REGEX`. Compiled as it is, FILE must fail with a message that matches; compiled
with -DCONTROL it must succeed. The control is the same file with the mistake corrected: without it, a test would go
on passing when a header it includes is renamed.
"""
import re
import subprocess
import sys


def main():
    source, command = sys.argv[1], sys.argv[2:] + ["-fsyntax-only"]
    with open(source, encoding="utf-8") as file:
        first = file.readline().strip()
    expectation = re.fullmatch(r"// expect: (.+)", first)
    if not expectation:
        sys.exit(f"{source}: the first line must be '// expect: <regex>', and is: {first}")

    control = subprocess.run(command + ["-DCONTROL", source], capture_output=True, text=True)
    if control.returncode != 0:
        sys.exit(f"{source}: the control does not compile:\n{control.stderr}")

    mistake = subprocess.run(command + [source], capture_output=True, text=True)
    if mistake.returncode == 0:
        sys.exit(f"{source}: compiles, and must not")
    if mistake.returncode < 0:
        sys.exit(f"{source}: the compiler was killed by signal {-mistake.returncode}")
    if not re.search(expectation[1], mistake.stderr):
        sys.exit(f"{source}: fails, but without a message that matches '{expectation[1]}':\n{mistake.stderr}")


if __name__ == "__main__":
    main()
