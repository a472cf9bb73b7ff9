// Types: declared once each, with layout as part of what they are.
#pragma once

#include "../config.hpp"
#include "instructions.hpp"
#include "layout.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// A member of a structure.
struct StructMember {
  TypeId type = {};
  Text name = {};                       ///< OpMemberName; empty: none
  Optional<std::uint32_t> offset = {};  ///< bytes; left out: the next one that the layout rule permits
  MatrixOrder order = MatrixOrder::ColumnMajor;  ///< for matrices and arrays of them
};

/// What a structure is for.
enum class BlockKind : std::uint8_t {
  Plain,    ///< a plain structure, or one inside a block
  Uniform,  ///< a uniform buffer or push constants: decorated Block
  Storage,  ///< a storage buffer: Block, or BufferBlock where StorageBuffer does not exist (Vulkan 1.0)
};

/// The operands of OpTypeImage (SPIR-V 3.56.6), with the usual values.
struct ImageDescription {
  TypeId sampled_type = {};  ///< a scalar, or void
  Dim dim = Dim::Dim2D;
  bool depth = false;
  bool arrayed = false;
  bool multisampled = false;
  bool storage = false;  ///< read and written (`Sampled` 2) instead of sampled (1)
  ImageFormat format = ImageFormat::Unknown;
};

/// `declare_x` gives the type that was declared with exactly the same words and layout, or declares it; `add_x` always
/// makes a new one. Explicit layout belongs to a type's identity: `lay_out` gives the twin with Offset and ArrayStride
/// for buffers, `without_layout` the twin for Workgroup, Private and Function memory (Vulkan
/// VUID-StandaloneSpirv-None-10684). Every call fails with WrongType, MissingCapability or an id error.
class TypeDeclarations : public Instructions {
public:
  using Instructions::Instructions;

  TypeId declare_void(SourceLocation at = SourceLocation::current());
  TypeId declare_bool(SourceLocation at = SourceLocation::current());
  /// `width` in bits: 8, 16, 32 or 64.
  TypeId declare_int(unsigned width, bool is_signed, SourceLocation at = SourceLocation::current());
  TypeId declare_uint32(SourceLocation at = SourceLocation::current()) { return declare_int(32, false, at); }
  TypeId declare_int32(SourceLocation at = SourceLocation::current()) { return declare_int(32, true, at); }
  /// `width` in bits: 16, 32 or 64; or with an encoding (bfloat16: 16, FPEncoding::BFloat16KHR).
  TypeId declare_float(unsigned width, Optional<FPEncoding> encoding = {},
                       SourceLocation at = SourceLocation::current());
  TypeId declare_vector(TypeId component, unsigned count, SourceLocation at = SourceLocation::current());
  TypeId declare_matrix(TypeId column, unsigned columns, SourceLocation at = SourceLocation::current());

  /// Without layout.
  TypeId declare_array(TypeId element, std::uint32_t length, SourceLocation at = SourceLocation::current());
  /// `length`: a 32-bit integer constant, which may be a specialisation constant.
  TypeId declare_array(TypeId element, ValueId length, SourceLocation at = SourceLocation::current());
  /// With layout: the elements laid out, and ArrayStride.
  TypeId declare_array(TypeId element, std::uint32_t length, LayoutRule rule,
                       SourceLocation at = SourceLocation::current());
  TypeId declare_runtime_array(TypeId element, LayoutRule rule,
                               SourceLocation at = SourceLocation::current());

  /// Without layout.
  TypeId declare_struct(Span<const TypeId> members, SourceLocation at = SourceLocation::current());
  /// With layout: members laid out, Offset, and MatrixStride with the order for matrices.
  TypeId declare_struct(Span<const StructMember> members, LayoutRule rule, BlockKind block = BlockKind::Plain,
                        SourceLocation at = SourceLocation::current());
  /// A new structure of its own, for the caller to decorate.
  TypeId add_struct(Span<const TypeId> members, SourceLocation at = SourceLocation::current());

  /// The same type with explicit layout, members and elements included. Scalars and vectors are returned as they are.
  TypeId lay_out(TypeId type, LayoutRule rule, SourceLocation at = SourceLocation::current());
  /// The same type without explicit layout.
  TypeId without_layout(TypeId type, SourceLocation at = SourceLocation::current());
  /// Size, alignment and strides in bytes under a rule; invalid where the rule has none (a boolean, an image).
  TypeLayout layout_of(TypeId type, LayoutRule rule, MatrixOrder order = MatrixOrder::ColumnMajor) const;

  TypeId declare_pointer(StorageClass storage, TypeId pointee, SourceLocation at = SourceLocation::current());
  TypeId declare_function_type(TypeId result, Span<const TypeId> parameters = {},
                               SourceLocation at = SourceLocation::current());
  TypeId declare_image(const ImageDescription& image, SourceLocation at = SourceLocation::current());
  TypeId declare_sampler(SourceLocation at = SourceLocation::current());
  TypeId declare_sampled_image(TypeId image, SourceLocation at = SourceLocation::current());
  /// SPV_KHR_cooperative_matrix. `use`: A, B or accumulator.
  TypeId declare_cooperative_matrix(TypeId component, Scope scope, std::uint32_t rows, std::uint32_t columns,
                                    CooperativeMatrixUse use, SourceLocation at = SourceLocation::current());

  /// The storage class of storage buffers: StorageBuffer, or Uniform where that does not exist (Vulkan 1.0 without
  /// VK_KHR_storage_buffer_storage_class).
  StorageClass storage_buffer_class() const;

  // --- questions about types; 0 or empty where they make no sense
  /// The component of a vector, column of a matrix, element of an array, pointee of a pointer, image of a sampled image.
  TypeId element_type(TypeId type) const;
  /// Components of a vector, columns of a matrix, length of an array whose length is a constant; 1 for a scalar.
  std::uint32_t element_count(TypeId type) const;
  /// Bits of a scalar, or of a vector's component.
  unsigned width_of(TypeId type) const;
  bool is_float(TypeId type) const;
  bool is_int(TypeId type) const;
  bool is_signed(TypeId type) const;
  bool is_bool(TypeId type) const;
  StorageClass storage_class_of(TypeId pointer) const;

private:
  TypeId declare_type(Op op, Span<const std::uint32_t> words, Span<const std::uint32_t> layout, bool& fresh,
                      SourceLocation at);

protected:
  /// The members of a structure, each with layout.
  void gather_members(TypeId structure, LayoutRule rule, Gathered<StructMember>& members, SourceLocation at);
  Buffer<StructMember> member_stack_;

private:
  TypeId declare_plain_struct(Span<const std::uint32_t> members, SourceLocation at);
  TypeId declare_laid_out_array(Op op, TypeId element, std::uint32_t length, LayoutRule rule,
                                SourceLocation at);
  TypeLayout layout_of(std::uint32_t type, LayoutRule rule, MatrixOrder order, unsigned depth) const;
  std::uint64_t constant_value(std::uint32_t constant) const;
};

AIRSTRIP_SPIRV_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/types.hpp"
#endif
