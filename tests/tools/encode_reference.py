#!/usr/bin/env python3
"""An independent encoder of every SPIR-V instruction, for tests/spirv/all_instructions_test.cpp.

    tests/tools/encode_reference.py --grammar DIR --out tests/spirv/generated/all_instructions_words.inc [--check]
    tests/tools/encode_reference.py --grammar DIR --module FILE     the same instructions as one (invalid) module

Written from the grammar's JSON and from SPIR-V 2.2.1 and 2.3, and shares no code with scripts/generate_grammar.py: what
both say alike is likely right. The variants of an instruction, in this order, named Instruction/variant:

  minimal        optional operands left out, `*` operands empty, strings "", masks 0
  full           where there is anything optional: all optional operands there, `*` operands twice, strings "abc",
                 masks 0
  Kind.Bit       for a mask with parameters: each bit alone. Operands before it as in `full`, behind it as in `minimal`
  Kind.Bit+Bit   the same with two bits that have parameters: neighbours, and the first with the last
  Kind.all       for a mask without parameters: all its bits
  Kind.Name      for a kind with enumerants that have parameters: each such enumerant; all enumerants for OpDecorate
                 and OpExecutionMode
  string.N       for each string operand: "", "a", "abc", "abcd", "abcde" and five bytes of UTF-8
  nested         OpSpecConstantOp of another opcode

Operands: the n-th id of an instruction is id 1 + n % 8, the n-th literal integer is 100 + n, a literal of the width of
a type is the two words 0x01234567 0x89ABCDEF, a floating-point literal is 1.5, an enumerant is the lowest one that has
no parameters, the opcode in OpSpecConstantOp is OpIAdd with two ids. The result id is written RESULT_ID: the test
puts in what it was given.
"""

import argparse
import json
import os
import struct
import sys

RESULT = 0xFFFFFFFF
STRINGS = [b"", b"a", b"abc", b"abcd", b"abcde", "é€".encode()]


def number(value):
    return int(value, 0) if isinstance(value, str) else value


class Grammar:
    def __init__(self, directory):
        with open(os.path.join(directory, "spirv.core.grammar.json"), encoding="utf-8") as f:
            data = json.load(f)
        self.revision = "%d.%d.%d" % (data["major_version"], data["minor_version"], data["revision"])
        self.instructions = sorted(data["instructions"], key=lambda i: i["opcode"])
        self.kinds = {k["kind"]: k for k in data["operand_kinds"]}

    def enumerants(self, kind):
        """(value, name, parameter kinds), ascending values."""
        return sorted(((number(e["value"]), e["enumerant"],
                        [(p["kind"], p.get("quantifier", "")) for p in e.get("parameters", [])])
                       for e in self.kinds[kind]["enumerants"]), key=lambda e: e[0])

    def is_mask(self, kind):
        return self.kinds[kind]["category"] == "BitEnum"

    def is_enum(self, kind):
        return self.kinds[kind]["category"] in ("BitEnum", "ValueEnum")

    def plain(self, kind):
        return next(value for value, _, parameters in self.enumerants(kind) if not parameters)

    def has_parameters(self, kind):
        return self.is_enum(kind) and any(parameters for _, _, parameters in self.enumerants(kind))


class Words:
    """The operand words of one instruction in the making."""

    def __init__(self, grammar):
        self.grammar = grammar
        self.words = []
        self.ids = 0
        self.literals = 0

    def id(self):
        self.words.append(1 + self.ids % 8)
        self.ids += 1

    def literal(self):
        self.words.append(100 + self.literals)
        self.literals += 1

    def string(self, text):
        # UTF-8 octets packed four to a word, the first in the lowest bits, with a terminating zero, padded with zeros.
        octets = text + b"\0" * (4 - len(text) % 4)
        self.words += struct.unpack("<%dI" % (len(octets) // 4), octets)

    def operand(self, kind, text):
        """One operand of the kind, at its simplest."""
        category = self.grammar.kinds[kind]["category"]
        if kind == "IdResult":
            self.words.append(RESULT)
        elif category == "Id":
            self.id()
        elif kind in ("LiteralInteger", "LiteralExtInstInteger"):
            self.literal()
        elif kind == "LiteralString":
            self.string(text)
        elif kind == "LiteralFloat":
            self.words += struct.unpack("<I", struct.pack("<f", 1.5))
        elif kind == "LiteralContextDependentNumber":
            self.words += [0x01234567, 0x89ABCDEF]
        elif kind == "LiteralSpecConstantOpInteger":
            self.words.append(128)
            self.id()
            self.id()
        elif category == "Composite":
            for base in self.grammar.kinds[kind]["bases"]:
                self.operand(base, text)
        elif category == "BitEnum":
            self.words.append(0)
        elif category == "ValueEnum":
            self.words.append(self.grammar.plain(kind))
        else:
            raise SystemExit("no rule for the kind " + kind)

    def parameters(self, parameters, text):
        for kind, quantifier in parameters:
            for _ in range(2 if quantifier == "*" else 1):
                self.operand(kind, text)


def operands(grammar, instruction, full, special=None):
    """Words behind the opcode. special = (position, function on Words): that operand is written by the function, what
    is before it as in `full`, what is behind it as in `minimal`."""
    out = Words(grammar)
    for at, operand in enumerate(instruction.get("operands", [])):
        quantifier = operand.get("quantifier", "")
        whole = full if special is None else at < special[0]
        if special is not None and at == special[0]:
            special[1](out)
            continue
        if quantifier and not whole:
            continue
        for _ in range(2 if quantifier == "*" else 1):
            out.operand(operand["kind"], b"abc" if whole else b"")
    return out.words


def variants(grammar, instruction):
    name = instruction["opname"]
    own = instruction.get("operands", [])
    yield "minimal", operands(grammar, instruction, False)
    if any(o.get("quantifier") for o in own):
        yield "full", operands(grammar, instruction, True)
    seen = set()
    for at, operand in enumerate(own):
        kind = operand["kind"]
        if kind == "LiteralString":
            for n, text in enumerate(STRINGS):
                yield ("string.%d" % n, operands(grammar, instruction, False, (at, lambda w, t=text: w.string(t))))
        if not grammar.is_enum(kind) or operand.get("quantifier") == "*":
            continue
        label = kind
        if kind in seen:
            label += "#%d" % at
        seen.add(kind)
        if grammar.is_mask(kind):
            bits = [e for e in grammar.enumerants(kind) if e[0]]
            if grammar.has_parameters(kind):
                sets = [[e] for e in bits]
                rich = [e for e in bits if e[2]]
                pairs = list(zip(rich, rich[1:]))
                if len(rich) > 2:
                    pairs.append((rich[0], rich[-1]))
                sets += [list(p) for p in pairs]
                for chosen in sets:
                    def write(w, chosen=chosen):
                        w.words.append(sum(value for value, _, _ in chosen))
                        for _, _, parameters in chosen:
                            w.parameters(parameters, b"abc")
                    yield (label + "." + "+".join(e[1] for e in chosen),
                           operands(grammar, instruction, False, (at, write)))
            elif bits:
                every = 0
                for value, _, _ in bits:
                    every |= value
                yield (label + ".all",
                       operands(grammar, instruction, False, (at, lambda w, v=every: w.words.append(v))))
        elif grammar.has_parameters(kind):
            for value, enumerant, parameters in grammar.enumerants(kind):
                if parameters or name in ("OpDecorate", "OpExecutionMode"):
                    def write(w, value=value, parameters=parameters):
                        w.words.append(value)
                        w.parameters(parameters, b"abc")
                    yield label + "." + enumerant, operands(grammar, instruction, False, (at, write))
    if name == "OpSpecConstantOp":
        def write(w):
            w.words.append(81)  # OpCompositeExtract
            w.id()
            w.literal()
            w.literal()
        yield "nested", operands(grammar, instruction, False, (len(own) - 1, write))


def encode(instruction, words):
    # SPIR-V 2.3: the first word is the word count in the high half and the opcode in the low half.
    return [(1 + len(words)) << 16 | instruction["opcode"]] + words


def everything(grammar):
    for instruction in grammar.instructions:
        for label, words in variants(grammar, instruction):
            yield instruction["opname"] + "/" + label, encode(instruction, words)


def as_include(grammar):
    out = ["// Generated by tests/tools/encode_reference.py from the Khronos SPIR-V grammar (revision %s). Do not edit."
           % grammar.revision,
           "// clang-format off"]
    for name, words in everything(grammar):
        line = 'REFERENCE("%s"' % name
        for word in words:
            line += ", RESULT_ID" if word == RESULT else ", 0x%X" % word if word > 0xFFFF else ", %d" % word
        out.append(line + ")")
    return "\n".join(out) + "\n"


def as_module(grammar):
    """Result ids count up from 9."""
    bound, body = 9, []
    for instruction in grammar.instructions:
        for _, words in variants(grammar, instruction):
            words = encode(instruction, words)
            if RESULT in words:
                words[words.index(RESULT)] = bound
                bound += 1
            body += words
    return struct.pack("<%dI" % (5 + len(body)), 0x07230203, 0x00010600, 0, bound, 0, *body)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grammar", required=True)
    parser.add_argument("--out")
    parser.add_argument("--module")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    grammar = Grammar(arguments.grammar)
    if arguments.module:
        with open(arguments.module, "wb") as f:
            f.write(as_module(grammar))
    if arguments.out:
        text = as_include(grammar)
        if arguments.check:
            with open(arguments.out, encoding="utf-8") as f:
                if f.read() != text:
                    print("differs: " + arguments.out)
                    return 1
        else:
            with open(arguments.out, "w", encoding="utf-8", newline="\n") as f:
                f.write(text)
            print("wrote %s: %d variants of %d instructions"
                  % (arguments.out, text.count("REFERENCE("), len(grammar.instructions)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
