// Interpolation: sums of neighbours, weighted along each axis.
#pragma once

#include "../primitives/function_emit.hpp"
#include "../primitives/movement.hpp"
#include "../resize.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

struct ResizeAxis {
  bool is_resized = false;
  SizeId n = {}, m = {};  // of x and of y
  SizeId p = {}, q = {};  // the scale
  SizeId last = {};       // n - 1
  MapId numerator = {};   // of the coordinate in x
  SizeId denominator = {};
  MapId first = {}, rest = {};  // its whole part, and what is left of the numerator
  bool filters = false;         // with a filter wider than that of enlarging
  SizeId reach = {};            // then: elements to each side
};
struct ResizeAxes {
  ResizeAxis axes[Shape::max_rank];
};

/// Emits the interpolation of one element.
class ResizeKernel {
public:
  ResizeKernel(StepBuilder& step, const ResizeProblem& problem, const Movement& movement,
               const ResizeAxes& axes)
      : step_(step), k_(step.k), problem_(problem), movement_(movement), axes_(axes),
        x_(step, "x", Role::Input, problem.x, movement.x_layout, kernel::Access::ReadOnly),
        type_(problem.x.scalar == Scalar::F64 ? Scalar::F64 : Scalar::F32) {}

  /// The value of y at a point, of x's type.
  AnyValue element(Span<const Index> c) {
    const IndexMapValues values(step_, movement_.map, c);
    for (std::size_t i = 0; i < movement_.x_layout.rank; ++i) begin_axis(i, values);
    Index at[Shape::max_rank];
    for (std::size_t i = 0; i < movement_.x_layout.rank; ++i) at[i] = c[i];
    const auto interpolate = [&] { return emit_cast(step_, sum(0, at), problem_.x.scalar); };
    if (movement_.map.is_total()) return interpolate();
    k_.begin_if(values.exists().any());
    k_.yield(interpolate());
    k_.begin_else();
    const kernel::Type bits(kernel::unsigned_of(kernel::width_of(problem_.x.scalar)));
    k_.yield(value_of_bits(step_, k_.constant_bits(bits, movement_.fill), problem_.x.scalar));
    return k_.end_if_value();
  }

private:
  static constexpr unsigned max_taps = 4;
  struct Axis {
    Index first;
    AnyValue t;  // how far behind it the coordinate is, from 0 to 1
    AnyValue weights[max_taps];
    Index places[max_taps];
  };

  AnyValue number(double value) { return k_.constant_float(type_, value); }
  AnyValue add(AnyValue a, AnyValue b) { return k_.apply(kernel::Op::Add, a, b); }
  AnyValue sub(AnyValue a, AnyValue b) { return k_.apply(kernel::Op::Sub, a, b); }
  AnyValue mul(AnyValue a, AnyValue b) { return k_.apply(kernel::Op::Mul, a, b); }
  AnyValue div(AnyValue a, AnyValue b) { return k_.apply(kernel::Op::Div, a, b); }
  AnyValue choose(AnyValue condition, AnyValue a, AnyValue b) {
    const AnyValue parts[3] = {condition, a, b};
    return k_.apply(kernel::Op::Select, parts);
  }
  AnyValue number_of(Index i) { return k_.convert(kernel::Op::Convert, i.any(), type_); }

  // The cubic's weight at a distance from 0 to 1, and from 1 to 2 (given the distance less 1): (a + 2) x^3 - (a + 3) x^2 +
  // 1 and a x^3 - 5 a x^2 + 8 a x - 4 a (Keys 1981), as products that do not cancel.
  AnyValue near_weight(AnyValue x) {
    const AnyValue square = mul(x, x);
    const AnyValue bent = mul(number(problem_.cubic_a + 2), square);
    const AnyValue sum = sub(add(number(1), x), bent);
    return mul(sub(number(1), x), sum);
  }
  AnyValue far_weight(AnyValue over) {
    const AnyValue left = sub(number(1), over);
    const AnyValue square = mul(left, left);
    return mul(mul(number(problem_.cubic_a), over), square);
  }
  // The filter at a distance.
  AnyValue filter(AnyValue distance) {
    const AnyValue zero = number(0), one = number(1);
    if (problem_.mode == ResizeMode::Linear) return k_.apply(kernel::Op::Max, sub(one, distance), zero);
    const AnyValue near = near_weight(distance), far = far_weight(sub(distance, one));
    const AnyValue inside = choose(k_.apply(kernel::Op::Less, distance, number(2)), far, zero);
    return choose(k_.apply(kernel::Op::Less, distance, one), near, inside);
  }
  // Where a neighbour is, and its weight, which is 0 outside where that is asked for.
  Index clamped(const ResizeAxis& a, Index place) {
    using kernel::i32;
    const Value<i32> last = kernel::bitcast<i32>(step_.size(a.last));
    const Value<i32> at_least = (kernel::max)(kernel::bitcast<i32>(place), 0);
    return kernel::bitcast<u32>((kernel::min)(at_least, last));
  }
  AnyValue weight_at(const ResizeAxis& a, Index place, AnyValue weight) {
    if (!problem_.exclude_outside) return weight;
    const Value<bool> inside = place <= step_.size(a.last);
    return choose(inside.any(), weight, number(0));
  }

  void begin_axis(std::size_t i, const IndexMapValues& values) {
    const ResizeAxis& a = axes_.axes[i];
    if (!a.is_resized) return;
    Axis& own = now_[i];
    own.first = values(a.first);
    const AnyValue rest = number_of(values(a.rest));
    own.t = div(rest, number_of(step_.size(a.denominator)));
    if (a.filters) return;
    const AnyValue s = sub(number(1), own.t);
    const bool linear = problem_.mode == ResizeMode::Linear;
    if (linear) {
      own.weights[0] = s;
      own.weights[1] = own.t;
    } else {
      own.weights[0] = far_weight(own.t);
      own.weights[1] = near_weight(own.t);
      own.weights[2] = near_weight(s);
      own.weights[3] = far_weight(s);
    }
    for (unsigned tap = 0; tap < taps(); ++tap) {
      const Index place = own.first + (linear ? tap : tap - 1u);
      own.places[tap] = clamped(a, place);
      own.weights[tap] = weight_at(a, place, own.weights[tap]);
    }
  }
  unsigned taps() const { return problem_.mode == ResizeMode::Linear ? 2 : 4; }

  // The weighted sum along the axes from `axis` on, at the coordinates `at` of those before.
  AnyValue sum(std::size_t axis, Index* at) {
    while (axis < movement_.x_layout.rank && !axes_.axes[axis].is_resized) ++axis;
    if (axis >= movement_.x_layout.rank) {
      const Index place = x_.place(step_, {at, movement_.x_layout.rank});
      const AnyValue bits = x_.load(step_, place);
      return emit_cast(step_, value_of_bits(step_, bits, problem_.x.scalar), type_.scalar());
    }
    const ResizeAxis& a = axes_.axes[axis];
    if (a.filters) return filtered_sum(axis, at);
    const Index whole = at[axis];
    AnyValue total, weights;
    for (unsigned tap = 0; tap < taps(); ++tap) {
      at[axis] = now_[axis].places[tap];
      const AnyValue inner = sum(axis + 1, at);
      const AnyValue part = mul(now_[axis].weights[tap], inner);
      total = tap == 0 ? part : add(total, part);
      weights = tap == 0 ? now_[axis].weights[tap] : add(weights, now_[axis].weights[tap]);
    }
    at[axis] = whole;
    return problem_.exclude_outside ? div(total, weights) : total;
  }

  AnyValue filtered_sum(std::size_t axis, Index* at) {
    const ResizeAxis& a = axes_.axes[axis];
    const Index whole = at[axis], reach = step_.size(a.reach);
    // A scale above 1 does not make the filter narrower.
    const AnyValue scale =
        k_.apply(kernel::Op::Min, number(1), div(number_of(step_.size(a.p)), number_of(step_.size(a.q))));
    const kernel::AnyVariable total = k_.variable(type_), weights = k_.variable(type_);
    k_.store(total, number(0));
    k_.store(weights, number(0));
    // From first - reach + 1 to first + reach.
    k_.for_range<u32>(0u, reach * 2u, 1u, [&](Index tap) {
      const Value<kernel::i32> offset = kernel::bitcast<kernel::i32>(tap - reach + 1u);
      const AnyValue place_of_tap = k_.convert(kernel::Op::Convert, offset.any(), type_);
      const AnyValue distance = mul(k_.apply(kernel::Op::Abs, sub(place_of_tap, now_[axis].t)), scale);
      const Index place = now_[axis].first + kernel::bitcast<u32>(offset);
      const AnyValue weight = weight_at(a, place, filter(distance));
      at[axis] = clamped(a, place);
      const AnyValue inner = sum(axis + 1, at);
      const AnyValue part = mul(weight, inner);
      k_.store(total, add(k_.load(total), part));
      k_.store(weights, add(k_.load(weights), weight));
    });
    at[axis] = whole;
    const AnyValue all = k_.load(total);
    return div(all, k_.load(weights));
  }

  StepBuilder& step_;
  kernel::KernelBuilder& k_;
  const ResizeProblem& problem_;
  const Movement& movement_;
  const ResizeAxes& axes_;
  TensorView x_;
  kernel::Type type_;
  Axis now_[Shape::max_rank];
};

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
