// Arithmetic of shapes for the importers of operators.
#pragma once

#include "../../../graph/size_algebra.hpp"
#include "../node_importer.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

using graph::SizeId;
using graph::SizeTable;

/// The product of sizes, taken apart: a literal, and formulas that are no products.
class SizeProduct {
public:
  explicit SizeProduct(SizeTable& table) : table_(table) {}

  void multiply(SizeId size, unsigned depth = 0) {
    const SizeTable::Node n = table_.node(size);
    if (n.op == SizeTable::Op::Literal) {
      literal_ = tensor::detail::mul_saturated(literal_, n.lower);
    } else if (n.op == SizeTable::Op::Mul && depth < 8) {
      multiply(n.a, depth + 1);
      multiply(n.b, depth + 1);
    } else {
      factors_.push_back(size);
    }
  }
  bool is_zero() const { return literal_ == 0; }
  SizeId size() const {
    SizeId all = table_.literal(1);
    for (const SizeId factor : factors_) all = graph::multiply_sizes(table_, all, factor);
    return graph::multiply_sizes(table_, all, table_.literal(literal_));
  }
  /// What is in both is left out of both.
  void reduce(SizeProduct& other) {
    for (std::size_t i = 0; i < factors_.size();) {
      std::size_t same = 0;
      while (same < other.factors_.size() && other.factors_[same] != factors_[i]) ++same;
      if (same == other.factors_.size()) {
        ++i;
        continue;
      }
      remove(factors_, i);
      remove(other.factors_, same);
    }
    std::int64_t a = literal_, b = other.literal_;
    while (b != 0) {
      const std::int64_t rest = a % b;
      a = b;
      b = rest;
    }
    if (a <= 1) return;
    literal_ /= a;
    other.literal_ /= a;
  }
  bool is_one() const { return literal_ == 1 && factors_.empty(); }

private:
  static void remove(Buffer<SizeId>& list, std::size_t i) {
    list[i] = list.back();
    list.pop_back();
  }

  SizeTable& table_;
  std::int64_t literal_ = 1;
  Buffer<SizeId> factors_;
};

inline SizeProduct product_of(NodeImporter& n, const Shape& shape, std::size_t first, std::size_t end) {
  SizeProduct product(n.g.sizes_to_fill());
  for (std::size_t i = first; i < end && i < Shape::max_rank; ++i) product.multiply(n.g.size(shape[i]));
  return product;
}

/// A program whose sizes break this is refused when they are given: a difference of sizes is not negative.
inline void require_not_less(NodeImporter& n, SizeId a, SizeId b) {
  if (a != b) graph::subtract_sizes(n.g.sizes_to_fill(), a, b);
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
