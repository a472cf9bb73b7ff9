#pragma once

#include "../../impl/matmul_rules.hpp"
#include "../product.hpp"
#include "../work_grid.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

/// An operand in a product's kernel: which of its lines a workgroup and an invocation work on.
struct ProductSide {
  TileLoader* loader = nullptr;
  SizeId size = {};  // lines
  std::uint32_t block = 0, tile = 0, lanes = 0;
  unsigned width = 1;          // of vectors along the lines
  bool interleaved = false;    // an invocation's vectors alternate with those of its neighbours
  bool exact = false;          // every line of every block exists
  bool whole_vectors = false;  // every vector exists or none of it
  bool shared = false;
  std::uint32_t array = 0, pitch = 0;  // in workgroup memory: [k][line]
  Index first, local;                  // line: of the workgroup; of the invocation in it
  Buffer<Index> clamped;               // where not exact: one for each vector, or for each line

  std::uint32_t vectors() const { return tile / width; }
  // Of line `l` of the tile, from `local` on.
  std::uint32_t offset(std::uint32_t l) const {
    return interleaved ? l / width * lanes * width + l % width : l;
  }
};

/// A scalar, or a component of a vector: so that a vector of it is one operation.
struct ProductElement {
  AnyValue value;
  std::uint32_t component = no_component;
  static constexpr std::uint32_t no_component = 0xFFFFFFFF;
};

/// Emits a product's kernel.
class ProductEmitter {
public:
  ProductEmitter(StepBuilder& step, const ProductSizes& sizes, const MatmulSchedule& schedule, TileLoader& a,
                 TileLoader& b, ProductOutput& output);
  SizeId run();

private:
  // --- cutting up
  void set_up_sides(TileLoader& a, TileLoader& b);
  void place(Span<const Index> ids);
  void place_side(ProductSide& side, Index block, Index lane);
  Index lane_of(std::uint32_t inner, std::uint32_t count);

  // --- the loop over K
  void loop_direct();
  void loop_shared();
  void run_loop(Index first, Index end, std::uint32_t step, Span<AnyValue> now, const auto& body);
  void multiply_direct(Index k, std::uint32_t steps, bool k_aligned);
  void multiply_along_k(Index k);
  void multiply_lines(const Buffer<ProductElement>& a, const Buffer<ProductElement>& b, std::uint32_t steps);
  void multiply_scalars(const Buffer<ProductElement>& a, const Buffer<ProductElement>& b);
  AnyValue multiply_add(AnyValue a, AnyValue b, AnyValue sum);
  AnyValue dot(AnyValue a, AnyValue b);
  AnyValue zero(kernel::Type type) { return k_.constant_bits(type, 0); }
  AnyValue vector_of(const ProductElement& element, unsigned width);
  AnyValue scalar_of(const ProductElement& element);
  void collapse_vectors();
  void add_up_lanes();

  // --- values of operands: for each step the vectors along the lines, or the lines
  void fetch(ProductSide& side, Index k, std::uint32_t steps, bool k_aligned, unsigned width,
             Buffer<ProductElement>& out);
  void fetch_along_k(ProductSide& side, Index k, std::uint32_t steps, bool k_aligned, unsigned width,
                     Buffer<ProductElement>& out);
  void fetch_along_lines(ProductSide& side, Index k, std::uint32_t steps, unsigned width,
                         Buffer<ProductElement>& out);
  void fetch_broadcast(ProductSide& side, Index k, std::uint32_t steps, bool k_aligned, unsigned width,
                       Buffer<ProductElement>& out);
  void fetch_broadcast_lines(ProductSide& side, Index k, std::uint32_t steps, Buffer<ProductElement>& out);
  void fetch_shared(ProductSide& side, Index k, std::uint32_t steps, unsigned width,
                    Buffer<ProductElement>& out);
  AnyValue load(ProductSide& side, const TilePoint& point);
  void set_line(const ProductSide& side, std::uint32_t line, bool starts_vector, TilePoint& point) const;
  void fill(ProductSide& side, Index k);

  // --- cooperative matrices
  void loop_matrices();
  void store_matrices(Span<const kernel::AnyVariable> sums, const MatrixProduct& product, std::uint32_t array,
                      Index subgroup_row, Index subgroup_column);

  // --- results
  void store_tile();
  void store_vectors(unsigned width, bool guarded);
  void store_one(std::uint32_t row, std::uint32_t column, unsigned width, AnyValue value);

  StepBuilder& step_;
  kernel::KernelBuilder& k_;
  const ProductSizes& sizes_;
  const MatmulSchedule s_;
  ProductOutput& output_;
  ProductSide a_, b_;
  SizeId k_size_ = {};  // with what panels are padded to
  Index batch_[Shape::max_rank];
  Index split_;
  Index lane_k_;
  Index k_first_, k_end_;
  bool beyond_k_ = false;   // steps beyond the end of K are taken, and have to add zeros
  Buffer<AnyValue> now_;    // the sums: [row][column], those along the vectors' axis by vectors
  unsigned sum_width_ = 1;  // of vectors in now_
  VectorAxis sum_axis_ = VectorAxis::N;
  Buffer<ProductElement> a_values_, b_values_;
};

}  // namespace detail

AIRSTRIP_TENSOR_NAMESPACE_END
