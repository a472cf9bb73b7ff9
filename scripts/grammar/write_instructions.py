"""instructions.hpp, instruction_shapes.hpp and their bodies: one typed method for each instruction.

Compile time shapes what is written here (g++ 12, -O0): a body that converts its operands to words costs 80 µs, one that
passes them on costs 20 µs. So the conversion is written once for each shape of operands that several instructions
share, and an instruction's body is one call. A class costs time quadratic in the number of its members: hence the chain
of classes.
"""

import collections

from .cpp import BEGIN, END, IMPL, comment, wrapped
from .types import HELPERS, arguments

NO_TITLE = {"Reserved", "@exclude"}

# The chain of classes, lowest base first: name, what it holds, a test of the instruction. The first that fits has it.
CHAIN = [
    ("ModuleInstructions", "What stands outside functions; functions and control flow",
     lambda i: i.cls in {"Debug", "Annotation", "Extension", "Mode-Setting", "Type-Declaration", "Constant-Creation",
                         "Function", "Graph", "Miscellaneous", "Control-Flow"}),
    ("ArithmeticInstructions", "Arithmetic, comparison, conversion and composites",
     lambda i: i.cls in {"Arithmetic", "Bit", "Relational_and_Logical", "Conversion", "Composite", "Derivative"}),
    ("MemoryInstructions", "Memory, images, atomics, barriers, groups and subgroups, pipes and queues",
     lambda i: i.cls not in NO_TITLE),
    ("VendorInstructions", "Extensions that the specification gives no chapter",
     lambda i: not i.name.endswith(("INTEL", "ALTERA"))),
    ("IntelInstructions", "Intel's and Altera's extensions that the specification gives no chapter", lambda i: True),
]


def class_of(instruction):
    return next(name for name, _, test in CHAIN if test(instruction))


def groups(model, instructions):
    """(title, instructions): the specification's classes, then vendors' instructions by extension."""
    titles = {c["tag"]: c.get("heading", c["tag"]) for c in model.classes}
    out = {}
    for c in model.classes:
        if c["tag"] not in NO_TITLE:
            out[titles[c["tag"]]] = []
    for i in instructions:
        if i.cls in NO_TITLE:
            named = i.extensions or i.capabilities
            title = named[0] if i.extensions else "Capability " + named[0] if named else "Reserved"
        else:
            title = titles[i.cls]
        out.setdefault(title, []).append(i)
    return [(title, members) for title, members in out.items() if members]


def parameters(instruction, kinds, with_type, defaults):
    out = ["TypeId result_type"] if with_type else []
    for a in arguments(instruction, kinds):
        out.append(a.declaration + (a.default if defaults else ""))
    return out + ["SourceLocation at" + (" = SourceLocation::current()" if defaults else "")]


def write_instructions(model):
    kinds = model.kind_by_name
    out = model.header()
    out += """\
// One method for each instruction, in the specification's spelling, with a C++ type for each kind of operand:
//
//   ValueId sum = b.OpIAdd(f32, x, y);
//
// Each writes one instruction into the section it belongs to and returns the id that the instruction defines, if it
// defines one. Where the type rules can deduce the result type there is a second method without it. Optional operands
// are defaulted parameters. What an instruction means, and what its operands must be: SPIR-V 3.56, under the same name.
//
// A builder has all of them: the classes below are one chain, whose last is Instructions.
#pragma once

#include "../config.hpp"
#include "instruction_shapes.hpp"

// clang-format off

"""
    out += BEGIN
    base = "InstructionShapes"
    for name, doc, _ in CHAIN:
        out += "\n/// %s.\nclass %s : public %s {\npublic:\n  using %s::%s;\n" % (doc, name, base, base, base)
        for title, members in groups(model, [i for i in model.instructions if class_of(i) == name]):
            out += "\n" + comment("--- " + title, 2)
            for i in members:
                for with_type in ([True, False] if i.infer else [i.has_type]):
                    out += wrapped("  %s %s(" % (i.result_cpp_type, i.name), parameters(i, kinds, with_type, True),
                                   ");")
        out += "};\n"
        base = name
    out += """
/// Every instruction: the typed face of the emitter.
class Instructions : public %s {
public:
  using %s::%s;
};
""" % (base, base, base)
    return out + "\n" + END + IMPL % "instructions.hpp"


def flags(i, kinds):
    value = 1 if i.has_type else 0
    value |= 2 if i.has_result else 0
    for o in i.arguments:
        kind = kinds.get(o.kind)
        if (kind and kind.is_enum) or o.kind in ("IdScope", "IdMemorySemantics", "LiteralSpecConstantOpInteger",
                                                 "LiteralExtInstInteger"):
            value |= 4
    return value


# --- shapes ----------------------------------------------------------------------------------------------------------

LETTERS = {"ValueId": "v", "TypeId": "t", "LabelId": "l", "FunctionId": "f", "Id": "i", "Literal": "n",
           "ScopeOperand": "s", "MemorySemanticsOperand": "m", "Text": "c"}
LETTER_DOC = """\
// The result (`v` ValueId, `t` TypeId, `none`), then the operands: v ValueId, t TypeId, l LabelId, f FunctionId, i Id,
// n Literal, s ScopeOperand, m MemorySemanticsOperand, c Text, e an enumerant, o an operand class or an Optional;
// a digit repeats a letter, `_many` is a Span of what precedes it, `_optional` an id that may be empty.
"""


def shape_of(i, kinds):
    """What two instructions have in common when one body can write both; None when it takes no operands."""
    return (i.result_cpp_type, i.has_type,
            tuple((a.cpp_type, a.optional_id, a.add) for a in arguments(i, kinds)))


def shape_name(shape):
    result, _, operands = shape
    out = "write_" + {"ValueId": "v", "TypeId": "t", "void": "none"}.get(result, result.lower()) + "_"
    letters = ""
    for cpp, optional, _ in operands:
        element = cpp[len("Span<const "):-1] if cpp.startswith("Span<") else cpp
        letter = LETTERS.get(element) or ("o" if "operand::" in cpp or "Optional<" in cpp else "e")
        letters += letter + ("_many_" if element != cpp else "") + ("_optional_" if optional else "")
    n = 0
    while n < len(letters):
        run = 1
        while n + run < len(letters) and letters[n + run] == letters[n] and letters[n] != "_":
            run += 1
        out += letters[n] if run < 3 else letters[n] + str(run)
        n += 1 if run < 3 else run
    return out.rstrip("_")


def shapes(model):
    """name → example instruction, for the shapes that several methods share."""
    count, example = collections.Counter(), {}
    for i in model.instructions:
        shape = shape_of(i, model.kind_by_name)
        count[shape] += 2 if i.infer else 1
        example.setdefault(shape, i)
    names, taken = {}, set()
    for shape, n in count.items():
        if n >= 3:
            name = base = shape_name(shape)
            number = 1
            while name in taken:
                number += 1
                name = "%s_%d" % (base, number)
            taken.add(name)
            names[shape] = name
    return names, example


def shape_parameters(i, kinds):
    out = ["InstructionKey key"] + (["TypeId type"] if i.has_type else [])
    for n, a in enumerate(arguments(i, kinds)):
        out.append("%s %s" % (a.cpp_type, "abcdefghijklmnopqrstuvwxyz"[n]))
    return out + ["const SourceLocation& at"]


def write_shapes(model):
    kinds = model.kind_by_name
    names, example = shapes(model)
    out = model.header()
    out += """\
// The shapes that instructions have: results and operands that several of them share, one writer for each. Not for
// callers; the methods to call are in instructions.hpp.
#pragma once

#include "../config.hpp"
#include "emitter.hpp"
#include "operands.hpp"

// clang-format off

"""
    out += BEGIN + "\nclass InstructionShapes : public Emitter {\npublic:\n  using Emitter::Emitter;\n\nprotected:\n"
    out += "".join("  %s\n" % line for line in LETTER_DOC.rstrip().split("\n"))
    for shape, name in sorted(names.items(), key=lambda s: s[1]):
        i = example[shape]
        out += wrapped("  %s %s(" % (i.result_cpp_type, name), shape_parameters(i, kinds), ");")
    return out + "};\n\n" + END


def body(i, key, type_argument, kinds, rename=False):
    """Statements that write the instruction from the parameters of its method (renamed: of its shape)."""
    args = arguments(i, kinds)
    if rename:
        for n, a in enumerate(args):
            a.name = "abcdefghijklmnopqrstuvwxyz"[n]
    result = i.result_cpp_type

    def finish(operands):
        call = "emit(%s, %s, %s, at)" % (key, type_argument, operands)
        return "  return %s(%s);\n" % (result, call) if i.has_result else "  %s;\n" % call

    if not args:
        return finish("nullptr, 0")
    if result == "ValueId" and [a.cpp_type for a in args] == ["ValueId"] * 2 and not args[1].optional_id:
        # What arithmetic is made of: the ids stay in registers.
        return finish("%s, %s" % (args[0].name, args[1].name))
    if all(a.word for a in args) and not any(a.optional_id for a in args[:-1]):
        # An optional id at the end: the words are there, their number depends.
        last = args[-1]
        count = "%s ? %d : %d" % (last.name, len(args), len(args) - 1) if last.optional_id else str(len(args))
        return (wrapped("  const OperandWord words[] = {", [a.word % a.name for a in args], "};")
                + finish("words, " + count))
    return "  OperandList list(*this);\n" + "".join("  %s\n" % (a.add % a.name) for a in args) + finish("list")


def write_instruction_bodies(model):
    kinds = model.kind_by_name
    names, example = shapes(model)
    out = model.header()
    out += '#pragma once\n\n#include "../instructions.hpp"\n\n// clang-format off\n\n' + BEGIN + "\n"
    out += HELPERS + "\n"
    for shape, name in sorted(names.items(), key=lambda s: s[1]):
        i = example[shape]
        out += wrapped("AIRSTRIP_INLINE %s InstructionShapes::%s(" % (i.result_cpp_type, name),
                       shape_parameters(i, kinds), ") {")
        out += body(i, "key", "type" if i.has_type else "TypeId()", kinds, rename=True) + "}\n"
    out += "\n"
    for index, i in enumerate(model.instructions):
        key = "{%d, Op::%s, %d, Section::%s, TypeRule::%s}" % (index, i.name, flags(i, kinds), i.section, i.rule)
        shape = names.get(shape_of(i, kinds))
        for with_type in ([True, False] if i.infer else [i.has_type]):
            type_argument = "result_type" if with_type else "TypeId()"
            out += wrapped("AIRSTRIP_INLINE %s %s::%s(" % (i.result_cpp_type, class_of(i), i.name),
                           parameters(i, kinds, with_type, False), ") {")
            if shape:
                call = [key] + ([type_argument] if i.has_type else [])
                call += [a.name for a in arguments(i, kinds)] + ["at"]
                out += wrapped("  %s%s(" % ("return " if i.has_result else "", shape), call, ");")
            else:
                out += body(i, key, type_argument, kinds)
            out += "}\n"
    return out + "\n" + END
