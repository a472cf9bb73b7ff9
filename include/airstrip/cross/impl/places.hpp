// Resources that share a place: SPIR-V has them (`Aliased`), HLSL and numbered arguments in MSL have not.
#pragma once

#include "../../reflect.hpp"
#include "lacks.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace detail {

// The kinds of HLSL's registers that a binding takes: t, u, b, s as bits 0 to 3.
inline unsigned hlsl_registers(const reflection::Binding& b) {
  using reflection::DescriptorKind;
  switch (b.kind) {
    case DescriptorKind::UniformBuffer: return 4;
    case DescriptorKind::StorageBuffer: return b.declared.write ? 2 : 1;
    case DescriptorKind::StorageImage:
    case DescriptorKind::StorageTexelBuffer: return 2;
    case DescriptorKind::Sampler: return 8;
    case DescriptorKind::CombinedImageSampler: return 1 | 8;
    default: return 1;
  }
}

// The same of Metal's argument tables: buffers, textures, samplers.
inline unsigned msl_tables(const reflection::Binding& b) {
  using reflection::DescriptorKind;
  switch (b.kind) {
    case DescriptorKind::UniformBuffer:
    case DescriptorKind::StorageBuffer:
    case DescriptorKind::AccelerationStructure: return 1;
    case DescriptorKind::Sampler: return 4;
    case DescriptorKind::CombinedImageSampler: return 2 | 4;
    default: return 2;
  }
}

// Metal's indices know no sets: there `across_sets`.
inline Result<void> check_places(Span<const reflection::Binding> bindings,
                                 unsigned (*tables)(const reflection::Binding&), bool across_sets,
                                 ShaderLanguage language) {
  for (std::size_t i = 0; i < bindings.size(); ++i) {
    const reflection::Binding& b = bindings[i];
    // Ordered by set and binding.
    for (std::size_t k = i; k-- > 0;) {
      const reflection::Binding& a = bindings[k];
      if (!across_sets && (a.set != b.set || a.binding != b.binding)) break;
      if (a.binding != b.binding || (tables(a) & tables(b)) == 0) continue;
      String message("two resources share the binding ");
      message << b.binding << " of set " << b.set << (a.set == b.set ? "" : " and another set")
              << ", which the compilers of " << to_string(language)
              << " refuse; give each a binding of its own";
      Diagnostic error = cross_error(ErrorCode::NotTranslatable, message);
      error.word_offset = b.word_offset;
      return error;
    }
  }
  return {};
}

}  // namespace detail

AIRSTRIP_NAMESPACE_END
