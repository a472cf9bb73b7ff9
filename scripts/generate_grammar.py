#!/usr/bin/env python3
"""Writes the generated headers of layer 1 from the Khronos grammar.

    scripts/generate_grammar.py --grammar DIR --out include/airstrip/spirv [--tests tests/spirv/generated] [--check]

DIR holds spirv.core.grammar.json, the extinst.*.grammar.json and vk.xml of SPIRV-Headers and Vulkan-Docs. With --check
nothing is written; the files that differ are listed and the exit status is 1 if there are any.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from grammar.model import Model  # noqa: E402
from grammar.write_enums import write_enums, write_extended_sets  # noqa: E402
from grammar.write_instructions import write_instruction_bodies, write_instructions, write_shapes  # noqa: E402
from grammar.write_operands import write_operand_bodies, write_operands  # noqa: E402
from grammar.write_tables import write_tables  # noqa: E402
from grammar.write_tests import write_all_instructions  # noqa: E402
from grammar.write_vulkan import write_vulkan  # noqa: E402

HEADERS = {
    "enums.hpp": write_enums,
    "extended_sets.hpp": write_extended_sets,
    "operands.hpp": write_operands,
    "instruction_shapes.hpp": write_shapes,
    "instructions.hpp": write_instructions,
    "impl/operands.hpp": write_operand_bodies,
    "impl/instructions.hpp": write_instruction_bodies,
    "impl/grammar_tables.hpp": write_tables,
    "impl/vulkan_tables.hpp": write_vulkan,
}
TESTS = {
    "all_instructions.inc": write_all_instructions,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grammar", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--tests")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()

    model = Model(arguments.grammar)
    files = {os.path.join(arguments.out, name): write for name, write in HEADERS.items()}
    if arguments.tests:
        files.update({os.path.join(arguments.tests, name): write for name, write in TESTS.items()})
    different = 0
    for path, write in files.items():
        text = write(model)
        old = None
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                old = f.read()
        if text == old:
            continue
        if arguments.check:
            print("differs: " + path)
            different = 1
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="\n") as f:
            f.write(text)
        print("wrote " + path)
    return different


if __name__ == "__main__":
    sys.exit(main())
