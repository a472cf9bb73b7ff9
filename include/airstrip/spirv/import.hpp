// Importing foreign words into a builder: what was read can be checked, changed and added to.
#pragma once

#include "../config.hpp"
#include "builder.hpp"
#include "view.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// What the ids of the foreign module have become in the builder.
class ImportMap {
public:
  /// Empty for an id that the module does not define.
  Id operator[](std::uint32_t foreign) const;

private:
  friend Result<ImportMap> import_module(const ModuleView& view, Builder& builder, SourceLocation at);
  struct Entry {
    std::uint32_t foreign;
    Id own;
  };
  Buffer<Entry> entries_;  // ascending
};

/// The options with which a builder can take the module: its SPIR-V version, addressing and memory model, on a universal
/// target. The caller may exchange the target for one that permits what the module declares.
ModuleOptions options_for(const ModuleView& view);

/// Gives every instruction of the view to the builder, in its order. The result may differ from the view where the
/// builder normalises: ids are its own, equal types and constants that nothing decorates are merged, implied
/// capabilities are left out, entry points list their interface, local variables stand together.
/// Errors: those of the view (a malformed operand: its word offset), UnknownInstruction for an opcode that the grammar
/// does not have, and every error of the builder, with the word offset of the instruction that caused it; the builder
/// has then failed.
Result<ImportMap> import_module(const ModuleView& view, Builder& builder,
                                SourceLocation at = SourceLocation::current());

AIRSTRIP_SPIRV_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/import.hpp"
#endif
