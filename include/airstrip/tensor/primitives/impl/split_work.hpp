#pragma once

#include "../split_work.hpp"
#include "../work_grid.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline SizeId elements_of_part(SizeTable& table, const ProductSizes& sizes) {
  SizeId elements = table.mul(sizes.m, sizes.n);
  for (std::size_t i = 0; i < sizes.batch_rank; ++i) elements = table.mul(elements, sizes.batch[i]);
  return elements;
}

inline Memory memory_of_parts(StepBuilder& step, const ProductSizes& sizes, std::uint32_t parts, Text name,
                              kernel::Access access) {
  SizeTable& table = step.table();
  TensorType type;
  type.scalar = sizes.accumulate;
  const SizeId bytes =
      table.mul(elements_of_part(table, sizes), std::int64_t{parts} * element_bytes(sizes.accumulate));
  return step.memory(name, Role::Scratch, type, bytes, access);
}

}  // namespace detail

AIRSTRIP_INLINE PartialSums::PartialSums(StepBuilder& step, const ProductSizes& sizes, std::uint32_t parts,
                                         Text name)
    : sizes_(sizes), memory_(detail::memory_of_parts(step, sizes, parts, name, kernel::Access::WriteOnly)) {}

AIRSTRIP_INLINE void PartialSums::store(StepBuilder& step, const ProductPoint& point, AnyValue value) {
  SizeTable& table = step.table();
  Index at = point.split;
  for (std::size_t i = 0; i < sizes_.batch_rank; ++i)
    if (!table.is_literal(sizes_.batch[i], 1)) at = at * step.size(sizes_.batch[i]) + point.batch[i];
  at = at * step.size(sizes_.m) + point.row;
  at = at * step.size(sizes_.n) + point.column;
  if (point.width == 1 || !point.along_m)
    return step.store(memory_, at, value,
                      point.width == 1 || (point.aligned && table.is_multiple(sizes_.n, point.width)));
  for (unsigned i = 0; i < point.width; ++i)
    step.store(memory_, i == 0 ? at : at + step.size(sizes_.n) * i, value.component(i));
}

AIRSTRIP_INLINE SizeId emit_sum_of_parts(StepBuilder& step, const ProductSizes& sizes, std::uint32_t parts,
                                         Text name, ProductOutput& output, std::uint32_t workgroup) {
  SizeTable& table = step.table();
  const Memory memory = detail::memory_of_parts(step, sizes, parts, name, kernel::Access::ReadOnly);
  const SizeId part = detail::elements_of_part(table, sizes);
  const unsigned width = table.is_multiple(sizes.n, 4) ? 4 : 1;
  SizeId shape[Shape::max_rank];
  std::size_t rank = 0;
  for (std::size_t i = 0; i < sizes.batch_rank; ++i) shape[rank++] = sizes.batch[i];
  shape[rank++] = sizes.m;
  shape[rank++] = table.div(sizes.n, width);
  const SizeId units = table.div(part, width);
  const WorkGrid grid(table, {table.ceil_div(units, workgroup)});
  grid.run(step, [&](Span<const Index> ids) {
    const Index unit = ids[0] * workgroup + step.k.local_id().x;
    const auto one = [&] {
      const Index first = unit * width;
      AnyValue sum = step.load(memory, first, width, true);
      const auto add = [&](Index which) {
        sum = step.k.apply(kernel::Op::Add, sum,
                           step.load(memory, first + which * step.size(part), width, true));
      };
      if (parts <= 8) {
        for (std::uint32_t p = 1; p < parts; ++p) add(step.k.constant<u32>(p));
      } else {
        const kernel::AnyVariable variable = step.k.variable(sum.type());
        step.k.store(variable, sum);
        step.k.for_range<u32>(1u, parts, 1u, [&](Index p) {
          sum = step.k.load(variable);
          add(p);
          step.k.store(variable, sum);
        });
        sum = step.k.load(variable);
      }
      Index at[Shape::max_rank];
      split_index(step, unit, {shape, rank}, at);
      ProductPoint point;
      point.batch = {at, sizes.batch_rank};
      point.row = at[rank - 2];
      point.column = at[rank - 1] * width;
      point.width = width;
      point.aligned = true;
      output.store(step, point, sum);
    };
    if (table.is_multiple(units, workgroup))
      one();
    else
      step.k.if_(unit < step.size(units), one);
  });
  return grid.total();
}

AIRSTRIP_TENSOR_NAMESPACE_END
