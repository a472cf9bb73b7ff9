// What a module needs: capabilities, extensions and a version, deduced from what it uses and checked against a Target.
#pragma once

#include "../config.hpp"
#include "../support/buffer.hpp"
#include "../support/string.hpp"
#include "enums.hpp"
#include "grammar.hpp"
#include "target.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// Collects requirements as a conjunction of clauses, each met by any one of several capabilities or extensions, and
/// settles them into the smallest set at the end. Of several that would do, the one that is already implied is
/// taken, then one that needs no extension, then the lowest enumerant: the result depends on nothing else.
class Requirements {
public:
  explicit Requirements(const Target& target) : target_(target) {}

  /// Forgets everything but the memory.
  void reset(const Target& target);

  /// Requires what an instruction or enumerant of the grammar needs. False, with the reason in `why`, when the target
  /// permits none of the alternatives.
  bool require(const InstructionInfo& instruction, String& why);
  bool require(OperandKind kind, const EnumerantInfo& enumerant, String& why);
  /// Any one of these. The array must outlive the object.
  bool require_any(Span<const Capability> alternatives, String& why);
  bool require(Capability capability, String& why);
  bool require_any(Span<const Extension> alternatives, String& why);
  /// An extension the grammar does not know is the caller's own word.
  void require_foreign_extension(Text name);

  /// Whether the capability is declared or implied by a declared one, as far as is settled now.
  bool has(Capability capability) const { return implied_.contains(capability); }

  /// Whether something was forgotten because an allocation failed.
  bool out_of_memory() const { return clauses_.out_of_memory() || foreign_.out_of_memory(); }

  /// Settles the clauses that are still open. Afterwards `declared` is final.
  void settle();
  /// Whether OpCapability must be written: required and not implied by another one that is.
  bool declared(Capability capability) const { return declared_.contains(capability); }
  bool declared(Extension extension) const { return extensions_.contains(extension); }
  Text foreign_extensions() const { return Text(foreign_.data(), foreign_.size()); }  ///< zero-separated

private:
  struct Clause {
    const Capability* first;
    std::size_t count;
  };

  bool permitted(Capability capability) const;
  bool permitted(Capability capability, unsigned depth) const;
  /// Whether it would bring Kernel to a shader, or Shader to a kernel.
  bool is_alien(Capability capability) const;
  bool needs_extension(const EnumerantInfo& capability) const;
  void add(Capability capability, unsigned depth);
  template <class Info>
  bool require_info(const Info& info, const char* name, String& why);
  String describe(Span<const Capability> alternatives) const;

  Target target_;
  CapabilitySet required_;  // asked for by themselves
  CapabilitySet implied_;   // required, and what they imply
  CapabilitySet declared_;  // required less implied by others; after settle()
  ExtensionSet extensions_;
  Buffer<Clause> clauses_;
  Buffer<char> foreign_;
};

AIRSTRIP_SPIRV_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/requirements.hpp"
#endif
