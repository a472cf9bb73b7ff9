// Adapter: what a module says of itself. It needs nothing but layer 1, and takes any words: what it does not know is
// opaque, what is wrong is a Diagnostic, and both time and memory are bounded by the number of words.
//
//     Result<Reflection> r = reflect(words);
//     if (!r) return puts(r.error().to_string().c_str());
//     for (const reflection::EntryPoint& entry : r->entry_points())
//       for (const reflection::Binding& b : r->bindings(entry))
//         printf("set %u binding %u\n", b.set, b.binding);
//
//     // The same module with other specialisation constants: array sizes, workgroup sizes and all that follows.
//     Result<Reflection> wide = reflect(words, {{.spec_id = 0, .bits = 128}});
#pragma once

#include "config.hpp"
#include "reflect/cpp_structs.hpp"
#include "reflect/json.hpp"
#include "reflect/layout.hpp"
#include "reflect/reflection.hpp"
#include "reflect/requirements.hpp"
#include "result.hpp"
#include "spirv/view.hpp"
#include "support/span.hpp"

#include <cstdint>

AIRSTRIP_NAMESPACE_BEGIN

/// Reads a module. An override replaces the default of every constant with its SpecId; one whose SpecId no constant has
/// changes nothing, as in Vulkan.
/// Errors: those of `spirv::parse` with the word offset; LimitExceeded where entry points share so many resources, or
/// constants so many parts, that the answer would be out of proportion to the words; OutOfMemory.
/// The module is not validated: an id that names nothing, or a wrong kind of thing, is left out.
Result<Reflection> reflect(Span<const std::uint32_t> words, Span<const reflection::Override> overrides = {});
/// The same from a view that the caller has anyway.
Result<Reflection> reflect(const spirv::ModuleView& view, Span<const reflection::Override> overrides = {});

AIRSTRIP_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "reflect/impl/reflect.hpp"
#endif
