// Einsum, and determinants.
#pragma once

#include "products.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// A tensor whose axes have labels, each another one. Letters are themselves; axes of the ellipsis are 256 and more, counted
/// from the last.
struct Labelled {
  ValueId value = ValueId::Absent;
  tensor::Integers labels = {};
};

inline bool has_label(const tensor::Integers& labels, std::int64_t label) {
  for (const std::int64_t l : labels)
    if (l == label) return true;
  return false;
}
inline std::size_t axis_of(const tensor::Integers& labels, std::int64_t label) {
  std::size_t axis = 0;
  while (axis < labels.size() && labels[axis] != label) ++axis;
  return axis;
}
inline tensor::Integers without(const tensor::Integers& labels, std::size_t axis) {
  tensor::Integers rest;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (i != axis) rest.push_back(labels[i]);
  return rest;
}

/// ONNX Einsum: operands are reduced to what the others or the result need, and multiplied from the left to the right.
class EinsumImporter {
public:
  explicit EinsumImporter(NodeImporter& n) : n_(n) {}

  void run() {
    if (!parse()) return;
    for (std::size_t i = 0; i < n_.input_count(); ++i)
      if (!diagonals(operands_[i])) return;
    drop_single_axes();
    Labelled all = operands_[0];
    for (std::size_t i = 1; i < n_.input_count(); ++i) {
      all = multiplied(reduced(all, i), reduced(operands_[i], i, &all));
      if (all.value == ValueId::Absent) return;
    }
    all = reduced(all, n_.input_count());
    if (n_.is_given_up() || !n_.g.ok()) return;
    // In the result's order.
    tensor::Integers permutation;
    for (const std::int64_t label : result_) {
      if (!has_label(all.labels, label))
        return contradict(n_, "a label of the result is none of the operands'");
      permutation.push_back(static_cast<std::int64_t>(axis_of(all.labels, label)));
    }
    n_.set(0, transpose_of(n_, all.value, permutation));
  }

private:
  static constexpr std::size_t max_operands = 16;

  bool fail(const char* message) {
    contradict(n_, message);
    return false;
  }
  // The labels of a term. `rank`: the axes of its operand; of the result those that the ellipsis stands for.
  bool term(Text text, std::size_t rank, bool is_result, tensor::Integers& labels) {
    std::size_t letters = 0;
    bool ellipsis = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '.') {
        if (i + 2 >= text.size() || text[i + 1] != '.' || text[i + 2] != '.' || ellipsis)
          return fail("the equation has dots that are no ellipsis");
        ellipsis = true;
        i += 2;
      } else {
        ++letters;
      }
    }
    const std::size_t dotted = is_result ? (ellipsis ? rank : 0) : rank - letters;
    if (!is_result && (letters > rank || (!ellipsis && letters != rank)))
      return fail("a term has another number of letters than its operand has axes");
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '.') {
        for (std::size_t k = dotted; k-- > 0;) labels.push_back(256 + static_cast<std::int64_t>(k));
        i += 2;
      } else {
        labels.push_back(static_cast<unsigned char>(text[i]));
      }
    }
    if (!is_result && dotted > ellipsis_) ellipsis_ = dotted;
    if (labels.size() > Shape::max_rank) n_.unsupported("a term has more than eight axes");
    return !n_.is_given_up();
  }

  bool parse() {
    // Blanks mean nothing.
    String equation;
    for (const char c : n_.text("equation", ""))
      if (c != ' ') equation.append(c);
    const std::size_t arrow = equation.find("->");
    const bool is_explicit = arrow != String::npos;
    const Text left(equation.data(), is_explicit ? arrow : equation.size());
    if (n_.input_count() == 0 || n_.input_count() > max_operands) {
      n_.unsupported("it has no or more than sixteen operands");
      return false;
    }
    std::size_t begin = 0, operand = 0;
    for (std::size_t i = 0; i <= left.size(); ++i) {
      if (i < left.size() && left[i] != ',') continue;
      if (operand >= n_.input_count()) return fail("the equation has more terms than there are operands");
      operands_[operand].value = n_.input(operand);
      if (!term(Text(left.data() + begin, i - begin), n_.rank(operand), false, operands_[operand].labels))
        return false;
      ++operand;
      begin = i + 1;
    }
    if (operand != n_.input_count()) return fail("the equation has fewer terms than there are operands");
    if (is_explicit)
      return term(Text(equation.data() + arrow + 2, equation.size() - arrow - 2), ellipsis_, true, result_);
    // Without an arrow: the ellipsis, and what is there once, in the order of the alphabet.
    for (std::size_t k = ellipsis_; k-- > 0;) result_.push_back(256 + static_cast<std::int64_t>(k));
    for (std::int64_t letter = 0; letter < 256; ++letter) {
      std::size_t count = 0;
      for (std::size_t i = 0; i < operand; ++i)
        for (const std::int64_t l : operands_[i].labels) count += l == letter;
      if (count == 1) result_.push_back(letter);
    }
    return true;
  }

  // Of two axes of one label the diagonal: both last and one behind the other, each element n + 1 behind the one before.
  bool diagonals(Labelled& x) {
    for (std::size_t i = 0; i < x.labels.size(); ++i)
      for (std::size_t k = i + 1; k < x.labels.size(); ++k) {
        if (x.labels[i] != x.labels[k]) continue;
        const std::size_t rank = x.labels.size();
        const Shape shape = n_.g.type(x.value).shape;
        if (!(shape[i] == shape[k])) return fail("axes of one label have different sizes");
        if (!shape[i].is_literal()) {
          n_.unsupported("it takes the diagonal of axes whose size is not known");
          return false;
        }
        const std::int64_t size = shape[i].value(), label = x.labels[i];
        ValueId v = move_axis(n_, move_axis(n_, x.value, k, rank - 1), i, rank - 2);
        Shape flat;
        append_sizes(flat, n_.g.type(v).shape, 0, rank - 2);
        flat.push_back(size * size);
        v = slice_of(n_, n_.g.reshape(v, flat), -1, 0, size * size, size + 1);
        x.labels = without(without(x.labels, k), i);
        x.labels.push_back(label);
        x.value = v;
        return diagonals(x);
      }
    return true;
  }

  // An axis of one element that is longer in another operand is broadcast.
  void drop_single_axes() {
    for (std::size_t i = 0; i < n_.input_count(); ++i)
      for (std::size_t axis = operands_[i].labels.size(); axis-- > 0;) {
        Labelled& x = operands_[i];
        if (!(n_.g.type(x.value).shape[axis] == Dimension(1))) continue;
        bool is_longer = false;
        for (std::size_t k = 0; k < n_.input_count(); ++k) {
          const std::size_t other = axis_of(operands_[k].labels, x.labels[axis]);
          if (k != i && other < operands_[k].labels.size())
            is_longer = is_longer || !(n_.g.type(operands_[k].value).shape[other] == Dimension(1));
        }
        if (!is_longer) continue;
        x.value = squeeze_of(n_, x.value, axis);
        x.labels = without(x.labels, axis);
      }
  }

  bool is_needed(std::int64_t label, std::size_t from) const {
    if (has_label(result_, label)) return true;
    for (std::size_t i = from; i < n_.input_count(); ++i)
      if (has_label(operands_[i].labels, label)) return true;
    return false;
  }
  // Summed over the axes that nothing from operand `from` on has, nor the result: of that operand itself, nor `other`.
  Labelled reduced(const Labelled& x, std::size_t from, const Labelled* other = nullptr) {
    tensor::Axes axes;
    Labelled y;
    for (std::size_t i = 0; i < x.labels.size(); ++i) {
      const bool stays =
          is_needed(x.labels[i], other ? from + 1 : from) || (other && has_label(other->labels, x.labels[i]));
      if (stays)
        y.labels.push_back(x.labels[i]);
      else
        axes.push_back(static_cast<std::int64_t>(i));
    }
    y.value = axes.empty() ? x.value : reduce_of(n_, tensor::ReduceKind::Sum, x.value, axes, false);
    return y;
  }

  // With the axes in the order of the labels; those that it lacks have one element.
  ValueId arranged(const Labelled& x, const tensor::Integers& order) {
    tensor::Integers permutation;
    for (const std::int64_t label : order)
      if (has_label(x.labels, label))
        permutation.push_back(static_cast<std::int64_t>(axis_of(x.labels, label)));
    const ValueId v = transpose_of(n_, x.value, permutation);
    const Shape shape = n_.g.type(v).shape;
    Shape with;
    std::size_t axis = 0;
    for (const std::int64_t label : order)
      with.push_back(has_label(x.labels, label) ? shape[axis++] : Dimension(1));
    return reshape_of(n_, v, with);
  }

  // Labels that both have are batches, or summed over where nothing behind needs them.
  Labelled multiplied(const Labelled& a, const Labelled& b) {
    Labelled y;
    ++done_;
    tensor::Integers batch, rows, columns, inner;
    for (const std::int64_t label : a.labels)
      (!has_label(b.labels, label) ? rows : is_needed(label, done_ + 1) ? batch : inner).push_back(label);
    for (const std::int64_t label : b.labels)
      if (!has_label(a.labels, label)) columns.push_back(label);
    for (const tensor::Integers* list : {&batch, &rows, &columns})
      for (const std::int64_t label : *list) y.labels.push_back(label);
    if (y.labels.size() > Shape::max_rank || batch.size() + 2 > Shape::max_rank) {
      n_.unsupported("a product on the way has more than eight axes");
      return Labelled();
    }
    if (inner.empty()) {
      y.value = n_.g.map(arranged(a, y.labels), arranged(b, y.labels), [](Expr v, Expr w) { return v * w; });
      return y;
    }
    const ValueId c = product_of(n_, matrix(a, batch, rows, inner), matrix(b, batch, inner, columns), false,
                                 false, n_.type(0).scalar);
    if (c == ValueId::Absent) return Labelled();
    Shape out;
    const auto append = [&](const Labelled& x, const tensor::Integers& labels) {
      for (const std::int64_t label : labels)
        out.push_back(n_.g.type(x.value).shape[axis_of(x.labels, label)]);
    };
    append(a, batch);
    append(a, rows);
    append(b, columns);
    y.value = n_.g.reshape(c, out);
    return y;
  }
  // [batch…, product of the first, product of the second].
  ValueId matrix(const Labelled& x, const tensor::Integers& batch, const tensor::Integers& first,
                 const tensor::Integers& second) {
    tensor::Integers order;
    for (const tensor::Integers* list : {&batch, &first, &second})
      for (const std::int64_t label : *list) order.push_back(label);
    const ValueId v = arranged(x, order);
    const Shape from = n_.g.type(v).shape;
    Shape shape;
    append_sizes(shape, from, 0, batch.size());
    shape.push_back(product_of_sizes(n_.g, from, batch.size(), batch.size() + first.size()));
    shape.push_back(product_of_sizes(n_.g, from, batch.size() + first.size(), from.rank()));
    return reshape_of(n_, v, shape);
  }

  NodeImporter& n_;
  Labelled operands_[max_operands];
  tensor::Integers result_;
  std::size_t ellipsis_ = 0;  // axes
  std::size_t done_ = 0;      // the operand that was multiplied last
};

inline void import_einsum(NodeImporter& n) { EinsumImporter(n).run(); }

// ONNX Det, of matrices of up to three rows, by their elements.
inline void import_det(NodeImporter& n) {
  const Shape shape = n.shape(0);
  const std::size_t rank = shape.rank();
  if (rank < 2 || !shape[rank - 1].is_literal() || !(shape[rank - 1] == shape[rank - 2]) ||
      shape[rank - 1].value() < 1 || shape[rank - 1].value() > 3)
    return n.unsupported("its matrices do not have one to three rows");
  const std::size_t size = static_cast<std::size_t>(shape[rank - 1].value());
  Shape flat, out;
  append_sizes(out, shape, 0, rank - 2);
  flat = out;
  flat.push_back(static_cast<std::int64_t>(size * size));
  const ValueId x = n.g.reshape(n.input(0), flat);
  Buffer<ValueId> elements;
  for (std::size_t i = 0; i < size * size; ++i) {
    const std::int64_t at = static_cast<std::int64_t>(i);
    elements.push_back(n.g.reshape(slice_of(n, x, -1, at, at + 1), out));
  }
  n.set(0, n.g.map_all(Span<const ValueId>(elements.data(), elements.size()), [&](Span<const Expr> given) {
    const Scalar scalar = n.type(0).scalar, wide = wide_float(scalar);
    const auto m = [&](std::size_t i) { return tensor::cast(given[i], wide); };
    const auto cofactor = [&](std::size_t a, std::size_t b, std::size_t c, std::size_t d) {
      return m(a) * m(d) - m(b) * m(c);
    };
    Expr det = m(0);
    if (size == 2) det = cofactor(0, 1, 2, 3);
    if (size == 3)
      det = m(0) * cofactor(4, 5, 7, 8) - m(1) * cofactor(3, 5, 6, 8) + m(2) * cofactor(3, 4, 6, 7);
    return tensor::cast(det, scalar);
  }));
}

inline constexpr OperatorEntry einsum_operators[] = {
    {"Det", import_det},
    {"Einsum", import_einsum},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
