// Text of a module, in the syntax of SPIRV-Tools (docs/syntax.md there), without SPIRV-Tools.
//
// The exact text assembles back to the same words:
//     spirv-as --preserve-numeric-ids --target-env spv<version> text -o words
// The friendly text is for people: it is valid, names come from OpName, types and constants, ids may be renumbered.
#pragma once

#include "../config.hpp"
#include "../support/buffer.hpp"
#include "../support/string.hpp"
#include "view.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

struct DisassembleOptions {
  bool friendly = false;        ///< names instead of numbers, and an empty line before each function
  bool header = true;           ///< the module's header as comments; nothing is assembled from them
  bool byte_offsets = false;    ///< a comment with the instruction's offset in bytes
  bool comments = false;        ///< a comment with the decorations of a result (BuiltIn, Binding, …)
  unsigned result_column = 15;  ///< opcodes begin here, results are right-aligned before it; 0: no alignment
};

/// A name for every id that has a definition: from OpName, from a BuiltIn decoration, from the type ("v4float",
/// "_ptr_StorageBuffer_float") or the constant ("uint_3"), else the number. Names are unique, consist of letters, digits
/// and '_', and only a number begins with a digit. The same view gives the same names.
class FriendlyNames {
public:
  /// The view must outlive the names, and stay where it is.
  explicit FriendlyNames(const ModuleView& view);

  /// Without the '%'; never empty.
  String name(std::uint32_t id) const;
  /// The same, empty where the name is the number. Valid as long as this object.
  Text find(std::uint32_t id) const;

private:
  static constexpr std::size_t max_name =
      100;  // keeps composed names, and a text with many uses, in proportion

  static constexpr std::size_t no_slot = static_cast<std::size_t>(-1);

  void give(const Instruction& definition, Text name);
  std::size_t slot(Text name) const;
  bool grow();
  void name_type(const Instruction& type);
  void name_constant(const Instruction& constant);

  const ModuleView* view_;
  Buffer<char> pool_;             // zero-terminated names
  Buffer<std::uint32_t> names_;   // instruction → offset in the pool, or 0
  Buffer<std::uint32_t> slots_;   // hash table of pool offsets, a power of two
  Buffer<std::uint32_t> suffix_;  // for each slot the number to try next for another id of that name
  std::size_t used_ = 0;
};

/// The text of a whole module. An instruction that the text form cannot express (an opcode, enumerant or mask bit that
/// the grammar does not have, operands too few or too many, a second definition of an id, id 0, a number that does not
/// fit its type, a string with something after its end) is written as `!0x…` words, which the assembler takes as they
/// are. In the friendly text such words keep their numbers, though ids around them may change.
/// Empty when out of memory.
AIRSTRIP_INLINE String disassemble(const ModuleView& view, const DisassembleOptions& options = {});
/// One instruction on one line without its end, with names if given; empty if there is none at `index`.
AIRSTRIP_INLINE String disassemble_instruction(const ModuleView& view, std::size_t index,
                                               const FriendlyNames* names = nullptr);

AIRSTRIP_SPIRV_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/disassemble.hpp"
#endif
