// Sizes as formulas of literals and parameters: computed by the kernel and by its caller from the same table.
#pragma once

#include "../config.hpp"
#include "../kernel/builder.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "shape.hpp"

#include <cstdint>

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// A formula in a SizeTable. Two formulas of one table that are written alike have the same id. No number, so that
/// neither is taken for the other.
enum class SizeId : std::uint32_t {};

/// The value of a parameter for one dispatch.
struct SizeValue {
  Text name;
  std::int64_t value = 0;
};

/// Formulas of sizes, interned and folded as they are made. `evaluate` computes them in 64 bits, saturating, and refuses a
/// difference that is negative. A kernel computes them modulo 2^32 and is not checked: who uses a formula in one sees to it
/// that every intermediate result fits, which `upper` tells (of a ceil_div, a + b - 1 is one).
class SizeTable {
public:
  enum class Op : std::uint8_t { Literal, Parameter, Add, Sub, Mul, Div, CeilDiv, Mod, Min, Max };

  /// A negative one is -value less 2^32 in a kernel, and stands in no other formula than a product.
  SizeId literal(std::int64_t value);
  /// A literal, or the parameter of that name: with the smaller maximum where it is made a second time.
  SizeId of(const Dimension& dimension);
  SizeId add(SizeId a, SizeId b);
  /// `a` is never less than `b`.
  SizeId sub(SizeId a, SizeId b);
  SizeId mul(SizeId a, SizeId b);
  /// Rounded down, and rounded up. The divisor is never 0.
  SizeId div(SizeId a, SizeId b);
  SizeId ceil_div(SizeId a, SizeId b);
  SizeId mod(SizeId a, SizeId b);
  SizeId min_of(SizeId a, SizeId b);
  SizeId max_of(SizeId a, SizeId b);
  SizeId add(SizeId a, std::int64_t b) { return add(a, literal(b)); }
  SizeId mul(SizeId a, std::int64_t b) { return mul(a, literal(b)); }
  SizeId div(SizeId a, std::int64_t b) { return div(a, literal(b)); }
  SizeId ceil_div(SizeId a, std::int64_t b) { return ceil_div(a, literal(b)); }
  SizeId round_up(SizeId a, std::int64_t multiple) { return mul(ceil_div(a, multiple), multiple); }
  SizeId product(Span<const SizeId> factors);

  bool is_literal(SizeId id) const { return node(id).op == Op::Literal; }
  bool is_literal(SizeId id, std::int64_t value) const { return is_literal(id) && lower(id) == value; }
  /// Of a literal its value.
  std::int64_t lower(SizeId id) const { return node(id).lower; }
  /// Saturates at 2^63 - 1.
  std::int64_t upper(SizeId id) const { return node(id).upper; }
  /// Of what the size is certainly a multiple; 0 for the literal 0.
  std::int64_t multiple(SizeId id) const { return node(id).multiple; }
  bool is_multiple(SizeId id, std::int64_t n) const { return multiple(id) % n == 0; }
  std::size_t size() const { return nodes_.size(); }
  /// "m * 4 + 1"; of a long formula the beginning.
  String to_string(SizeId id) const;

  struct Node {
    Op op;
    SizeId a, b;
    std::uint32_t name;  // of a parameter
    std::int64_t lower, upper, multiple;
  };
  /// Of an id that could not be made, because memory was out, the literal 0.
  const Node& node(SizeId id) const { return index(id) < nodes_.size() ? nodes_[index(id)] : nothing_; }
  Text name(SizeId parameter) const { return Text(names_.data() + node(parameter).name); }
  /// Some formula could not be made.
  bool out_of_memory() const { return nodes_.out_of_memory() || names_.out_of_memory(); }

  /// `out_of_memory()` of the copy tells whether that worked.
  SizeTable clone() const;

  /// The value of every formula. Errors: MissingBinding (a parameter without a value), InvalidShape (a negative one, or
  /// not the multiple it was said to be), LimitExceeded (above the parameter's maximum).
  Result<Buffer<std::int64_t>> evaluate(Span<const SizeValue> values) const;

private:
  static constexpr std::size_t index(SizeId id) { return static_cast<std::size_t>(id); }
  SizeId intern(Op op, SizeId a, SizeId b, std::int64_t lower, std::int64_t upper, std::int64_t multiple,
                std::uint32_t name = 0);

  bool index_nodes();
  void print(SizeId id, unsigned depth, String& text) const;
  static std::size_t hash(Op op, SizeId a, SizeId b, std::int64_t lower);

  static constexpr Node nothing_ = {Op::Literal, SizeId{}, SizeId{}, 0, 0, 0, 0};

  Buffer<Node> nodes_;
  Buffer<char> names_;
  /// Numbers of nodes from 1, by hash: a power of two of them, and none while the table is small.
  Buffer<std::uint32_t> slots_;
};

/// The sizes of a table as values of a kernel: literals, parameters, and what is computed of them.
class KernelSizes {
public:
  /// Computes at the place it is made at; make it first thing in a kernel.
  KernelSizes(kernel::KernelBuilder& builder, const SizeTable& table);
  /// u32. A formula added to the table later is computed where it is asked for.
  kernel::Value<kernel::u32> operator()(SizeId id) const;
  const SizeTable& table() const { return table_; }
  bool out_of_memory() const { return values_.out_of_memory() || table_.out_of_memory(); }

private:
  kernel::Value<kernel::u32> emit(SizeId id) const;

  kernel::KernelBuilder& builder_;
  const SizeTable& table_;
  Buffer<kernel::AnyValue> values_;
};

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/size_table.hpp"
#endif
