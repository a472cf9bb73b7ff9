#pragma once

#include "../function_emit.hpp"
#include "../packed_panels.hpp"
#include "../work_grid.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE std::uint32_t k_padding(const MatmulSchedule& s) {
  return s.share_a || s.share_b ? s.block_k : s.unroll_k * s.lanes_k;
}

AIRSTRIP_INLINE PanelLayout panel_layout(SizeTable& table, const MatmulSchedule& s, bool is_a,
                                         SizeId line_count, SizeId k, Span<const SizeId> batch,
                                         Scalar scalar) {
  PanelLayout layout;
  layout.line_count = line_count;
  layout.k = k;
  layout.padded_k = table.round_up(k, k_padding(s));
  layout.lines = is_a ? s.block_m : s.block_n;
  layout.group = s.vector_axis == VectorAxis::K && s.fragment != Fragment::CooperativeMatrix ? s.vector : 1;
  layout.scalar = scalar;
  layout.batch_rank = batch.size();
  SizeId elements = table.mul(table.round_up(line_count, layout.lines), layout.padded_k);
  for (std::size_t i = batch.size(); i-- > 0;) {
    layout.batch[i] = batch[i];
    layout.batch_strides[i] = table.is_literal(batch[i], 1) ? table.literal(0) : elements;
    elements = table.mul(elements, batch[i]);
  }
  layout.bytes = table.mul(elements, element_bytes(scalar));
  return layout;
}

AIRSTRIP_INLINE String describe(const PanelLayout& layout, const SizeTable& table) {
  String text("panels of ");
  text << layout.lines << " lines, each with " << table.to_string(layout.padded_k)
       << " steps along K: element k of line l at ";
  if (layout.group > 1)
    text << "((k / " << layout.group << ") * " << layout.lines << " + l) * " << layout.group << " + k % "
         << layout.group;
  else
    text << "k * " << layout.lines << " + l";
  text << "; zeros beyond the end";
  return text;
}

AIRSTRIP_INLINE PanelLoader::PanelLoader(const Memory& memory, const PanelLayout& layout, Scalar as)
    : memory_(memory), layout_(layout) {
  scalar = as;
  contiguous_along_k = layout.group > 1;
  padded = true;
}

AIRSTRIP_INLINE void PanelLoader::begin(StepBuilder& step, Span<const Index> batch) {
  const SizeTable& table = step.operation.sizes();
  has_base_ = false;
  for (std::size_t i = 0; i < layout_.batch_rank; ++i) {
    if (table.is_literal(layout_.batch_strides[i], 0)) continue;
    const Index part = batch[i] * step.size(layout_.batch_strides[i]);
    base_ = has_base_ ? base_ + part : part;
    has_base_ = true;
  }
}

AIRSTRIP_INLINE AnyValue PanelLoader::load(StepBuilder& step, const TilePoint& point) {
  const std::uint32_t lines = layout_.lines, group = layout_.group;
  // A tile does not leave its panel: the offset of a line stays in it.
  const Index panel = lines == 1 ? point.line : point.line / lines;
  const Index panel_at = panel * step.size(layout_.padded_k);
  const bool one_line = lines == 1;
  const auto line_in = [&] { return point.line - panel * lines; };
  AnyValue value;
  if (group == 1) {
    Index at = panel_at + point.k;
    if (!one_line) at = at * lines + line_in();
    if (has_base_) at = base_ + at;
    const std::uint32_t offset = point.k_offset * lines + point.line_offset;
    const bool along_lines = !point.along_k;
    if (point.width == 1 || along_lines || one_line) {
      const bool wide = point.aligned && along_lines && lines % point.width == 0 && offset % point.width == 0;
      value = step.load(memory_, at, point.width, wide, offset);
    } else {
      AnyValue parts[4];
      for (unsigned i = 0; i < point.width; ++i)
        parts[i] = step.load(memory_, at, 1, false, offset + i * lines);
      value = step.k.construct(kernel::Type(layout_.scalar, point.width),
                               Span<const AnyValue>(parts, point.width));
    }
  } else {
    const auto one = [&](Index k, std::uint32_t k_offset, std::uint32_t line_offset, unsigned width) {
      Index at = panel_at / group + k / group;
      if (!one_line) at = at * lines + line_in();
      at = at * group;
      if (width == 1) at = at + k % group;
      if (has_base_) at = base_ + at;
      return step.load(memory_, at, width, true, (k_offset / group * lines + line_offset) * group);
    };
    if (point.along_k && point.aligned && point.width == group && point.k_offset % group == 0) {
      value = one(point.k, point.k_offset, point.line_offset, group);
    } else {
      AnyValue parts[4];
      for (unsigned i = 0; i < point.width; ++i) {
        const std::uint32_t ahead = point.k_offset + (point.along_k ? i : 0);
        parts[i] = one(ahead ? point.k + ahead : point.k, 0, point.line_offset + (point.along_k ? 0 : i), 1);
      }
      value = point.width == 1 ? parts[0]
                               : step.k.construct(kernel::Type(layout_.scalar, point.width),
                                                  Span<const AnyValue>(parts, point.width));
    }
  }
  return emit_cast(step, value, scalar);
}

AIRSTRIP_INLINE SizeId emit_packing(StepBuilder& step, TileLoader& source, const PanelLayout& layout,
                                    const Memory& panels, std::uint32_t workgroup) {
  SizeTable& table = step.table();
  const std::uint32_t group = layout.group, lines = layout.lines;
  // A unit is what one store writes: neighbours along K, or lines.
  const unsigned width = group > 1 ? group : lines % 4 == 0 ? 4 : lines % 2 == 0 ? 2 : 1;
  // Where both sides like vectors, but of different axes, an invocation turns a square of them.
  const bool turns =
      group == 1 && width > 1 && source.contiguous_along_k && table.is_multiple(layout.padded_k, width);
  const std::uint32_t steps = turns ? width : 1;
  SizeId shape[Shape::max_rank + 3];
  std::size_t rank = 0;
  for (std::size_t i = 0; i < layout.batch_rank; ++i) shape[rank++] = layout.batch[i];
  shape[rank++] = table.ceil_div(layout.line_count, lines);
  shape[rank++] = table.div(layout.padded_k, group > 1 ? group : steps);
  shape[rank++] = table.literal(group > 1 ? lines : lines / width);
  const SizeId units = table.product({shape, rank});
  const WorkGrid grid(table, {table.ceil_div(units, workgroup)});
  const bool exact_k = layout.k == layout.padded_k;
  const bool exact_lines = table.is_multiple(layout.line_count, lines);
  grid.run(step, [&](Span<const Index> ids) {
    const Index unit = ids[0] * workgroup + step.k.local_id().x;
    const auto one = [&] {
      Index at[Shape::max_rank + 3];
      split_index(step, unit, {shape, rank}, at);
      source.begin(step, Span<const Index>(at, layout.batch_rank));
      const Index panel = at[rank - 3];
      const Index in_panel = at[rank - 1] * (group > 1 ? 1u : width);
      const Index line = panel * lines + in_panel;
      const Index k = at[rank - 2] * (group > 1 ? group : steps);
      const auto element = [&](std::uint32_t lines_ahead, std::uint32_t k_ahead) {
        TilePoint point;
        const Index l = lines_ahead ? line + lines_ahead : line;
        const Index last = step.size(layout.line_count) - 1u;
        point.line = exact_lines ? l : (kernel::min)(l, last);
        point.k = k_ahead ? k + k_ahead : k;
        AnyValue value =
            exact_k ? source.load(step, point) : load_or_zero(step, source, point, step.size(layout.k));
        if (exact_lines) return value;
        const AnyValue parts[3] = {(l <= last).any(), value, step.k.constant_bits(value.type(), 0)};
        return step.k.apply(kernel::Op::Select, parts);
      };
      const auto store = [&](Index step_k, AnyValue value) {
        Index to = (panel * step.size(table.div(layout.padded_k, group)) + step_k) * lines + in_panel;
        if (group > 1) to = to * group;
        for (std::size_t i = 0; i < layout.batch_rank; ++i)
          if (!table.is_literal(layout.batch_strides[i], 0))
            to = to + at[i] * step.size(layout.batch_strides[i]);
        step.store(panels, to, value, true);
      };
      const kernel::Type type(layout.scalar, width);
      if (turns) {
        AnyValue rows[4];
        for (unsigned i = 0; i < width; ++i) {
          if (exact_k && exact_lines) {
            TilePoint point;
            point.line = line;
            point.line_offset = i;
            point.k = k;
            point.width = width;
            point.along_k = point.aligned = true;
            rows[i] = source.load(step, point);
          } else {
            AnyValue parts[4];
            for (unsigned c = 0; c < width; ++c) parts[c] = element(i, c);
            rows[i] = step.k.construct(type, Span<const AnyValue>(parts, width));
          }
        }
        for (unsigned c = 0; c < width; ++c) {
          AnyValue parts[4];
          for (unsigned i = 0; i < width; ++i) parts[i] = rows[i].component(c);
          store(c ? k + c : k, step.k.construct(type, Span<const AnyValue>(parts, width)));
        }
        return;
      }
      AnyValue value;
      if (exact_k && exact_lines) {
        TilePoint point;
        point.line = line;
        point.k = k;
        point.width = width;
        point.along_k = group > 1;
        point.aligned = true;
        value = source.load(step, point);
      } else {
        AnyValue parts[4];
        for (unsigned c = 0; c < width; ++c) parts[c] = group > 1 ? element(0, c) : element(c, 0);
        value = width == 1 ? parts[0] : step.k.construct(type, Span<const AnyValue>(parts, width));
      }
      store(group > 1 ? at[rank - 2] : k, value);
    };
    if (table.is_multiple(units, workgroup))
      one();
    else
      step.k.if_(unit < step.size(units), one);
  });
  return grid.total();
}

AIRSTRIP_TENSOR_NAMESPACE_END
