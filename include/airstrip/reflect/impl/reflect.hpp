#pragma once

#include "../../reflect.hpp"
#include "collect.hpp"
#include "constants.hpp"
#include "entry_points.hpp"
#include "globals.hpp"
#include "needs.hpp"
#include "reflector.hpp"
#include "trace.hpp"
#include "types.hpp"

AIRSTRIP_NAMESPACE_BEGIN

AIRSTRIP_INLINE Result<void> Reflector::run() {
  budget_ = 65536 + 256 * std::uint64_t{view_.words().size()};
  out_.version_ = view_.version();
  collect();
  if (any_out_of_memory()) return failure();
  annotate();
  for (const std::uint32_t i : definitions_) {
    const Instruction at = view_[i];
    if (reflection::detail::is_type(at))
      finish_type(at);
    else
      add_constant(at);
  }
  if (any_out_of_memory() || is_exhausted_) return failure();
  finish_pointers();
  finish_globals();
  trace();
  if (any_out_of_memory() || is_exhausted_) return failure();
  for (const std::uint32_t i : modes_) modes_by_entry_.push_back(std::uint64_t{view_[i].word(1)} << 32 | i);
  spirv::detail::sort(modes_by_entry_);
  if (any_out_of_memory()) return failure();
  add_entry_points();
  add_buffer_references();
  add_needs();
  return any_out_of_memory() || is_exhausted_ ? failure() : Result<void>();
}

AIRSTRIP_INLINE bool Reflector::any_out_of_memory() const {
  const Reflection& o = out_;
  return out_of_memory_ || slot_.out_of_memory() || facts_index_.out_of_memory() || node_.out_of_memory() ||
         facts_.out_of_memory() || member_facts_.out_of_memory() || type_facts_.out_of_memory() ||
         values_.out_of_memory() || parts_.out_of_memory() || annotations_.out_of_memory() ||
         definitions_.out_of_memory() || entries_.out_of_memory() || graphs_.out_of_memory() ||
         o.tensors_.out_of_memory() || o.graph_entry_points_.out_of_memory() || modes_.out_of_memory() ||
         capabilities_.out_of_memory() || extensions_.out_of_memory() || group_members_.out_of_memory() ||
         parameters_.out_of_memory() || calls_.out_of_memory() || globals_.out_of_memory() ||
         functions_.out_of_memory() || uses_.out_of_memory() || nodes_.out_of_memory() ||
         edges_.out_of_memory() || reached_.out_of_memory() || used_.out_of_memory() ||
         bindings_.out_of_memory() || modes_by_entry_.out_of_memory() || o.entry_points_.out_of_memory() ||
         o.bindings_.out_of_memory() || o.types_.out_of_memory() || o.members_.out_of_memory() ||
         o.images_.out_of_memory() || o.matrices_.out_of_memory() || o.constants_.out_of_memory() ||
         o.stage_variables_.out_of_memory() || o.modes_.out_of_memory() || o.indices_.out_of_memory() ||
         o.component_bits_.out_of_memory() || o.buffer_references_.out_of_memory() ||
         o.needs_.out_of_memory() || o.text_.out_of_memory();
}

AIRSTRIP_INLINE Diagnostic Reflector::failure() const {
  Diagnostic error;
  if (any_out_of_memory()) {
    error.code = ErrorCode::OutOfMemory;
    error.message = "no memory to reflect the module";
  } else {
    error.code = ErrorCode::LimitExceeded;
    error.message = "what the module says of itself is out of proportion to its words";
  }
  return error;
}

AIRSTRIP_INLINE Result<Reflection> reflect(const spirv::ModuleView& view,
                                           Span<const reflection::Override> overrides) {
  Reflection reflection;
  Reflector reflector(view, overrides, reflection);
  if (Result<void> done = reflector.run(); !done) return static_cast<Result<void>&&>(done).error();
  return reflection;
}

AIRSTRIP_INLINE Result<Reflection> reflect(Span<const std::uint32_t> words,
                                           Span<const reflection::Override> overrides) {
  Result<spirv::ModuleView> view = spirv::ModuleView::borrow(words);
  if (!view) return static_cast<Result<spirv::ModuleView>&&>(view).error();
  return reflect(*view, overrides);
}

AIRSTRIP_INLINE const reflection::EntryPoint* Reflection::find_entry_point(Text name) const {
  for (const reflection::EntryPoint& entry : entry_points())
    if (entry.name == name) return &entry;
  return nullptr;
}
AIRSTRIP_INLINE const reflection::EntryPoint*
Reflection::find_entry_point(Text name, spirv::ExecutionModel model) const {
  for (const reflection::EntryPoint& entry : entry_points())
    if (entry.name == name && entry.model == model) return &entry;
  return nullptr;
}

AIRSTRIP_NAMESPACE_END
