#pragma once

#include "../requirements.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

namespace detail {

// Capabilities imply each other in chains of at most six in the grammar; a longer one would be a cycle.
inline constexpr unsigned max_implication_depth = 16;

inline bool version_permits(Version version, Version first, Version last) {
  return first != no_version && version >= first && (last == no_version || version <= last);
}

inline void append_version(String& text, Version version) {
  text << "SPIR-V " << std::uint32_t{version} / 256u << '.' << std::uint32_t{version} % 256u;
}

// Among extensions that would all do: Khronos' own before multi-vendor before one vendor's.
inline unsigned extension_rank(Extension extension) {
  const Text name = grammar::name(extension);
  const auto begins = [&](Text prefix) {
    return name.size() >= prefix.size() && Text(name.data(), prefix.size()) == prefix;
  };
  return begins("SPV_KHR_") ? 0 : begins("SPV_EXT_") ? 1 : 2;
}

}  // namespace detail

AIRSTRIP_INLINE void Requirements::reset(const Target& target) {
  target_ = target;
  required_.clear();
  implied_.clear();
  declared_.clear();
  extensions_.clear();
  clauses_.clear();
  foreign_.clear();
}

AIRSTRIP_INLINE bool Requirements::needs_extension(const EnumerantInfo& capability) const {
  return !detail::version_permits(target_.spirv_version(), capability.version, capability.last_version) &&
         capability.extension_count != 0;
}

AIRSTRIP_INLINE bool Requirements::permitted(Capability capability) const { return permitted(capability, 0); }

AIRSTRIP_INLINE bool Requirements::permitted(Capability capability, unsigned depth) const {
  if (implied_.contains(capability)) return true;
  if (depth > detail::max_implication_depth || !target_.permits(capability)) return false;
  const EnumerantInfo* const info =
      grammar::find(OperandKind::Capability, static_cast<std::uint32_t>(capability));
  if (!info) return false;
  if (needs_extension(*info)) {
    bool some = false;
    for (const Extension extension : grammar::extensions(*info)) some |= target_.permits(extension);
    if (!some) return false;
  } else if (info->version != no_version &&
             !detail::version_permits(target_.spirv_version(), info->version, info->last_version)) {
    return false;
  }
  for (const Capability implied : grammar::capabilities(*info))
    if (!permitted(implied, depth + 1)) return false;
  return true;
}

AIRSTRIP_INLINE void Requirements::add(Capability capability, unsigned depth) {
  if (depth == 0) required_.insert(capability);
  if (implied_.contains(capability) || depth > detail::max_implication_depth) return;
  implied_.insert(capability);
  const EnumerantInfo* const info =
      grammar::find(OperandKind::Capability, static_cast<std::uint32_t>(capability));
  if (!info) return;
  String unused;
  if (needs_extension(*info)) require_any(grammar::extensions(*info), unused);
  for (const Capability implied : grammar::capabilities(*info)) add(implied, depth + 1);
}

AIRSTRIP_INLINE String Requirements::describe(Span<const Capability> alternatives) const {
  String text;
  for (std::size_t i = 0; i < alternatives.size(); ++i) {
    if (i) text << (i + 1 == alternatives.size() ? " or " : ", ");
    const EnumerantInfo* const info =
        grammar::find(OperandKind::Capability, static_cast<std::uint32_t>(alternatives[i]));
    if (!info) continue;
    text << info->name;
    // Shader and Kernel are in every version; saying so would say nothing.
    const bool core = info->version != no_version;
    if ((core && info->version == make_version(1, 0)) || (!core && info->extension_count == 0)) continue;
    text << " (";
    if (core) detail::append_version(text, info->version);
    bool first = !core;
    for (const Extension extension : grammar::extensions(*info)) {
      if (!first) text << " or ";
      text << grammar::name(extension);
      first = false;
    }
    text << ')';
  }
  return text;
}

AIRSTRIP_INLINE bool Requirements::require_any(Span<const Capability> alternatives, String& why) {
  std::size_t permitted_count = 0;
  Capability only{};
  for (const Capability capability : alternatives) {
    if (implied_.contains(capability)) return true;
    if (!permitted(capability)) continue;
    ++permitted_count;
    only = capability;
  }
  if (permitted_count == 0) {
    why << "needs " << describe(alternatives) << "; the target " << target_.name()
        << (alternatives.size() == 1   ? " does not permit it"
            : alternatives.size() == 2 ? " permits neither"
                                       : " permits none of them");
    return false;
  }
  if (permitted_count == 1) {
    add(only, 0);
    return true;
  }
  for (const Clause& clause : clauses_)
    if (clause.first == alternatives.data() && clause.count == alternatives.size()) return true;
  clauses_.push_back({alternatives.data(), alternatives.size()});  // a failure is found at the end
  return true;
}

AIRSTRIP_INLINE bool Requirements::require(Capability capability, String& why) {
  if (required_.contains(capability)) return true;
  if (!permitted(capability)) {
    why << "needs " << describe(Span<const Capability>(&capability, 1)) << "; the target " << target_.name()
        << " does not permit it";
    return false;
  }
  add(capability, 0);
  return true;
}

AIRSTRIP_INLINE bool Requirements::require_any(Span<const Extension> alternatives, String& why) {
  const Extension* best = nullptr;
  for (const Extension& extension : alternatives) {
    if (extensions_.contains(extension)) return true;
    if (!target_.permits(extension)) continue;
    if (!best || detail::extension_rank(extension) < detail::extension_rank(*best)) best = &extension;
  }
  if (best) {
    extensions_.insert(*best);
    return true;
  }
  why << "needs ";
  for (std::size_t i = 0; i < alternatives.size(); ++i) {
    if (i) why << " or ";
    why << grammar::name(alternatives[i]);
  }
  why << "; the target " << target_.name() << " does not permit it";
  return false;
}

AIRSTRIP_INLINE void Requirements::require_foreign_extension(Text name) {
  for (std::size_t i = 0; i < foreign_.size();) {
    const Text known(foreign_.data() + i);
    if (known == name) return;
    i += known.size() + 1;
  }
  foreign_.append({name.data(), name.size()});
  foreign_.push_back('\0');
}

template <class Info>
bool Requirements::require_info(const Info& info, const char* name, String& why) {
  const Version version = target_.spirv_version();
  const Span<const Capability> capabilities = grammar::capabilities(info);
  if (!capabilities.empty() && !require_any(capabilities, why)) return false;
  if (detail::version_permits(version, info.version, info.last_version)) return true;
  // Too new, gone, or never core: an extension must bring it, unless every capability it can come with brings its
  // own. The grammar repeats the capability's extension on the instruction, and not always completely
  // (OpAtomicFAddEXT lists only the 32- and 64-bit one).
  bool brought = !capabilities.empty();
  for (const Capability capability : capabilities) {
    const EnumerantInfo* const own =
        grammar::find(OperandKind::Capability, static_cast<std::uint32_t>(capability));
    brought = brought && own && (needs_extension(*own) || own->version == no_version);
  }
  if (brought) return true;
  if (info.extension_count != 0) {
    String reason;
    if (require_any(grammar::extensions(info), reason)) return true;
    why << "needs ";
    if (info.version != no_version) {
      detail::append_version(why, info.version);
      why << " or ";
    }
    const Span<const Extension> extensions = grammar::extensions(info);
    for (std::size_t i = 0; i < extensions.size(); ++i)
      why << (i ? " or " : "") << grammar::name(extensions[i]);
    why << "; the target " << target_.name() << " has SPIR-V " << std::uint32_t{version} / 256u << '.'
        << std::uint32_t{version} % 256u << " and permits no such extension";
    return false;
  }
  if (info.version == no_version)
    return true;  // reserved without a condition: nothing can be asked of the target
  if (version > info.version) {
    why << name << " was last in ";
    detail::append_version(why, info.last_version);
  } else {
    why << "needs ";
    detail::append_version(why, info.version);
  }
  why << "; the target " << target_.name() << " has SPIR-V " << std::uint32_t{version} / 256u << '.'
      << std::uint32_t{version} % 256u;
  return false;
}

AIRSTRIP_INLINE bool Requirements::require(const InstructionInfo& instruction, String& why) {
  return require_info(instruction, instruction.name, why);
}

AIRSTRIP_INLINE bool Requirements::require(OperandKind kind, const EnumerantInfo& enumerant, String& why) {
  // A Capability's own list means "implies all of these", which add() follows.
  if (kind == OperandKind::Capability) return require(static_cast<Capability>(enumerant.value), why);
  return require_info(enumerant, enumerant.name, why);
}

AIRSTRIP_INLINE bool Requirements::is_alien(Capability capability) const {
  const auto brings = [](const auto& self, Capability from, Capability wanted, unsigned depth) -> bool {
    if (from == wanted) return true;
    const EnumerantInfo* const info =
        grammar::find(OperandKind::Capability, static_cast<std::uint32_t>(from));
    if (!info || depth > detail::max_implication_depth) return false;
    for (const Capability implied : grammar::capabilities(*info))
      if (self(self, implied, wanted, depth + 1)) return true;
    return false;
  };
  return (implied_.contains(Capability::Shader) && brings(brings, capability, Capability::Kernel, 0)) ||
         (implied_.contains(Capability::Kernel) && brings(brings, capability, Capability::Shader, 0));
}

AIRSTRIP_INLINE void Requirements::settle() {
  // Clauses met by what is required anyway drop out; the others take, those with the fewest alternatives first and then
  // in order of their first use, the permitted alternative that does not make a shader a kernel as well, needs no
  // extension, has the lowest enumerant. Each
  // choice may meet later clauses: 16-bit storage, say, meets "Int16 or some 16-bit storage".
  const auto choices = [&](const Clause& clause) {
    std::size_t n = 0;
    for (const Capability capability : Span<const Capability>(clause.first, clause.count))
      n += permitted(capability);
    return n;
  };
  std::size_t most = 0;
  for (const Clause& clause : clauses_) most = clause.count > most ? clause.count : most;
  for (std::size_t n = 1; n <= most; ++n)
    for (const Clause& clause : clauses_) {
      if (choices(clause) != n) continue;
      const Span<const Capability> alternatives(clause.first, clause.count);
      bool met = false;
      const EnumerantInfo* best = nullptr;
      bool best_core = false, best_alien = false;
      for (const Capability capability : alternatives) {
        met |= implied_.contains(capability);
        if (!permitted(capability)) continue;
        const EnumerantInfo* const info =
            grammar::find(OperandKind::Capability, static_cast<std::uint32_t>(capability));
        if (!info) continue;  // never: a clause names enumerants of the grammar
        const bool core = !needs_extension(*info);
        const bool alien = is_alien(capability);
        if (best && alien != best_alien ? alien
            : best && core != best_core ? best_core
                                        : best && info->value > best->value)
          continue;
        best = info;
        best_core = core;
        best_alien = alien;
      }
      if (!met && best) add(static_cast<Capability>(best->value), 0);
    }
  clauses_.clear();

  // Declared: what is required and not already implied by another required capability.
  CapabilitySet implied_by_others;
  const Span<const EnumerantInfo> all = grammar::enumerants(OperandKind::Capability);
  for (const EnumerantInfo& info : all)
    if (implied_.contains(static_cast<Capability>(info.value)))
      for (const Capability implied : grammar::capabilities(info)) implied_by_others.insert(implied);
  declared_.clear();
  for (const EnumerantInfo& info : all) {
    const auto capability = static_cast<Capability>(info.value);
    if (required_.contains(capability) && !implied_by_others.contains(capability))
      declared_.insert(capability);
  }
}

AIRSTRIP_SPIRV_NAMESPACE_END
