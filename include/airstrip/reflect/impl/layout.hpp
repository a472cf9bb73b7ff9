#pragma once

#include "../../spirv/view.hpp"
#include "../layout.hpp"

#include <cstring>

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection {

AIRSTRIP_INLINE std::uint32_t shader_stage(spirv::ExecutionModel model) {
  using spirv::ExecutionModel;
  switch (model) {
    case ExecutionModel::Vertex: return 0x1;
    case ExecutionModel::TessellationControl: return 0x2;
    case ExecutionModel::TessellationEvaluation: return 0x4;
    case ExecutionModel::Geometry: return 0x8;
    case ExecutionModel::Fragment: return 0x10;
    case ExecutionModel::GLCompute: return 0x20;
    case ExecutionModel::TaskNV:
    case ExecutionModel::TaskEXT: return 0x40;
    case ExecutionModel::MeshNV:
    case ExecutionModel::MeshEXT: return 0x80;
    case ExecutionModel::RayGenerationKHR: return 0x100;
    case ExecutionModel::AnyHitKHR: return 0x200;
    case ExecutionModel::ClosestHitKHR: return 0x400;
    case ExecutionModel::MissKHR: return 0x800;
    case ExecutionModel::IntersectionKHR: return 0x1000;
    case ExecutionModel::CallableKHR: return 0x2000;
    default: return 0;
  }
}

namespace detail {

/// A binding on its way into a layout, and who asks for it.
struct Wanted {
  const Binding* binding;
  const Stage* stage;
};

inline bool before(const Binding& a, const Binding& b) {
  return a.set != b.set ? a.set < b.set : a.binding < b.binding;
}

/// Both lists are sorted; those of `from` come behind equal ones.
inline bool merge_sorted(Buffer<Wanted>& into, const Stage& stage, Buffer<Wanted>& scratch) {
  const Span<const Binding> from = stage.reflection->bindings(*stage.entry);
  scratch.clear();
  if (!scratch.reserve(into.size() + from.size())) return false;
  std::size_t i = 0;
  for (const Binding& b : from) {
    for (; i < into.size() && !before(b, *into[i].binding); ++i) scratch.push_back(into[i]);
    scratch.push_back({&b, &stage});
  }
  for (; i < into.size(); ++i) scratch.push_back(into[i]);
  return into.assign({scratch.data(), scratch.size()});
}

inline bool merge_kinds(DescriptorKind& kind, DescriptorKind other) {
  const auto part = [](DescriptorKind k) {
    return k == DescriptorKind::SampledImage || k == DescriptorKind::Sampler;
  };
  if (kind == other) return true;
  if (other == DescriptorKind::CombinedImageSampler && part(kind)) {
    kind = other;
    return true;
  }
  return kind == DescriptorKind::CombinedImageSampler && part(other);
}

inline void describe(String& text, const Wanted& wanted) {
  text << to_string(wanted.binding->kind);
  if (!wanted.binding->name.empty()) text << " \"" << wanted.binding->name << '"';
  text << " in " << (wanted.stage->module.empty() ? wanted.stage->entry->name : wanted.stage->module);
}

inline Diagnostic layout_error(ErrorCode code, Text message) {
  Diagnostic error;
  error.code = code;
  error.message = message;
  return error;
}

}  // namespace detail

AIRSTRIP_INLINE Span<const SetLayoutBinding> PipelineLayout::set(std::uint32_t number) const {
  std::size_t first = 0;
  while (first < bindings.size() && bindings[first].set < number) ++first;
  std::size_t end = first;
  while (end < bindings.size() && bindings[end].set == number) ++end;
  return {bindings.data() + first, end - first};
}

AIRSTRIP_INLINE Result<PipelineLayout> pipeline_layout(Span<const Stage> stages) {
  PipelineLayout layout;
  Buffer<detail::Wanted> wanted, scratch;
  const auto out_of_memory = [] {
    return detail::layout_error(ErrorCode::OutOfMemory, "no memory to merge the stages");
  };
  for (const Stage& stage : stages)
    if (!detail::merge_sorted(wanted, stage, scratch)) return out_of_memory();

  const detail::Wanted* previous = nullptr;
  for (const detail::Wanted& w : wanted) {
    const Binding& b = *w.binding;
    const std::uint32_t stage = shader_stage(w.stage->entry->model);
    if (previous && !detail::before(*previous->binding, b)) {
      SetLayoutBinding& same = layout.bindings.back();
      if (!detail::merge_kinds(same.kind, b.kind)) {
        Diagnostic error = detail::layout_error(ErrorCode::InvalidOperand, {});
        error.message << "set " << b.set << " binding " << b.binding << " is a ";
        detail::describe(error.message, *previous);
        error.message << ", and a ";
        detail::describe(error.message, w);
        error.word_offset = b.word_offset;
        return error;
      }
      same.count = same.count == 0 || b.count == 0 ? 0 : same.count > b.count ? same.count : b.count;
      same.stages |= stage;
      if (b.minimum_bytes > same.minimum_bytes) same.minimum_bytes = b.minimum_bytes;
      same.used.read |= b.used.read;
      same.used.write |= b.used.write;
      same.used.atomic |= b.used.atomic;
      continue;
    }
    previous = &w;
    if (!layout.bindings.push_back(
            {b.set, b.binding, b.kind, b.count, stage, b.name, b.minimum_bytes, b.used}))
      return out_of_memory();
    layout.set_count = b.set == 0xFFFFFFFF ? b.set : b.set + 1;
  }

  for (const Stage& stage : stages) {
    const PushConstants& push = stage.entry->push_constants;
    if (push.size == 0) continue;
    const std::uint32_t flag = shader_stage(stage.entry->model);
    PushRange* same_stage = nullptr;
    PushRange* same_range = nullptr;
    for (PushRange& known : layout.push_ranges) {
      if ((known.stages & flag) != 0) same_stage = &known;
      if (known.offset == push.offset && known.size == push.size) same_range = &known;
    }
    if (same_stage) {
      // A stage that stands here twice gets one range around both.
      const std::uint64_t end = std::uint64_t{same_stage->offset} + same_stage->size;
      const std::uint64_t own = std::uint64_t{push.offset} + push.size;
      if (push.offset < same_stage->offset) same_stage->offset = push.offset;
      same_stage->size = static_cast<std::uint32_t>((end > own ? end : own) - same_stage->offset);
    } else if (same_range) {
      same_range->stages |= flag;
    } else if (!layout.push_ranges.push_back({flag, push.offset, push.size})) {
      return out_of_memory();
    }
  }
  return layout;
}

AIRSTRIP_INLINE Result<PipelineLayout> pipeline_layout(const Reflection& reflection,
                                                       const EntryPoint& entry) {
  const Stage stage{&reflection, &entry, {}};
  return pipeline_layout(Span<const Stage>(&stage, 1));
}

AIRSTRIP_INLINE Result<Specialization> specialization_of(const Reflection& reflection) {
  Specialization result;
  Buffer<std::uint64_t>
      ids;  // SpecId << 32 | constant, sorted: finds what shares an id without comparing all pairs
  for (std::uint32_t i = 0; i < reflection.spec_constants().size(); ++i)
    if (reflection.spec_constants()[i].spec_id != none)
      ids.push_back(std::uint64_t{reflection.spec_constants()[i].spec_id} << 32 | i);
  spirv::detail::sort(ids);
  Buffer<std::uint8_t> repeated;
  repeated.resize(reflection.spec_constants().size(), 0);
  if (ids.out_of_memory() || repeated.out_of_memory())
    return detail::layout_error(ErrorCode::OutOfMemory, "no memory for the map entries");
  for (std::size_t i = 1; i < ids.size(); ++i) {
    if (ids[i - 1] >> 32 != ids[i] >> 32) continue;
    const SpecConstant& a = reflection.spec_constants()[static_cast<std::uint32_t>(ids[i - 1])];
    const SpecConstant& b = reflection.spec_constants()[static_cast<std::uint32_t>(ids[i])];
    if (a.size != b.size) {
      Diagnostic error = detail::layout_error(ErrorCode::InvalidOperand, {});
      error.message << "SpecId " << a.spec_id << " is on constants of " << a.size << " and of " << b.size
                    << " bytes";
      error.word_offset = b.word_offset;
      return error;
    }
    repeated[static_cast<std::uint32_t>(ids[i])] = 1;
  }
  for (std::uint32_t i = 0; i < reflection.spec_constants().size(); ++i) {
    const SpecConstant& c = reflection.spec_constants()[i];
    if (c.spec_id == none || repeated[i] != 0 || c.size == 0) continue;
    while (result.data.size() % c.size != 0)
      if (!result.data.push_back(0)) break;
    result.entries.push_back({c.spec_id, static_cast<std::uint32_t>(result.data.size()), c.size});
    std::uint8_t bytes[8];
    const auto narrow = [&](auto value) { std::memcpy(bytes, &value, sizeof value); };
    switch (c.size) {
      case 1: narrow(static_cast<std::uint8_t>(c.bits)); break;
      case 2: narrow(static_cast<std::uint16_t>(c.bits)); break;
      case 4: narrow(static_cast<std::uint32_t>(c.bits)); break;
      default: narrow(c.bits); break;
    }
    result.data.append({bytes, c.size < 8 ? c.size : 8});
  }
  if (result.entries.out_of_memory() || result.data.out_of_memory())
    return detail::layout_error(ErrorCode::OutOfMemory, "no memory for the map entries");
  return result;
}

}  // namespace reflection

AIRSTRIP_NAMESPACE_END
