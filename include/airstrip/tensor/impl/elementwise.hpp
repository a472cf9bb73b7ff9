#pragma once

#include "../elementwise.hpp"
#include "../primitives/expression_emitter.hpp"
#include "../primitives/point_loop.hpp"
#include "fused.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE Result<Shape> broadcast(Span<const Shape> shapes) {
  Shape result;
  std::size_t rank = 0;
  for (const Shape& s : shapes) rank = s.rank() > rank ? s.rank() : rank;
  if (rank > Shape::max_rank) {
    const std::uint64_t axes = rank;
    String message("a shape that is broadcast has ");
    message << axes << " axes, and eight are the most";
    return detail::refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  for (std::size_t i = 0; i < rank; ++i) {
    Dimension size = 1;
    for (const Shape& s : shapes) {
      if (i + s.rank() < rank) continue;
      const Dimension& d = s[i + s.rank() - rank];
      if (d == Dimension(1) || d == size) continue;
      if (!(size == Dimension(1))) {
        const std::uint64_t axis = i;
        String message("the shapes");
        for (const Shape& each : shapes) message << ' ' << to_string(each);
        message << " do not broadcast: axis " << axis << " has two sizes that are not 1";
        return detail::refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
      }
      size = d;
    }
    result.push_back(size);
  }
  return result;
}

namespace detail {

inline Result<Shape> elementwise_shape(const ElementwiseProblem& problem) {
  if (!problem.expression.ok()) return problem.expression.error();
  if (problem.expression.outputs().empty())
    return refuse(ErrorCode::InvalidOperand, "the expression has no output");
  Buffer<Shape> shapes;
  for (const Expression::Input& input : problem.expression.inputs()) {
    if (Result<void> checked = check_shape(problem.expression.text(input.name), input.type.shape); !checked)
      return checked.error();
    shapes.push_back(input.type.shape);
  }
  for (const Expression::Output& output : problem.expression.outputs())
    if (!output.type.shape.empty()) shapes.push_back(output.type.shape);
  if (!problem.shape.empty()) shapes.push_back(problem.shape);
  if (shapes.out_of_memory()) return refuse(ErrorCode::OutOfMemory, "out of memory for shapes");
  Result<Shape> all = broadcast({shapes.data(), shapes.size()});
  if (!all) return all;
  if (Result<void> checked = check_shape(problem.name, *all); !checked) return checked.error();
  if (!problem.shape.empty() && !(*all == problem.shape)) {
    String message("the inputs broadcast to ");
    message << to_string(*all) << ", which is more than the shape " << to_string(problem.shape);
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }
  return all;
}

// An image that is written: how many channels it has, and along which axis of the shape. Several have the same axis.
struct WrittenTexels {
  std::uint32_t channels = 0;  // 0: no image is written
  std::size_t axis = 0;
};
inline Result<WrittenTexels> written_texels(const ElementwiseProblem& problem, const Shape& shape) {
  WrittenTexels texels;
  for (const Expression::Output& output : problem.expression.outputs()) {
    if (output.type.storage != Storage::StorageImage || shape.empty()) continue;
    const std::size_t rank = output.type.shape.empty() ? shape.rank() : output.type.shape.rank();
    const std::size_t channel =
        output.type.channel_axis < 0 ? rank - 1 : static_cast<std::size_t>(output.type.channel_axis);
    const std::size_t axis = shape.rank() - rank + channel;
    if (axis >= shape.rank() || (texels.channels != 0 && axis != texels.axis))
      return refuse(ErrorCode::InvalidShape,
                    "the images that an expression writes have their channels along one axis");
    texels.axis = axis;
    texels.channels = static_cast<std::uint32_t>(shape[axis].value());
  }
  return texels;
}

}  // namespace detail

AIRSTRIP_INLINE Result<void> legal(const ElementwiseProblem& problem, const ElementwiseSchedule& schedule,
                                   const Target& target) {
  const Result<Shape> shape = detail::elementwise_shape(problem);
  if (!shape) return shape.error();
  if (Result<void> r = detail::check_workgroup(schedule.workgroup, target); !r) return r;
  if (Result<void> r = detail::check_range("width", schedule.width, 1, 4); !r) return r;
  if (Result<void> r = detail::check_range("items", schedule.items, 1, 64); !r) return r;
  const Result<detail::WrittenTexels> texels = detail::written_texels(problem, *shape);
  if (!texels) return texels.error();
  if (texels->channels != 0 && schedule.width != texels->channels) {
    String message("width is ");
    message << schedule.width << ", and an image of " << texels->channels
            << " channels is written by whole texels";
    return detail::refuse(ErrorCode::IllegalSchedule, static_cast<String&&>(message));
  }
  return {};
}

namespace detail {

// About how many instructions an expression is, in additions.
inline std::uint32_t weight_of(const Expression& expression) {
  std::uint32_t weight = 0;
  for (const Expression::Node& node : expression.nodes()) {
    switch (node.function) {
      case Function::Primary:
      case Function::Input:
      case Function::Constant:
      case Function::Parameter:
      case Function::Coordinate: break;
      case Function::Sin:
      case Function::Cos:
      case Function::Tan:
      case Function::Mod:
      case Function::Rem:
      case Function::Pow: weight += 100; break;
      default: weight += node.function >= Function::Exp && node.function <= Function::Softplus ? 30 : 1;
    }
  }
  return weight;
}

// Elements of a shape; of a parameter 2^20, neither few nor many.
inline double usual_elements(const Shape& shape) {
  double n = 1;
  for (const Dimension& d : shape)
    n *= d.is_literal() || d.value() < (1 << 20) ? static_cast<double>(d.value()) : 1 << 20;
  return n;
}

}  // namespace detail

// On processors' drivers a workgroup costs as much as thousands of additions, so few fat ones win; but not fewer than the
// cores have work for, nor so long that compiling them counts.
AIRSTRIP_INLINE ElementwiseSchedule default_schedule(const ElementwiseProblem& problem,
                                                     const Target& target) {
  const auto smaller = [](std::uint32_t a, std::uint32_t b) { return a < b ? a : b; };
  ElementwiseSchedule schedule;
  const std::uint32_t most = detail::most_invocations(target);
  const bool is_gpu = target.kind == DeviceKind::Gpu, is_llvmpipe = target.kind == DeviceKind::Llvmpipe;
  schedule.workgroup = smaller(most, is_llvmpipe ? 1024 : 256);
  // Narrow types are read four at a time: a word or more.
  schedule.width = 4;
  const Result<Shape> shape = detail::elementwise_shape(problem);
  if (!shape) return schedule;
  const bool fat = is_llvmpipe && schedule.workgroup >= 512;
  if (fat && !detail::has_narrow_operand(problem.expression)) schedule.width = 1;
  const Result<detail::WrittenTexels> texels = detail::written_texels(problem, *shape);
  if (texels && texels->channels >= 1 && texels->channels <= 4) schedule.width = texels->channels;
  if (is_gpu || (is_llvmpipe && !fat)) return schedule;
  const std::uint32_t weight = detail::weight_of(problem.expression);
  const std::uint32_t longest = schedule.width == 1 ? 16 : 4;
  while (schedule.items < longest && schedule.items * 2 * weight <= 48) schedule.items *= 2;
  // Sixteen workgroups at least, of 64 invocations at least.
  const double elements = detail::usual_elements(*shape);
  const auto groups = [&] {
    return elements / static_cast<double>(schedule.workgroup * schedule.width * schedule.items);
  };
  while (schedule.items > 1 && groups() < 16) schedule.items /= 2;
  while (schedule.workgroup > 64 && groups() < 16) schedule.workgroup /= 2;
  return schedule;
}

AIRSTRIP_INLINE Result<Operation> elementwise(const ElementwiseProblem& problem,
                                              const ElementwiseSchedule& schedule, const Target& target,
                                              SourceLocation at) {
  if (Result<void> r = legal(problem, schedule, target); !r) return detail::error_at(r.error(), at);
  const Result<Shape> shape = detail::elementwise_shape(problem);
  if (!shape) return shape.error();
  Operation operation;
  operation.set_target(target);
  SizeTable& table = operation.sizes_to_fill();
  SizeId axes[Shape::max_rank];
  std::size_t rank = 0;
  for (const Dimension& d : *shape) axes[rank++] = table.of(d);
  if (rank == 0) axes[rank++] = table.literal(1);

  kernel::KernelOptions options;
  options.workgroup = {schedule.workgroup, 1, 1};
  StepBuilder step(operation, problem.name, options, at);
  ExpressionEmitter emitter(step, problem.expression, {axes, rank});
  emitter.merge_axes();
  const Span<const SizeId> space = emitter.space();
  if (space.empty() || step.k.failed()) {
    const Result<void> r = step.finish(table.literal(0));
    return r.error();
  }
  // Vectors lie along the last axis, or make texels; the last one of a row may not be full.
  const Result<detail::WrittenTexels> texels = detail::written_texels(problem, *shape);
  const std::size_t along = texels->channels ? texels->axis : space.size() - 1;
  const SizeId groups =
      for_each_point(step, space, {schedule.workgroup, schedule.width, schedule.items, along},
                     [&](const ExpressionPoint& point) { emitter.run(point, {}); });
  if (Result<void> r = step.finish(groups); !r) return r.error();
  return operation;
}

AIRSTRIP_INLINE Result<Operation> elementwise(const ElementwiseProblem& problem, const Target& target,
                                              SourceLocation at) {
  return elementwise(problem, default_schedule(problem, target), target, at);
}

AIRSTRIP_TENSOR_NAMESPACE_END
