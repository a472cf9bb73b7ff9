// PackedPanels: an operand of a product, copied into the order in which its schedule reads it.
#pragma once

#include "../../config.hpp"
#include "../matmul_schedule.hpp"
#include "step_builder.hpp"
#include "tile_loader.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

/// Panels of `lines` lines. In each, element k of line l lies at ((k / group) * lines + l) * group + k % group; panels
/// follow each other, matrices of the batch too. Lines and K are padded with zeros.
struct PanelLayout {
  SizeId line_count = {}, k = {};  ///< of the matrix
  SizeId padded_k = {};            ///< a multiple of `group`
  std::uint32_t lines = 1, group = 1;
  Scalar scalar = Scalar::F32;
  SizeId batch[Shape::max_rank] = {};          ///< sizes, of the operand's own axes
  SizeId batch_strides[Shape::max_rank] = {};  ///< elements; 0 where the operand has one matrix for all
  std::size_t batch_rank = 0;
  SizeId bytes = {};
};

/// The layout that a schedule reads an operand in: A's panels have block_m lines, B's block_n. `batch`: sizes of the
/// operand's axes, 1 where it broadcasts.
PanelLayout panel_layout(SizeTable& table, const MatmulSchedule& schedule, bool is_a, SizeId line_count,
                         SizeId k, Span<const SizeId> batch, Scalar scalar);
/// To what a schedule pads K.
std::uint32_t k_padding(const MatmulSchedule& schedule);
/// In a sentence, for Operand::layout.
String describe(const PanelLayout& layout, const SizeTable& table);

/// Reads panels.
class PanelLoader final : public TileLoader {
public:
  PanelLoader(const Memory& memory, const PanelLayout& layout, Scalar as);
  void begin(StepBuilder& step, Span<const Index> batch) override;
  AnyValue load(StepBuilder& step, const TilePoint& point) override;

private:
  Memory memory_;
  PanelLayout layout_;
  Index base_;
  bool has_base_ = false;
};

/// Fills the step's kernel, of `workgroup` invocations, which copies a source into panels. Returns how many workgroups it has.
SizeId emit_packing(StepBuilder& step, TileLoader& source, const PanelLayout& layout, const Memory& panels,
                    std::uint32_t workgroup);

AIRSTRIP_TENSOR_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/packed_panels.hpp"
#endif
