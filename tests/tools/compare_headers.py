#!/usr/bin/env python3
"""Compares every opcode, enumerant and extended instruction that SPIRV-Headers and we both name: same name, same value.

    tests/tools/compare_headers.py [--headers DIR]

DIR holds spirv.json (default: where Debian's package spirv-headers puts it). Ours are read from the C++ headers.
"""

import argparse
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
OURS = os.path.join(HERE, "..", "..", "include", "airstrip", "spirv")
DEFAULT = "/usr/include/spirv/unified1"

# Extended instruction sets: our enum, their grammar file.
SETS = {
    "GLSLstd450": "extinst.glsl.std.450.grammar.json",
    "OpenCLstd": "extinst.opencl.std.100.grammar.json",
    "DebugInfo": "extinst.debuginfo.grammar.json",
    "OpenCLDebugInfo100": "extinst.opencl.debuginfo.100.grammar.json",
    "NonSemanticShaderDebugInfo": "extinst.nonsemantic.shader.debuginfo.100.grammar.json",
    "NonSemanticClspvReflection": "extinst.nonsemantic.clspvreflection.grammar.json",
    "NonSemanticDebugPrintf": "extinst.nonsemantic.debugprintf.grammar.json",
    "AMDGcnShader": "extinst.spv-amd-gcn-shader.grammar.json",
    "AMDShaderBallot": "extinst.spv-amd-shader-ballot.grammar.json",
    "AMDShaderExplicitVertexParameter": "extinst.spv-amd-shader-explicit-vertex-parameter.grammar.json",
    "AMDShaderTrinaryMinMax": "extinst.spv-amd-shader-trinary-minmax.grammar.json",
}
# Where C++ needs another spelling than theirs.
SPELLED = {("SamplerAddressingMode", "None"): "None_", ("CooperativeMatrixReduce", "2x2"): "Reduce2x2",
           ("CooperativeMatrixReduce", "CooperativeMatrixReduce2x2"): "Reduce2x2"}


def our_enums():
    out = {}
    for name in ("enums.hpp", "extended_sets.hpp"):
        with open(os.path.join(OURS, name), encoding="utf-8") as f:
            text = f.read()
        for kind, body in re.findall(r"^enum class (\w+) : std::uint\d+_t \{\n(.*?)^\};", text, re.S | re.M):
            out[kind] = {n: int(v, 0) for n, v in re.findall(r"^  (\w+) = (\w+),$", body, re.M)}
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--headers", default=DEFAULT)
    arguments = parser.parse_args()
    path = os.path.join(arguments.headers, "spirv.json")
    if not os.path.exists(path):
        print("SKIPPED: SPIRV-Headers are not installed: no " + path)
        return 0
    with open(path, encoding="utf-8") as f:
        theirs = json.load(f)["spv"]
    ours = our_enums()
    compared, missing, different = 0, [], []

    def compare(kind, name, value):
        nonlocal compared
        mine = ours.get(kind, {}).get(SPELLED.get((kind, name), name))
        if mine is None:
            missing.append("%s::%s" % (kind, name))
            return
        compared += 1
        if mine != value:
            different.append("%s::%s: %d, theirs is %d" % (kind, name, mine, value))

    for enum in theirs["enum"]:
        for name, value in enum["Values"].items():
            compare(enum["Name"], name, 1 << value if enum["Type"] == "Bit" else value)
    for kind, name in SETS.items():
        path = os.path.join(arguments.headers, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                for i in json.load(f)["instructions"]:
                    compare(kind, i["opname"], i["opcode"])
    for text in different:
        print("differs: " + text)
    for text in missing:
        print("only theirs: " + text)
    print("%d enumerants of SPIRV-Headers %d.%d revision %d compared, %d differ, %d are not ours"
          % (compared, theirs["meta"]["Version"] >> 16, theirs["meta"]["Version"] >> 8 & 0xFF,
             theirs["meta"]["Revision"], len(different), len(missing)))
    return 1 if different or compared == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
