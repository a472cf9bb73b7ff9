#!/usr/bin/env python3
"""Words → our exact disassembly → spirv-as → the same words, for every instruction that spirv-as knows.

    tests/tools/roundtrip_assembler.py DISASSEMBLE_TOOL [--assembler PATH] [--verbose]

The instructions are those of tests/spirv/generated/all_instructions_words.inc. The assembler is --assembler, else the
environment variable AIRSTRIP_SPIRV_AS, else spirv-as of the PATH. What it does not know is left to the reference
encoder and counted; what it knows must match.
"""

import argparse
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
WORDS = os.path.join(HERE, "..", "spirv", "generated", "all_instructions_words.inc")

# What the assembler must know of the ids that instructions use: a type for literals, a set for OpExtInst whose
# instructions have numbers only, a value for OpSwitch, whose literals have the width of its selector.
PRELUDE = [
    [4 << 16 | 21, 1, 64, 0],                                                              # %1 = OpTypeInt 64 0
    [7 << 16 | 11, 2] + list(struct.unpack("<5I", b"NonSemantic.Unknown\0")),              # %2 = OpExtInstImport …
    [4 << 16 | 21, 8, 32, 0],                                                              # %8 = OpTypeInt 32 0
    [3 << 16 | 1, 8, 7],                                                                   # %7 = OpUndef %8
]
SELECTOR = 7


def read_variants():
    with open(WORDS, encoding="utf-8") as f:
        for line in f:
            found = re.fullmatch(r'REFERENCE\("([^"]+)", (.*)\)\n', line)
            if found:
                yield found[1], [w.strip() for w in found[2].split(",")]


def module(instructions, bound):
    body = [word for words in instructions for word in words]
    return struct.pack("<%dI" % (5 + len(body)), 0x07230203, 0x00010600, 0, bound, 0, *body)


def split(data):
    """Instructions of a module."""
    words = struct.unpack("<%dI" % (len(data) // 4), data)
    at = 5
    while at < len(words):
        size = words[at] >> 16
        if size == 0:
            raise SystemExit("an instruction of no words came out of the assembler")
        yield list(words[at:at + size])
        at += size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool")
    parser.add_argument("--assembler", default=os.environ.get("AIRSTRIP_SPIRV_AS") or shutil.which("spirv-as"))
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    if not arguments.assembler:
        print("SKIPPED: no spirv-as in the PATH and none named by AIRSTRIP_SPIRV_AS")
        return 0

    bound, names, instructions = 9, [], []
    for name, text in read_variants():
        words = []
        for word in text:
            if word == "RESULT_ID":
                words.append(bound)
                bound += 1
            else:
                words.append(int(word, 0))
        if name.startswith("OpSwitch/"):
            words[1] = SELECTOR
        names.append(name)
        instructions.append(words)
    everything = PRELUDE + instructions

    with tempfile.TemporaryDirectory() as directory:
        binary, text, out = (os.path.join(directory, n) for n in ("in.spv", "in.spvasm", "out.spv"))
        with open(binary, "wb") as f:
            f.write(module(everything, bound))
        shown = subprocess.run([arguments.tool, binary], capture_output=True)
        if shown.returncode:
            print(shown.stderr.decode())
            return 1
        # One instruction a line, comments aside.
        lines = [n for n in shown.stdout.decode("utf-8", "surrogateescape").split("\n") if n and n[0] != ";"]
        if len(lines) != len(everything):
            print("the disassembly has %d lines for %d instructions" % (len(lines), len(everything)))
            return 1

        alive = list(range(len(everything)))
        unknown = {}
        while True:
            with open(text, "w", encoding="utf-8", errors="surrogateescape") as f:
                f.write("".join(lines[n] + "\n" for n in alive))
            done = subprocess.run([arguments.assembler, "--preserve-numeric-ids", "--target-env", "spv1.6", text, "-o", out],
                                  capture_output=True)
            if done.returncode == 0:
                break
            message = done.stderr.decode(errors="replace")
            found = re.match(r"error: (\d+): (.*)", message)
            if not found:
                print("no line number in what the assembler says: " + message)
                return 1
            # Lines count from 0 or 1, as the assembler is old or new: the one of its message names the culprit.
            line = int(found[1]) - 1
            unknown[alive[line]] = found[2].split("\n")[0]
            del alive[line]
        with open(out, "rb") as f:
            back = list(split(f.read()))

    mistakes = 0
    if len(back) != len(alive):
        print("%d instructions came back for %d" % (len(back), len(alive)))
        mistakes = 1
    for n, words in zip(alive, back):
        if words != everything[n]:
            mistakes += 1
            print("%s: %s\n  is  %s\n  was %s" % ((["prelude"] * len(PRELUDE) + names)[n], lines[n], words, everything[n]))
    if arguments.verbose:
        for n, why in unknown.items():
            print("left: %s: %s" % (lines[n].strip(), why))
    version = subprocess.run([arguments.assembler, "--version"], capture_output=True).stdout.decode().split("\n")[0]
    known_names = {names[n - len(PRELUDE)].split("/")[0] for n in alive if n >= len(PRELUDE)}
    all_names = {name.split("/")[0] for name in names}
    print("%s: %d variants of %d instructions known and matched; %d variants, and %d instructions altogether, left to the "
          "reference encoder" % (version, len(alive) - len(PRELUDE) - mistakes, len(known_names), len(unknown),
                                 len(all_names - known_names)))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
