#pragma once

#include "../types.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

AIRSTRIP_INLINE TypeId TypeDeclarations::declare_type(Op op, Span<const std::uint32_t> words,
                                                      Span<const std::uint32_t> layout, bool& fresh,
                                                      SourceLocation at) {
  return TypeId(declare(op, {}, words, layout, fresh, at));
}

// --- scalars, vectors, matrices ---------------------------------------------------------------------------------------

AIRSTRIP_INLINE TypeId TypeDeclarations::declare_void(SourceLocation at) {
  bool fresh = false;
  return declare_type(Op::OpTypeVoid, {}, {}, fresh, at);
}
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_bool(SourceLocation at) {
  bool fresh = false;
  return declare_type(Op::OpTypeBool, {}, {}, fresh, at);
}
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_int(unsigned width, bool is_signed, SourceLocation at) {
  bool fresh = false;
  const std::uint32_t words[] = {width, is_signed ? 1u : 0u};
  return declare_type(Op::OpTypeInt, words, {}, fresh, at);
}
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_float(unsigned width, Optional<FPEncoding> encoding,
                                                       SourceLocation at) {
  bool fresh = false;
  const std::uint32_t words[] = {width, static_cast<std::uint32_t>(encoding.value())};
  return declare_type(Op::OpTypeFloat, Span<const std::uint32_t>(words, encoding.present() ? 2 : 1), {},
                      fresh, at);
}
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_vector(TypeId component, unsigned count, SourceLocation at) {
  if (!owns(component, "OpTypeVector", at)) return {};
  const std::uint32_t shape = info(component.number()).shape;
  if (shape == 0 || element_count(component) != 1 || (shape & (shape_matrix | shape_cooperative))) {
    fail(ErrorCode::WrongType, "the components of a vector must be scalars", at, "OpTypeVector",
         type_name(component));
    return {};
  }
  if (count != 2 && count != 3 && count != 4 && count != 8 && count != 16) {
    fail(ErrorCode::InvalidOperand, "a vector has 2, 3, 4, 8 or 16 components", at, "OpTypeVector");
    return {};
  }
  bool fresh = false;
  const std::uint32_t words[] = {component.number(), count};
  return declare_type(Op::OpTypeVector, words, {}, fresh, at);
}
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_matrix(TypeId column, unsigned columns, SourceLocation at) {
  if (!owns(column, "OpTypeMatrix", at)) return {};
  if (opcode_of(column) != Op::OpTypeVector || !is_float(column) || columns < 2 || columns > 4) {
    fail(ErrorCode::WrongType, "a matrix has 2 to 4 columns, which are floating-point vectors", at,
         "OpTypeMatrix", type_name(column));
    return {};
  }
  bool fresh = false;
  const std::uint32_t words[] = {column.number(), columns};
  return declare_type(Op::OpTypeMatrix, words, {}, fresh, at);
}

// --- arrays and structures ----------------------------------------------------------------------------------------------

AIRSTRIP_INLINE TypeId TypeDeclarations::declare_array(TypeId element, std::uint32_t length,
                                                       SourceLocation at) {
  if (!owns(element, "OpTypeArray", at)) return {};
  if (length == 0) {
    fail(ErrorCode::InvalidOperand, "an array has at least one element", at, "OpTypeArray");
    return {};
  }
  bool fresh = false;
  const std::uint32_t words[] = {element.number(), constant_word(length, at)};
  return declare_type(Op::OpTypeArray, words, {}, fresh, at);
}
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_array(TypeId element, ValueId length, SourceLocation at) {
  if (!owns(element, "OpTypeArray", at) || !owns(length, "OpTypeArray", at)) return {};
  if (!(info(length.number()).flags & global) || !is_int(type_of(length))) {
    fail(ErrorCode::WrongType, "the length of an array must be an integer constant", at, "OpTypeArray",
         describe(length.number()));
    return {};
  }
  bool fresh = false;
  const std::uint32_t words[] = {element.number(), length.number()};
  return declare_type(Op::OpTypeArray, words, {}, fresh, at);
}
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_laid_out_array(Op op, TypeId element, std::uint32_t length,
                                                                LayoutRule rule, SourceLocation at) {
  const TypeId inner = lay_out(element, rule, at);
  if (!inner) return {};
  const TypeLayout strided = layout::runtime_array(rule, layout_of(inner, rule));
  if (!strided.valid()) {
    fail(ErrorCode::WrongType, "the element has no layout in a buffer (a boolean, an image, or unsized)", at,
         op == Op::OpTypeArray ? "OpTypeArray" : "OpTypeRuntimeArray", type_name(element));
    return {};
  }
  bool fresh = false;
  const std::uint32_t words[] = {inner.number(), length};
  const std::uint32_t layout[] = {static_cast<std::uint32_t>(Decoration::ArrayStride), strided.array_stride};
  const TypeId type = declare_type(op, Span<const std::uint32_t>(words, length ? 2 : 1), layout, fresh, at);
  if (fresh) OpDecorate(type, operand::Decoration::ArrayStride(strided.array_stride), at);
  return type;
}
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_array(TypeId element, std::uint32_t length, LayoutRule rule,
                                                       SourceLocation at) {
  if (!owns(element, "OpTypeArray", at)) return {};
  if (length == 0) {
    fail(ErrorCode::InvalidOperand, "an array has at least one element", at, "OpTypeArray");
    return {};
  }
  return declare_laid_out_array(Op::OpTypeArray, element, constant_word(length, at), rule, at);
}
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_runtime_array(TypeId element, LayoutRule rule,
                                                               SourceLocation at) {
  if (!owns(element, "OpTypeRuntimeArray", at)) return {};
  return declare_laid_out_array(Op::OpTypeRuntimeArray, element, 0, rule, at);
}

AIRSTRIP_INLINE TypeId TypeDeclarations::declare_plain_struct(Span<const std::uint32_t> members,
                                                              SourceLocation at) {
  bool fresh = false;
  return declare_type(Op::OpTypeStruct, members, {}, fresh, at);
}
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_struct(Span<const TypeId> members, SourceLocation at) {
  Gathered<std::uint32_t> words(word_stack_);
  for (const TypeId member : members) {
    if (!owns(member, "OpTypeStruct", at)) return {};
    words.push_back(member.number());
  }
  return declare_plain_struct(words.span(), at);
}
AIRSTRIP_INLINE TypeId TypeDeclarations::add_struct(Span<const TypeId> members, SourceLocation at) {
  return OpTypeStruct(members, at);
}

AIRSTRIP_INLINE TypeId TypeDeclarations::declare_struct(Span<const StructMember> members, LayoutRule rule,
                                                        BlockKind block_kind, SourceLocation at) {
  // The identity: members, then for each its offset, matrix stride and order, then the kind of block.
  Gathered<std::uint32_t> words(word_stack_), layout(layout_stack_);
  StructLayout place(rule);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const StructMember& member = members[i];
    if (!owns(member.type, "OpTypeStruct", at)) return {};
    const TypeId inner = lay_out(member.type, rule, at);
    if (!inner) return {};
    const TypeLayout shape = layout_of(inner, rule, member.order);
    std::uint32_t offset = member.offset.value();
    if (member.offset.present())
      place.place(shape, offset);
    else
      offset = place.add(shape);
    if (!place.valid()) {
      String message("member ");
      message << std::uint64_t{i}
              << (shape.valid()
                      ? " cannot stand at that offset, or follows an unsized array"
                      : " has no layout in a buffer (a boolean, an image, or a type of an extension)");
      fail(ErrorCode::WrongType, static_cast<String&&>(message), at, "OpTypeStruct", type_name(member.type));
      return {};
    }
    words.push_back(inner.number());
    layout.push_back(offset);
    layout.push_back(shape.matrix_stride);
    layout.push_back(static_cast<std::uint32_t>(member.order));
  }
  const bool buffer_block_kind =
      block_kind == BlockKind::Storage && storage_buffer_class() == StorageClass::Uniform;
  layout.push_back(block_kind == BlockKind::Plain ? 0 : buffer_block_kind ? 2 : 1);
  if (words.out_of_memory() || layout.out_of_memory()) {
    fail(ErrorCode::OutOfMemory, "out of memory", at, "OpTypeStruct");
    return {};
  }
  bool fresh = false;
  const TypeId type = declare_type(Op::OpTypeStruct, words.span(), layout.span(), fresh, at);
  if (!fresh) return type;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto index = static_cast<std::uint32_t>(i);
    if (!members[i].name.empty()) OpMemberName(type, index, members[i].name, at);
    OpMemberDecorate(type, index, operand::Decoration::Offset(layout[3 * i]), at);
    if (layout[3 * i + 1] == 0) continue;
    const bool columns = members[i].order == MatrixOrder::ColumnMajor;
    OpMemberDecorate(type, index, columns ? Decoration::ColMajor : Decoration::RowMajor, at);
    OpMemberDecorate(type, index, operand::Decoration::MatrixStride(layout[3 * i + 1]), at);
  }
  if (block_kind != BlockKind::Plain)
    OpDecorate(type, buffer_block_kind ? Decoration::BufferBlock : Decoration::Block, at);
  return type;
}

// --- twins with and without layout ----------------------------------------------------------------------------------------

AIRSTRIP_INLINE TypeId TypeDeclarations::lay_out(TypeId type, LayoutRule rule, SourceLocation at) {
  if (!owns(type, "lay_out", at)) return {};
  const Op op = opcode_of(type);
  if ((op != Op::OpTypeArray && op != Op::OpTypeRuntimeArray && op != Op::OpTypeStruct) ||
      has_explicit_layout(type.number()))
    return type;
  const BoundedWords words = declaration(type.number());
  if (op != Op::OpTypeStruct)
    return declare_laid_out_array(op, TypeId(make(words[2])), op == Op::OpTypeArray ? words[3] : 0, rule, at);
  Gathered<StructMember> members(member_stack_);
  gather_members(type, rule, members, at);
  return failed() ? TypeId() : declare_struct(members.span(), rule, BlockKind::Plain, at);
}

AIRSTRIP_INLINE void TypeDeclarations::gather_members(TypeId structure, LayoutRule rule,
                                                      Gathered<StructMember>& members, SourceLocation at) {
  // Laid out here, one by one, so that nothing moves the list afterwards; the words move with each declaration.
  const std::size_t end = declaration(structure.number()).size();
  for (std::size_t i = 2; i < end && !failed(); ++i) {
    StructMember member;
    member.type = lay_out(TypeId(make(declaration(structure.number())[i])), rule, at);
    members.push_back(member);
  }
  if (members.out_of_memory()) fail(ErrorCode::OutOfMemory, "out of memory", at, "OpTypeStruct");
}

AIRSTRIP_INLINE TypeId TypeDeclarations::without_layout(TypeId type, SourceLocation at) {
  if (!owns(type, "without_layout", at)) return {};
  if (!has_explicit_layout(type.number())) return type;
  const BoundedWords words = declaration(type.number());
  const Op op = opcode_of(type);
  if (op == Op::OpTypeStruct) {
    Gathered<std::uint32_t> ids(word_stack_);
    const std::size_t end = words.size();
    for (std::size_t i = 2; i < end && !failed(); ++i)
      ids.push_back(without_layout(TypeId(make(declaration(type.number())[i])), at).number());
    if (ids.out_of_memory()) fail(ErrorCode::OutOfMemory, "out of memory", at, "OpTypeStruct");
    return failed() ? TypeId() : declare_plain_struct(ids.span(), at);
  }
  if (op != Op::OpTypeArray) {
    fail(ErrorCode::WrongType, "a runtime array exists in buffers only", at, "without_layout",
         type_name(type));
    return {};
  }
  const std::uint32_t length = words[3];
  const std::uint32_t plain[] = {without_layout(TypeId(make(words[2])), at).number(), length};
  bool fresh = false;
  return failed() ? TypeId() : declare_type(Op::OpTypeArray, plain, {}, fresh, at);
}

AIRSTRIP_INLINE std::uint64_t TypeDeclarations::constant_value(std::uint32_t constant) const {
  // A specialisation constant counts with its default: offsets are fixed when the module is made.
  const BoundedWords words = declaration(constant);
  const Op op = info(constant).op;
  if ((op != Op::OpConstant && op != Op::OpSpecConstant) || words.size() < 4) return 0;
  return words[3] | (words.size() > 4 ? std::uint64_t{words[4]} << 32 : 0);
}

AIRSTRIP_INLINE TypeLayout TypeDeclarations::layout_of(TypeId type, LayoutRule rule,
                                                       MatrixOrder order) const {
  return kind(type) == IdKind::Type ? layout_of(type.number(), rule, order, 0) : TypeLayout{};
}

AIRSTRIP_INLINE TypeLayout TypeDeclarations::layout_of(std::uint32_t type, LayoutRule rule, MatrixOrder order,
                                                       unsigned depth) const {
  const IdInfo& known = info(type);
  const BoundedWords words = declaration(type);
  if (depth > 64) return {};
  switch (known.op) {
    case Op::OpTypeInt:
    case Op::OpTypeFloat: return layout::scalar(words[2]);
    case Op::OpTypeVector: return layout::vector(rule, layout_of(words[2], rule, order, depth + 1), words[3]);
    case Op::OpTypeMatrix: {
      const BoundedWords column = declaration(words[2]);
      return layout::matrix(rule, layout_of(column[2], rule, order, depth + 1), words[3], column[3], order);
    }
    case Op::OpTypePointer:
      return static_cast<StorageClass>(words[2]) == StorageClass::PhysicalStorageBuffer ? layout::pointer()
                                                                                        : TypeLayout{};
    case Op::OpTypeArray:
      return layout::array(rule, layout_of(words[2], rule, order, depth + 1), constant_value(words[3]));
    case Op::OpTypeRuntimeArray:
      return layout::runtime_array(rule, layout_of(words[2], rule, order, depth + 1));
    case Op::OpTypeStruct: {
      StructLayout place(rule);
      for (std::size_t i = 2; i < words.size(); ++i) place.add(layout_of(words[i], rule, order, depth + 1));
      return place.finish();
    }
    default: return {};
  }
}

// --- the rest -------------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE TypeId TypeDeclarations::declare_pointer(StorageClass storage, TypeId pointee,
                                                         SourceLocation at) {
  // Past what OpTypePointer checks of any operand: this is asked for once for every access chain.
  if (!owns(pointee, "OpTypePointer", at)) return {};
  if (!(info(pointee.number()).flags & defined)) return OpTypePointer(storage, pointee, at);
  bool fresh = false;
  const std::uint32_t words[] = {static_cast<std::uint32_t>(storage), pointee.number()};
  return declare_type(Op::OpTypePointer, words, {}, fresh, at);
}
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_function_type(TypeId result, Span<const TypeId> parameters,
                                                               SourceLocation at) {
  return OpTypeFunction(result, parameters, at);
}
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_image(const ImageDescription& image, SourceLocation at) {
  return OpTypeImage(image.sampled_type, image.dim, image.depth ? 1 : 0, image.arrayed ? 1 : 0,
                     image.multisampled ? 1 : 0, image.storage ? 2 : 1, image.format, {}, at);
}
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_sampler(SourceLocation at) { return OpTypeSampler(at); }
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_sampled_image(TypeId image, SourceLocation at) {
  return OpTypeSampledImage(image, at);
}
AIRSTRIP_INLINE TypeId TypeDeclarations::declare_cooperative_matrix(TypeId component, Scope scope,
                                                                    std::uint32_t rows, std::uint32_t columns,
                                                                    CooperativeMatrixUse use,
                                                                    SourceLocation at) {
  if (failed()) return {};
  const ValueId m(make(constant_word(rows, at))), n(make(constant_word(columns, at)));
  const ValueId u(make(constant_word(static_cast<std::uint32_t>(use), at)));
  return OpTypeCooperativeMatrixKHR(component, scope, m, n, u, at);
}

AIRSTRIP_INLINE StorageClass TypeDeclarations::storage_buffer_class() const {
  return version() >= make_version(1, 3) ||
                 target().permits(Extension::SPV_KHR_storage_buffer_storage_class) ||
                 target().permits(Extension::SPV_KHR_variable_pointers)
             ? StorageClass::StorageBuffer
             : StorageClass::Uniform;
}

AIRSTRIP_INLINE TypeId TypeDeclarations::element_type(TypeId type) const {
  const BoundedWords words = declaration(type.number());
  switch (opcode_of(type)) {
    case Op::OpTypeVector:
    case Op::OpTypeMatrix:
    case Op::OpTypeArray:
    case Op::OpTypeRuntimeArray:
    case Op::OpTypeSampledImage:
    case Op::OpTypeCooperativeMatrixKHR: return TypeId(make(words[2]));
    case Op::OpTypePointer: return TypeId(make(words[3]));
    default: return {};
  }
}
AIRSTRIP_INLINE std::uint32_t TypeDeclarations::element_count(TypeId type) const {
  const BoundedWords words = declaration(type.number());
  switch (opcode_of(type)) {
    case Op::OpTypeBool:
    case Op::OpTypeInt:
    case Op::OpTypeFloat: return 1;
    case Op::OpTypeVector:
    case Op::OpTypeMatrix: return words[3];
    case Op::OpTypeArray: return static_cast<std::uint32_t>(constant_value(words[3]));
    default: return 0;
  }
}
AIRSTRIP_INLINE unsigned TypeDeclarations::width_of(TypeId type) const {
  return kind(type) == IdKind::Type ? (info(type.number()).shape & shape_width) >> shape_width_shift : 0;
}
AIRSTRIP_INLINE bool TypeDeclarations::is_float(TypeId type) const {
  return kind(type) == IdKind::Type && (info(type.number()).shape & shape_class) == shape_float;
}
AIRSTRIP_INLINE bool TypeDeclarations::is_int(TypeId type) const {
  return kind(type) == IdKind::Type && (info(type.number()).shape & shape_class) == shape_int;
}
AIRSTRIP_INLINE bool TypeDeclarations::is_signed(TypeId type) const {
  return is_int(type) && (info(type.number()).shape & shape_signed) != 0;
}
AIRSTRIP_INLINE bool TypeDeclarations::is_bool(TypeId type) const {
  return kind(type) == IdKind::Type && (info(type.number()).shape & shape_class) == shape_bool;
}
AIRSTRIP_INLINE StorageClass TypeDeclarations::storage_class_of(TypeId pointer) const {
  const BoundedWords words = declaration(pointer.number());
  return opcode_of(pointer) == Op::OpTypePointer && words.size() > 2 ? static_cast<StorageClass>(words[2])
                                                                     : static_cast<StorageClass>(~0u);
}

AIRSTRIP_SPIRV_NAMESPACE_END
