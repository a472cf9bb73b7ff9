// What holds of every reflection, whatever the words were: indices lie in their arrays, and types are made of earlier
// ones, pointers aside.
#pragma once

#include <airstrip/reflect.hpp>

#include <cstddef>
#include <cstdint>

namespace test {

// Calls `require(condition)` for everything that must hold.
template <class Require>
void check_invariants(const airstrip::Reflection& r, Require&& require) {
  using namespace airstrip;
  using namespace airstrip::reflection;
  const auto in = [&](Range range, std::size_t size) {
    require(range.first <= size && range.count <= size - range.first);
  };
  const auto within = [&](std::uint32_t index, std::size_t size) { require(index == none || index < size); };
  const auto text = [&](Text t) {
    // Every character is read, which is what a sanitizer looks at. None is the end of a string.
    for (const char c : t) require(c != 0);
  };
  for (std::uint32_t i = 0; i < r.types().size(); ++i) {
    const Type& t = r.types()[i];
    text(t.name);
    within(t.element, r.types().size());
    // Only pointers lead forward, so that whoever follows types and stops at pointers comes to an end.
    require(t.element == none || t.kind == TypeKind::Pointer || t.element < i ||
            r.types()[t.element].kind == TypeKind::Pointer);
    within(t.image, r.images().size());
    within(t.matrix, r.cooperative_matrices().size());
    within(t.tensor, r.tensors().size());
    within(t.count_constant, r.spec_constants().size());
    in(t.parts, r.indices().size());
    for (std::uint32_t k = 0; k < t.parts.count; ++k) {
      const std::uint32_t part = r.indices()[t.parts.first + k];
      within(part, r.types().size());
      require(part == none || part < i || r.types()[part].kind == TypeKind::Pointer);
    }
    in(t.members, r.members().size());
    for (std::uint32_t m = 0; m < t.members.count; ++m) {
      const Member& member = r.members()[t.members.first + m];
      text(member.name);
      within(member.type, r.types().size());
      require(member.type == none || member.type < i || r.types()[member.type].kind == TypeKind::Pointer);
    }
  }
  for (const CooperativeMatrixInfo& m : r.cooperative_matrices()) within(m.component, r.types().size());
  for (const TensorInfo& t : r.tensors()) {
    within(t.element, r.types().size());
    in(t.shape, r.component_bits().size());
  }
  for (std::uint32_t i = 0; i < r.spec_constants().size(); ++i) {
    const SpecConstant& c = r.spec_constants()[i];
    text(c.name);
    within(c.type, r.types().size());
    in(c.constituents, r.indices().size());
    in(c.components, r.component_bits().size());
    for (std::uint32_t k = 0; k < c.constituents.count; ++k) {
      const std::uint32_t part = r.indices()[c.constituents.first + k];
      require(part == none || part < i);
    }
  }
  for (const EntryPoint& e : r.entry_points()) {
    text(e.name);
    in(e.bindings, r.bindings().size());
    in(e.inputs, r.stage_variables().size());
    in(e.outputs, r.stage_variables().size());
    in(e.modes, r.execution_modes().size());
    within(e.push_constants.type, r.types().size());
    const Span<const Binding> bindings = r.bindings(e);
    for (std::size_t i = 0; i < bindings.size(); ++i) {
      const Binding& b = bindings[i];
      text(b.name);
      within(b.type, r.types().size());
      within(b.count_constant, r.spec_constants().size());
      if (i != 0)
        require(bindings[i - 1].set < b.set ||
                (bindings[i - 1].set == b.set && bindings[i - 1].binding <= b.binding));
    }
  }
  for (const ExecutionModeInfo& m : r.execution_modes()) in(m.operands, r.indices().size());
  for (const StageVariable& v : r.stage_variables()) {
    text(v.name);
    within(v.type, r.types().size());
  }
  for (const BufferReference& b : r.buffer_references()) {
    require(b.pointer < r.types().size());
    within(b.type, r.types().size());
  }
  for (const GraphEntryPoint& g : r.graph_entry_points()) {
    text(g.name);
    in(g.bindings, r.bindings().size());
  }
  for (const Need& n : r.needs()) text(n.extension);
}

}  // namespace test
