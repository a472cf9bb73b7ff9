// Arithmetic of sizes that gives equal formulas one form: what a convolution and a pooling make of the same size has to be
// recognised as the same, so that their results can be added.
#pragma once

#include "../config.hpp"
#include "../tensor/size_table.hpp"

#include <cstdint>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

using tensor::SizeId;
using tensor::SizeTable;

// A formula is kept as base + offset, offset a literal and base no sum with a literal; a quotient takes the offset inside:
// floor(x / d) + c = floor((x + c d) / d). Where x is known to be a multiple of d the quotient is exact, and the offset's own
// is taken out. So h, (h + 2 - 3) / 1 + 1 and ((h * 2) - 2) / 2 + 1 are all h.

SizeId add_sizes(SizeTable& table, SizeId a, SizeId b);
/// `a` is never less than `b`.
SizeId subtract_sizes(SizeTable& table, SizeId a, SizeId b);
SizeId multiply_sizes(SizeTable& table, SizeId a, SizeId b);
/// Rounded down.
SizeId divide_sizes(SizeTable& table, SizeId a, SizeId b);
SizeId divide_sizes_up(SizeTable& table, SizeId a, SizeId b);
SizeId combine_sizes(SizeTable& table, SizeTable::Op op, SizeId a, SizeId b);

/// Formulas of one table, in the form above, as formulas of another. `parameter(name, node)` gives what stands for a
/// parameter there.
class SizeTranslation {
public:
  SizeTranslation(const SizeTable& from, SizeTable& to) : from_(from), to_(to) {}
  template <class Parameter>
  SizeId operator()(SizeId id, Parameter&& parameter) {
    const std::size_t count = static_cast<std::size_t>(id) + 1;
    // Operands stand before the formulas that use them.
    for (std::size_t i = done_.size(); i < count; ++i) {
      const SizeTable::Node& node = from_.node(static_cast<SizeId>(i));
      SizeId made = {};
      if (node.op == SizeTable::Op::Literal)
        made = to_.literal(node.lower);
      else if (node.op == SizeTable::Op::Parameter)
        made = parameter(from_.name(static_cast<SizeId>(i)), node);
      else
        made = combine_sizes(to_, node.op, done_[static_cast<std::size_t>(node.a)],
                             done_[static_cast<std::size_t>(node.b)]);
      if (!done_.push_back(made)) return {};
    }
    return done_[static_cast<std::size_t>(id)];
  }
  bool out_of_memory() const { return done_.out_of_memory() || to_.out_of_memory(); }

private:
  const SizeTable& from_;
  SizeTable& to_;
  Buffer<SizeId> done_;
};

AIRSTRIP_GRAPH_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/size_algebra.hpp"
#endif
