// Cooperative matrices: component k of lane l is element k * size + l, counted row by row.
#pragma once

#include "../evaluate.hpp"
#include "interpret_machine.hpp"
#include "interpret_memory.hpp"
#include "interpret_report.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

/// Loads and stores. Address and stride are those of the first lane; all have to have the same.
inline void Machine::matrix_memory(const Instruction& i) {
  const MemoryAccess& access = kernel_.access(i.immediate);
  const Memory& m = memories_[access.resource];
  const bool store = i.op == Op::MatrixStore;
  const Type type = store ? operand(i, 0).type : i.type;
  const MatrixShape& shape = kernel_.matrix_shapes()[type.matrix_shape()];
  const std::uint32_t bytes = type.width() / 8, stride_operand = store ? 1 : 0;
  addresses(i, 0);
  const unsigned first = active_[0];
  const std::uint64_t stride = values(i, stride_operand)[first], start = address_[first];
  for (unsigned n = 1; n < active_count_ && options_.sanitize.subgroups; ++n) {
    const unsigned lane = active_[n];
    if (address_[lane] == start && values(i, stride_operand)[lane] == stride) continue;
    if (Finding* const finding =
            found(FindingKind::NotUniform, i.node, global_invocation(lane), no_node, access.resource)) {
      String text = who(finding->invocation);
      text << " gives " << info_of(i.op).name << " another address or stride than others of its subgroup";
      describe(*finding, static_cast<String&&>(text));
    }
  }
  // The view's range, where there is one, ends relative to its base.
  std::uint64_t limit = m.size;
  const std::uint64_t* range = nullptr;
  if (access.has_range) {
    range = values(i, i.operand_count - 1) + first;
    const std::uint64_t base = access.has_base ? values(i, i.operand_count - 2)[first] : 0;
    limit = base + *range < limit ? base + *range : limit;
  }
  Manner manner;
  manner.writes = store;
  manner.reads = !store;
  const std::uint32_t elements = shape.rows * shape.columns;
  for (std::uint32_t e = 0; e < elements; ++e) {
    const std::uint32_t row = e / shape.columns, column = e % shape.columns;
    const std::uint64_t at = access.column_major ? column * stride + row : row * stride + column;
    const std::uint64_t address = start + at * bytes;
    const unsigned lane = e % size_;
    std::uint64_t& value = store ? values(i, 0, e / size_)[lane] : slot(i.out + e / size_)[lane];
    if (!in_bounds_.test(first) || address > limit || bytes > limit - address) {
      if (options_.sanitize.bounds)
        report_bounds(i, access.resource, lane, static_cast<std::int64_t>(address), range);
      if (!store) value = 0;
      continue;
    }
    if (m.watched || m.tracks_written) touch(m, manner, i.node, lane, address, bytes);
    if (store)
      store_bits(m, lane, address, bytes, value);
    else
      value = load_bits(m, lane, address, bytes);
  }
}

/// D = A B + C. Floats: products and sums are rounded to the accumulator's type, one after the other. Integers: exact,
/// then wrapped or clamped.
inline void Machine::matrix_mul_add(const Instruction& i) {
  namespace e = evaluation;
  const Span<const MatrixShape> shapes = kernel_.matrix_shapes();
  const Type a = operand(i, 0).type, b = operand(i, 1).type;
  const std::uint32_t rows = shapes[a.matrix_shape()].rows, inner = shapes[a.matrix_shape()].columns,
                      columns = shapes[b.matrix_shape()].columns;
  const Scalar s = i.type.scalar();
  const auto element = [&](std::uint32_t o, std::uint32_t flat) {
    return values(i, o, flat / size_)[flat % size_];
  };
  for (std::uint32_t r = 0; r < rows; ++r)
    for (std::uint32_t c = 0; c < columns; ++c) {
      const std::uint32_t flat = r * columns + c;
      std::uint64_t sum = element(2, flat);
      std::int64_t total = is_signed(s) ? e::extend(sum, width_of(s)) : static_cast<std::int64_t>(sum);
      for (std::uint32_t k = 0; k < inner; ++k) {
        const std::uint64_t x = element(0, r * inner + k), y = element(1, k * columns + c);
        if (is_float(s)) {
          const std::uint64_t p = e::convert(false, a.scalar(), s, x).bits,
                              q = e::convert(false, b.scalar(), s, y).bits;
          const std::uint64_t product = e::float_mul(s, p, q);
          sum = e::float_add(s, sum, product);
        } else {
          const std::int64_t p = a.is_signed() ? e::extend(x, a.width()) : static_cast<std::int64_t>(x);
          const std::int64_t q = b.is_signed() ? e::extend(y, b.width()) : static_cast<std::int64_t>(y);
          total = static_cast<std::int64_t>(static_cast<std::uint64_t>(total) +
                                            static_cast<std::uint64_t>(p) * static_cast<std::uint64_t>(q));
        }
      }
      if (!is_float(s)) {
        const unsigned width = width_of(s);
        sum = static_cast<std::uint64_t>(total);
        if (i.immediate == 1 && width < 64) {
          const std::int64_t least = is_signed(s) ? -(std::int64_t{1} << (width - 1)) : 0;
          const std::int64_t greatest =
              static_cast<std::int64_t>(e::mask_of(is_signed(s) ? width - 1 : width));
          sum = static_cast<std::uint64_t>(total < least ? least : total > greatest ? greatest : total);
        }
        sum &= e::mask_of(width);
      }
      slot(i.out + flat / size_)[flat % size_] = sum;
    }
}

inline void Machine::matrix(const Instruction& i) {
  if (i.op == Op::MatrixLength) {
    const MatrixShape& shape = kernel_.matrix_shapes()[Type::from_bits(i.immediate).matrix_shape()];
    const std::uint32_t length = (shape.rows * shape.columns + size_ - 1) / size_;
    for (unsigned lane = 0; lane < size_; ++lane) slot(i.out)[lane] = length;
    return;
  }
  if (i.op == Op::MatrixExtract || i.op == Op::MatrixInsert) {  // each lane's own components
    const bool insert = i.op == Op::MatrixInsert;
    const std::uint32_t index_operand = insert ? 2 : 1, length = operand(i, 0).components;
    for (std::uint32_t k = 0; k < length && insert; ++k)
      std::memcpy(slot(i.out + k), values(i, 0, k), size_ * sizeof(std::uint64_t));
    for (unsigned n = 0; n < active_count_; ++n) {
      const unsigned lane = active_[n];
      const std::uint64_t index = values(i, index_operand)[lane];
      const bool fits = index < length;
      if (insert && fits) slot(i.out + static_cast<std::uint32_t>(index))[lane] = values(i, 1)[lane];
      if (!insert) slot(i.out)[lane] = fits ? values(i, 0, static_cast<std::uint32_t>(index))[lane] : 0;
      if (fits || !options_.sanitize.bounds) continue;
      if (Finding* const finding = found(FindingKind::OutOfBounds, i.node, global_invocation(lane))) {
        finding->index = static_cast<std::int64_t>(index);
        String text = who(finding->invocation);
        text << " selects component " << index << " of a matrix of which it has " << length;
        describe(*finding, static_cast<String&&>(text));
      }
    }
    return;
  }
  // The whole subgroup works on a matrix, and has all its invocations.
  need_convergence(i);
  const Mask missing = Mask::first(size_) - current_->active;
  if (missing.any() && options_.sanitize.subgroups) {
    unsigned lane = 0;
    while (!missing.test(lane)) ++lane;
    if (Finding* const finding = found(FindingKind::InactiveLane, i.node, global_invocation(active_[0]))) {
      String text(info_of(i.op).name);
      text << " in " << Text(who(finding->invocation)) << " needs the whole subgroup, and lane " << lane
           << " does not take part";
      describe(*finding, static_cast<String&&>(text));
    }
  }
  if (i.op == Op::MatrixMulAdd) {
    matrix_mul_add(i);
  } else if (i.op == Op::MatrixScale) {
    for (std::uint32_t k = 0; k < i.components; ++k)
      for (unsigned lane = 0; lane < size_; ++lane) {
        const std::uint64_t pair[2] = {values(i, 0, k)[lane], values(i, 1)[lane]};
        slot(i.out + k)[lane] = evaluate(Op::Mul, i.scalar, i.scalar, pair).bits;
      }
  } else {
    matrix_memory(i);
  }
}

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
