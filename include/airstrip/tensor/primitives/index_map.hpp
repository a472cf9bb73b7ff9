// IndexMap: where each element of an output comes from.
#pragma once

#include "../../config.hpp"
#include "../../support/buffer.hpp"
#include "tensor_view.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// An integer of an IndexMap: a coordinate or what is computed of coordinates.
enum class MapId : std::uint32_t {};

/// Coordinates of an input as formulas of the coordinates of an output: affine, divided, wrapped, reflected, clamped, or
/// looked up in a tensor of indices; coefficients are sizes, literal or of run time. Numbers are signed, of 32 bits.
///
///     IndexMap map(table, {rows, columns});           // of an output [rows, columns]
///     map.add_result(map.mod(map.coordinate(0), n));  // the input's first axis repeats
///     map.require_below(…, n);                        // where this does not hold, there is no element
class IndexMap {
public:
  enum class Op : std::uint8_t { Coordinate, Size, Add, Sub, Mul, Div, Mod, Min, Max, Choose, Lookup };
  struct Node {
    Op op;
    std::uint8_t axis;  // of a Coordinate; operands of a Lookup
    MapId a, b, c,
        d;        // Choose: a < b ? c : d. Lookup: a is the tensor's number, b the first of its coordinates
    SizeId size;  // of a Size
    std::int64_t lower, upper;
  };

  IndexMap() = default;
  /// `space`: the output's axes.
  IndexMap(SizeTable& table, Span<const SizeId> space);
  SizeTable& table() { return *table_; }
  std::size_t rank() const { return rank_; }

  MapId coordinate(std::size_t axis);
  MapId size(SizeId size);
  MapId literal(std::int64_t value) { return size(table_->literal(value)); }
  MapId add(MapId a, MapId b);
  MapId sub(MapId a, MapId b);
  MapId mul(MapId a, MapId b);
  /// Rounded down, and what is left then, which is not negative. The divisor is positive (of an empty axis it may be 0,
  /// and then counts as 1).
  MapId div(MapId a, SizeId divisor);
  MapId mod(MapId a, SizeId divisor);
  MapId min_of(MapId a, MapId b);
  MapId max_of(MapId a, MapId b);
  /// a < b ? c : d
  MapId choose(MapId a, MapId b, MapId c, MapId d);
  /// The nearest of 0 … size - 1.
  MapId clamp(MapId a, SizeId size);
  /// Mirrored at the first and the last of 0 … size - 1, which are not repeated. Of one element that one.
  MapId reflect(MapId a, SizeId size);
  /// Counted from the end where it is negative: a + size.
  MapId from_end(MapId a, SizeId size);
  /// An element of tensor number `tensor` (i32 or i64) among those given to IndexMapValues. The coordinates have to be
  /// inside it wherever the output is.
  MapId lookup(std::uint32_t tensor, Span<const MapId> coordinates);

  /// The next axis of the input.
  void add_result(MapId id) {
    if (result_count_ < Shape::max_rank) results_[result_count_] = id;
    ++result_count_;
  }
  Span<const MapId> results() const { return {results_, result_count_}; }
  /// There is an element only where 0 <= a < size, or where a >= 0. What is proved costs nothing.
  void require_below(MapId a, SizeId size);
  void require_not_negative(MapId a);
  bool is_total() const { return below_.empty(); }

  /// How much `a` changes from one coordinate of an axis to the next, if that is a known number everywhere.
  bool slope(MapId a, std::size_t axis, std::int64_t& found) const;
  /// A number of which `a` is certainly a multiple where the coordinate along `axis` is one of `width`.
  std::int64_t multiple(MapId a, std::size_t axis, std::int64_t width) const;

  /// Of an id that could not be made, because memory was out, the literal 0.
  const Node& node(MapId id) const {
    return static_cast<std::size_t>(id) < nodes_.size() ? nodes_[static_cast<std::size_t>(id)] : nothing_;
  }
  std::size_t size() const { return nodes_.size(); }
  bool out_of_memory() const {
    return nodes_.out_of_memory() || arguments_.out_of_memory() || below_.out_of_memory();
  }
  struct Below {
    MapId value;
    SizeId size;
    bool has_size;
  };
  Span<const Below> requirements() const { return {below_.data(), below_.size()}; }
  Span<const MapId> lookup_coordinates(const Node& n) const {
    return {arguments_.data() + static_cast<std::size_t>(n.b), n.axis};
  }

private:
  MapId add(const Node& node);
  bool is_literal(MapId a, std::int64_t value) const {
    return node(a).op == Op::Size && node(a).lower == value && node(a).upper == value;
  }

  static constexpr Node nothing_ = {Op::Size, 0, MapId{}, MapId{}, MapId{}, MapId{}, SizeId{}, 0, 0};

  SizeTable* table_ = nullptr;
  Buffer<Node> nodes_;
  Buffer<MapId> arguments_;
  Buffer<Below> below_;
  SizeId space_[Shape::max_rank] = {};
  std::size_t rank_ = 0;
  MapId results_[Shape::max_rank] = {};
  std::size_t result_count_ = 0;
};

/// An IndexMap's numbers at one point of the output, computed where this is made.
class IndexMapValues {
public:
  /// `coordinates` of the output; `tensors`: those that the map looks up.
  IndexMapValues(StepBuilder& step, const IndexMap& map, Span<const Index> coordinates,
                 Span<const TensorView> tensors = {});
  /// As u32: a negative number is that plus 2^32.
  Index operator()(MapId id) const {
    return static_cast<std::size_t>(id) < values_.size() ? values_[static_cast<std::size_t>(id)] : Index();
  }
  /// The input's coordinates.
  Span<const Index> results() const { return {results_, count_}; }
  /// Whether there is an element; only where the map is not total.
  Value<bool> exists() const { return exists_; }

private:
  Index emit(StepBuilder& step, const IndexMap& map, MapId id, Span<const Index> coordinates,
             Span<const TensorView> tensors) const;

  Buffer<Index> values_;
  Index results_[Shape::max_rank];
  std::size_t count_ = 0;
  Value<bool> exists_;
};

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/index_map.hpp"
#endif
