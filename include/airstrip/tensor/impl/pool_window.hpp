// The window of a pooling kernel, computed by one invocation.
#pragma once

#include "pool_math.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// What a window gives: the pooled value and, of a maximum, where it was.
struct PoolResult {
  AnyValue value;
  AnyValue index;  // u32
  AnyValue found;  // of a maximum of a window that may have no element: whether it has one
};

class PoolEmitter : PoolMath {
public:
  PoolEmitter(StepBuilder& step, const PoolProblem& problem, const PoolAxis* axes, std::size_t spatial,
              Span<const SizeId> input_space, std::uint32_t unroll)
      : PoolMath(step, problem), axes_(axes), spatial_(spatial), unroll_(unroll),
        loaded_(prologue_of(problem.prologue, "x", problem.x)),
        loads_(step, loaded_, input_space, ExpressionUse::Prologue) {
    for (std::size_t i = 0; i < spatial_; ++i) {
      overhangs_ = overhangs_ || axes_[i].overhangs;
      may_miss_ = may_miss_ || axes_[i].may_miss;
    }
  }

  // Elements of a window, or 0 where that is not known or where it is written as a loop.
  static std::uint64_t unrolled_taps(const SizeTable& table, const PoolAxis* axes, std::size_t spatial,
                                     std::uint32_t unroll) {
    std::uint64_t taps = 1;
    for (std::size_t i = 0; i < spatial; ++i) {
      if (!table.is_literal(axes[i].kernel) || axes[i].may_be_empty) return 0;
      taps *= static_cast<std::uint64_t>(table.lower(axes[i].kernel));
      if (taps > unroll) return 0;
    }
    return taps;
  }

  // Pools the window at `output` [n, c, o…]; `width` neighbours along `vector_axis`, which then is no spatial one.
  Buffer<AnyValue> window(Span<const Index> output, unsigned width, std::size_t vector_axis) {
    width_ = width;
    vector_axis_ = vector_axis;
    outer_[0] = output[0];
    outer_[1] = output[1];
    for (std::size_t i = 0; i < spatial_; ++i)
      start_[i] = axes_[i].stride == 1 ? output[i + 2] : output[i + 2] * axes_[i].stride;
    PoolResult result;
    if (unrolled_taps(step_.operation.sizes(), axes_, spatial_, unroll_) != 0)
      result = unrolled();
    else
      result = looped();
    Buffer<AnyValue> primaries;
    primaries.push_back(finish(result));
    if (problem_.indices) primaries.push_back(finish_index(result));
    step_.has_room(!primaries.out_of_memory());
    return primaries;
  }

private:
  // The element at a place of the input, through the prologue, in the type that is computed in.
  AnyValue element(const Index* place) {
    Index coordinates[Shape::max_rank];
    coordinates[0] = outer_[0];
    coordinates[1] = outer_[1];
    for (std::size_t i = 0; i < spatial_; ++i) coordinates[i + 2] = place[i];
    ExpressionPoint point;
    point.coordinates = {coordinates, spatial_ + 2};
    point.vector_axis = vector_axis_;
    point.width = width_;
    point.aligned = width_ > 1;
    AnyValue value;
    loads_.evaluate(point, {}, &value);
    return k_.failed() ? AnyValue() : emit_cast(step_, value, computed_);
  }

  // Where in the tensor a place is, its channel left out: u32.
  AnyValue place_index(const Index* place) {
    Index sum;
    for (std::size_t n = 0; n < spatial_; ++n) {
      const std::size_t i = problem_.column_major ? spatial_ - 1 - n : n;
      sum = n == 0 ? place[i] : sum * step_.size(axes_[i].in) + place[i];
    }
    return splat(sum.any());
  }

  PoolResult unrolled() {
    // An element outside is taken to be the nearest inside. In a window without gaps that is another one of the window,
    // which changes no maximum; else it is left out.
    bool masks = problem_.kind != PoolKind::Max || may_miss_;
    for (std::size_t i = 0; i < spatial_; ++i) masks = masks || (axes_[i].overhangs && axes_[i].dilation > 1);
    masks = masks && overhangs_;
    Buffer<Index> places[3];
    Buffer<AnyValue> inside[3];
    std::uint32_t sizes[3] = {1, 1, 1};
    for (std::size_t i = 0; i < spatial_; ++i) {
      const PoolAxis& a = axes_[i];
      sizes[i] = static_cast<std::uint32_t>(step_.table().lower(a.kernel));
      const Index in = step_.size(a.in), pad = step_.size(a.pad);
      for (std::uint32_t t = 0; t < sizes[i]; ++t) {
        const Index at = t == 0 ? start_[i] : start_[i] + t * a.dilation;
        if (!a.overhangs) {
          places[i].push_back(at);
          inside[i].push_back(AnyValue());
          continue;
        }
        places[i].push_back((kernel::min)((kernel::max)(at, pad) - pad, in - 1u));
        // In front of the tensor the difference wraps.
        inside[i].push_back(masks ? ((at - pad) < in).any() : AnyValue());
      }
    }
    PoolResult result;
    for (std::size_t i = 0; i < 3; ++i)
      if (!step_.has_room(!places[i].out_of_memory() && !inside[i].out_of_memory())) return result;
    std::uint32_t t[3] = {0, 0, 0};
    for (t[0] = 0; t[0] < sizes[0]; ++t[0])
      for (t[1] = 0; t[1] < sizes[1]; ++t[1])
        for (t[2] = 0; t[2] < sizes[2]; ++t[2]) {
          Index place[3];
          AnyValue is_inside;
          for (std::size_t i = 0; i < spatial_; ++i) {
            place[i] = places[i][t[i]];
            const AnyValue one = inside[i][t[i]];
            if (!one.empty()) is_inside = is_inside.empty() ? one : both(is_inside, one);
          }
          const AnyValue value = element(place);
          if (k_.failed()) return result;
          add(result, value, place, is_inside.empty() ? is_inside : splat(is_inside));
        }
    return result;
  }

  // `is_inside` empty: it certainly is.
  void add(PoolResult& result, AnyValue value, const Index* place, AnyValue is_inside) {
    const bool first = result.value.empty();
    if (problem_.kind != PoolKind::Max) {
      AnyValue one = term(value);
      if (!is_inside.empty()) one = select(is_inside, one, k_.constant_float(type(computed_), 0));
      result.value = first ? one : k_.apply(kernel::Op::Add, result.value, one);
      return;
    }
    const AnyValue index = problem_.indices ? place_index(place) : AnyValue();
    if (first) {
      result.value = is_inside.empty() ? value : select(is_inside, value, lowest());
      result.index = index;
      result.found = is_inside;
      return;
    }
    AnyValue take = takes(result.value, value);
    if (!is_inside.empty() || !result.found.empty()) {
      // Behind a masked element nothing may have been found yet, and then -infinity is something.
      if (!result.found.empty()) take = either(take, k_.apply(kernel::Op::Not, result.found));
      if (!is_inside.empty()) take = both(take, is_inside);
      if (is_inside.empty())
        result.found = AnyValue();
      else if (!result.found.empty())
        result.found = either(result.found, is_inside);
    }
    result.value = select(take, value, result.value);
    if (problem_.indices) result.index = select(take, index, result.index);
  }

  // The elements of the window along an axis that are in the tensor: from `first` up to `end`, the latter not less.
  void bounds(std::size_t axis, Index& first, Index& end) {
    const PoolAxis& a = axes_[axis];
    const Index kernel = step_.size(a.kernel);
    first = k_.constant<u32>(0u);
    end = kernel;
    if (!a.overhangs) return;
    const Index pad = step_.size(a.pad), behind = step_.size(a.in) + pad;
    first = steps_to(axis, pad);
    end = (kernel::max)((kernel::min)(kernel, steps_to(axis, behind)), first);
  }
  // Elements of the window in front of a place that is counted from the padding's start.
  Index steps_to(std::size_t axis, const Index& place) {
    const std::uint32_t dilation = axes_[axis].dilation;
    const Index distance = (kernel::max)(place, start_[axis]) - start_[axis];
    return dilation == 1 ? distance : (distance + (dilation - 1)) / dilation;
  }

  PoolResult looped() {
    const kernel::AnyVariable value = k_.variable(type(computed_));
    kernel::AnyVariable index, found;
    const bool is_max = problem_.kind == PoolKind::Max;
    k_.store(value, is_max ? lowest() : k_.constant_float(type(computed_), 0));
    if (problem_.indices) {
      index = k_.variable(type(Scalar::U32));
      found = k_.variable(type(Scalar::Boolean));
      k_.store(index, k_.constant_int(type(Scalar::U32), 0));
      k_.store(found, splat(k_.constant_bits(kernel::Type(Scalar::Boolean), 0)));
    }
    Index place[3], first[3], end[3];
    for (std::size_t i = 0; i < spatial_; ++i) bounds(i, first[i], end[i]);
    const auto body = [&] {
      const AnyValue one = element(place);
      if (k_.failed()) return;
      const AnyValue old = k_.load(value);
      if (!is_max) {
        k_.store(value, k_.apply(kernel::Op::Add, old, term(one)));
        return;
      }
      AnyValue take = takes(old, one);
      if (problem_.indices) {
        take = either(take, k_.apply(kernel::Op::Not, k_.load(found)));
        k_.store(index, select(take, place_index(place), k_.load(index)));
        k_.store(found, splat(k_.constant_bits(kernel::Type(Scalar::Boolean), 1)));
      }
      k_.store(value, select(take, one, old));
    };
    const auto axis = [&](std::size_t i, const auto& self) -> void {
      if (i == spatial_) return body();
      k_.for_range<u32>(first[i], end[i], 1u, [&](Index t) {
        const Index at = start_[i] + t * axes_[i].dilation;
        place[i] = axes_[i].overhangs ? at - step_.size(axes_[i].pad) : at;
        self(i + 1, self);
      });
    };
    axis(0, axis);
    PoolResult result;
    result.value = k_.load(value);
    if (problem_.indices) {
      result.index = k_.load(index);
      result.found = k_.load(found);
    }
    return result;
  }

  // How many elements an average is of: u32.
  Index count() {
    Index all;
    for (std::size_t i = 0; i < spatial_; ++i) {
      const PoolAxis& a = axes_[i];
      Index one = step_.size(a.kernel);
      if (problem_.count_include_pad) {
        if (a.counts_vary) one = (kernel::min)(one, steps_to(i, step_.size(a.padded)));
      } else {
        Index first, end;
        bounds(i, first, end);
        one = a.overhangs ? end - first : end;
      }
      all = i == 0 ? one : all * one;
    }
    return all;
  }

  AnyValue finish(const PoolResult& result) {
    if (k_.failed() || problem_.kind != PoolKind::Average)
      return k_.failed() ? AnyValue() : root(result.value);
    return average(result.value, count(), may_miss_);
  }

  AnyValue finish_index(const PoolResult& result) {
    if (k_.failed()) return {};
    Index channel = outer_[0] * step_.size(loads_.space()[1]) + outer_[1];
    for (std::size_t i = 0; i < spatial_; ++i) channel = channel * step_.size(axes_[i].in);
    AnyValue base = splat(channel.any());
    if (width_ > 1) {
      // Of neighbouring channels or tensors.
      SizeId apart = step_.table().literal(1);
      for (std::size_t i = vector_axis_ + 1; i < spatial_ + 2; ++i)
        apart = step_.table().mul(apart, loads_.space()[i]);
      AnyValue parts[4];
      for (unsigned i = 0; i < width_; ++i)
        parts[i] = i == 0 ? channel.any() : (channel + step_.size(apart) * i).any();
      base = k_.construct(type(Scalar::U32), Span<const AnyValue>(parts, width_));
    }
    const AnyValue index =
        k_.convert(kernel::Op::Convert, k_.apply(kernel::Op::Add, base, result.index), type(Scalar::I64));
    if (!may_miss_ || result.found.empty()) return index;
    return select(result.found, index, k_.constant_int(type(Scalar::I64), -1));
  }

  const PoolAxis* axes_;
  std::size_t spatial_;
  std::uint32_t unroll_;
  const Expression loaded_;
  ExpressionEmitter loads_;
  bool overhangs_ = false, may_miss_ = false;
  std::size_t vector_axis_ = 0;
  Index outer_[2], start_[3];
};

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
