#pragma once

#include "../elementwise.hpp"
#include "../matmul.hpp"
#include "../primitives/product.hpp"
#include "../primitives/split_work.hpp"
#include "fused.hpp"
#include "matmul_operand.hpp"
#include "matmul_schedules.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline Result<Shape> matmul_batch(const MatmulProblem& p) {
  const Shape shapes[2] = {p.a.batch, p.b.batch};
  Result<Shape> batch = broadcast(shapes);
  if (batch && batch->rank() > Shape::max_rank - 2)
    return refuse(ErrorCode::InvalidShape, "matmul has more than six batch axes");
  return batch;
}

inline Result<void> check_quantization(const MatmulOperand& o, Text name, bool is_a) {
  const Quantization& q = o.quantization;
  if (q.bits == 0) return {};
  const auto wrong = [&](ErrorCode code, const char* what) {
    String message(name);
    message << " is quantised: " << what;
    return refuse(code, static_cast<String&&>(message));
  };
  if (q.bits != 4 && q.bits != 8) {
    String message(name);
    message << " has elements of " << q.bits << " bits, and weights are quantised to 4 or 8";
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  if (q.block < 8 || q.block > 1024 || (q.block & (q.block - 1)) != 0) {
    String message(name);
    message << " has a scale for every " << q.block
            << " elements, and blocks are powers of two from 8 to 1024";
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  if (o.type != Scalar::F32 || (q.scale != Scalar::F32 && q.scale != Scalar::F16))
    return wrong(ErrorCode::WrongType, "its elements are decoded as f32, and scales are f32 or f16");
  if (o.transposed == is_a || !o.strides.empty())
    return wrong(ErrorCode::InvalidShape,
                 "it lies with K last (A not transposed, B transposed), in whole blocks, without strides");
  if (!o.prologue.nodes().empty()) return wrong(ErrorCode::InvalidOperand, "it takes no prologue");
  return {};
}

inline Result<void> check_operand(const MatmulProblem& p, bool is_a) {
  const MatmulOperand& o = is_a ? p.a : p.b;
  const Text name = is_a ? "a" : "b";
  Shape shape = o.batch;
  const Dimension lines = is_a ? p.m : p.n;
  const bool lines_last = is_a == o.transposed;
  shape.push_back(lines_last ? p.k : lines);
  shape.push_back(lines_last ? lines : p.k);
  if (Result<void> r = check_shape(name, shape); !r) return r;
  if (!o.strides.empty() && o.strides.rank() != shape.rank()) {
    const std::uint64_t strides = o.strides.rank(), axes = shape.rank();
    String message(name);
    message << " has " << strides << " strides and " << axes << " axes";
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  for (const Dimension& stride : o.strides)
    if (stride.value() < 0) {
      String message(name);
      message << " has the strides " << to_string(o.strides) << ", of which one is negative";
      return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
    }
  if (Result<void> r = check_prologue(o.prologue, o.type, is_a ? "prologue of a" : "prologue of b"); !r)
    return r;
  if (Result<void> r = check_quantization(o, name, is_a); !r) return r;
  const Scalar element = element_type(o);
  const bool float_sums = kernel::is_float(p.accumulate);
  const bool known = kernel::is_float(element) ? element != Scalar::F64
                                               : kernel::is_int(element) && kernel::width_of(element) <= 32;
  if (!known || kernel::is_float(element) != float_sums) {
    String message(name);
    message << " has elements of " << to_string(element) << ", and sums are of " << to_string(p.accumulate)
            << ": both have to be floats of 16 or 32 bits, or integers of 8 to 32";
    return refuse(ErrorCode::WrongType, static_cast<String&&>(message));
  }
  return {};
}

// Operands of the family's own are not to be used by expressions: they may be packed, or have codes for elements.
inline Result<void> check_names(const MatmulProblem& p) {
  const Text own[] = {
      "a", "b", "a_packed", "b_packed", "a_scales", "b_scales", "a_zero_points", "b_zero_points", "partials"};
  const Text c[] = {"c"};
  return check_fused_names({&p.a.prologue, &p.b.prologue}, p.epilogue, {{}, own, c});
}

/// The epilogue at a product's results.
class EpilogueOutput final : public ProductOutput {
public:
  EpilogueOutput(StepBuilder& step, const Expression& expression, const ProductSizes& sizes)
      : space_(space_of(sizes)), emitter_(step, expression, {space_.axes, space_.rank}) {}
  void store(StepBuilder&, const ProductPoint& point, AnyValue value) override {
    Index coordinates[Shape::max_rank];
    const std::size_t batch = point.batch.size();
    for (std::size_t i = 0; i < batch; ++i) coordinates[i] = point.batch[i];
    coordinates[batch] = point.row;
    coordinates[batch + 1] = point.column;
    ExpressionPoint at;
    at.coordinates = {coordinates, batch + 2};
    at.vector_axis = batch + (point.along_m ? 0 : 1);
    at.width = point.width;
    at.aligned = point.aligned;
    emitter_.run(at, Span<const AnyValue>(&value, 1));
  }

private:
  struct Space {
    SizeId axes[Shape::max_rank];
    std::size_t rank = 0;
  };
  static Space space_of(const ProductSizes& sizes) {
    Space space;
    for (std::size_t i = 0; i < sizes.batch_rank; ++i) space.axes[space.rank++] = sizes.batch[i];
    space.axes[space.rank++] = sizes.m;
    space.axes[space.rank++] = sizes.n;
    return space;
  }
  Space space_;
  ExpressionEmitter emitter_;
};

/// Generates the steps of one matmul.
class MatmulGenerator {
public:
  MatmulGenerator(Operation& operation, const MatmulProblem& problem, const MatmulSchedule& schedule,
                  const Shape& batch, SourceLocation at)
      : operation_(operation), problem_(problem), s_(schedule), at_(at),
        epilogue_(epilogue_or(problem.epilogue, "c", problem.accumulate, problem.result)) {
    SizeTable& table = operation.sizes_to_fill();
    for (const Dimension& d : batch) sizes_.batch[sizes_.batch_rank++] = table.of(d);
    sizes_.m = table.of(problem.m);
    sizes_.n = table.of(problem.n);
    sizes_.k = limited_k(table);
    sizes_.accumulate = problem.accumulate;
    operands_[0] = operand_sizes(table, problem, true, sizes_.batch_rank);
    operands_[1] = operand_sizes(table, problem, false, sizes_.batch_rank);
    write_ = product_write_options(s_);
  }

  Result<void> run() {
    if (s_.pack_a)
      if (Result<void> r = pack(true); !r) return r;
    if (s_.pack_b)
      if (Result<void> r = pack(false); !r) return r;
    if (Result<void> r = multiply(); !r) return r;
    return s_.split_k > 1 ? add_parts() : Result<void>();
  }

private:
  // A run-time K that an invocation could not finish is refused when the sizes are known.
  SizeId limited_k(SizeTable& table) const {
    const Dimension& k = problem_.k;
    const std::int64_t most = longest_k(s_, operation_.target());
    if (k.is_literal() || operation_.target().max_loop_iterations == 0 || k.value() <= most)
      return table.of(k);
    return table.of(Dimension::parameter(k.name(), most, k.multiple()));
  }
  const MatmulOperand& operand(bool is_a) const { return is_a ? problem_.a : problem_.b; }
  const OperandSizes& sizes_of(bool is_a) const { return operands_[is_a ? 0 : 1]; }
  bool packs(bool is_a) const { return is_a ? s_.pack_a : s_.pack_b; }
  Scalar factor(bool is_a) const { return factor_type(operand(is_a), problem_, s_.fragment); }
  PanelLayout layout_of(bool is_a) {
    const OperandSizes& o = sizes_of(is_a);
    return panel_layout(operation_.sizes_to_fill(), s_, is_a, o.lines, o.k,
                        {packs_for_all(is_a) ? sizes_.batch : o.batch, sizes_.batch_rank},
                        element_type(operand(is_a)));
  }
  // A prologue may depend on the product's place in the batch.
  bool packs_for_all(bool is_a) const {
    return !operand(is_a).prologue.inputs().empty() || uses_coordinates(is_a);
  }
  bool uses_coordinates(bool is_a) const {
    for (const Expression::Node& node : operand(is_a).prologue.nodes())
      if (node.function == Function::Coordinate) return true;
    return false;
  }

  /// Where an operand's elements come from in a step: one of the loaders, made in place.
  struct Source {
    Source(MatmulGenerator& g, StepBuilder& step, bool is_a, Scalar as, bool from_panels)
        : has_prologue(!from_panels && !g.operand(is_a).prologue.empty()),
          prologue(step, has_prologue ? g.operand(is_a).prologue : none, prologue_space(g, is_a),
                   ExpressionUse::Prologue),
          is_read(!from_panels && (!has_prologue || prologue.uses_primary())),
          strided(g.given(step, is_a, is_read), g.strides(is_a), g.sizes_of(is_a).line_stride,
                  g.sizes_of(is_a).k_stride, as, step.table(), has_prologue ? &prologue : nullptr, !is_a),
          quantized(g.given(step, is_a, is_read), g.block_memory(step, is_a, from_panels, false),
                    g.block_memory(step, is_a, from_panels, true), g.quantized(is_a), as),
          panels(g.panels(step, is_a, from_panels), g.layout_of(is_a), as), uses_panels(from_panels),
          is_quantized(g.operand(is_a).quantization.bits != 0) {}
    TileLoader& loader() {
      if (uses_panels) return panels;
      if (is_quantized) return quantized;
      return strided;
    }
    Span<const SizeId> prologue_space(MatmulGenerator& g, bool is_a) {
      std::size_t rank = 0;
      for (; rank < g.sizes_.batch_rank; ++rank) space[rank] = g.sizes_.batch[rank];
      space[rank++] = is_a ? g.sizes_.m : g.sizes_.k;
      space[rank++] = is_a ? g.sizes_.k : g.sizes_.n;
      return {space, rank};
    }
    Expression none;
    SizeId space[Shape::max_rank];
    bool has_prologue;
    ExpressionEmitter prologue;
    bool is_read;  // the operand itself
    StridedLoader strided;
    QuantizedLoader quantized;
    PanelLoader panels;
    bool uses_panels, is_quantized;
  };
  Span<const SizeId> strides(bool is_a) const {
    return {sizes_of(is_a).batch_strides, sizes_of(is_a).batch_rank};
  }
  Memory given(StepBuilder& step, bool is_a, bool is_read) {
    if (!is_read) return {};
    const Quantization& q = operand(is_a).quantization;
    SizeTable& table = step.table();
    TensorType type;
    type.scalar = operand(is_a).type;
    SizeId bytes = sizes_of(is_a).bytes;
    if (q.bits != 0) {
      type.scalar = q.bits == 8 && !q.zero_points ? Scalar::I8 : Scalar::U8;
      bytes = table.mul(blocks_in(table, is_a), q.block * q.bits / 8);
    }
    return step.memory(is_a ? "a" : "b", Role::Input, type, bytes, kernel::Access::ReadOnly);
  }
  QuantizedLayout quantized(bool is_a) {
    const MatmulOperand& o = operand(is_a);
    return o.quantization.bits ? quantized_layout(operation_.sizes_to_fill(), o, sizes_of(is_a))
                               : QuantizedLayout();
  }
  SizeId blocks_in(SizeTable& table, bool is_a) {
    const QuantizedLayout layout = quantized(is_a);
    const SizeId matrices = table.product({sizes_of(is_a).batch, sizes_of(is_a).batch_rank});
    return table.mul(matrices, table.mul(layout.lines, layout.blocks));
  }
  // Scales, or zero points.
  Memory block_memory(StepBuilder& step, bool is_a, bool from_panels, bool zero_points) {
    const Quantization& q = operand(is_a).quantization;
    if (from_panels || q.bits == 0 || (zero_points && !q.zero_points)) return {};
    SizeTable& table = step.table();
    TensorType type;
    type.scalar = zero_points ? Scalar::U8 : q.scale;
    const Text name =
        zero_points ? (is_a ? "a_zero_points" : "b_zero_points") : (is_a ? "a_scales" : "b_scales");
    return step.memory(name, Role::Input, type, table.mul(blocks_in(table, is_a), element_bytes(type.scalar)),
                       kernel::Access::ReadOnly);
  }
  Memory panels(StepBuilder& step, bool is_a, bool used, kernel::Access access = kernel::Access::ReadOnly) {
    if (!used) return {};
    const PanelLayout layout = layout_of(is_a);
    TensorType type;
    type.scalar = layout.scalar;
    const Memory memory =
        step.memory(is_a ? "a_packed" : "b_packed", operand(is_a).constant ? Role::Packed : Role::Scratch,
                    type, layout.bytes, access);
    if (step.k.failed()) return memory;
    Operand& o = operation_.operands_to_fill()[memory.operand];
    if (o.layout.empty()) o.layout = describe(layout, operation_.sizes());
    return memory;
  }

  Result<void> pack(bool is_a) {
    kernel::KernelOptions options;
    options.workgroup = {64, 1, 1};
    StepBuilder step(operation_, is_a ? "pack_a" : "pack_b", options, at_);
    Source source(*this, step, is_a, element_type(operand(is_a)), false);
    const Memory to = panels(step, is_a, true, kernel::Access::WriteOnly);
    const SizeId groups = emit_packing(step, source.loader(), layout_of(is_a), to, options.workgroup.x);
    return step.finish(groups, operand(is_a).constant ? Phase::Prepare : Phase::Run, write_);
  }

  Result<void> multiply() {
    StepBuilder step(operation_, problem_.name, product_options(s_, operation_.target()), at_);
    Source a(*this, step, true, factor(true), s_.pack_a);
    Source b(*this, step, false, factor(false), s_.pack_b);
    if (s_.split_k > 1) {
      PartialSums parts(step, sizes_, s_.split_k, "partials");
      return step.finish(emit_product(step, sizes_, s_, a.loader(), b.loader(), parts), Phase::Run, write_);
    }
    EpilogueOutput output(step, epilogue_, sizes_);
    return step.finish(emit_product(step, sizes_, s_, a.loader(), b.loader(), output), Phase::Run, write_);
  }

  Result<void> add_parts() {
    kernel::KernelOptions options;
    options.workgroup = {64, 1, 1};
    StepBuilder step(operation_, "add_parts", options, at_);
    EpilogueOutput output(step, epilogue_, sizes_);
    const SizeId groups =
        emit_sum_of_parts(step, sizes_, s_.split_k, "partials", output, options.workgroup.x);
    return step.finish(groups, Phase::Run, write_);
  }

  Operation& operation_;
  const MatmulProblem& problem_;
  const MatmulSchedule s_;
  SourceLocation at_;
  Expression epilogue_;
  ProductSizes sizes_;
  OperandSizes operands_[2];
  kernel::WriteOptions write_;
};

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const MatmulProblem& problem, const MatmulSchedule& schedule,
                                   const Target& target) {
  const Result<Shape> batch = detail::matmul_batch(problem);
  if (!batch) return batch.error();
  if (Result<void> r = detail::check_operand(problem, true); !r) return r;
  if (Result<void> r = detail::check_operand(problem, false); !r) return r;
  Shape shape = *batch;
  shape.push_back(problem.m);
  shape.push_back(problem.n);
  if (Result<void> r = detail::check_shape("c", shape); !r) return r;
  if (Result<void> r = detail::check_epilogue(problem.epilogue, problem.accumulate); !r) return r;
  if (Result<void> r = detail::check_names(problem); !r) return r;
  return legal_product(detail::traits_of(problem, schedule), schedule, target);
}

AIRSTRIP_INLINE Result<Operation> matmul(const MatmulProblem& problem, const MatmulSchedule& schedule,
                                         const Target& target, SourceLocation at) {
  if (Result<void> r = legal(problem, schedule, target); !r) return detail::error_at(r.error(), at);
  const Result<Shape> batch = detail::matmul_batch(problem);
  Operation operation;
  operation.set_target(target);
  detail::MatmulGenerator generator(operation, problem, schedule, *batch, at);
  if (Result<void> r = generator.run(); !r) return r.error();
  return operation;
}

AIRSTRIP_INLINE Result<Operation> matmul(const MatmulProblem& problem, const Target& target,
                                         SourceLocation at) {
  return matmul(problem, default_schedule(problem, target), target, at);
}

AIRSTRIP_TENSOR_NAMESPACE_END
