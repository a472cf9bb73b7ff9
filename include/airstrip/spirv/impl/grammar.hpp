#pragma once

#include "../grammar.hpp"
#include "grammar_tables.hpp"

#include <cstring>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

namespace grammar {

namespace tables {

/// Negative, zero or positive, as `name` stands to the zero-terminated `entry`.
inline int compare(Text name, const char* entry) {
  const std::size_t size = std::strlen(entry);
  const int order = std::memcmp(name.data(), entry, name.size() < size ? name.size() : size);
  if (order != 0) return order;
  return name.size() == size ? 0 : name.size() < size ? -1 : 1;
}

/// Looks a name up in `order`, indices of `table` (and, from `table_size` on, of `aliases`) sorted by name. Returns the
/// index in `table`, or -1.
template <class Info>
int find_name(Text name, const std::uint16_t* order, std::size_t count, const Info* table,
              std::size_t table_size, const Alias* aliases) {
  while (count != 0) {
    const std::size_t half = count / 2;
    const std::size_t index = order[half];
    const bool alias = index >= table_size;
    const int found = compare(name, alias ? aliases[index - table_size].name : table[index].name);
    if (found == 0) return static_cast<int>(alias ? aliases[index - table_size].index : index);
    if (found > 0) {
      order += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return -1;
}

inline const KindInfo& kind_info(OperandKind kind) { return kind_table[static_cast<std::size_t>(kind)]; }

}  // namespace tables

AIRSTRIP_INLINE Span<const InstructionInfo> instructions() { return tables::instruction_table; }

AIRSTRIP_INLINE const InstructionInfo* find(Op op) {
  const std::size_t opcode = static_cast<std::size_t>(op);
  if (opcode / 64 >= sizeof tables::opcode_page) return nullptr;
  const std::uint16_t index = tables::opcode_index[tables::opcode_page[opcode / 64]][opcode % 64];
  return index < instruction_count ? &tables::instruction_table[index] : nullptr;
}

AIRSTRIP_INLINE const InstructionInfo* find(Text name) {
  const int index =
      tables::find_name(name, tables::instruction_names, sizeof tables::instruction_names / 2,
                        tables::instruction_table, instruction_count, tables::instruction_aliases);
  return index < 0 ? nullptr : &tables::instruction_table[index];
}

AIRSTRIP_INLINE Span<const OperandInfo> operands(const InstructionInfo& instruction) {
  return {tables::operand_pool + instruction.operands, instruction.operand_count};
}
AIRSTRIP_INLINE Span<const OperandInfo> parameters(const EnumerantInfo& enumerant) {
  return {tables::operand_pool + enumerant.parameters, enumerant.parameter_count};
}
AIRSTRIP_INLINE Span<const OperandInfo> operands(const ExtInstInfo& instruction) {
  return {tables::operand_pool + instruction.operands, instruction.operand_count};
}
AIRSTRIP_INLINE Span<const Capability> capabilities(const InstructionInfo& info) {
  return {tables::capability_pool + info.capabilities, info.capability_count};
}
AIRSTRIP_INLINE Span<const Capability> capabilities(const EnumerantInfo& info) {
  return {tables::capability_pool + info.capabilities, info.capability_count};
}
AIRSTRIP_INLINE Span<const Capability> capabilities(const ExtInstInfo& info) {
  return {tables::capability_pool + info.capabilities, info.capability_count};
}
AIRSTRIP_INLINE Span<const Extension> extensions(const InstructionInfo& info) {
  return {tables::extension_pool + info.extensions, info.extension_count};
}
AIRSTRIP_INLINE Span<const Extension> extensions(const EnumerantInfo& info) {
  return {tables::extension_pool + info.extensions, info.extension_count};
}
AIRSTRIP_INLINE Span<const Extension> extensions(const ExtInstInfo& info) {
  return {tables::extension_pool + info.extensions, info.extension_count};
}

AIRSTRIP_INLINE bool is_enum(OperandKind kind) { return tables::kind_info(kind).category != 0; }
AIRSTRIP_INLINE bool is_mask(OperandKind kind) { return tables::kind_info(kind).category == 2; }
AIRSTRIP_INLINE const char* name(OperandKind kind) { return tables::kind_info(kind).name; }

AIRSTRIP_INLINE Span<const EnumerantInfo> enumerants(OperandKind kind) {
  const tables::KindInfo& info = tables::kind_info(kind);
  return {tables::enumerant_table + info.first, info.count};
}

AIRSTRIP_INLINE const EnumerantInfo* find(OperandKind kind, std::uint32_t value) {
  if (kind == OperandKind::Capability) {
    const std::size_t index = capability_index(static_cast<Capability>(value));
    return index < capability_count ? &enumerants(kind)[index] : nullptr;
  }
  const Span<const EnumerantInfo> all = enumerants(kind);
  std::size_t low = 0, high = all.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (all[middle].value < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < all.size() && all[low].value == value ? &all[low] : nullptr;
}

AIRSTRIP_INLINE const EnumerantInfo* find(OperandKind kind, Text name) {
  const tables::KindInfo& info = tables::kind_info(kind);
  const int index = tables::find_name(
      name, tables::enumerant_names + info.first_name, info.name_count, tables::enumerant_table,
      sizeof tables::enumerant_table / sizeof *tables::enumerant_table, tables::enumerant_aliases);
  return index < 0 ? nullptr : &tables::enumerant_table[index];
}

AIRSTRIP_INLINE const char* name(Extension extension) {
  return tables::extension_names[static_cast<std::size_t>(extension)];
}

AIRSTRIP_INLINE bool find(Text name, Extension& extension) {
  std::size_t low = 0, high = extension_count;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const int order = tables::compare(name, tables::extension_names[middle]);
    if (order == 0) {
      extension = static_cast<Extension>(middle);
      return true;
    }
    if (order > 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

AIRSTRIP_INLINE Span<const ExtInstSetInfo> ext_inst_sets() { return tables::ext_inst_set_table; }

AIRSTRIP_INLINE const ExtInstSetInfo* find_ext_inst_set(Text name) {
  for (const ExtInstSetInfo& set : tables::ext_inst_set_table)
    if (Text(set.name) == name) return &set;
  // Another revision of a set that has them: "NonSemantic.ClspvReflection.5".
  std::size_t digits = 0;
  while (digits < name.size()) {
    const char c = name[name.size() - 1 - digits];
    if (c < '0' || c > '9') break;
    ++digits;
  }
  if (digits == 0) return nullptr;
  const Text stem(name.data(), name.size() - digits);
  for (const ExtInstSetInfo& set : tables::ext_inst_set_table) {
    if (!set.any_revision) continue;
    const Text known(set.name);
    std::size_t size = known.size();
    while (known[size - 1] != '.') --size;
    if (Text(set.name, size) == stem) return &set;
  }
  return nullptr;
}

AIRSTRIP_INLINE const ExtInstInfo* find(const ExtInstSetInfo& set, std::uint32_t number) {
  std::size_t low = 0, high = set.instructions.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (set.instructions[middle].number < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < set.instructions.size() && set.instructions[low].number == number ? &set.instructions[low]
                                                                                 : nullptr;
}

AIRSTRIP_INLINE std::size_t capability_index(Capability capability) {
  const std::size_t value = static_cast<std::size_t>(capability);
  if (value / 64 >= sizeof tables::capability_page) return capability_count;
  const std::uint16_t index = tables::capability_index[tables::capability_page[value / 64]][value % 64];
  return index < capability_count ? index : capability_count;
}

AIRSTRIP_INLINE Capability capability_at(std::size_t index) {
  return static_cast<Capability>(enumerants(OperandKind::Capability)[index].value);
}

AIRSTRIP_INLINE unsigned result_position(std::uint16_t opcode) {
  const InstructionInfo* const info = find(static_cast<Op>(opcode));
  if (!info || info->operand_count == 0) return 0;
  const OperandKind first = tables::operand_pool[info->operands].kind;
  return first == OperandKind::IdResultType ? 2 : first == OperandKind::IdResult ? 1 : 0;
}

}  // namespace grammar

AIRSTRIP_SPIRV_NAMESPACE_END
