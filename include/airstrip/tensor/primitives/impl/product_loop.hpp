// A product's kernel: its loops over K.
#pragma once

#include "product_emitter.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline AnyValue ProductEmitter::multiply_add(AnyValue a, AnyValue b, AnyValue sum) {
  const AnyValue operands[3] = {a, b, sum};
  if (sum.type().is_float()) return k_.apply(kernel::Op::Fma, operands);
  return k_.apply(kernel::Op::Add, k_.apply(kernel::Op::Mul, a, b), sum);
}

// Four products of bytes in words.
inline AnyValue ProductEmitter::dot(AnyValue a, AnyValue b) {
  const bool a_signed = a_.loader->scalar == Scalar::I8, b_signed = b_.loader->scalar == Scalar::I8;
  const kernel::DotKind kind = a_signed && b_signed   ? kernel::DotKind::Signed
                               : a_signed || b_signed ? kernel::DotKind::SignedUnsigned
                                                      : kernel::DotKind::Unsigned;
  const bool swapped = b_signed && !a_signed;  // the signed factor comes first
  const kernel::Type word(Scalar::U32);
  const AnyValue x = k_.convert(kernel::Op::Bitcast, a, word), y = k_.convert(kernel::Op::Bitcast, b, word);
  const AnyValue operands[2] = {swapped ? y : x, swapped ? x : y};
  const AnyValue result = k_.apply(kernel::Op::DotPacked, operands, static_cast<std::uint32_t>(kind));
  const kernel::Type sum(sizes_.accumulate);
  return result.type() == sum ? result : k_.convert(kernel::Op::Bitcast, result, sum);
}

inline AnyValue ProductEmitter::scalar_of(const ProductElement& element) {
  return element.component == ProductElement::no_component ? element.value
                                                           : element.value.component(element.component);
}

inline AnyValue ProductEmitter::vector_of(const ProductElement& element, unsigned width) {
  if (width == 1) return scalar_of(element);
  if (element.component != ProductElement::no_component) {
    const unsigned components[4] = {element.component, element.component, element.component,
                                    element.component};
    return k_.swizzle(element.value, Span<const unsigned>(components, width));
  }
  const AnyValue parts[4] = {element.value, element.value, element.value, element.value};
  return k_.construct(kernel::Type(element.value.type().scalar(), width), Span<const AnyValue>(parts, width));
}

// Vectors along M or N: each is multiplied with the lines of the other operand.
inline void ProductEmitter::multiply_lines(const Buffer<ProductElement>& a, const Buffer<ProductElement>& b,
                                           std::uint32_t steps) {
  if (k_.failed()) return;
  const bool along_m = sum_axis_ == VectorAxis::M && sum_width_ > 1;
  const std::uint32_t rows = along_m ? s_.tile_m / sum_width_ : s_.tile_m;
  const std::uint32_t columns = along_m ? s_.tile_n : s_.tile_n / sum_width_;
  for (std::uint32_t u = 0; u < steps; ++u)
    for (std::uint32_t i = 0; i < (along_m ? columns : rows); ++i) {
      const ProductElement& one = along_m ? b[u * columns + i] : a[u * rows + i];
      const AnyValue factor = vector_of(one, sum_width_);
      for (std::uint32_t v = 0; v < (along_m ? rows : columns); ++v) {
        const AnyValue vector = scalar_of(along_m ? a[u * rows + v] : b[u * columns + v]);
        AnyValue& sum = along_m ? now_[v * columns + i] : now_[i * columns + v];
        sum = multiply_add(vector, factor, sum);
      }
    }
}

// One step, of scalars in and scalars summed: the last few along K where vectors lie along it.
inline void ProductEmitter::multiply_scalars(const Buffer<ProductElement>& a,
                                             const Buffer<ProductElement>& b) {
  if (k_.failed()) return;
  const kernel::Type type(sizes_.accumulate);
  for (std::uint32_t i = 0; i < s_.tile_m; ++i) {
    AnyValue x = scalar_of(a[i]);
    if (!(x.type() == type)) x = k_.convert(kernel::Op::Convert, x, type);
    for (std::uint32_t j = 0; j < s_.tile_n; ++j) {
      AnyValue y = scalar_of(b[j]);
      if (!(y.type() == type)) y = k_.convert(kernel::Op::Convert, y, type);
      now_[i * s_.tile_n + j] = multiply_add(x, y, now_[i * s_.tile_n + j]);
    }
  }
}

// Vectors along K, of which unroll_k is a multiple: sums of every fourth step, or dot products of bytes.
inline void ProductEmitter::multiply_along_k(Index k) {
  const bool dots = s_.fragment == Fragment::PackedDot;
  for (std::uint32_t u = 0; u < s_.unroll_k; u += s_.vector) {
    AnyValue columns[64];
    for (std::uint32_t j = 0; j < s_.tile_n; ++j) {
      TilePoint point;
      set_line(b_, j, false, point);
      point.k = k;
      point.k_offset = u;
      point.width = s_.vector;
      point.along_k = point.aligned = true;
      columns[j] = b_.loader->load(step_, point);
    }
    for (std::uint32_t i = 0; i < s_.tile_m; ++i) {
      TilePoint point;
      set_line(a_, i, false, point);
      point.k = k;
      point.k_offset = u;
      point.width = s_.vector;
      point.along_k = point.aligned = true;
      const AnyValue row = a_.loader->load(step_, point);
      for (std::uint32_t j = 0; j < s_.tile_n; ++j) {
        AnyValue& sum = now_[i * s_.tile_n + j];
        sum =
            dots ? k_.apply(kernel::Op::Add, dot(row, columns[j]), sum) : multiply_add(row, columns[j], sum);
      }
    }
  }
}

inline void ProductEmitter::multiply_direct(Index k, std::uint32_t steps, bool k_aligned) {
  const bool along_m = sum_axis_ == VectorAxis::M;
  // Processors' drivers leave loads where they stand: in front of all products, so that none waits for its own.
  step_.loads_early = step_.target().kind != DeviceKind::Gpu;
  fetch(a_, k, steps, k_aligned, along_m ? sum_width_ : 1, a_values_);
  fetch(b_, k, steps, k_aligned, along_m ? 1 : sum_width_, b_values_);
  step_.loads_early = false;
  multiply_lines(a_values_, b_values_, steps);
}

// Components of vectors along K become one sum.
inline void ProductEmitter::collapse_vectors() {
  if (s_.fragment != Fragment::PackedDot)
    for (AnyValue& sum : now_) {
      if (sum.type().components() == 1) continue;
      const unsigned count = sum.type().components();
      AnyValue all = k_.apply(kernel::Op::Add, sum.component(0), sum.component(1));
      if (count == 4) {
        const AnyValue rest = k_.apply(kernel::Op::Add, sum.component(2), sum.component(3));
        all = k_.apply(kernel::Op::Add, all, rest);
      }
      sum = all;
    }
  sum_width_ = 1;
  sum_axis_ = VectorAxis::N;
}

// A loop whose sums are variables while it runs.
inline void ProductEmitter::run_loop(Index first, Index end, std::uint32_t step, Span<AnyValue> now,
                                     const auto& body) {
  Buffer<kernel::AnyVariable> variables;
  for (AnyValue& value : now) {
    const kernel::AnyVariable variable = k_.variable(value.type());
    k_.store(variable, value);
    variables.push_back(variable);
  }
  if (variables.size() != now.size()) return step_.fail(ErrorCode::OutOfMemory, "out of memory for sums");
  k_.for_range<u32>(first, end, step, [&](Index k) {
    for (std::size_t i = 0; i < now.size(); ++i) now[i] = k_.load(variables[i]);
    body(k);
    for (std::size_t i = 0; i < now.size(); ++i) k_.store(variables[i], now[i]);
  });
  for (std::size_t i = 0; i < now.size(); ++i) now[i] = k_.load(variables[i]);
}

inline void ProductEmitter::loop_direct() {
  SizeTable& table = step_.table();
  const bool along_k = s_.vector_axis == VectorAxis::K;
  const std::uint32_t stride = s_.unroll_k * s_.lanes_k;
  const bool k_aligned = s_.unroll_k % 4 == 0;
  const auto body = [&](Index k) {
    if (along_k)
      multiply_along_k(k);
    else
      multiply_direct(k, s_.unroll_k, k_aligned);
  };
  const auto tail = [&](Index k) {
    if (!along_k) return multiply_direct(k, 1, false);
    fetch(a_, k, 1, false, 1, a_values_);
    fetch(b_, k, 1, false, 1, b_values_);
    multiply_scalars(a_values_, b_values_);
  };
  const Index lane_first = s_.lanes_k > 1 ? lane_k_ * s_.unroll_k : Index();
  const Span<AnyValue> now(now_.data(), now_.size());
  if (s_.split_k == 1 && table.is_literal(k_size_)) {
    const std::int64_t size = table.lower(k_size_), whole = size / stride * stride;
    const auto number = [&](std::int64_t n) { return k_.constant<u32>(static_cast<u32>(n)); };
    const Index first = s_.lanes_k > 1 ? lane_first : number(0);
    if (whole == stride)
      body(first);
    else if (whole > 0)
      run_loop(first, number(whole), stride, now, body);
    if (along_k) collapse_vectors();
    if (whole == size) return;
    const Index rest = s_.lanes_k > 1 ? lane_k_ + static_cast<u32>(whole) : number(whole);
    if (size - whole == 1 && s_.lanes_k == 1) return tail(rest);
    run_loop(rest, number(size), s_.lanes_k, now, tail);
    return;
  }
  const bool no_tail = table.is_multiple(k_size_, stride);
  const Index whole = no_tail ? k_end_ : k_first_ + (k_end_ - k_first_) / stride * stride;
  run_loop(s_.lanes_k > 1 ? k_first_ + lane_first : k_first_, whole, stride, now, body);
  if (along_k) collapse_vectors();
  if (no_tail) return;
  run_loop(s_.lanes_k > 1 ? whole + lane_k_ : whole, k_end_, s_.lanes_k, now, tail);
}

inline void ProductEmitter::loop_shared() {
  const std::uint32_t steps = s_.unroll_k, inner = s_.block_k / steps;
  const Span<AnyValue> now(now_.data(), now_.size());
  run_loop(k_first_, k_end_, s_.block_k, now, [&](Index k) {
    if (a_.shared) fill(a_, k);
    if (b_.shared) fill(b_, k);
    k_.barrier(kernel::memory::workgroup);
    const auto multiply = [&](Index within) {
      const bool along_m = sum_axis_ == VectorAxis::M;
      const auto values = [&](ProductSide& side, unsigned width, Buffer<ProductElement>& out) {
        if (side.shared) return fetch_shared(side, within, steps, width, out);
        fetch(side, k + within, steps, false, width, out);
      };
      values(a_, along_m ? sum_width_ : 1, a_values_);
      values(b_, along_m ? 1 : sum_width_, b_values_);
      multiply_lines(a_values_, b_values_, steps);
    };
    if (inner == 1)
      multiply(k_.constant<u32>(0u));
    else
      run_loop(k_.constant<u32>(0u), k_.constant<u32>(s_.block_k), steps, now, multiply);
    k_.barrier(kernel::memory::workgroup);
  });
}

// The sums of the invocations that share a tile, added up in pairs, in the same order always.
inline void ProductEmitter::add_up_lanes() {
  const std::uint32_t tiles = s_.lanes_m() * s_.lanes_n();
  const std::uint32_t count = static_cast<std::uint32_t>(now_.size());
  if (count == 0) return;
  const kernel::Type type = now_[0].type();
  const std::uint32_t array =
      k_.add_array(kernel::ResourceKind::Workgroup, type, s_.lanes_k / 2 * count * tiles);
  const Index tile = tiles > 1 ? k_.local_id().x / s_.lanes_k : k_.constant<u32>(0u);
  const auto place = [&](Index lane, std::uint32_t i) {
    kernel::Place at;
    at.builder = &k_;
    at.resource = array;
    const Index row = tiles > 1 ? lane * tiles + tile : lane;
    at.index = (row * count + i).any();
    return at;
  };
  for (std::uint32_t half = s_.lanes_k / 2; half >= 1; half /= 2) {
    k_.if_(lane_k_ >= half && lane_k_ < 2 * half, [&] {
      for (std::uint32_t i = 0; i < count; ++i) k_.store(place(lane_k_ - half, i), now_[i]);
    });
    k_.barrier(kernel::memory::workgroup);
    // Those beyond add something of no use: fewer branches.
    const Index lane = lane_k_ & (half - 1);
    for (std::uint32_t i = 0; i < count; ++i)
      now_[i] = k_.apply(kernel::Op::Add, now_[i], k_.load(place(lane, i), type));
    if (half > 1) k_.barrier(kernel::memory::workgroup);
  }
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
