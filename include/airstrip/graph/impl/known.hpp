// Elements that are known while a graph is made: small tensors of integers, followed through it as sizes are. Of shapes and
// what is computed of them they are formulas. Operators have rules of their own here: elementwise ones of integers, gather,
// slice, concat, split, reshape, copy, transpose, reductions, ranges and fillings. Others' elements are not known.
#pragma once

#include "../graph.hpp"
#include "../size_algebra.hpp"
#include "elements.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

/// The elements of one node's outputs.
class KnownElements {
public:
  KnownElements(Graph& graph, const Node& node) : g_(graph), n_(node), t_(graph.sizes_to_fill()) {}

  void run() {
    bool can = true;
    for (std::size_t i = 0; i < n_.outputs.size(); ++i) {
      give_up(i);
      const TensorType& type = g_.type(n_.outputs[i]);
      std::uint64_t count = 0;
      can = can && is_integer(type.scalar) && element_count(type.shape, count) &&
            count <= Graph::max_known_elements;
    }
    if (!can) return;
    const Operator& op = *n_.op;
    if (const auto* sizes = problem_of<Sizes>(op)) {
      begin(0);
      for (const Dimension& d : sizes->sizes) put(0, g_.size(d));
      return;
    }
    if (const auto* elementwise = problem_of<tensor::ElementwiseProblem>(op))
      return run_elementwise(elementwise->expression);
    if (const auto* fill = problem_of<tensor::FillProblem>(op)) {
      if (fill->epilogue.empty()) run_progression(fill->value, 0);
      return;
    }
    if (const auto* range = problem_of<tensor::RangeProblem>(op)) {
      if (range->epilogue.empty()) run_progression(range->start, range->delta);
      return;
    }
    for (const ValueId id : n_.inputs)
      if (id == ValueId::Absent || !g_.value(id).is_known) return;
    if (Expression* const e = const_cast<Operator&>(op).epilogue(); e && !e->empty()) return;
    if (problem_of<Reshape>(op)) return same_elements();
    if (problem_of<tensor::GatherProblem>(op)) return run_gather();
    if (const auto* slice = problem_of<tensor::SliceProblem>(op)) return run_slice(*slice);
    if (const auto* concat = problem_of<Concat>(op)) return run_concat(*concat);
    if (const auto* split = problem_of<Split>(op)) return run_split(*split);
    if (problem_of<tensor::CopyProblem>(op)) return run_copy();
    if (const auto* reduce = problem_of<tensor::ReduceProblem>(op)) return run_reduce(*reduce);
    if (problem_of<tensor::TransposeProblem>(op) && rank_of(n_.inputs[0]) < 2) return same_elements();
  }

private:
  void begin(std::size_t output) {
    Value& v = g_.value_to_change(n_.outputs[output]);
    v.is_known = true;
    v.elements.clear();
  }
  void put(std::size_t output, SizeId size) {
    if (!g_.value_to_change(n_.outputs[output]).elements.push_back(size)) give_up(output);
  }
  void give_up(std::size_t output) {
    Value& v = g_.value_to_change(n_.outputs[output]);
    v.is_known = false;
    v.elements.clear();
  }
  std::uint64_t count_of(ValueId id) const {
    std::uint64_t count = 0;
    element_count(g_.type(id).shape, count);
    return count;
  }
  std::size_t rank_of(ValueId id) const { return g_.type(id).shape.rank(); }
  const Buffer<SizeId>& elements(std::size_t input) const { return g_.value(n_.inputs[input]).elements; }

  void same_elements() {
    begin(0);
    for (std::size_t i = 0; i < elements(0).size(); ++i) put(0, elements(0)[i]);
  }

  // start + i * delta, which wraps around as kernels' integers do.
  void run_progression(const tensor::Number& start, const tensor::Number& delta) {
    const Scalar scalar = g_.type(n_.outputs[0]).scalar;
    if (!start.name.empty() || !delta.name.empty()) return;
    const Result<std::uint64_t> first = tensor::detail::bits_of(scalar, start.value, "the first element"),
                                step = tensor::detail::bits_of(scalar, delta.value, "the step");
    if (!first || !step) return;
    begin(0);
    for (std::uint64_t i = 0; i < count_of(n_.outputs[0]); ++i)
      put(0, t_.literal(wrapped(scalar, *first + i * *step)));
  }

  // Along the only axis.
  void run_gather() {
    if (rank_of(n_.inputs[0]) != 1) return;
    begin(0);
    const std::int64_t n = static_cast<std::int64_t>(elements(0).size());
    for (std::size_t i = 0; i < elements(1).size(); ++i) {
      if (!t_.is_literal(elements(1)[i])) return give_up(0);
      std::int64_t at = t_.lower(elements(1)[i]);
      if (at < 0) at += n;
      if (at < 0 || at >= n) return give_up(0);
      put(0, elements(0)[static_cast<std::size_t>(at)]);
    }
  }

  void run_slice(const tensor::SliceProblem& problem) {
    if (rank_of(n_.inputs[0]) != 1 || problem.starts.rank() != 1 || !problem.starts[0].is_literal() ||
        !problem.ends[0].is_literal())
      return;
    std::int64_t step = problem.steps.empty() ? 1 : problem.steps[0];
    SizeTable table;
    SizeId first = {}, count = {};
    tensor::detail::slice_range(table, table.literal(static_cast<std::int64_t>(elements(0).size())),
                                problem.starts[0], problem.ends[0], step, first, count);
    if (table.out_of_memory()) return;
    begin(0);
    std::int64_t at = table.lower(first) - (step < 0 ? 1 : 0);
    for (std::int64_t i = 0; i < table.lower(count); ++i, at += step)
      put(0, elements(0)[static_cast<std::size_t>(at)]);
  }

  void run_concat(const Concat& concat) {
    for (std::size_t i = 0; i < concat.count; ++i)
      if (rank_of(n_.inputs[i]) != 1) return;
    begin(0);
    for (std::size_t i = 0; i < concat.count; ++i)
      for (std::size_t j = 0; j < elements(i).size(); ++j) put(0, elements(i)[j]);
  }

  void run_split(const Split& split) {
    if (rank_of(n_.inputs[0]) != 1) return;
    std::size_t at = 0;
    for (std::size_t i = 0; i < split.sizes.size(); ++i) {
      begin(i);
      for (std::int64_t k = 0; k < split.sizes[i].value() && at < elements(0).size(); ++k)
        put(i, elements(0)[at++]);
    }
  }

  // What is repeated is one element, or nothing is.
  void run_copy() {
    const std::uint64_t count = count_of(n_.outputs[0]);
    if (elements(0).size() != 1 && elements(0).size() != count) return;
    begin(0);
    for (std::uint64_t i = 0; i < count; ++i) put(0, elements(0)[elements(0).size() == 1 ? 0 : i]);
  }

  void run_reduce(const tensor::ReduceProblem& problem) {
    using Kind = tensor::ReduceKind;
    if (problem.kind != Kind::Sum && problem.kind != Kind::Prod && problem.kind != Kind::Min &&
        problem.kind != Kind::Max)
      return;
    if (!problem.prologue.empty() || count_of(n_.outputs[0]) != 1 || elements(0).empty()) return;
    Expression::Node node;
    node.function = problem.kind == Kind::Sum    ? tensor::Function::Add
                    : problem.kind == Kind::Prod ? tensor::Function::Mul
                    : problem.kind == Kind::Min  ? tensor::Function::Min
                                                 : tensor::Function::Max;
    node.type = g_.type(n_.inputs[0]).scalar;
    SizeId all = elements(0)[0];
    for (std::size_t i = 1; i < elements(0).size(); ++i) {
      const SizeId operands[3] = {all, elements(0)[i], {}};
      if (!apply(node, node.type, operands, all)) return;
    }
    begin(0);
    put(0, all);
  }

  // --- elementwise
  void run_elementwise(const Expression& e) {
    for (const Expression::Node& node : e.nodes())
      if (!is_integer(node.type)) return;
    Buffer<SizeId> values;
    const Shape& shape = g_.type(n_.outputs[0]).shape;
    for (std::size_t o = 0; o < n_.outputs.size(); ++o) begin(o);
    const std::uint64_t count = count_of(n_.outputs[0]);
    for (std::uint64_t at = 0; at < count; ++at) {
      values.clear();
      for (const Expression::Node& node : e.nodes()) {
        SizeId value = {};
        if (!evaluate(e, node, values, shape, at, value) || !values.push_back(value)) {
          for (std::size_t o = 0; o < n_.outputs.size(); ++o) give_up(o);
          return;
        }
      }
      for (std::size_t o = 0; o < n_.outputs.size(); ++o) put(o, values[e.outputs()[o].node]);
    }
  }

  bool evaluate(const Expression& e, const Expression::Node& node, const Buffer<SizeId>& values,
                const Shape& shape, std::uint64_t at, SizeId& result) {
    using tensor::Function;
    if (node.function == Function::Constant) {
      unsigned char bytes[8];
      std::memcpy(bytes, &node.bits, 8);
      result = t_.literal(integer_at(node.type, bytes, 0));
      return true;
    }
    if (node.function == Function::Input) {
      const Expression::Input& input = e.inputs()[node.immediate];
      const ValueId id = n_.inputs[operand_index(e.text(input.name))];
      if (id == ValueId::Absent || !g_.value(id).is_known) return false;
      result = g_.value(id).elements[broadcast_index(g_.type(id).shape, shape, at)];
      return true;
    }
    if (tensor::info_of(node.function).rule == tensor::FunctionRule::Leaf) return false;
    SizeId operands[3] = {};
    Scalar operand_type = node.type;
    for (unsigned i = 0; i < tensor::info_of(node.function).operand_count; ++i) {
      operands[i] = values[node.operands[i]];
      if (i == 0) operand_type = e.nodes()[node.operands[i]].type;
    }
    return apply(node, operand_type, operands, result);
  }

  static std::size_t broadcast_index(const Shape& input, const Shape& shape, std::uint64_t at) {
    std::uint64_t index = 0, stride = 1;
    for (std::size_t i = 0; i < shape.rank(); ++i) {
      const std::size_t axis = shape.rank() - 1 - i;
      const std::uint64_t size = static_cast<std::uint64_t>(shape[axis].value());
      const std::uint64_t coordinate = at % size;
      at /= size;
      if (i >= input.rank()) continue;
      const std::uint64_t own = static_cast<std::uint64_t>(input[input.rank() - 1 - i].value());
      if (own != 1) index += coordinate * stride;
      stride *= own;
    }
    return index;
  }

  static std::int64_t wrapped(Scalar scalar, std::uint64_t bits) {
    unsigned char bytes[8];
    std::memcpy(bytes, &bits, 8);
    return integer_at(scalar, bytes, 0);
  }

  bool apply(const Expression::Node& node, Scalar operand_type, const SizeId* o, SizeId& result) {
    using tensor::Function;
    bool literal = true;
    const unsigned count = tensor::info_of(node.function).operand_count;
    for (unsigned i = 0; i < count; ++i) literal = literal && t_.is_literal(o[i]);
    if (literal) {
      std::int64_t value = 0;
      if (!apply_to_literals(node, operand_type, o, value)) return false;
      result = t_.literal(value);
      return true;
    }
    if (operand_type != Scalar::I64 && operand_type != Scalar::I32 && node.function != Function::Select)
      return false;
    switch (node.function) {
      case Function::Add: result = add_sizes(t_, o[0], o[1]); return true;
      // Of a size less a literal: negative where the tensor is smaller than it has to be, which is refused at run time.
      case Function::Sub:
        result = subtract_sizes(t_, o[0], o[1]);
        return !t_.is_literal(o[0]) || t_.lower(o[0]) >= 0;
      case Function::Mul:
        if (t_.lower(o[0]) < 0 || t_.lower(o[1]) < 0) return false;
        result = multiply_sizes(t_, o[0], o[1]);
        return true;
      case Function::Div:
        if (!t_.is_literal(o[1]) || t_.lower(o[1]) <= 0) return false;
        result = divide_sizes(t_, o[0], o[1]);
        return true;
      case Function::Mod:
      case Function::Rem:
        if (!t_.is_literal(o[1]) || t_.lower(o[1]) <= 0) return false;
        result = t_.mod(o[0], o[1]);
        return true;
      case Function::Min: result = combine_sizes(t_, SizeTable::Op::Min, o[0], o[1]); return true;
      case Function::Max: result = combine_sizes(t_, SizeTable::Op::Max, o[0], o[1]); return true;
      case Function::Abs: result = o[0]; return true;
      case Function::Cast:
        if (node.type != Scalar::I64 && node.type != Scalar::I32) return false;
        result = o[0];
        return true;
      case Function::Equal:
        if (o[0] == o[1]) return boolean(true, result);
        if (t_.upper(o[0]) < t_.lower(o[1]) || t_.upper(o[1]) < t_.lower(o[0])) return boolean(false, result);
        return false;
      case Function::Less:
        if (t_.upper(o[0]) < t_.lower(o[1])) return boolean(true, result);
        if (t_.lower(o[0]) >= t_.upper(o[1])) return boolean(false, result);
        return false;
      case Function::LessEqual:
        if (t_.upper(o[0]) <= t_.lower(o[1])) return boolean(true, result);
        if (t_.lower(o[0]) > t_.upper(o[1])) return boolean(false, result);
        return false;
      case Function::Select:
        if (!t_.is_literal(o[0])) return false;
        result = t_.lower(o[0]) ? o[1] : o[2];
        return true;
      default: return false;
    }
  }
  bool boolean(bool value, SizeId& result) {
    result = t_.literal(value);
    return true;
  }

  // As tensor/expression.hpp says of integers.
  bool apply_to_literals(const Expression::Node& node, Scalar type, const SizeId* o,
                         std::int64_t& value) const {
    using tensor::Function;
    const std::int64_t a = t_.lower(o[0]);
    const std::int64_t b = tensor::info_of(node.function).operand_count > 1 ? t_.lower(o[1]) : 0;
    const std::uint64_t x = static_cast<std::uint64_t>(a), y = static_cast<std::uint64_t>(b);
    const bool is_signed = type == Scalar::Boolean || kernel::is_signed(type);
    // Quotients of what does not overflow: the least integer divided by -1 wraps to itself.
    const bool divides = b != 0 && !(b == -1 && is_signed);
    std::uint64_t bits = 0;
    switch (node.function) {
      case Function::Add: bits = x + y; break;
      case Function::Sub: bits = x - y; break;
      case Function::Mul: bits = x * y; break;
      case Function::Neg: bits = 0 - x; break;
      case Function::Abs: bits = is_signed && a < 0 ? 0 - x : x; break;
      case Function::Sign: bits = a == 0 ? 0 : is_signed && a < 0 ? ~std::uint64_t{0} : 1; break;
      case Function::Div:
        bits = b == 0 ? 0 : !divides ? 0 - x : is_signed ? static_cast<std::uint64_t>(a / b) : x / y;
        break;
      case Function::Rem: bits = !divides ? 0 : is_signed ? static_cast<std::uint64_t>(a % b) : x % y; break;
      case Function::Mod: {
        if (!is_signed) {
          bits = y ? x % y : 0;
          break;
        }
        std::int64_t rest = divides ? a % b : 0;
        if (rest != 0 && (rest < 0) != (b < 0)) rest += b;
        bits = static_cast<std::uint64_t>(rest);
        break;
      }
      case Function::Min: bits = (is_signed ? a < b : x < y) ? x : y; break;
      case Function::Max: bits = (is_signed ? a > b : x > y) ? x : y; break;
      case Function::Cast: bits = node.type == Scalar::Boolean ? x != 0 : x; break;
      case Function::Equal: bits = x == y; break;
      case Function::Less: bits = is_signed ? a < b : x < y; break;
      case Function::LessEqual: bits = is_signed ? a <= b : x <= y; break;
      case Function::And: bits = x & y; break;
      case Function::Or: bits = x | y; break;
      case Function::Xor: bits = x ^ y; break;
      case Function::Not: bits = x ^ 1; break;
      case Function::Select: bits = static_cast<std::uint64_t>(a ? b : t_.lower(o[2])); break;
      default: return false;
    }
    value = wrapped(node.type, bits);
    return true;
  }

  Graph& g_;
  const Node& n_;
  SizeTable& t_;
};

}  // namespace detail

AIRSTRIP_INLINE void Graph::infer_elements(const Node& node) { detail::KnownElements(*this, node).run(); }

AIRSTRIP_GRAPH_NAMESPACE_END
