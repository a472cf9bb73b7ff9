#pragma once

#include "../pool.hpp"
#include "../primitives/expression_emitter.hpp"
#include "../primitives/function_emit.hpp"
#include "../primitives/work_grid.hpp"
#include "check.hpp"
#include "pool_plan.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

// What a window gives: the pooled value and, of a maximum, where it was.
struct PoolResult {
  AnyValue value;
  AnyValue index;  // u32
  AnyValue found;  // of a maximum of a window that may have no element: whether it has one
};

class PoolEmitter {
public:
  PoolEmitter(StepBuilder& step, const PoolProblem& problem, const PoolAxis* axes, std::size_t spatial,
              Span<const SizeId> input_space, std::uint32_t unroll)
      : step_(step), k_(step.k), problem_(problem), axes_(axes), spatial_(spatial), unroll_(unroll),
        pooled_(pooled_scalar(problem)), computed_(pool_scalar(pooled_)),
        loaded_(loaded_expression(problem)), loads_(step, loaded_, input_space, ExpressionUse::Prologue),
        prologue_(step, problem.prologue, input_space, ExpressionUse::Prologue) {
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
    return primaries;
  }

private:
  static Expression loaded_expression(const PoolProblem& problem) {
    Expression e;
    e.output("x", e.input("x", problem.input));
    return e;
  }
  kernel::Type type(Scalar scalar) const { return kernel::Type(scalar, width_); }
  AnyValue splat(AnyValue value) {
    if (width_ == 1) return value;
    const AnyValue parts[4] = {value, value, value, value};
    return k_.construct(kernel::Type(value.type().scalar(), width_), Span<const AnyValue>(parts, width_));
  }
  AnyValue select(AnyValue condition, AnyValue a, AnyValue b) {
    const AnyValue operands[3] = {condition, a, b};
    return k_.apply(kernel::Op::Select, operands);
  }
  AnyValue function(Function f, AnyValue a) { return emit_function(step_, f, Span<const AnyValue>(&a, 1)); }
  AnyValue either(AnyValue a, AnyValue b) { return k_.apply(kernel::Op::Or, a, b); }
  AnyValue both(AnyValue a, AnyValue b) { return k_.apply(kernel::Op::And, a, b); }

  // Below every number: -infinity, or the least integer of the pooled type.
  AnyValue lowest() {
    if (kernel::is_float(pooled_)) {
      const std::uint64_t bits = computed_ == Scalar::F64 ? 0xFFF0000000000000 : 0xFF800000;
      return k_.constant_bits(type(computed_), bits);
    }
    if (!kernel::is_signed(pooled_)) return k_.constant_int(type(computed_), 0);
    const unsigned width = kernel::width_of(pooled_);
    return k_.constant_bits(type(computed_), ~std::uint64_t{0} << (width - 1));
  }

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
    if (!problem_.prologue.empty()) {
      const AnyValue loaded = value;
      prologue_.evaluate(point, Span<const AnyValue>(&loaded, 1), &value);
    }
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

  AnyValue term(AnyValue value) {
    if (problem_.kind == PoolKind::Average) return value;
    const AnyValue magnitude = function(Function::Abs, value);
    AnyValue power, square = magnitude;
    for (std::uint32_t p = problem_.p; p != 0; p /= 2) {
      if (p % 2 != 0) power = power.empty() ? square : k_.apply(kernel::Op::Mul, power, square);
      if (p > 1) square = k_.apply(kernel::Op::Mul, square, square);
    }
    return power;
  }

  // Whether a value takes the place of the maximum so far. Where the index is asked for, the first NaN stays.
  AnyValue takes(AnyValue best, AnyValue value) {
    const AnyValue greater = k_.apply(kernel::Op::Less, best, value);
    if (!kernel::is_float(computed_)) return greater;
    AnyValue nan = function(Function::IsNan, value);
    if (problem_.indices) nan = both(nan, k_.apply(kernel::Op::Not, function(Function::IsNan, best)));
    return either(greater, nan);
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
    if (k_.failed() || problem_.kind == PoolKind::Max) return result.value;
    if (problem_.kind == PoolKind::Average) {
      const Index elements = count();
      const AnyValue divisor =
          k_.convert(kernel::Op::Convert, may_miss_ ? (kernel::max)(elements, 1u).any() : elements.any(),
                     kernel::Type(computed_));
      const AnyValue average = k_.apply(kernel::Op::Div, result.value, splat(divisor));
      if (!may_miss_) return average;
      const std::uint64_t nan = computed_ == Scalar::F64 ? 0x7FF8000000000000 : 0x7FC00000;
      return select(splat((elements == 0u).any()), k_.constant_bits(type(computed_), nan), average);
    }
    if (problem_.p == 1) return result.value;
    if (problem_.p == 2) return function(Function::Sqrt, result.value);
    const AnyValue operands[2] = {result.value, k_.constant_float(type(computed_), 1.0 / problem_.p)};
    const AnyValue root = emit_function(step_, Function::Pow, operands);
    // A power of 0 goes through its logarithm.
    const AnyValue zero = k_.constant_float(type(computed_), 0);
    return select(k_.apply(kernel::Op::Equal, result.value, zero), zero, root);
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

  StepBuilder& step_;
  kernel::KernelBuilder& k_;
  const PoolProblem& problem_;
  const PoolAxis* axes_;
  std::size_t spatial_;
  std::uint32_t unroll_;
  Scalar pooled_, computed_;
  const Expression loaded_;
  ExpressionEmitter loads_, prologue_;
  bool overhangs_ = false, may_miss_ = false;
  unsigned width_ = 1;
  std::size_t vector_axis_ = 0;
  Index outer_[2], start_[3];
};

inline std::size_t pool_lane_axis(const PoolProblem& problem, const PoolSchedule& schedule) {
  return schedule.lane_axis == PoolSchedule::last_axis ? problem.input.shape.rank() - 1 : schedule.lane_axis;
}

// The most iterations of an invocation's loops.
inline std::uint64_t pool_iterations(const PoolProblem& problem, const PoolSchedule& schedule,
                                     const Target& target) {
  SizeTable table;
  PoolAxis axes[3];
  const std::size_t spatial = problem.input.shape.rank() - 2;
  for (std::size_t i = 0; i < spatial; ++i) axes[i] = pool_axis(table, problem, i);
  if (PoolEmitter::unrolled_taps(table, axes, spatial, schedule.unroll) != 0) return schedule.width;
  // No tensor is larger than a storage buffer, whatever its parameters' maxima are.
  const std::uint64_t most = target.max_storage_buffer_range / element_bytes(problem.input.scalar);
  std::uint64_t iterations = 0, taps = 1;
  for (std::size_t i = 0; i < spatial; ++i) {
    const auto size = static_cast<std::uint64_t>(table.upper(axes[i].kernel));
    taps = size != 0 && taps > most / size ? most : taps * size;
    iterations += taps;
  }
  return (iterations + 1) * schedule.width;
}

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const PoolProblem& problem, const PoolSchedule& schedule,
                                   const Target& target) {
  if (Result<void> r = detail::check_pool_geometry(problem); !r) return r;
  if (Result<void> r = detail::check_pool_types(problem); !r) return r;
  const Text inputs[] = {"x"};
  if (Result<void> r =
          detail::check_fused_names(problem.prologue, detail::pool_epilogue(problem), inputs, {});
      !r)
    return r;
  if (Result<void> r = detail::check_workgroup(schedule.workgroup, target); !r) return r;
  if (Result<void> r = detail::check_range("width", schedule.width, 1, 4); !r) return r;
  if (Result<void> r = detail::check_range("unroll", schedule.unroll, 1, 256); !r) return r;
  const std::size_t rank = problem.input.shape.rank();
  if (schedule.lane_axis != PoolSchedule::last_axis)
    if (Result<void> r =
            detail::check_range("lane_axis", schedule.lane_axis, 0, rank - 1, "the output's axes");
        !r)
      return r;
  const std::uint64_t iterations = detail::pool_iterations(problem, schedule, target);
  if (target.max_loop_iterations != 0 && iterations > target.max_loop_iterations) {
    String message("an invocation may loop ");
    message << iterations << " times, and the device stops it after " << target.max_loop_iterations
            << "; reduce large windows over several axes in turn";
    return detail::refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  return {};
}

AIRSTRIP_INLINE PoolSchedule default_schedule(const PoolProblem& problem, const Target& target) {
  PoolSchedule schedule;
  const std::uint32_t most = target.max_workgroup_invocations;
  schedule.workgroup = target.kind == DeviceKind::Gpu ? (most < 256 ? most : 256) : (most < 64 ? most : 64);
  const Shape& strides = problem.input.strides;
  // Channels last: along them.
  if (strides.rank() == problem.input.shape.rank() && strides.rank() >= 3 && strides[1] == Dimension(1) &&
      !(strides[strides.rank() - 1] == Dimension(1))) {
    schedule.lane_axis = 1;
    schedule.width = 4;
  }
  return schedule;
}

AIRSTRIP_INLINE Result<Operation> pool(const PoolProblem& problem, const PoolSchedule& schedule,
                                       const Target& target, SourceLocation at) {
  if (Result<void> r = legal(problem, schedule, target); !r) {
    Diagnostic error = detail::copy_of(r.error());
    if (error.where.line == 0) error.where = at;
    return error;
  }
  Operation operation;
  operation.set_target(target);
  SizeTable& table = operation.sizes_to_fill();
  const std::size_t rank = problem.input.shape.rank(), spatial = rank - 2;
  const std::size_t lane = detail::pool_lane_axis(problem, schedule);
  const std::uint32_t width = schedule.width;
  detail::PoolAxis axes[3];
  SizeId input[Shape::max_rank], output[Shape::max_rank];
  for (std::size_t i = 0; i < rank; ++i) input[i] = output[i] = table.of(problem.input.shape[i]);
  for (std::size_t i = 0; i < spatial; ++i) {
    axes[i] = detail::pool_axis(table, problem, i);
    output[i + 2] = axes[i].out;
  }
  // The axes as invocations go through them, that of the lanes last.
  std::size_t order[Shape::max_rank];
  SizeId counts[Shape::max_rank];
  std::size_t ordered = 0;
  for (std::size_t i = 0; i < rank; ++i)
    if (i != lane) order[ordered++] = i;
  order[ordered] = lane;
  for (std::size_t i = 0; i < rank; ++i) counts[i] = output[order[i]];
  counts[rank - 1] = table.ceil_div(output[lane], width);
  const SizeId count = table.product({counts, rank});
  const SizeId groups = table.ceil_div(count, schedule.workgroup);
  const WorkGrid grid(table, {groups});

  kernel::KernelOptions options;
  options.workgroup = {schedule.workgroup, 1, 1};
  StepBuilder step(operation, problem.name, options, at);
  const Expression epilogue = detail::pool_epilogue(problem);
  detail::PoolEmitter emitter(step, problem, axes, spatial, {input, rank}, schedule.unroll);
  ExpressionEmitter results(step, epilogue, {output, rank});
  grid.run(step, [&](Span<const Index> ids) {
    const Index linear = ids[0] * schedule.workgroup + step.k.local_id().x;
    const auto one = [&] {
      Index split[Shape::max_rank], coordinates[Shape::max_rank];
      split_index(step, linear, {counts, rank}, split);
      for (std::size_t i = 0; i < rank; ++i) coordinates[order[i]] = split[i];
      if (width > 1) coordinates[lane] = coordinates[lane] * width;
      const auto points = [&](unsigned wide) {
        ExpressionPoint point;
        point.coordinates = {coordinates, rank};
        point.vector_axis = lane;
        point.width = wide;
        point.aligned = true;
        if (step.k.failed()) return;
        if (wide == 1 || lane < 2) {
          const Buffer<AnyValue> values = emitter.window(point.coordinates, wide, lane);
          results.run(point, {values.data(), values.size()});
          return;
        }
        // Neighbours along a spatial axis have windows of their own.
        AnyValue parts[2][4];
        const Index first = coordinates[lane];
        std::size_t primaries = 0;
        for (unsigned i = 0; i < wide; ++i) {
          if (i > 0) coordinates[lane] = first + i;
          const Buffer<AnyValue> values = emitter.window(point.coordinates, 1, lane);
          primaries = values.size();
          for (std::size_t v = 0; v < primaries; ++v) parts[v][i] = values[v];
        }
        coordinates[lane] = first;
        if (step.k.failed()) return;
        AnyValue vectors[2];
        for (std::size_t v = 0; v < primaries; ++v)
          vectors[v] = step.k.construct(kernel::Type(parts[v][0].type().scalar(), wide),
                                        Span<const AnyValue>(parts[v], wide));
        results.run(point, Span<const AnyValue>(vectors, primaries));
      };
      if (table.is_multiple(output[lane], width)) return points(width);
      const Index size = step.size(output[lane]);
      const Index start = coordinates[lane];
      step.k.if_(
          start + width <= size, [&] { points(width); },
          [&] {
            step.k.for_range<u32>(start, size, 1u, [&](Index each) {
              coordinates[lane] = each;
              points(1);
            });
          });
    };
    if (table.is_multiple(count, schedule.workgroup))
      one();
    else
      step.k.if_(linear < step.size(count), one);
  });
  if (Result<void> r = step.finish(grid.total()); !r) return detail::copy_of(r.error());
  return operation;
}

AIRSTRIP_INLINE Result<Operation> pool(const PoolProblem& problem, const Target& target, SourceLocation at) {
  return pool(problem, default_schedule(problem, target), target, at);
}

AIRSTRIP_TENSOR_NAMESPACE_END
