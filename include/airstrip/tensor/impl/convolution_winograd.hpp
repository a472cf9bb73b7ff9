// Convolution by Winograd's minimal filtering: transforms of w (ahead of time) and of x, products, the transform back.
#pragma once

#include "../primitives/packed_panels.hpp"
#include "../primitives/product.hpp"
#include "../primitives/split_work.hpp"
#include "../primitives/winograd.hpp"
#include "convolution_window.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline std::uint32_t winograd_outputs(ConvolutionMethod method) {
  return method == ConvolutionMethod::Winograd2x2 ? 2 : 4;
}

/// Results of a product as a matrix for each of its batches, without gaps.
class MatrixOutput final : public ProductOutput {
public:
  MatrixOutput(const Memory& memory, const ProductSizes& sizes) : memory_(memory), sizes_(sizes) {}
  void store(StepBuilder& step, const ProductPoint& point, AnyValue value) override {
    const Index row = point.batch[0] * step.size(sizes_.m) + point.row;
    const Index at = row * step.size(sizes_.n) + point.column;
    if (!point.along_m) return step.store(memory_, at, value, point.aligned);
    for (unsigned i = 0; i < point.width; ++i)
      step.store(memory_, i == 0 ? at : at + step.size(sizes_.n) * i,
                 point.width == 1 ? value : value.component(i));
  }

private:
  Memory memory_;
  const ProductSizes& sizes_;
};

class WinogradConvolution {
public:
  WinogradConvolution(Operation& operation, const ConvolutionProblem& problem,
                      const ConvolutionSchedule& schedule, const ConvolutionShape& shape,
                      const Expression& epilogue, SourceLocation at)
      : operation_(operation), t_(operation.sizes_to_fill()), p_(problem), s_(schedule), shape_(shape),
        epilogue_(epilogue), at_(at), transform_(winograd_transform(winograd_outputs(schedule.method))) {
    const std::uint32_t m = transform_.outputs;
    tiles_[0] = shape.batch;
    tiles_[1] = t_.ceil_div(shape.out[0], m);
    tiles_[2] = t_.ceil_div(shape.out[1], m);
    tile_count_ = t_.product({tiles_, 3});
    const SizeId batches = t_.literal(transform_.products());
    sizes_.batch[0] = batches;
    sizes_.batch_rank = 1;
    sizes_.m = shape.outputs;
    sizes_.n = t_.round_up(tile_count_, 4);  // so that vectors of tiles are whole
    sizes_.k = shape.read_channels;
    w_panels_ = panel_layout(t_, s_.product, true, shape.outputs, sizes_.k, {&batches, 1}, Scalar::F32);
    x_panels_ = panel_layout(t_, s_.product, false, sizes_.n, sizes_.k, {&batches, 1}, Scalar::F32);
  }

  Result<void> run() {
    if (Result<void> r = transform_w(); !r) return r;
    if (Result<void> r = transform_x(); !r) return r;
    if (Result<void> r = multiply(); !r) return r;
    return transform_back();
  }

private:
  kernel::KernelOptions options() const {
    kernel::KernelOptions options;
    options.workgroup = {s_.workgroup, 1, 1};
    return options;
  }
  Memory panels(StepBuilder& step, bool of_w, kernel::Access access) {
    const PanelLayout& layout = of_w ? w_panels_ : x_panels_;
    TensorType type;
    const Role role = of_w && p_.constant_w ? Role::Packed : Role::Scratch;
    const Memory memory = step.memory(of_w ? "packed_w" : "transformed_x", role, type, layout.bytes, access);
    if (!of_w) return memory;
    if (step.k.failed()) return memory;
    Operand& operand = operation_.operands_to_fill()[memory.operand];
    if (operand.layout.empty()) {
      operand.layout = String("for each of ");
      operand.layout << transform_.products() << " elements of G w G^T, [" << t_.to_string(shape_.outputs)
                     << " lines, K = channels], " << describe(layout, t_);
    }
    return memory;
  }
  Memory products(StepBuilder& step, kernel::Access access) {
    const SizeId elements = t_.mul(t_.mul(sizes_.batch[0], sizes_.m), sizes_.n);
    return step.memory("products", Role::Scratch, {}, t_.mul(elements, 4), access);
  }
  // Where element k of a line lies in the first matrix of panels.
  Index panel_element(StepBuilder& step, const PanelLayout& layout, Index line, Index k) {
    const Index panel = line / layout.lines;
    return (panel * step.size(layout.padded_k) + k) * layout.lines + (line - panel * layout.lines);
  }
  void store_matrices(StepBuilder& step, const Memory& to, const PanelLayout& layout, Index element,
                      Span<const AnyValue> values) {
    const Index stride = step.size(layout.batch_strides[0]);
    for (std::uint32_t i = 0; i < values.size(); ++i)
      step.store(to, i == 0 ? element : element + stride * i, values[i]);
  }

  // One invocation transforms the kernel of one pair of channels; lanes lie along lines.
  Result<void> transform_w() {
    StepBuilder step(operation_, "winograd_w", options(), at_);
    ConvolutionLoader loader(step, p_, shape_, Scalar::F32, false, true);
    const Memory to = panels(step, true, kernel::Access::WriteOnly);
    const SizeId lines = t_.round_up(shape_.outputs, w_panels_.lines);
    const WorkGrid grid(t_, {w_panels_.padded_k, t_.ceil_div(lines, s_.workgroup)});
    if (step.k.failed()) return step.finish(t_.literal(0));
    grid.run(step, [&](Span<const Index> ids) {
      const Index line = ids[1] * s_.workgroup + step.k.local_id().x, channel = ids[0];
      const auto body = [&] {
        // What is beyond the end is 0 in the panels.
        const bool exact = lines == shape_.outputs && w_panels_.padded_k == sizes_.k;
        const Index m = exact ? line : (kernel::min)(line, step.size(shape_.outputs) - 1u);
        const Index c = exact ? channel : (kernel::min)(channel, step.size(sizes_.k) - 1u);
        AnyValue taps[9], values[36];
        for (std::uint32_t i = 0; i < 9; ++i) {
          const Index at[4] = {m, c, step.k.constant<u32>(i / 3), step.k.constant<u32>(i % 3)};
          taps[i] = loader.w(at);
          if (exact || step.k.failed()) continue;
          const Value<bool> exists = line < step.size(shape_.outputs) && channel < step.size(sizes_.k);
          const AnyValue parts[3] = {exists.any(), taps[i], loader.zero()};
          taps[i] = step.k.apply(kernel::Op::Select, parts);
        }
        const Span<AnyValue> all(values, transform_.products());
        emit_winograd(step, transform_.weight, transform_.points, 3, taps, all);
        store_matrices(step, to, w_panels_, panel_element(step, w_panels_, line, channel), all);
      };
      if (t_.is_multiple(lines, s_.workgroup))
        body();
      else
        step.k.if_(line < step.size(lines), body);
    });
    return step.finish(grid.total(), p_.constant_w ? Phase::Prepare : Phase::Run);
  }

  // One invocation transforms one tile of one channel; lanes lie along tiles.
  Result<void> transform_x() {
    StepBuilder step(operation_, "winograd_x", options(), at_);
    ConvolutionLoader loader(step, p_, shape_, Scalar::F32, true, false);
    const Memory to = panels(step, false, kernel::Access::WriteOnly);
    const SizeId lines = t_.round_up(sizes_.n, x_panels_.lines);
    const WorkGrid grid(t_, {x_panels_.padded_k, t_.ceil_div(lines, s_.workgroup)});
    if (step.k.failed()) return step.finish(t_.literal(0));
    const bool exact_k = x_panels_.padded_k == sizes_.k, exact = lines == tile_count_;
    grid.run(step, [&](Span<const Index> ids) {
      const Index line = ids[1] * s_.workgroup + step.k.local_id().x, channel = ids[0];
      const auto transform = [&] {
        // Lines too many hold the last tile again: their results are not read.
        const Index tile = exact ? line : (kernel::min)(line, step.size(tile_count_) - 1u);
        AnyValue values[36];
        const Span<AnyValue> all(values, transform_.products());
        load_tile(step, loader, channel, tile, all);
        AnyValue transformed[36];
        const Span<AnyValue> results(transformed, transform_.products());
        emit_winograd(step, transform_.input, transform_.points, transform_.points, all, results);
        store_matrices(step, to, x_panels_, panel_element(step, x_panels_, line, channel), results);
      };
      const auto body = [&] {
        if (exact_k) return transform();
        step.k.if_(channel < step.size(sizes_.k), transform, [&] {
          AnyValue zeros[36];
          for (AnyValue& value : zeros) value = loader.zero();
          store_matrices(step, to, x_panels_, panel_element(step, x_panels_, line, channel),
                         Span<const AnyValue>(zeros, transform_.products()));
        });
      };
      if (t_.is_multiple(lines, s_.workgroup))
        body();
      else
        step.k.if_(line < step.size(lines), body);
    });
    return step.finish(grid.total());
  }

  void load_tile(StepBuilder& step, ConvolutionLoader& loader, Index channel, Index tile,
                 Span<AnyValue> values) {
    Index place[3];
    split_index(step, tile, {tiles_, 3}, place);
    const std::uint32_t points = transform_.points;
    const auto first = [&](std::size_t axis) {
      const Index start = place[axis + 1] * transform_.outputs;
      const std::uint32_t pad = static_cast<std::uint32_t>(p_.axes[axis].pad_begin);
      return pad ? start - pad : start;  // wraps below 0
    };
    const Index row = first(0), column = first(1);
    // Without padding, and where tiles are whole, every element exists.
    const auto inside = [&](std::size_t axis) {
      return p_.axes[axis].pad_begin == 0 && p_.axes[axis].pad_end == 0 &&
             t_.is_multiple(shape_.out[axis], transform_.outputs);
    };
    const bool rows_inside = inside(0), columns_inside = inside(1);
    for (std::uint32_t i = 0; i < points; ++i)
      for (std::uint32_t j = 0; j < points; ++j) {
        const Index at[4] = {place[0], channel, i ? row + i : row, j ? column + j : column};
        if (rows_inside && columns_inside) {
          values[i * points + j] = loader.x(at, nullptr);
          continue;
        }
        Value<bool> ok;
        if (rows_inside)
          ok = at[3] < step.size(shape_.in[1]);
        else if (columns_inside)
          ok = at[2] < step.size(shape_.in[0]);
        else
          ok = at[2] < step.size(shape_.in[0]) && at[3] < step.size(shape_.in[1]);
        values[i * points + j] = loader.x(at, &ok);
      }
  }

  Result<void> multiply() {
    StepBuilder step(operation_, p_.name, product_options(s_.product, operation_.target()), at_);
    PanelLoader a(panels(step, true, kernel::Access::ReadOnly), w_panels_, Scalar::F32);
    PanelLoader b(panels(step, false, kernel::Access::ReadOnly), x_panels_, Scalar::F32);
    MatrixOutput output(products(step, kernel::Access::WriteOnly), sizes_);
    const SizeId groups = emit_product(step, sizes_, s_.product, a, b, output);
    return step.finish(groups, Phase::Run, product_write_options(s_.product));
  }

  // One invocation transforms one tile of one output channel, and stores its outputs.
  Result<void> transform_back() {
    StepBuilder step(operation_, "winograd_y", options(), at_);
    const Memory from = products(step, kernel::Access::ReadOnly);
    ExpressionEmitter epilogue(step, epilogue_, {shape_.y_shape, shape_.rank()});
    const WorkGrid grid(t_, {shape_.outputs, t_.ceil_div(tile_count_, s_.workgroup)});
    if (step.k.failed()) return step.finish(t_.literal(0));
    grid.run(step, [&](Span<const Index> ids) {
      const Index tile = ids[1] * s_.workgroup + step.k.local_id().x;
      const auto body = [&] {
        AnyValue values[36], outputs[16];
        const Index first = ids[0] * step.size(sizes_.n) + tile;
        const Index stride = step.size(t_.mul(sizes_.m, sizes_.n));
        for (std::uint32_t i = 0; i < transform_.products(); ++i)
          values[i] = step.load(from, i == 0 ? first : first + stride * i);
        emit_winograd(step, transform_.output, transform_.outputs, transform_.points,
                      Span<const AnyValue>(values, transform_.products()),
                      Span<AnyValue>(outputs, transform_.outputs * transform_.outputs));
        Index place[3];
        split_index(step, tile, {tiles_, 3}, place);
        store_tile(step, epilogue, place, ids[0], outputs);
      };
      if (t_.is_multiple(tile_count_, s_.workgroup))
        body();
      else
        step.k.if_(tile < step.size(tile_count_), body);
    });
    return step.finish(grid.total());
  }

  void store_tile(StepBuilder& step, ExpressionEmitter& epilogue, const Index* place, Index channel,
                  const AnyValue* outputs) {
    const std::uint32_t m = transform_.outputs;
    Index at[4] = {place[0], channel, place[1] * m, place[2] * m};
    const Index row = at[2], column = at[3];
    ExpressionPoint point;
    point.coordinates = {at, 4};
    point.vector_axis = 3;
    const bool wide = t_.is_multiple(shape_.out[1], m);
    for (std::uint32_t i = 0; i < m; ++i) {
      if (i) at[2] = row + i;
      const auto whole_row = [&] {
        if (wide) {
          const AnyValue all =
              step.k.construct(kernel::Type(Scalar::F32, m), Span<const AnyValue>(outputs + i * m, m));
          at[3] = column;
          point.width = m;
          point.aligned = true;
          return epilogue.run(point, Span<const AnyValue>(&all, 1));
        }
        for (std::uint32_t j = 0; j < m; ++j) {
          at[3] = j ? column + j : column;
          const auto one = [&] { epilogue.run(point, Span<const AnyValue>(outputs + i * m + j, 1)); };
          if (j == 0)
            one();
          else
            step.k.if_(at[3] < step.size(shape_.out[1]), one);
        }
      };
      if (i == 0 || t_.is_multiple(shape_.out[0], m))
        whole_row();
      else
        step.k.if_(at[2] < step.size(shape_.out[0]), whole_row);
    }
  }

  Operation& operation_;
  SizeTable& t_;
  const ConvolutionProblem& p_;
  const ConvolutionSchedule& s_;
  const ConvolutionShape& shape_;
  const Expression& epilogue_;
  SourceLocation at_;
  WinogradTransform transform_;
  SizeId tiles_[3] = {};  // batch, rows, columns
  SizeId tile_count_ = {};
  ProductSizes sizes_;
  PanelLayout w_panels_, x_panels_;
};

inline Result<void> winograd_legal(const ConvolutionProblem& problem, const ConvolutionSchedule& schedule,
                                   const ConvolutionShape& shape, SizeTable& table, const Target& target) {
  const auto no = [](const char* why) {
    String message("Winograd's method is for ");
    message << why;
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  };
  if (problem.transposed) return no("plain convolutions, and this one is transposed; use Direct");
  if (shape.spatial != 2) {
    String message("Winograd's method is for two spatial axes, and this convolution has ");
    message << static_cast<std::uint64_t>(shape.spatial) << "; use Direct or ImplicitMatmul";
    return refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  for (std::size_t i = 0; i < 2; ++i) {
    if (!table.is_literal(shape.kernel[i], 3)) return no("kernels of 3 x 3, and this one has another size");
    if (problem.axes[i].stride != 1) return no("stride 1, and this convolution has another one");
    if (problem.axes[i].dilation != 1) return no("dilation 1, and this convolution has another one");
  }
  if (!table.is_literal(shape.groups, 1)) return no("one group, and this convolution has several");
  if (shape.accumulator != Scalar::F32) return no("sums of f32, and this convolution has others");
  if (schedule.product.vector_axis == VectorAxis::K || schedule.product.split_k != 1)
    return no("products with vectors along M or N and no split_k");
  if (Result<void> r = check_workgroup(schedule.workgroup, target); !r) return r;
  ProductTraits traits;
  // Of run time: the largest that it may be.
  traits.k = table.upper(shape.read_channels);
  return legal_product(traits, schedule.product, target);
}

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
