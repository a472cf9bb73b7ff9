// Direct convolution: each invocation sums a block of outputs, channels by pixels of a row.
#pragma once

#include "../primitives/expression_emitter.hpp"
#include "../primitives/work_grid.hpp"
#include "convolution_window.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

class DirectConvolution {
public:
  DirectConvolution(StepBuilder& step, const ConvolutionProblem& problem, const ConvolutionSchedule& schedule,
                    const ConvolutionShape& shape, const Expression& epilogue)
      : step_(step), k_(step.k), t_(step.table()), p_(problem), s_(schedule), shape_(shape),
        loader_(step, problem, shape, shape.accumulator),
        epilogue_(step, epilogue, {shape.y_shape, shape.rank()}), last_(shape.spatial - 1) {
    for (std::size_t i = 0; i < shape.spatial; ++i) window_[i] = window_axis(problem, shape, i, t_);
  }

  /// Emits the kernel; returns the workgroups it needs.
  SizeId run() {
    // What lanes are laid along: batch and rows, then blocks of a row.
    SizeId blocks[ConvolutionShape::max_spatial + 1] = {shape_.batch};
    for (std::size_t i = 0; i < shape_.spatial; ++i) blocks[i + 1] = window_[i].outputs;
    blocks[last_ + 1] = t_.ceil_div(window_[last_].outputs, s_.pixels);
    const Span<const SizeId> lanes(blocks, shape_.spatial + 1);
    const SizeId block_count = t_.product(lanes);
    const bool all_lanes = t_.is_multiple(block_count, s_.workgroup);

    SizeId counts[WorkGrid::max_rank];
    std::size_t rank = 0;
    for (std::size_t i = 0; i < shape_.spatial; ++i) counts[rank++] = t_.literal(window_[i].phases);
    counts[rank++] = shape_.groups;
    counts[rank++] = t_.ceil_div(block_count, s_.workgroup);
    counts[rank++] = t_.ceil_div(shape_.group_outputs, s_.channels);
    const WorkGrid grid(t_, {counts, rank});

    grid.run(step_, [&](Span<const Index> ids) {
      const std::size_t spatial = shape_.spatial;
      for (std::size_t i = 0; i < spatial; ++i) {
        phase_[i] = ids[i];
        taps_[i] = phase_taps(step_, p_, shape_, i, ids[i]);
      }
      group_ = ids[spatial];
      first_output_ = s_.channels == 1 ? ids[spatial + 2] : ids[spatial + 2] * s_.channels;
      const Index block = ids[spatial + 1] * s_.workgroup + k_.local_id().x;
      // Lanes too many repeat the last block and store nothing.
      const Index mine = all_lanes ? block : (kernel::min)(block, step_.size(block_count) - 1u);
      Index coordinates[ConvolutionShape::max_spatial + 1];
      split_index(step_, mine, lanes, coordinates);
      batch_ = coordinates[0];
      for (std::size_t i = 0; i < spatial; ++i) {
        place_[i] = i == last_ && s_.pixels > 1 ? coordinates[i + 1] * s_.pixels : coordinates[i + 1];
        const std::int64_t by = window_[i].pixel_step;
        origin_[i] = taps_[i].origin + (by == 1 ? place_[i] : place_[i] * static_cast<u32>(by));
      }
      sum(shape_.read_channels);
      if (all_lanes)
        store();
      else
        k_.if_(block < step_.size(block_count), [&] { store(); });
    });
    return grid.total();
  }

private:
  struct Loaded {
    std::int64_t position;
    AnyValue value;
  };

  void sum(SizeId depth) {
    const kernel::Type type(shape_.accumulator);
    for (std::uint32_t i = 0; i < s_.channels * s_.pixels; ++i) {
      if (!step_.has_room(sums_.push_back(k_.variable(type)))) return;
      k_.store(sums_[i], loader_.zero());
    }
    const auto some = [&](Index first, std::uint32_t count) {
      for (std::uint32_t i = 0; i < count; ++i) {
        channel_ = i == 0 ? first : first + i;
        over_axis(0, nullptr);
      }
    };
    if (t_.is_literal(depth) && t_.lower(depth) <= s_.depth)
      return some(k_.constant<u32>(0u), static_cast<std::uint32_t>(t_.lower(depth)));
    const Index end = step_.size(depth);
    if (s_.depth == 1 || t_.is_multiple(depth, s_.depth))
      return k_.for_range<u32>(0u, end, s_.depth, [&](Index c) { some(c, s_.depth); });
    const Index whole = end / s_.depth * s_.depth;
    k_.for_range<u32>(0u, whole, s_.depth, [&](Index c) { some(c, s_.depth); });
    k_.for_range<u32>(whole, end, 1u, [&](Index c) { some(c, 1); });
  }

  // Whether all taps of an axis that come before the last one are inside so far; null: certainly.
  void over_axis(std::size_t axis, const Value<bool>* inside) {
    if (axis == last_) return row(inside);
    each_tap(axis, [&](Index t, const std::int64_t* known) {
      const WindowAxis& w = window_[axis];
      tap_[axis] = taps_[axis].first + t * static_cast<u32>(w.kernel_step);
      at_[axis] = origin_[axis] + (known ? k_.constant<u32>(static_cast<u32>(*known * w.tap_step))
                                         : t * static_cast<u32>(w.tap_step));
      Value<bool> ok;
      const bool tests = is_inside(axis, at_[axis], t, known, true, inside, ok);
      if (tests) tap_[axis] = clamp_tap(axis, tap_[axis], known);
      over_axis(axis + 1, tests ? &ok : inside);
    });
  }

  template <class Body>
  void each_tap(std::size_t axis, Body&& body) {
    if (axis + s_.unroll >= shape_.spatial) {
      for (std::int64_t t = 0; t < t_.lower(window_[axis].taps); ++t)
        body(k_.constant<u32>(static_cast<u32>(t)), &t);
      return;
    }
    k_.for_range<u32>(0u, taps_[axis].count, 1u, [&](Index t) { body(t, nullptr); });
  }

  // A phase that has fewer taps than others multiplies those it lacks by 0; what it reads of w has to be there.
  bool may_lack(std::size_t axis, const std::int64_t* known) const {
    return known && p_.transposed && !window_[axis].same_taps;
  }
  Index clamp_tap(std::size_t axis, Index tap, const std::int64_t* known) {
    if (!may_lack(axis, known)) return tap;
    return (kernel::min)(tap, step_.size(shape_.kernel[axis]) - 1u);
  }

  // Adds to `inside` whether coordinate `at` of an axis is in x; false: there is nothing to add.
  bool is_inside(std::size_t axis, Index at, Index t, const std::int64_t* known, bool exact,
                 const Value<bool>* inside, Value<bool>& ok) {
    bool any = false;
    const auto add = [&](Value<bool> condition) {
      ok = any ? ok && condition : inside ? *inside && condition : condition;
      any = true;
    };
    if (!window_[axis].inside || !exact) add(at < step_.size(shape_.in[axis]));
    if (may_lack(axis, known)) add(t < taps_[axis].count);
    return any;
  }

  // All taps of the last axis, for all pixels.
  void row(const Value<bool>* inside) {
    loaded_.clear();
    each_tap(last_, [&](Index t, const std::int64_t* known) {
      const WindowAxis& w = window_[last_];
      tap_[last_] = clamp_tap(last_, taps_[last_].first + t * static_cast<u32>(w.kernel_step), known);
      Buffer<AnyValue> weights;
      for (std::uint32_t m = 0; m < s_.channels; ++m)
        if (!step_.has_room(weights.push_back(load_weight(m)))) return;
      for (std::uint32_t p = 0; p < s_.pixels; ++p) {
        const AnyValue x = load_pixel(p, t, known, inside);
        for (std::uint32_t m = 0; m < s_.channels; ++m) {
          const kernel::AnyVariable sum = sums_[m * s_.pixels + p];
          k_.store(sum, multiply_add(step_, weights[m], x, k_.load(sum)));
        }
      }
    });
  }

  AnyValue load_weight(std::uint32_t m) {
    Index at[Shape::max_rank];
    Index output = m == 0 ? first_output_ : first_output_ + m;
    if (m > 0 && !t_.is_multiple(shape_.group_outputs, s_.channels))
      output = (kernel::min)(output, step_.size(shape_.group_outputs) - 1u);
    const bool one_group = t_.is_literal(shape_.groups, 1);
    if (p_.transposed) {
      at[0] = one_group ? channel_ : group_ * step_.size(shape_.group_channels) + channel_;
      at[1] = output;
    } else {
      at[0] = one_group ? output : group_ * step_.size(shape_.group_outputs) + output;
      at[1] = channel_;
    }
    for (std::size_t i = 0; i < shape_.spatial; ++i) at[i + 2] = tap_[i];
    return loader_.w({at, shape_.rank()});
  }

  // What pixel p and tap t of the row need; pixels whose taps meet at one element share it.
  AnyValue load_pixel(std::uint32_t p, Index t, const std::int64_t* known, const Value<bool>* inside) {
    const WindowAxis& w = window_[last_];
    const std::int64_t ahead = static_cast<std::int64_t>(p) * w.pixel_step;
    const bool shares = known && !may_lack(last_, known);
    const std::int64_t position = ahead + (known ? *known * w.tap_step : 0);
    if (shares)
      for (const Loaded& l : loaded_)
        if (l.position == position) return l.value;
    Index at[Shape::max_rank];
    at[0] = batch_;
    at[1] =
        t_.is_literal(shape_.groups, 1) ? channel_ : group_ * step_.size(shape_.group_channels) + channel_;
    for (std::size_t i = 0; i < last_; ++i) at[i + 2] = at_[i];
    Index& last = at[last_ + 2];
    last = origin_[last_];
    if (position != 0) last = last + static_cast<u32>(position);
    if (!known) last = last + t * static_cast<u32>(w.tap_step);
    // A block that is not full reaches past the last output, and past x.
    const bool full = s_.pixels == 1 || t_.is_multiple(w.outputs, s_.pixels);
    Value<bool> ok;
    const bool tests = is_inside(last_, last, t, known, full, inside, ok);
    const AnyValue value = loader_.x({at, shape_.rank()}, tests ? &ok : inside);
    if (shares) step_.has_room(loaded_.push_back({position, value}));
    return value;
  }

  void store() {
    Index at[Shape::max_rank];
    at[0] = batch_;
    bool exact = true;  // every output of the block exists
    for (std::size_t i = 0; i < shape_.spatial; ++i) {
      const std::int64_t phases = window_[i].phases;
      at[i + 2] = phases == 1 ? place_[i] : place_[i] * static_cast<u32>(phases) + phase_[i];
      if (phases > 1 && !t_.is_multiple(shape_.out[i], phases) && i != last_) {
        const Value<bool> has = at[i + 2] < step_.size(shape_.out[i]);
        row_exists_ = exact ? has : row_exists_ && has;
        exact = false;
      }
    }
    const auto channels = [&] {
      for (std::uint32_t m = 0; m < s_.channels; ++m) {
        const Index output = m == 0 ? first_output_ : first_output_ + m;
        at[1] = t_.is_literal(shape_.groups, 1) ? output : group_ * step_.size(shape_.group_outputs) + output;
        if (m == 0 || t_.is_multiple(shape_.group_outputs, s_.channels))
          store_row(m, at);
        else
          k_.if_(output < step_.size(shape_.group_outputs), [&] { store_row(m, at); });
      }
    };
    if (exact)
      channels();
    else
      k_.if_(row_exists_, channels);
  }

  void store_row(std::uint32_t m, Index* at) {
    if (k_.failed()) return;  // there may be no sums
    ExpressionPoint point;
    point.coordinates = {at, shape_.rank()};
    point.vector_axis = shape_.rank() - 1;
    const std::int64_t step = window_[last_].phases;
    const bool full = t_.is_multiple(shape_.out[last_], step * s_.pixels);
    const Index first = at[last_ + 2];
    const kernel::AnyVariable* const sums = sums_.data() + std::size_t{m} * s_.pixels;
    if (full && step == 1 && s_.pixels <= 4) {
      AnyValue values[4];
      for (std::uint32_t p = 0; p < s_.pixels; ++p) values[p] = k_.load(sums[p]);
      point.width = s_.pixels;
      point.aligned = true;
      const AnyValue all = s_.pixels == 1 ? values[0]
                                          : k_.construct(kernel::Type(shape_.accumulator, s_.pixels),
                                                         Span<const AnyValue>(values, s_.pixels));
      return epilogue_.run(point, Span<const AnyValue>(&all, 1));
    }
    for (std::uint32_t p = 0; p < s_.pixels; ++p) {
      at[last_ + 2] = p == 0 ? first : first + static_cast<u32>(p * step);
      const auto one = [&] {
        const AnyValue value = k_.load(sums[p]);
        epilogue_.run(point, Span<const AnyValue>(&value, 1));
      };
      // The first of a block exists, unless its phase has fewer outputs than the fullest.
      if (full || (p == 0 && step == 1))
        one();
      else
        k_.if_(at[last_ + 2] < step_.size(shape_.out[last_]), one);
    }
    at[last_ + 2] = first;
  }

  StepBuilder& step_;
  kernel::KernelBuilder& k_;
  SizeTable& t_;
  const ConvolutionProblem& p_;
  const ConvolutionSchedule& s_;
  const ConvolutionShape& shape_;
  ConvolutionLoader loader_;
  ExpressionEmitter epilogue_;
  std::size_t last_;
  WindowAxis window_[ConvolutionShape::max_spatial];
  PhaseTaps taps_[ConvolutionShape::max_spatial];
  // Of this invocation's block: its first output within the phase, and what that reads first.
  Index phase_[ConvolutionShape::max_spatial], place_[ConvolutionShape::max_spatial],
      origin_[ConvolutionShape::max_spatial];
  Index group_, batch_, first_output_;
  // Where the sum has got to.
  Index channel_, tap_[ConvolutionShape::max_spatial], at_[ConvolutionShape::max_spatial];
  Buffer<kernel::AnyVariable> sums_;
  Buffer<Loaded> loaded_;
  Value<bool> row_exists_;
};

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
