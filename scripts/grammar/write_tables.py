"""impl/grammar_tables.hpp: the data behind grammar.hpp."""

from .cpp import BEGIN, END, quoted, wrapped_list

QUANTIFIERS = {"": "One", "?": "Optional", "*": "Many"}


class Pool:
    """Sequences kept once each; a sequence that occurs inside the pool is not added again."""

    def __init__(self):
        self.items = []
        self.known = {(): 0}

    def add(self, sequence):
        sequence = tuple(sequence)
        if sequence not in self.known:
            n = len(sequence)
            for at in range(len(self.items) - n + 1):
                if tuple(self.items[at:at + n]) == sequence:
                    self.known[sequence] = at
                    break
            else:
                self.known[sequence] = len(self.items)
                self.items.extend(sequence)
        return self.known[sequence]


def array(cpp_type, name, rows, compact=True):
    out = "inline constexpr %s %s[] = {\n" % (cpp_type, name)
    out += wrapped_list(rows) if compact else "".join("  %s,\n" % r for r in rows)
    return out + "};\n"


def pages(pairs, name):
    """A map from 16-bit values to indices: pages of 64, page 0 empty."""
    table = {}
    for value, index in pairs:
        table.setdefault(value >> 6, [0xFFFF] * 64)[value & 63] = index
    page_of = [0] * (max(table) + 1)
    rows = ["{" + ", ".join(["65535"] * 64) + "}"]
    for page in sorted(table):
        page_of[page] = len(rows)
        rows.append("{" + ", ".join(str(x) for x in table[page]) + "}")
    out = array("std::uint8_t", name + "_page", [str(p) for p in page_of])
    out += "inline constexpr std::uint16_t %s_index[][64] = {\n" % name
    for row in rows:
        out += wrapped_list([x for x in row[1:-1].split(", ")], 3).replace("   ", "  {", 1)[:-2] + "},\n"
    return out + "};\n"


def names(rows, index):
    """rows: (name, aliases); index: first index. Returns sorted (name, index or alias) and appends aliases."""
    for i, (name, aliases) in enumerate(rows):
        yield name, index + i, False
        for alias in aliases:
            yield alias, index + i, True


def write_tables(model):
    operands, capabilities, extensions = Pool(), Pool(), Pool()

    def operand_rows(items):
        return [(o.kind, QUANTIFIERS[o.quantifier], o.role) for o in items]

    # Long sequences first, so that short ones are found inside them.
    everything = [operand_rows(i.operands) for i in model.instructions]
    everything += [operand_rows(i.operands) for s in model.sets for i in s.instructions]
    everything += [operand_rows(e.parameters) for k in model.all_kinds for e in k.enumerants]
    for rows in sorted(everything, key=len, reverse=True):
        operands.add(rows)
    items = list(model.instructions) + [e for k in model.all_kinds for e in k.enumerants]
    items += [i for s in model.sets for i in s.instructions]
    for pool, attribute in ((capabilities, "capabilities"), (extensions, "extensions")):
        for item in sorted(items, key=lambda item: len(getattr(item, attribute)), reverse=True):
            pool.add(getattr(item, attribute))

    def requirements(item):
        return "%d, %d, %d, %d" % (capabilities.add(item.capabilities), len(item.capabilities),
                                   extensions.add(item.extensions), len(item.extensions))

    out = model.header()
    out += """\
// Operand sequences, capability lists and extension lists are pooled: each distinct sequence is there once.
#pragma once

#include "../grammar.hpp"

// clang-format off

"""
    out += BEGIN + "\nnamespace grammar {\nnamespace tables {\n\n"
    out += array("OperandInfo", "operand_pool",
                 ["{OperandKind::%s, Quantifier::%s, IdRole::%s}" % row for row in operands.items])
    out += array("Capability", "capability_pool", ["Capability::" + c for c in capabilities.items])
    out += array("Extension", "extension_pool", ["Extension::" + e for e in extensions.items])

    out += "\n"
    rows = []
    for i in model.instructions:
        rows.append("{Op::%s, %s, %d, %d, Section::%s, TypeRule::%s, %d, %d, %s}" % (
            i.name, quoted(i.name), operands.add(operand_rows(i.operands)), len(i.operands), i.section, i.rule,
            i.version, i.last_version, requirements(i)))
    out += array("InstructionInfo", "instruction_table", rows, compact=False)
    out += pages([(i.opcode, n) for n, i in enumerate(model.instructions)], "opcode")

    rows, kind_rows, aliases, sorted_names = [], [], [], []
    for kind in model.all_kinds:
        first, first_name = len(rows), len(sorted_names)
        for e in kind.enumerants:
            rows.append("{%d, %s, %d, %d, %d, %d, %s}" % (
                e.value, quoted(e.name), operands.add(operand_rows(e.parameters)), len(e.parameters), e.version,
                e.last_version, requirements(e)))
        mine = []
        for name, index, alias in names([(e.name, e.aliases) for e in kind.enumerants], first):
            if alias:
                mine.append((name, None, index))
            else:
                mine.append((name, index, index))
        seen = set()
        for name, index, target in sorted(mine, key=lambda m: (m[0], m[1] is None)):
            if name in seen:
                continue
            seen.add(name)
            if index is None:
                aliases.append((name, target))
                sorted_names.append(-len(aliases))
            else:
                sorted_names.append(index)
        category = {"BitEnum": 2, "ValueEnum": 1}.get(kind.category, 0)
        kind_rows.append("{%s, %d, %d, %d, %d, %d}" % (quoted(kind.name), category, first, len(kind.enumerants),
                                                        first_name, len(sorted_names) - first_name))
    enumerant_total = len(rows)
    out += "\n" + array("EnumerantInfo", "enumerant_table", rows, compact=False)
    out += """
/// Enumerants of a kind, and its part of the index of names.
struct KindInfo {
  const char* name;
  std::uint8_t category;  // 0: no enumerants, 1: values, 2: mask
  std::uint16_t first, count;
  std::uint16_t first_name, name_count;
};
"""
    out += array("KindInfo", "kind_table", kind_rows, compact=False)
    capability = model.kind_by_name["Capability"]
    out += pages([(e.value, n) for n, e in enumerate(capability.enumerants)], "capability")

    out += """
/// Another name of an entry.
struct Alias {
  const char* name;
  std::uint16_t index;
};
// Indices in the order of names: below the table's size an entry, from there on an alias.
"""
    out += array("Alias", "enumerant_aliases", ["{%s, %d}" % (quoted(n), t) for n, t in aliases])
    out += array("std::uint16_t", "enumerant_names",
                 [str(n if n >= 0 else enumerant_total - n - 1) for n in sorted_names])
    op_aliases = [(a, n) for n, i in enumerate(model.instructions) for a in i.aliases]
    out += array("Alias", "instruction_aliases", ["{%s, %d}" % (quoted(a), n) for a, n in op_aliases])
    both = [(i.name, n) for n, i in enumerate(model.instructions)]
    both += [(a, len(model.instructions) + n) for n, (a, _) in enumerate(op_aliases)]
    out += array("std::uint16_t", "instruction_names", [str(n) for _, n in sorted(both)])
    out += array("const char*", "extension_names", [quoted(e) for e in model.extensions])

    out += "\n"
    rows, sets = [], []
    for s in model.sets:
        sets.append("{%s, %s, {ext_inst_table + %d, %d}}" % (quoted(s.import_name), str(s.any_revision).lower(),
                                                             len(rows), len(s.instructions)))
        for i in s.instructions:
            rows.append("{%d, %s, %d, %d, %s}" % (i.opcode, quoted(i.name), operands.add(operand_rows(i.operands)),
                                                  len(i.operands), requirements(i)))
    out += array("ExtInstInfo", "ext_inst_table", rows, compact=False)
    out += array("ExtInstSetInfo", "ext_inst_set_table", sets, compact=False)
    return out + "\n}  // namespace tables\n}  // namespace grammar\n\n" + END
