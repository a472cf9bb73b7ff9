#!/usr/bin/env python3
"""Keeps README.md true: its code is a region of a compiled file, its output what the program prints.

    scripts/readme.py QUICKSTART          writes both into README.md
    scripts/readme.py --check QUICKSTART  exits 1 if README.md says something else

QUICKSTART is the built examples/quickstart.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent


def region(path, name):
    text = (ROOT / path).read_text()
    found = re.search(r"^ *// \[readme: %s\]\n(.*?)^ *// \[readme: end\]\n" % name, text, re.S | re.M)
    if not found:
        sys.exit("%s has no region '// [readme: %s]'" % (path, name))
    return found.group(1)


def put(readme, marker, language, text):
    """Replaces the code block after the comment <!-- marker -->."""
    pattern = r"(<!-- %s -->\n```%s\n).*?(```)" % (re.escape(marker), language)
    out, n = re.subn(pattern, lambda m: m.group(1) + text + m.group(2), readme, flags=re.S)
    if n != 1:
        sys.exit("README.md has no code block after <!-- %s -->" % marker)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("quickstart")
    options = parser.parse_args()
    printed = subprocess.run([options.quickstart], capture_output=True, text=True)
    if printed.returncode:
        sys.exit("%s failed: %s" % (options.quickstart, printed.stderr))
    # What the build could not validate is said on the last line, and depends on the build.
    printed = "".join(line for line in printed.stdout.splitlines(True) if not line.startswith("; not validated")
                      and not line.startswith("; valid for"))
    path = ROOT / "README.md"
    old = path.read_text()
    new = put(old, "examples/quickstart.cpp", "cpp", region("examples/quickstart.cpp", "quickstart"))
    new = put(new, "what it prints", "", printed)
    new = put(new, "examples/saxpy.cpp", "cpp", region("examples/saxpy.cpp", "saxpy"))
    new = put(new, "examples/engine/main.cpp", "cpp", region("examples/engine/main.cpp", "engine"))
    new = put(new, "examples/engine/upscaler.cpp", "cpp", region("examples/engine/upscaler.cpp", "program"))
    new = put(new, "examples/upscale.cpp", "cpp", region("examples/upscale.cpp", "upscale"))
    new = put(new, "examples/super_resolution/main.cpp", "cpp",
              textwrap.dedent(region("examples/super_resolution/main.cpp", "super_resolution")))
    new = put(new, "tests/graph/readme_test.cpp", "cpp", textwrap.dedent(region("tests/graph/readme_test.cpp", "graph")))
    if options.check:
        if new != old:
            sys.exit("README.md is not what the examples say and print; run scripts/readme.py")
        print("README.md says what the examples say and print")
    elif new != old:
        path.write_text(new)


main()
