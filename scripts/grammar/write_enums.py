"""enums.hpp: opcodes, enumerants, operand kinds, extensions. extended_sets.hpp: extended instructions."""

from .cpp import BEGIN, END


def identifier(name):
    from .model import RESERVED
    return name + "_" if name in RESERVED else name


def enum(name, underlying, rows, doc):
    """`rows`: (identifier, value text or None)."""
    out = "/// %s\n" % doc if doc else ""
    out += "enum class %s : %s {\n" % (name, underlying)
    for row, value in rows:
        out += "  %s,\n" % (row if value is None else "%s = %s" % (row, value))
    return out + "};\n"


def kind_enum(kind, doc=None, skip=()):
    rows, seen = [], set(skip)
    for e in kind.enumerants:
        value = "0x%X" % e.value if kind.is_mask else str(e.value)
        for name in [e.identifier] + e.alias_identifiers:
            if name not in seen:
                seen.add(name)
                rows.append((name, value))
    return enum(kind.name, "std::uint32_t", rows, doc or ("A mask." if kind.is_mask else None))


def write_enums(model):
    out = model.header()
    out += """\
// Every opcode, enumerant, operand kind and extension, in the specification's spelling. Names that are no identifiers
// begin with their kind (`Dim::Dim1D`), the empty mask is `MaskNone` (X11 defines None), aliases are included.
#pragma once

#include "../config.hpp"

#include <cstddef>
#include <cstdint>

// clang-format off

"""
    out += BEGIN + "\n"
    rows = []
    for i in model.instructions:
        for name in [i.name] + i.aliases:
            rows.append((name, str(i.opcode)))
    out += enum("Op", "std::uint16_t", rows, "Opcodes (SPIR-V 3.56).")
    for kind in model.kinds:
        if kind.is_enum:
            out += "\n" + kind_enum(kind)
    out += "\n" + enum("OperandKind", "std::uint8_t", [(k.name, None) for k in model.all_kinds],
                       "What an operand is: the grammar's operand kinds, then those of extended instruction sets.")
    out += "\n" + enum("Extension", "std::uint16_t", [(e, None) for e in model.extensions],
                       "Extensions that the grammar or Vulkan's registry names, alphabetically.")
    capabilities = model.kind_by_name["Capability"].enumerants
    out += """
/// Numbers of distinct values.
inline constexpr std::size_t instruction_count = %d;
inline constexpr std::size_t capability_count = %d;
inline constexpr std::size_t extension_count = %d;
inline constexpr std::size_t operand_kind_count = %d;

/// Whether an enum is a mask: its enumerants combine with `|`, `&` and `~`.
template <class Enum>
inline constexpr bool is_mask_enum = false;
""" % (len(model.instructions), len(capabilities), len(model.extensions), len(model.all_kinds))
    for kind in model.kinds:
        if kind.is_mask:
            out += "template <> inline constexpr bool is_mask_enum<%s> = true;\n" % kind.name
    out += """
template <class Mask>
  requires is_mask_enum<Mask>
constexpr Mask operator|(Mask a, Mask b) {
  return static_cast<Mask>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
template <class Mask>
  requires is_mask_enum<Mask>
constexpr Mask operator&(Mask a, Mask b) {
  return static_cast<Mask>(static_cast<std::uint32_t>(a) & static_cast<std::uint32_t>(b));
}
template <class Mask>
  requires is_mask_enum<Mask>
constexpr Mask operator~(Mask a) {
  return static_cast<Mask>(~static_cast<std::uint32_t>(a));
}
template <class Mask>
  requires is_mask_enum<Mask>
constexpr Mask& operator|=(Mask& a, Mask b) {
  return a = a | b;
}
template <class Mask>
  requires is_mask_enum<Mask>
constexpr Mask& operator&=(Mask& a, Mask b) {
  return a = a & b;
}

"""
    return out + END


def write_extended_sets(model):
    out = model.header()
    out += """\
// The instructions of extended instruction sets, and the enumerants that only such a set has.
#pragma once

#include "../config.hpp"
#include "enums.hpp"

// clang-format off

"""
    out += BEGIN + "\n"
    done = set()
    masks = []
    for s in model.sets:
        if s.cpp_name:
            doc = 'OpExtInstImport "%s"' % s.import_name
            if s.cpp_name == "NonSemanticShaderDebugInfo":
                doc += ', and its subset "NonSemantic.Shader.DebugInfo.100"'
            rows = [(identifier(i.name), str(i.opcode)) for i in s.instructions]
            out += enum(s.cpp_name, "std::uint32_t", rows, doc) + "\n"
        # The newest revision of a set has the most enumerants.
        for kind in s.kinds:
            newest = [k for t in model.sets for k in t.kinds if k.name == kind.name][-1]
            if kind.name not in done:
                done.add(kind.name)
                out += kind_enum(newest, "%s: %s" % (s.import_name, "a mask." if kind.is_mask else "an operand.")) + "\n"
                if kind.is_mask:
                    masks.append(kind.name)
    for name in masks:
        out += "template <> inline constexpr bool is_mask_enum<%s> = true;\n" % name
    return out + "\n" + END
