"""operands.hpp and impl/operands.hpp: masks and enumerants with parameters."""

from .cpp import BEGIN, END, IMPL, wrapped
from .types import parameter_type, parameter_word


def names_of(e):
    return [e.identifier] + e.alias_identifiers


def signature(prefix, e, suffix, kinds):
    return wrapped(prefix + "(", ["%s %s" % (parameter_type(p, kinds), p.name) for p in e.parameters], ")" + suffix)


def write_operands(model):
    kinds = model.kind_by_name
    out = model.header()
    out += """\
// Masks and enumerants with parameters, one class for each operand kind that has any:
//
//   b.OpLoad(type, pointer, operand::MemoryAccess().Aligned(16).Volatile());
//   b.OpDecorate(variable, operand::Decoration::Binding(3));
//   b.OpDecorate(variable, Decoration::NonWritable);  // no parameters: the plain enumerant converts
//
// A plain enumerant that does take parameters is an error where it is emitted.
#pragma once

#include "../config.hpp"
#include "operand.hpp"

// clang-format off

"""
    out += BEGIN + "\nnamespace operand {\n"
    for kind in model.kinds:
        if not kind.has_parameters:
            continue
        if kind.is_mask:
            out += "\nclass %s : public Mask {\npublic:\n" % kind.name
            out += "  %s() = default;\n" % kind.name
            out += "  %s(spirv::%s plain_bits);\n" % (kind.name, kind.name)
            for e in kind.enumerants:
                if e.value:
                    for name in names_of(e):
                        out += signature("  %s& %s" % (kind.name, name), e, ";", kinds)
        else:
            out += "\nclass %s : public Enumerant {\npublic:\n" % kind.name
            out += "  %s(spirv::%s plain);\n" % (kind.name, kind.name)
            for e in kind.enumerants:
                if e.parameters:
                    for name in names_of(e):
                        out += signature("  static %s %s" % (kind.name, name), e, ";", kinds)
            out += "\nprivate:\n  using Enumerant::Enumerant;\n"
        out += "};\n"
    return out + "\n}  // namespace operand\n\n" + END + IMPL % "operands.hpp"


def write_operand_bodies(model):
    kinds = model.kind_by_name
    out = model.header()
    out += '#pragma once\n\n#include "../operands.hpp"\n\n// clang-format off\n\n'
    out += BEGIN + "\nnamespace operand {\n"
    for kind in model.kinds:
        if not kind.has_parameters:
            continue
        n = kind.name
        out += "\n"
        if kind.is_mask:
            out += ("AIRSTRIP_INLINE %s::%s(spirv::%s plain_bits) : Mask(static_cast<std::uint32_t>(plain_bits)) {}\n"
                    % (n, n, n))
        else:
            out += ("AIRSTRIP_INLINE %s::%s(spirv::%s plain) : Enumerant(static_cast<std::uint32_t>(plain)) {}\n"
                    % (n, n, n))
        for e in kind.enumerants:
            for name in names_of(e):
                if kind.is_mask and e.value:
                    out += signature("AIRSTRIP_INLINE %s& %s::%s" % (n, n, name), e, " {", kinds)
                    if e.parameters:
                        words = ", ".join(parameter_word(p, kinds) for p in e.parameters)
                        out += "  const OperandWord words[] = {%s};\n" % words
                        out += "  set(0x%X, words);\n" % e.value
                    else:
                        out += "  set(0x%X);\n" % e.value
                    out += "  return *this;\n}\n"
                elif not kind.is_mask and e.parameters:
                    out += signature("AIRSTRIP_INLINE %s %s::%s" % (n, n, name), e, " {", kinds)
                    tail = [p for p in e.parameters if p.quantifier == "*"]
                    words = ["Parameter(%s)" % parameter_word(p, kinds) for p in e.parameters if p not in tail]
                    out += "  return %s(%d, {%s}%s);\n}\n" % (n, e.value, ", ".join(words),
                                                             ", " + tail[0].name if tail else "")
    return out + "\n}  // namespace operand\n\n" + END
