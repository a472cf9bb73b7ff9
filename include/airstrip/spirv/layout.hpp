// Offsets, strides, sizes and alignments of types in buffers: std140, std430, relaxed and scalar block layout.
// Everything is constexpr and works on plain descriptions, so that a test can compare with `offsetof` at compile time
// and the type builder can feed it type by type.
//
// Sources: Vulkan 1.4 specification, 15.6.4 "Offset and Stride Assignment"; GLSL 4.60, 7.6.2.2 "Standard Uniform Block
// Layout" (the numbered rules below are its list); SPIR-V 2.18.2 and the decorations Offset, ArrayStride, MatrixStride.
#pragma once

#include "../config.hpp"

#include <cstdint>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// How the members of a block are placed. Vulkan permits by storage class (15.6.4):
///   Uniform                              Std140; Std430 with uniformBufferStandardLayout (core in 1.2)
///   StorageBuffer, PushConstant,
///   PhysicalStorageBuffer, …             Std430
///   any of them                          Relaxed with relaxed block layout (always in 1.1 and later);
///                                        Scalar with scalarBlockLayout (Workgroup: its own feature)
enum class LayoutRule : std::uint8_t {
  Std140,   ///< "extended alignment": arrays, structures and matrix columns are rounded up to 16
  Std430,   ///< "base alignment": a 3-vector aligns as a 4-vector, but takes the room of three
  Relaxed,  ///< Std430, but a vector member aligns as its component where it does not improperly straddle
  Scalar,  ///< "scalar alignment": everything aligns as its scalars do, the layout of C structs of such scalars
};

enum class MatrixOrder : std::uint8_t { ColumnMajor, RowMajor };

/// A type as a block sees it. Invalid (`alignment == 0`) where the rules have no answer: a scalar that is not 8, 16, 32
/// or 64 bits wide, a vector of other than 2 to 4 components, something past 4 GiB of stride or offset, a runtime array
/// that is not the last member, or anything made of such.
struct TypeLayout {
  /// Bytes it occupies, tail padding of arrays and structures included; 0 for a runtime array.
  std::uint64_t size = 0;
  /// Bytes; an Offset, ArrayStride or MatrixStride is a multiple of it.
  std::uint32_t alignment = 0;
  /// What `Relaxed` asks of an Offset: the alignment of the component for a vector, else `alignment`.
  std::uint32_t relaxed_alignment = 0;
  /// Bytes between elements (decoration ArrayStride); 0: not an array.
  std::uint32_t array_stride = 0;
  /// Bytes between columns or rows (decoration MatrixStride), inherited by arrays of matrices; 0: no matrix.
  std::uint32_t matrix_stride = 0;
  bool is_vector = false;         ///< the straddling rule applies
  bool is_runtime_sized = false;  ///< a runtime array, or a structure that ends in one

  constexpr bool valid() const { return alignment != 0; }
  friend constexpr bool operator==(const TypeLayout&, const TypeLayout&) = default;
};

namespace layout {

/// `value` rounded up to a multiple of `alignment` (any number above 0).
constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/// An integer, floating-point number or physical pointer of 8, 16, 32 or 64 bits. Rule 1; "a scalar of size N has a
/// scalar alignment of N".
constexpr TypeLayout scalar(unsigned bits) {
  if (bits != 8 && bits != 16 && bits != 32 && bits != 64) return {};
  return {bits / 8, bits / 8, bits / 8, 0, 0, false, false};
}

/// A pointer into PhysicalStorageBuffer (64-bit addressing).
constexpr TypeLayout pointer() { return scalar(64); }

/// A vector of 2, 3 or 4 components. Rules 2 and 3: aligned as 2, 4 and 4 components. Its size is that of its
/// components alone, so that a scalar may follow a 3-vector at once: `vec3 a; float b;` puts b at 12.
constexpr TypeLayout vector(LayoutRule rule, const TypeLayout& component, unsigned count) {
  const bool is_scalar = component.valid() && component.size == component.alignment && component.size <= 8 &&
                         component.array_stride == 0 && !component.is_vector;
  if (!is_scalar || count < 2 || count > 4) return {};
  const auto unit = static_cast<std::uint32_t>(component.size);
  const std::uint32_t alignment = rule == LayoutRule::Scalar ? unit : unit * (count == 2 ? 2 : 4);
  return {component.size * count, alignment, unit, 0, 0, true, false};
}

/// An array without a length: the last member of a block. Its elements are strided as those of `array`.
constexpr TypeLayout runtime_array(LayoutRule rule, const TypeLayout& element) {
  if (!element.valid() || element.is_runtime_sized) return {};
  TypeLayout result;
  // Rule 4: "if necessary … rounded up to the base alignment of a vec4" in std140 only.
  const std::uint64_t alignment =
      rule == LayoutRule::Std140 ? round_up(element.alignment, 16) : element.alignment;
  const std::uint64_t stride = round_up(element.size, alignment);
  if (stride > 0xFFFFFFFF) return {};
  result.alignment = result.relaxed_alignment = static_cast<std::uint32_t>(alignment);
  result.array_stride = static_cast<std::uint32_t>(stride);
  result.matrix_stride = element.matrix_stride;
  result.is_runtime_sized = true;
  return result;
}

/// An array of `count` elements. Rules 4, 6, 8 and 10; the size includes the padding after the last element, as the
/// next member may not start there ("between the end of … an array … and the next multiple of the alignment").
constexpr TypeLayout array(LayoutRule rule, const TypeLayout& element, std::uint64_t count) {
  TypeLayout result = runtime_array(rule, element);
  if (!result.valid() || count == 0) return {};
  if (result.array_stride != 0 && count > 0xFFFFFFFFFFFFu / result.array_stride) return {};
  result.size = result.array_stride * count;
  result.is_runtime_sized = false;
  return result;
}

/// A matrix of `columns` × `rows`, laid out as an array of its columns (rules 5 and 6) or rows (rules 7 and 8).
constexpr TypeLayout matrix(LayoutRule rule, const TypeLayout& component, unsigned columns, unsigned rows,
                            MatrixOrder order) {
  const bool by_column = order == MatrixOrder::ColumnMajor;
  if (columns < 2 || columns > 4) return {};
  const TypeLayout line = vector(rule, component, by_column ? rows : columns);
  TypeLayout result = array(rule, line, by_column ? columns : rows);
  if (!result.valid() || rows < 2 || rows > 4) return {};
  result.matrix_stride = result.array_stride;
  result.array_stride = 0;
  return result;
}

/// Whether a vector of `size` bytes at `offset` improperly straddles: of at most 16 bytes, it crosses a multiple of 16;
/// larger, it does not begin at one.
constexpr bool improperly_straddles(std::uint64_t size, std::uint64_t offset) {
  return size <= 16 ? offset / 16 != (offset + size - 1) / 16 : offset % 16 != 0;
}

/// Whether the rule lets a member begin at `offset`, as far as the member itself decides.
constexpr bool allows_offset(LayoutRule rule, const TypeLayout& member, std::uint64_t offset) {
  if (!member.valid()) return false;
  if (rule != LayoutRule::Relaxed) return offset % member.alignment == 0;
  return offset % member.relaxed_alignment == 0 &&
         !(member.is_vector && improperly_straddles(member.size, offset));
}

}  // namespace layout

/// Places the members of a structure one after another.
///
///     StructLayout s(LayoutRule::Std430);
///     s.add(vec3);            // 0
///     s.add(f32);             // 12
///     s.finish().size;        // 16
///
/// Under `Scalar` the size has tail padding as in C, and arrays of the structure are strided by it. (glslang lets the
/// member after a nested structure into that padding; both are valid, since offsets are stated, not implied.)
class StructLayout {
public:
  constexpr explicit StructLayout(LayoutRule rule) : rule_(rule) {}

  /// The offset of the next member in bytes: the lowest at or after the end of what was placed that the rule permits.
  /// 0, and the structure is invalid from then on, where there is none.
  constexpr std::uint32_t add(const TypeLayout& member) {
    if (!member.valid()) {
      valid_ = false;
      return 0;
    }
    std::uint64_t offset = layout::round_up(end_, member.alignment);
    if (rule_ == LayoutRule::Relaxed) {
      offset = layout::round_up(end_, member.relaxed_alignment);
      if (member.is_vector && layout::improperly_straddles(member.size, offset))
        offset = layout::round_up(offset, 16);
    }
    return place(member, offset) ? static_cast<std::uint32_t>(offset) : 0;
  }

  /// Takes the caller's offset. False, and the structure is invalid from then on, where the rule forbids it or it
  /// overlaps the members before. (Members in descending order, which SPIR-V permits, are not supported.)
  constexpr bool place(const TypeLayout& member, std::uint64_t offset) {
    valid_ = valid_ && !is_runtime_sized_ && offset >= end_ && offset <= 0xFFFFFFFF &&
             layout::allows_offset(rule_, member, offset);
    if (!valid_) return false;
    end_ = offset + member.size;
    if (member.alignment > alignment_) alignment_ = member.alignment;
    is_runtime_sized_ = member.is_runtime_sized;
    return true;
  }

  constexpr bool valid() const { return valid_; }
  /// Bytes up to the end of the last member, without tail padding: what a buffer that is bound to the block must have.
  constexpr std::uint64_t end() const { return end_; }

  /// The structure as a member or element. Rule 9: aligned as its largest member, rounded up to 16 in std140, and padded
  /// to that alignment. An empty structure aligns as a byte.
  constexpr TypeLayout finish() const {
    if (!valid_) return {};
    TypeLayout result;
    result.alignment = static_cast<std::uint32_t>(
        rule_ == LayoutRule::Std140 ? layout::round_up(alignment_, 16) : alignment_);
    result.relaxed_alignment = result.alignment;
    result.size = layout::round_up(end_, result.alignment);
    result.is_runtime_sized = is_runtime_sized_;
    return result;
  }

private:
  std::uint64_t end_ = 0;
  std::uint32_t alignment_ = 1;
  LayoutRule rule_;
  bool valid_ = true;
  bool is_runtime_sized_ = false;
};

AIRSTRIP_SPIRV_NAMESPACE_END
