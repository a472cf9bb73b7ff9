#pragma once

#include "../../kernel/types.hpp"
#include "../passes/float16.hpp"
#include "expressions.hpp"
#include "same_nodes.hpp"

#include <cmath>
#include <cstring>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

inline constexpr double largest_half = 65504, least_half = 1.0 / (1 << 24);

class HalfConverter {
public:
  HalfConverter(Graph& graph, const Float16Options& options, Float16Report& report)
      : g_(graph), o_(options), r_(report) {}

  Result<void> run() {
    if (Result<void> r = mark_kept(); !r) return r;
    if (!half_.resize(g_.value_count(), ValueId::Absent) ||
        !single_.resize(g_.value_count(), ValueId::Absent) || !is_wide_.resize(g_.value_count(), false))
      return out_of_memory();
    List<Node> before = static_cast<List<Node>&&>(g_.nodes_to_change());
    g_.nodes_to_change() = List<Node>();
    for (std::size_t i = 0; i < before.size() && ok(); ++i) convert(before[i], kept_[i]);
    if (ok()) restore_outputs();
    if (!g_.ok()) return g_.error();
    if (r_.text.out_of_memory() || g_.nodes_to_change().out_of_memory() || half_.out_of_memory() ||
        single_.out_of_memory() || is_wide_.out_of_memory())
      return out_of_memory();
    if (!ok()) return static_cast<Diagnostic&&>(error_);
    return {};
  }

private:
  bool ok() const { return error_.code == ErrorCode::Ok && g_.ok(); }
  static Diagnostic out_of_memory() {
    return detail::refuse(ErrorCode::OutOfMemory, "out of memory for a graph of f16");
  }
  bool is_f32(ValueId id) const { return id != ValueId::Absent && g_.type(id).scalar == Scalar::F32; }
  bool is_f16(ValueId id) const { return id != ValueId::Absent && g_.type(id).scalar == Scalar::F16; }
  bool is_wide(ValueId id) const {
    return static_cast<std::size_t>(id) < is_wide_.size() && is_wide_[static_cast<std::size_t>(id)];
  }

  // --- which nodes stay
  Result<void> mark_kept() {
    const std::size_t count = g_.nodes().size();
    if (!kept_.resize(count, false)) return out_of_memory();
    const auto find = [&](Text name) {
      std::size_t i = 0;
      while (i < count && !(g_.nodes()[i].name == name)) ++i;
      return i;
    };
    const auto refuse = [](Text name, const char* why) {
      Diagnostic error;
      error.code = ErrorCode::InvalidOperand;
      error.message << "among the nodes that are to stay f32 is " << name << why;
      return error;
    };
    for (const Text name : o_.keep) {
      const std::size_t i = find(name);
      if (i == count) return refuse(name, ", which is no node of the graph");
      kept_[i] = true;
    }
    for (const NodeRange& range : o_.keep_ranges) {
      const std::size_t first = find(range.first), last = find(range.last);
      if (first == count) return refuse(range.first, ", which is no node of the graph");
      if (last == count) return refuse(range.last, ", which is no node of the graph");
      if (last < first) return refuse(range.first, ", which comes behind the end of its range");
      for (std::size_t i = first; i <= last; ++i) kept_[i] = true;
    }
    return {};
  }

  template <class... Problems>
  static bool is_any(const Operator& op) {
    return ((problem_of<Problems>(op) != nullptr) || ...);
  }
  // What gives its input's numbers, or numbers about as large and as small.
  static bool keeps_range(const Operator& op) {
    return is_any<tensor::ElementwiseProblem, tensor::TransposeProblem, tensor::SliceProblem,
                  tensor::PadProblem, tensor::TileProblem, tensor::DepthToSpaceProblem,
                  tensor::SpaceToDepthProblem, tensor::ReverseProblem, tensor::RollProblem,
                  tensor::CopyProblem, tensor::TriluProblem, tensor::ResizeProblem, tensor::GatherProblem,
                  tensor::GatherElementsProblem, tensor::GatherNDProblem, tensor::ReverseSequenceProblem,
                  tensor::ScatterElementsProblem, tensor::ScatterNDProblem, Concat, Split, Reshape>(op);
  }
  static bool has_half_form(const Operator& op) {
    return keeps_range(op) || is_any<tensor::ConvolutionProblem, tensor::MatmulProblem, tensor::ReduceProblem,
                                     tensor::SoftmaxProblem, tensor::ScanProblem, tensor::PoolProblem,
                                     tensor::LocalResponseProblem, tensor::NormalizeProblem>(op);
  }

  // Why a node stays f32; empty: it does not. `is_range`: because its numbers may have no room in f16.
  String reason_to_keep(Node& node, bool& is_range) {
    is_range = true;
    String why;
    for (const ValueId input : node.inputs) {
      if (!is_f32(input)) continue;
      if (is_wide(input))
        return why << "it reads " << g_.value(input).name << ", whose numbers may have no room in f16";
      if (g_.value(input).is_constant && !has_room(g_.value(input), why)) return why;
    }
    if (const Expression* const e = node.op->epilogue())
      if (problem_of<tensor::ElementwiseProblem>(*node.op) && !has_room(*e, why)) return why;
    if (const tensor::PadProblem* const pad = problem_of<tensor::PadProblem>(*node.op))
      if (std::isfinite(pad->constant) && std::fabs(pad->constant) > largest_half)
        return why << "it pads with a number beyond f16";
    if (const tensor::ReduceProblem* const reduce = problem_of<tensor::ReduceProblem>(*node.op))
      if (!sum_has_room(*reduce)) return why << "its sums may be beyond f16";
    if (const tensor::ScanProblem* const scan = problem_of<tensor::ScanProblem>(*node.op))
      if (!scan_has_room(*scan)) return why << "its sums may be beyond f16";
    is_range = false;
    if (!has_half_form(*node.op)) return why << "it has no form of f16 that is known";
    if (has_fused(node)) return why << "expressions were fused into it";
    for (const ValueId output : node.outputs)
      if (is_f32(output) && g_.type(output).storage != tensor::Storage::Buffer)
        return why << "its result is an image";
    if (const tensor::MatmulProblem* const matmul = problem_of<tensor::MatmulProblem>(*node.op)) {
      if (matmul->a.quantization.bits || matmul->b.quantization.bits)
        return why << "an operand is quantised, whose elements are f32";
      if (matmul->accumulate != Scalar::F32) return why << "its sums are not of f32";
    }
    if (const tensor::PadProblem* const pad = problem_of<tensor::PadProblem>(*node.op))
      if (!pad->constant_parameter.empty()) return why << "it pads with a parameter of f32";
    // Each update is rounded to the tensor's type.
    const tensor::ScatterElementsProblem* const elements =
        problem_of<tensor::ScatterElementsProblem>(*node.op);
    const tensor::ScatterNDProblem* const nd = problem_of<tensor::ScatterNDProblem>(*node.op);
    const auto adds = [](tensor::ScatterReduction r) {
      return r == tensor::ScatterReduction::Add || r == tensor::ScatterReduction::Mul;
    };
    if ((elements && adds(elements->reduction)) || (nd && adds(nd->reduction)))
      return why << "it adds up results";
    return why;
  }

  static float f32_of(std::uint64_t bits) {
    const std::uint32_t word = static_cast<std::uint32_t>(bits);
    float number;
    std::memcpy(&number, &word, 4);
    return number;
  }
  bool has_room(const Value& constant, String& why) const {
    std::uint64_t lost = 0, others = 0;
    for (std::size_t i = 0; i + 4 <= constant.data.size(); i += 4) {
      float number;
      std::memcpy(&number, constant.data.data() + i, 4);
      const double size = std::fabs(static_cast<double>(number));
      if (std::isfinite(size) && size > largest_half) {
        why << "the constant " << constant.name << " has numbers beyond 65504";
        return false;
      }
      if (size > 0) ++(size < least_half ? lost : others);
    }
    if (lost == 0 || static_cast<double>(lost) <= o_.max_lost_share * static_cast<double>(lost + others))
      return true;
    why << "of the constant " << constant.name << ' ' << lost << " of " << lost + others
        << " numbers would be lost";
    return false;
  }
  static bool has_room(double number) {
    const double size = std::fabs(number);
    return !std::isfinite(size) || (size <= largest_half && (size >= least_half || size == 0));
  }
  // Constants of an expression: what is compared with may have any size, and a limit that leaves room on its other side.
  bool has_room(const Expression& e, String& why) const {
    using tensor::Function;
    const auto is_without_room = [&](const Expression::Node& node, Function use) {
      if (node.function != Function::Constant || node.type != Scalar::F32) return false;
      const double number = static_cast<double>(f32_of(node.bits));
      if (use == Function::Max) return std::isfinite(number) && number > largest_half;
      if (use == Function::Min) return std::isfinite(number) && number < -largest_half;
      return !has_room(number);
    };
    const auto refuse = [&] {
      why << "a constant of its expression has no room in f16";
      return false;
    };
    for (const Expression::Output& output : e.outputs())
      if (is_without_room(e.nodes()[output.node], Function::Primary)) return refuse();
    for (const Expression::Node& node : e.nodes()) {
      if (node.function == Function::Less || node.function == Function::LessEqual ||
          node.function == Function::Equal)
        continue;
      for (unsigned i = 0; i < tensor::info_of(node.function).operand_count; ++i) {
        const Expression::Node& operand = e.nodes()[node.operands[i]];
        if (is_without_room(operand, node.function)) return refuse();
        if (node.type == Scalar::F32 && node.function == Function::Cast && kernel::is_int(operand.type) &&
            kernel::width_of(operand.type) > 8) {
          why << "it makes floats of integers";
          return false;
        }
      }
    }
    return true;
  }
  bool sum_has_room(const tensor::ReduceProblem& reduce) const {
    using Kind = tensor::ReduceKind;
    if (reduce.kind == Kind::SumSquare || reduce.kind == Kind::Prod) return false;
    if (reduce.kind != Kind::Sum && reduce.kind != Kind::L1 && reduce.kind != Kind::L2) return true;
    const Result<tensor::detail::ReduceFacts> facts = tensor::detail::reduction_facts(reduce);
    if (!facts) return false;
    std::int64_t length = 1;
    for (std::size_t i = 0; i < reduce.x.shape.rank(); ++i) {
      if (!(facts->mask >> i & 1)) continue;
      // Of a parameter its maximum.
      const std::int64_t size = reduce.x.shape[i].value();
      if (size > o_.max_sum_length) return false;
      length *= size;
      if (length > o_.max_sum_length) return false;
    }
    return true;
  }
  bool scan_has_room(const tensor::ScanProblem& scan) const {
    const std::int64_t rank = static_cast<std::int64_t>(scan.x.shape.rank());
    const std::int64_t axis = scan.axis < 0 ? scan.axis + rank : scan.axis;
    return scan.kind == tensor::ReduceKind::Sum && axis >= 0 && axis < rank &&
           scan.x.shape[static_cast<std::size_t>(axis)].value() <= o_.max_sum_length;
  }

  // Of what makes floats of no tensor. A range counts, and f16 has whole numbers up to 2048.
  static bool generates_with_room(const Operator& op) {
    if (const tensor::FillProblem* const fill = problem_of<tensor::FillProblem>(op))
      return !fill->value.name.empty() || has_room(fill->value.value);
    if (const tensor::RangeProblem* const range = problem_of<tensor::RangeProblem>(op))
      return range->start.name.empty() && range->delta.name.empty() &&
             std::fabs(range->start.value) +
                     std::fabs(range->delta.value) * static_cast<double>(range->count.value()) <=
                 2048;
    return true;
  }

  // --- nodes
  void convert(Node& node, bool is_kept) {
    at_ = node.where;
    // A constant that was folded has its elements, whatever made them.
    for (const ValueId output : node.outputs)
      if (g_.value(output).is_constant) return put(node);
    bool is_concerned = false;
    for (const ValueId input : node.inputs) is_concerned = is_concerned || is_f32(input) || is_f16(input);
    bool has_results = false;
    for (const ValueId output : node.outputs) has_results = has_results || is_f32(output);
    // What reads no floats makes them, of integers or of nothing.
    const bool is_elementwise = problem_of<tensor::ElementwiseProblem>(*node.op) != nullptr;
    if (!is_concerned && !(has_results && is_elementwise)) {
      for (const ValueId output : node.outputs)
        is_wide_[static_cast<std::size_t>(output)] = is_f32(output) && !generates_with_room(*node.op);
      return put(node);
    }
    bool is_range = false;
    String why;
    bool reads_f32 = has_results;
    for (const ValueId input : node.inputs) reads_f32 = reads_f32 || is_f32(input) || is_converted(input);
    if (!reads_f32) return put(node);  // the user's own f16
    if (is_kept)
      why << "it is among those to keep";
    else
      why = reason_to_keep(node, is_range);
    if (!why.empty()) {
      ++r_.kept;
      r_.text << node.name << " stays f32: " << why << '\n';
      for (ValueId& input : node.inputs)
        if (is_converted(input)) input = single_of(input);
      const bool passes_on =
          is_range && (keeps_range(*node.op) || is_any<tensor::ReduceProblem, tensor::ScanProblem>(*node.op));
      for (const ValueId output : node.outputs)
        is_wide_[static_cast<std::size_t>(output)] = passes_on && is_f32(output);
      return put(node);
    }
    for (ValueId& input : node.inputs)
      if (is_f32(input)) input = half_of(input);
    if (!ok()) return;
    if (is_elementwise)
      rebuild(node);
    else if (tensor::MatmulProblem* const matmul = problem_of<tensor::MatmulProblem>(*node.op))
      if (matmul->result == Scalar::F32) matmul->result = Scalar::F16;
    ++r_.converted;
    put(node, true);
  }
  // Whether this pass made the value f16: then what it was written for is f32.
  bool is_converted(ValueId id) const {
    return id != ValueId::Absent && static_cast<std::size_t>(id) < half_.size() &&
           half_[static_cast<std::size_t>(id)] == id;
  }

  // Puts a node behind those that are there. `with_types`: its results may have other types now.
  void put(Node& node, bool with_types = false) {
    if (!ok()) return;
    const NodeId id = static_cast<NodeId>(g_.nodes().size());
    for (const ValueId output : node.outputs) g_.value_to_change(output).producer = id;
    Buffer<TensorType> types;
    for (const ValueId input : node.inputs) {
      TensorType none;
      none.scalar = Scalar::Void;
      types.push_back(input == ValueId::Absent ? none : g_.type(input));
    }
    node.op->bind({types.data(), types.size()});
    if (with_types) {
      Inferred inferred;
      if (Result<void> r = node.op->infer(inferred); !r) {
        error_ = static_cast<Result<void>&&>(r).error();
        String message("in f16 the node ");
        message << node.name << " is refused: " << error_.message;
        error_.message = static_cast<String&&>(message);
        error_.where = node.where;
        return;
      }
      for (std::size_t i = 0; i < node.outputs.size() && i < inferred.outputs.size(); ++i) {
        const ValueId output = node.outputs[i];
        const bool was_f32 = is_f32(output);
        g_.value_to_change(output).type.scalar = inferred.outputs[i].scalar;
        if (was_f32 && is_f16(output)) half_[static_cast<std::size_t>(output)] = output;
      }
    }
    if (!g_.nodes_to_change().push_back(static_cast<Node&&>(node))) error_ = out_of_memory();
  }

  // The same expression between casts.
  void rebuild(Node& node) {
    tensor::ElementwiseProblem& problem = *problem_of<tensor::ElementwiseProblem>(*node.op);
    const Expression& before = problem.expression;
    Expression e;
    Buffer<Expr> values;
    copy_values(
        e, before,
        [&](const Expression::Node& n) {
          const Text name = before.text(before.inputs()[n.immediate].name);
          const Expr x = e.input(name, g_.type(node.inputs[operand_index(name)]));
          return n.type == Scalar::F32 && x.type() == Scalar::F16 ? e.cast(x, Scalar::F32) : x;
        },
        values);
    for (const Expression::Output& output : before.outputs()) {
      const Expr value = output.node < values.size() ? values[output.node] : Expr();
      e.output(before.text(output.name), value.type() == Scalar::F32 ? e.cast(value, Scalar::F16) : value);
    }
    if (!e.ok()) {
      error_ = e.error();
      return;
    }
    problem.expression = static_cast<Expression&&>(e);
  }

  // --- values in the other type; each is made once
  ValueId half_of(ValueId id) {
    if (static_cast<std::size_t>(id) < half_.size() && half_[static_cast<std::size_t>(id)] != ValueId::Absent)
      return half_[static_cast<std::size_t>(id)];
    const ValueId made = g_.value(id).is_constant ? half_constant(id) : cast(id, Scalar::F16, "_f16");
    if (static_cast<std::size_t>(id) < half_.size()) half_[static_cast<std::size_t>(id)] = made;
    return made;
  }
  ValueId single_of(ValueId id) {
    ValueId& known = single_[static_cast<std::size_t>(id)];
    if (known == ValueId::Absent) known = cast(id, Scalar::F32, "_f32");
    return known;
  }
  ValueId cast(ValueId id, Scalar scalar, Text suffix) {
    String name(Text(g_.value(id).name));
    name << suffix;
    ++r_.casts;
    return g_.cast(id, scalar, Text(name), at_);
  }
  ValueId half_constant(ValueId id) {
    const Bytes before = g_.value(id).data;
    Buffer<unsigned char> bytes;
    if (!bytes.resize(before.size() / 2)) {
      error_ = out_of_memory();
      return ValueId::Absent;
    }
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
      float number;
      std::memcpy(&number, before.data() + i * 2, 4);
      const std::uint64_t half = kernel::f16_from_double(static_cast<double>(number));
      bytes[i] = static_cast<unsigned char>(half & 0xFF);
      bytes[i + 1] = static_cast<unsigned char>(half >> 8 & 0xFF);
    }
    TensorType type = g_.type(id);
    type.scalar = Scalar::F16;
    ++r_.constants;
    const String name(Text(g_.value(id).name));
    return g_.constant(Text(name), type, Bytes::owned(static_cast<Buffer<unsigned char>&&>(bytes)));
  }

  void restore_outputs() {
    for (GraphOutput& output : g_.outputs_to_change())
      if (is_converted(output.value)) output.value = single_of(output.value);
  }

  Graph& g_;
  const Float16Options& o_;
  Float16Report& r_;
  Buffer<bool> kept_;
  // Of each value that the graph had: what it is in f16 (itself, if it was made f16), and in f32 if it was.
  Buffer<ValueId> half_, single_;
  Buffer<bool> is_wide_;  // numbers that may have no room in f16
  SourceLocation at_;
  Diagnostic error_;
};

}  // namespace detail

AIRSTRIP_INLINE Result<Float16Report> to_float16(Graph& graph, const Float16Options& options) {
  Float16Report report;
  if (!graph.ok()) return graph.error();
  if (Result<void> r = detail::HalfConverter(graph, options, report).run(); !r) return r.error();
  return report;
}

AIRSTRIP_GRAPH_NAMESPACE_END
