// Convolution as a matrix product: A = w, B = the windows of x, taken apart while they are loaded.
#pragma once

#include "../primitives/packed_panels.hpp"
#include "../primitives/product.hpp"
#include "../primitives/split_work.hpp"
#include "../primitives/work_grid.hpp"
#include "convolution_product.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

/// The epilogue at a product's results.
class ConvolutionOutput final : public ProductOutput {
public:
  ConvolutionOutput(StepBuilder& step, const Expression& epilogue, const ConvolutionShape& shape,
                    const ImplicitProduct& product)
      : shape_(shape), product_(product), emitter_(step, epilogue, {shape.y_shape, shape.rank()}),
        merged_(step, product.is_flat ? epilogue : none_, {shape.y_shape, shape.rank()}) {
    if (product.is_flat) merged_.merge_axes(2);
    is_merged_ = product.is_flat && merged_.space().size() == 3;
  }
  void store(StepBuilder& step, const ProductPoint& point, AnyValue value) override {
    SizeTable& table = step.table();
    const std::size_t last = shape_.spatial - 1;
    Index at[Shape::max_rank];
    at[0] = point.batch[1];
    at[1] = table.is_literal(shape_.groups, 1) ? point.row
                                               : point.batch[0] * step.size(shape_.group_outputs) + point.row;
    ExpressionPoint to;
    to.width = point.width;
    // Of rows it is the number in the group that is a multiple.
    to.aligned = point.aligned && (!point.along_m || table.is_literal(shape_.groups, 1) ||
                                   table.is_multiple(shape_.group_outputs, point.width));
    to.vector_axis = point.along_m ? 1 : last + 2;
    if (is_merged_) {
      at[2] = point.column;
      to.coordinates = {at, 3};
      if (!point.along_m) to.vector_axis = 2;
      return merged_.run(to, Span<const AnyValue>(&value, 1));
    }
    SizeId rows[ConvolutionShape::max_spatial];
    for (std::size_t i = 0; i < last; ++i) rows[i] = shape_.out[i];
    rows[last] = product_.is_flat ? shape_.out[last] : product_.row;
    const auto split = [&](Index column) { split_index(step, column, {rows, shape_.spatial}, at + 2); };
    to.coordinates = {at, shape_.rank()};
    const bool overhangs = rows[last] != shape_.out[last];
    const bool leaves_row =
        !point.along_m && point.width > 1 && (!point.aligned || !table.is_multiple(rows[last], point.width));
    if (!leaves_row && !overhangs) {
      split(point.column);
      return emitter_.run(to, Span<const AnyValue>(&value, 1));
    }
    const auto guarded = [&](AnyValue one) {
      const auto run = [&] { emitter_.run(to, Span<const AnyValue>(&one, 1)); };
      if (overhangs)
        step.k.if_(at[last + 2] < step.size(shape_.out[last]), run);
      else
        run();
    };
    if (point.along_m || point.width == 1) {
      split(point.column);
      return guarded(value);
    }
    to.width = 1;
    Index first;
    for (unsigned i = 0; i < point.width; ++i) {
      if (i == 0 || leaves_row) {
        split(i ? point.column + i : point.column);
        first = at[last + 2];
      } else {
        at[last + 2] = first + i;
      }
      guarded(value.component(i));
    }
  }

private:
  const ConvolutionShape& shape_;
  const ImplicitProduct& product_;
  Expression none_;
  ExpressionEmitter emitter_, merged_;
  bool is_merged_ = false;
};

class ImplicitConvolution {
public:
  ImplicitConvolution(Operation& operation, const ConvolutionProblem& problem,
                      const ConvolutionSchedule& schedule, const ConvolutionShape& shape,
                      const Expression& epilogue, SourceLocation at)
      : operation_(operation), t_(operation.sizes_to_fill()), p_(problem), s_(schedule), shape_(shape),
        epilogue_(epilogue), at_(at), product_(implicit_product(problem, schedule.product, shape, t_)) {
    const SizeId batch[2] = {shape.groups, t_.literal(1)};
    w_panels_ =
        panel_layout(t_, s_.product, true, product_.sizes.m, product_.sizes.k, batch, product_.w_factor);
    x_panels_ = panel_layout(t_, s_.product, false, product_.sizes.n, product_.sizes.k,
                             {product_.sizes.batch, product_.sizes.batch_rank}, product_.x_factor);
    if (s_.copy_padded) copy_ = padded_input(problem, shape, product_, t_);
    write_ = product_write_options(s_.product);
  }

  Result<void> run() {
    if (s_.product.pack_a)
      if (Result<void> r = pack_w(); !r) return r;
    if (copies())
      if (Result<void> r = copy_x(); !r) return r;
    if (s_.product.pack_b)
      if (Result<void> r = pack_x(); !r) return r;
    if (Result<void> r = multiply(); !r) return r;
    return s_.product.split_k > 1 ? add_parts() : Result<void>();
  }

private:
  bool copies() const { return s_.copy_padded && !product_.is_flat; }
  kernel::KernelOptions options() const {
    kernel::KernelOptions options;
    options.workgroup = {s_.workgroup, 1, 1};
    return options;
  }
  Memory packed_w(StepBuilder& step, kernel::Access access) {
    TensorType type;
    type.scalar = w_panels_.scalar;
    const Memory memory =
        step.memory("packed_w", p_.constant_w ? Role::Packed : Role::Scratch, type, w_panels_.bytes, access);
    if (step.k.failed()) return memory;
    Operand& operand = operation_.operands_to_fill()[memory.operand];
    if (operand.layout.empty()) {
      operand.layout = String("of each group [");
      operand.layout << t_.to_string(product_.sizes.m) << " lines, K = channels and taps], "
                     << describe(w_panels_, t_);
    }
    return memory;
  }
  Memory padded_x(StepBuilder& step, kernel::Access access) {
    TensorType type;
    type.scalar = copy_.scalar;
    return step.memory("padded_x", Role::Scratch, type, t_.mul(copy_.elements, element_bytes(copy_.scalar)),
                       access);
  }

  Result<void> pack_w() {
    StepBuilder step(operation_, "pack_w", options(), at_);
    // Elements are asked for one by one.
    ImplicitProduct product = product_;
    product.known_taps = t_.is_literal(product.taps, 1);
    KernelLoader source(step, p_, shape_, product);
    const Memory to = packed_w(step, kernel::Access::WriteOnly);
    if (step.k.failed()) return step.finish(t_.literal(0));
    const SizeId groups = emit_packing(step, source, w_panels_, to, s_.workgroup);
    return step.finish(groups, p_.constant_w ? Phase::Prepare : Phase::Run, write_);
  }

  // Windows, or elements of x, in the order in which the product reads them.
  Memory packed_x(StepBuilder& step, kernel::Access access) {
    TensorType type;
    type.scalar = x_panels_.scalar;
    return step.memory("packed_x", Role::Scratch, type, x_panels_.bytes, access);
  }
  Result<void> pack_x() {
    StepBuilder step(operation_, "pack_x", options(), at_);
    // Elements are asked for one by one, or in squares.
    ImplicitProduct product = product_;
    product.known_taps = t_.is_literal(product.taps, 1);
    const auto pack = [&](TileLoader& source) {
      const Memory to = packed_x(step, kernel::Access::WriteOnly);
      if (step.k.failed()) return step.finish(t_.literal(0));
      const SizeId groups = emit_packing(step, source, x_panels_, to, s_.workgroup);
      return step.finish(groups, Phase::Run, write_);
    };
    return with_windows(step, product, pack);
  }

  // One invocation copies one element.
  Result<void> copy_x() {
    StepBuilder step(operation_, "pad_x", options(), at_);
    ConvolutionLoader loader(step, p_, shape_, copy_.scalar, true, false);
    const Memory to = padded_x(step, kernel::Access::WriteOnly);
    const WorkGrid grid(t_, {t_.mul(t_.ceil_div(copy_.elements, s_.workgroup), shape_.has_elements)});
    if (step.k.failed()) return step.finish(t_.literal(0));
    grid.run(step, [&](Span<const Index> ids) {
      const Index element = ids[0] * s_.workgroup + step.k.local_id().x;
      const auto body = [&] {
        Index at[Shape::max_rank];
        split_index(step, element, {copy_.shape, shape_.rank()}, at);
        Value<bool> ok;
        for (std::size_t i = 0; i < shape_.spatial; ++i) {
          const std::uint32_t pad = static_cast<std::uint32_t>(p_.axes[i].pad_begin);
          if (pad) at[i + 2] = at[i + 2] - pad;
          const Value<bool> inside = at[i + 2] < step.size(shape_.in[i]);
          ok = i == 0 ? inside : ok && inside;
        }
        step.store(to, element, loader.x({at, shape_.rank()}, &ok));
      };
      if (t_.is_multiple(copy_.elements, s_.workgroup))
        body();
      else
        step.k.if_(element < step.size(copy_.elements), body);
    });
    return step.finish(grid.total(), Phase::Run, write_);
  }

  Result<void> multiply() {
    StepBuilder step(operation_, p_.name, product_options(s_.product, operation_.target()), at_);
    if (s_.product.pack_a) {
      PanelLoader a(packed_w(step, kernel::Access::ReadOnly), w_panels_, product_.w_factor);
      return multiply_by(step, a);
    }
    // What goes through workgroup memory is asked for in any order.
    ImplicitProduct product = product_;
    product.known_taps = product.known_taps && !s_.product.share_a;
    KernelLoader a(step, p_, shape_, product);
    return multiply_by(step, a);
  }

  Result<void> multiply_by(StepBuilder& step, TileLoader& a) {
    if (s_.product.pack_b) {
      PanelLoader b(packed_x(step, kernel::Access::ReadOnly), x_panels_, product_.x_factor);
      return multiply_by(step, a, b);
    }
    return with_windows(step, product_, [&](TileLoader& b) { return multiply_by(step, a, b); });
  }
  // Calls `body` with what reads windows from x or from its copy.
  template <class Body>
  Result<void> with_windows(StepBuilder& step, const ImplicitProduct& product, Body&& body) {
    if (product.is_flat) {
      const Memory x = step.memory("x", Role::Input, p_.x, shape_.x_bytes, kernel::Access::ReadOnly);
      const SizeId channel = shape_.x_strides[1];
      const SizeId batch[2] = {t_.mul(channel, shape_.group_channels), shape_.x_strides[0]};
      StridedLoader b(x, batch, shape_.x_strides[shape_.rank() - 1], channel, product.x_factor, t_);
      return body(b);
    }
    const Memory copy = copies() ? padded_x(step, kernel::Access::ReadOnly) : Memory();
    WindowLoader b(step, p_, shape_, product, copies() ? &copy_ : nullptr, copy);
    return body(b);
  }

  Result<void> multiply_by(StepBuilder& step, TileLoader& a, TileLoader& b) {
    if (s_.product.split_k > 1) {
      PartialSums parts(step, product_.sizes, s_.product.split_k, "partials");
      if (step.k.failed()) return step.finish(t_.literal(0));
      return step.finish(emit_product(step, product_.sizes, s_.product, a, b, parts), Phase::Run, write_);
    }
    ConvolutionOutput output(step, epilogue_, shape_, product_);
    if (step.k.failed()) return step.finish(t_.literal(0));
    return step.finish(emit_product(step, product_.sizes, s_.product, a, b, output), Phase::Run, write_);
  }

  Result<void> add_parts() {
    StepBuilder step(operation_, "add_parts", options(), at_);
    ConvolutionOutput output(step, epilogue_, shape_, product_);
    if (step.k.failed()) return step.finish(t_.literal(0));
    const SizeId groups =
        emit_sum_of_parts(step, product_.sizes, s_.product.split_k, "partials", output, s_.workgroup);
    return step.finish(groups, Phase::Run, write_);
  }

  Operation& operation_;
  SizeTable& t_;
  const ConvolutionProblem& p_;
  const ConvolutionSchedule& s_;
  const ConvolutionShape& shape_;
  const Expression& epilogue_;
  SourceLocation at_;
  ImplicitProduct product_;
  PanelLayout w_panels_, x_panels_;
  PaddedInput copy_;
  kernel::WriteOptions write_;
};

inline Result<void> implicit_legal(const ConvolutionProblem& problem, const ConvolutionSchedule& schedule,
                                   const ConvolutionShape& shape, SizeTable& table, const Target& target) {
  const MatmulSchedule& s = schedule.product;
  if (problem.transposed)
    return refuse(ErrorCode::IllegalSchedule,
                  "ImplicitMatmul is for plain convolutions, and this one is transposed; use Direct");
  if (s.fragment == Fragment::PackedDot)
    return refuse(ErrorCode::IllegalSchedule,
                  "ImplicitMatmul has no PackedDot: neighbours along K do not lie next to each other in x");
  if (Result<void> r = check_workgroup(schedule.workgroup, target); !r) return r;
  // The product's sizes follow from cuts, of which some divide.
  if (Result<void> r = check_cuts(s); !r) return r;
  if (Result<void> r = check_staging(s); !r) return r;
  const ImplicitProduct product = implicit_product(problem, s, shape, table);
  ProductTraits traits;
  // Of run time: the largest that it may be.
  traits.k = table.upper(product.sizes.k);
  traits.a = product.w_factor;
  traits.b = product.x_factor;
  traits.accumulate = shape.accumulator;
  return legal_product(traits, s, target);
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
