// The dynamic builder: memory, images, cooperative matrices, synchronisation.
#pragma once

#include "../dynamic_builder.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

// --- memory ----------------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE std::uint32_t DynamicBuilder::add_buffer(Access access, Type element, std::uint32_t stride,
                                                         Text name, SourceLocation at) {
  if (failed()) return 0;
  if (element.size() == 0 || stride < element.size() || stride % (element.width() / 8) != 0) {
    String message("a buffer of ");
    message << to_string(element) << " every " << stride << " bytes cannot be";
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return 0;
  }
  Resource resource;
  resource.kind = ResourceKind::Buffer;
  resource.access = access;
  resource.element = element;
  resource.stride = stride;
  resource.name = kernel_.add_text(name);
  resource.location = location(at);
  return kernel_.add_resource(resource);
}

AIRSTRIP_INLINE std::uint32_t DynamicBuilder::add_array(ResourceKind kind, Type element, std::uint32_t count,
                                                        Text name, SourceLocation at) {
  if (failed()) return 0;
  if (element.size() == 0 || count == 0 ||
      (kind != ResourceKind::Workgroup && kind != ResourceKind::Private)) {
    fail(ErrorCode::WrongType,
         "workgroup and private memory hold one or more numbers or vectors of them; keep a Boolean as an "
         "integer",
         at);
    return 0;
  }
  Resource resource;
  resource.kind = kind;
  resource.element = element;
  resource.count = count;
  resource.stride = element.size();
  resource.name = kernel_.add_text(name);
  resource.location = location(at);
  return kernel_.add_resource(resource);
}

AIRSTRIP_INLINE std::uint32_t DynamicBuilder::add_image(ResourceKind kind, Scalar component, ImageDim dim,
                                                        Access access, TexelFormat format, Text name,
                                                        SourceLocation at) {
  if (failed()) return 0;
  const bool is_image = kind == ResourceKind::StorageImage || kind == ResourceKind::SampledImage;
  if (!is_image || (component != Scalar::F32 && component != Scalar::I32 && component != Scalar::U32)) {
    fail(ErrorCode::WrongType, "the texels of an image are read as f32, i32 or u32", at);
    return 0;
  }
  Resource resource;
  resource.kind = kind;
  resource.access = kind == ResourceKind::SampledImage ? Access::ReadOnly : access;
  resource.element = Type(component, 4);
  resource.dim = dim;
  resource.format = format;
  resource.name = kernel_.add_text(name);
  resource.location = location(at);
  return kernel_.add_resource(resource);
}

AIRSTRIP_INLINE void DynamicBuilder::set_coherent(std::uint32_t resource) {
  if (!failed() && has_resource(resource)) kernel_.resource(resource).coherent = true;
}
AIRSTRIP_INLINE void DynamicBuilder::set_may_alias(std::uint32_t resource) {
  if (!failed() && has_resource(resource)) kernel_.resource(resource).may_alias = true;
}

// Fills what an operation needs to know of a place. `operands` has room for the three that may follow.
AIRSTRIP_INLINE bool DynamicBuilder::address(const Place& place, std::uint32_t alignment,
                                             MemoryAccess& access, NodeId* operands, std::size_t& count,
                                             SourceLocation at) {
  if (place.builder != this || place.resource >= kernel_.resources().size()) {
    fail(ErrorCode::ForeignId, "memory of another kernel is used here", at);
    return false;
  }
  access.resource = place.resource;
  const Resource& resource = kernel_.resource(place.resource);
  access.stride = resource.kind == ResourceKind::Buffer ? place.stride : resource.stride;
  access.offset = place.offset;
  access.alignment = place.alignment ? place.alignment : alignment;
  access.coherent = place.coherent || resource.coherent;
  access.is_volatile = place.is_volatile;
  access.early = place.early;
  const AnyValue* const parts[3] = {&place.index, &place.base, &place.range};
  bool* const flags[3] = {&access.has_index, &access.has_base, &access.has_range};
  for (int i = 0; i < 3; ++i) {
    if (parts[i]->empty()) continue;
    const NodeId id = resolve(*parts[i], at);
    if (failed()) return false;
    const Type type = kernel_.type(id);
    const bool fits = i == 0 ? !type.is_vector() && type.is_int() && type.width() >= 32 && !type.is_matrix()
                             : type == Type(Scalar::U32);
    if (!fits) {
      String message(i == 0 ? "an index is a 32- or 64-bit integer" : "base and range of a view are u32");
      message << ", not " << to_string(type);
      fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
      return false;
    }
    // A constant index goes into the offset.
    if (i == 0 && kernel_.is_constant(id)) {
      const std::uint64_t bits = kernel_.constant_bits(id);
      const bool negative = type.is_signed() && (bits >> (type.width() - 1) & 1) != 0;
      const std::uint64_t offset = bits * access.stride + access.offset;
      if (!negative && bits <= 0xFFFFFFFFu && offset <= 0x7FFFFFFFu) {
        access.offset = static_cast<std::uint32_t>(offset);
        continue;
      }
    }
    *flags[i] = true;
    operands[count++] = id;
  }
  return true;
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::load(const Place& place, Type type, SourceLocation at) {
  if (!begin(at)) return {};
  MemoryAccess access;
  NodeId operands[3];
  std::size_t count = 0;
  if (!address(place, type.width() / 8, access, operands, count, at)) return {};
  const Resource& resource = kernel_.resource(place.resource);
  if (!can_read(resource.access)) {
    String message("the buffer ");
    message << kernel_.resource_name(place.resource) << " is write-only and cannot be read";
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  const bool in_buffer = resource.kind == ResourceKind::Buffer;
  if (type.is_matrix() || type.is_void() || (in_buffer && type.is_boolean()) ||
      (!in_buffer && !(type == resource.element) && !(type == resource.element.component()))) {
    String message("the memory ");
    message << kernel_.resource_name(place.resource) << " of " << to_string(resource.element) << " holds no "
            << to_string(type);
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  const std::uint32_t index = kernel_.add_access(access);
  return AnyValue(this, append(Op::Load, type, Span<const NodeId>(operands, count), index, at));
}

AIRSTRIP_INLINE void DynamicBuilder::store(const Place& place, AnyValue value, SourceLocation at) {
  if (!begin(at)) return;
  NodeId operands[4] = {resolve(value, at)};
  if (failed()) return;
  const Type type = kernel_.type(operands[0]);
  MemoryAccess access;
  std::size_t count = 1;
  if (!address(place, type.width() / 8, access, operands, count, at)) return;
  const Resource& resource = kernel_.resource(place.resource);
  if (!can_write(resource.access)) {
    String message("the buffer ");
    message << kernel_.resource_name(place.resource) << " is read-only and cannot be written";
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return;
  }
  const bool in_buffer = resource.kind == ResourceKind::Buffer;
  if (type.is_matrix() || (in_buffer && type.is_boolean()) ||
      (!in_buffer && !(type == resource.element) && !(type == resource.element.component()))) {
    String message("the memory ");
    message << kernel_.resource_name(place.resource) << " of " << to_string(resource.element) << " takes no "
            << to_string(type);
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return;
  }
  const std::uint32_t index = kernel_.add_access(access);
  append(Op::Store, Type(), Span<const NodeId>(operands, count), index, at);
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::atomic(Op op, const Place& place, Type type,
                                                Span<const AnyValue> values, MemoryScope scope,
                                                std::uint8_t ordering, SourceLocation at) {
  if (!begin(at)) return {};
  NodeId operands[5];
  std::size_t count = 0;
  for (const AnyValue& value : values) {
    if (count == 2) break;
    operands[count++] = resolve(value, at);
    if (failed()) return {};
  }
  const std::size_t wanted = op == Op::AtomicLoad ? 0 : op == Op::AtomicCompareExchange ? 2 : 1;
  bool fits = values.size() == wanted && !type.is_vector() && !type.is_matrix() && !type.is_boolean();
  for (std::size_t i = 0; i < count; ++i) fits = fits && kernel_.type(operands[i]) == type;
  if (type.is_float())
    fits = fits && (op == Op::AtomicLoad || op == Op::AtomicStore || op == Op::AtomicExchange ||
                    op == Op::AtomicAdd || op == Op::AtomicMin || op == Op::AtomicMax);
  else
    fits = fits && type.is_int() && type.width() >= 32;
  MemoryAccess access;
  if (!address(place, type.width() / 8, access, operands, count, at)) return {};
  Resource& resource = kernel_.resource(place.resource);
  if (!fits || resource.kind == ResourceKind::Private || resource.kind == ResourceKind::Variable) {
    String message(info_of(op).name);
    message << " works on 32- or 64-bit integers (on floats: load, store, exchange, add, min, max) in "
               "buffers and "
               "workgroup memory, with operands of the same type; not on "
            << to_string(type);
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  if ((op != Op::AtomicLoad && !can_write(resource.access)) || !can_read(resource.access)) {
    String message("an atomic operation on ");
    message << kernel_.resource_name(place.resource) << " needs a buffer that is read and written";
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  resource.atomic = true;
  access.scope = scope;
  access.ordering = ordering;
  const std::uint32_t index = kernel_.add_access(access);
  const Type result = op == Op::AtomicStore ? Type() : type;
  return AnyValue(this, append(op, result, Span<const NodeId>(operands, count), index, at));
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::array_length(std::uint32_t buffer, std::uint32_t stride,
                                                      SourceLocation at) {
  if (!begin(at)) return {};
  if (!has_resource(buffer) || kernel_.resource(buffer).kind != ResourceKind::Buffer) {
    fail(ErrorCode::WrongType, "array_length wants a buffer; the size of an array is known", at);
    return {};
  }
  if (stride == 0) {
    fail(ErrorCode::InvalidOperand, "array_length counts elements of one byte at least", at);
    return {};
  }
  MemoryAccess access;
  access.resource = buffer;
  access.stride = stride;
  access.alignment = 1;
  return AnyValue(this, append(Op::ArrayLength, Type(Scalar::U32), {}, kernel_.add_access(access), at));
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::image_read(Op op, std::uint32_t image, Span<const AnyValue> values,
                                                    SourceLocation at) {
  if (!begin(at)) return {};
  NodeId operands[2] = {};
  const std::size_t wanted = op == Op::ImageLoad ? 1 : 2;
  bool fits = values.size() == wanted;
  for (std::size_t i = 0; i < values.size() && i < 2; ++i) operands[i] = resolve(values[i], at);
  if (failed()) return {};
  if (!has_resource(image)) {
    fail(ErrorCode::ForeignId, "an image of another kernel is used here", at);
    return {};
  }
  const Resource& resource = kernel_.resource(image);
  const unsigned dimensions = resource.dim == ImageDim::Dim2DArray ? 3 : 2;
  if (fits) {
    const Type coordinate = kernel_.type(operands[0]);
    fits = coordinate == Type(op == Op::ImageSample ? Scalar::F32 : Scalar::I32, dimensions);
    if (op == Op::ImageFetch) fits = fits && kernel_.type(operands[1]) == Type(Scalar::I32);
    if (op == Op::ImageSample) fits = fits && kernel_.type(operands[1]) == Type(Scalar::F32);
  }
  const ResourceKind kind = op == Op::ImageLoad ? ResourceKind::StorageImage : ResourceKind::SampledImage;
  if (!fits || resource.kind != kind || !can_read(resource.access)) {
    String message(info_of(op).name);
    message << " wants a readable " << (op == Op::ImageLoad ? "storage" : "sampled")
            << " image, a coordinate of " << dimensions << (op == Op::ImageSample ? " f32" : " i32")
            << (op == Op::ImageLoad    ? ""
                : op == Op::ImageFetch ? " and an i32 level"
                                       : " and an f32 level");
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return {};
  }
  return AnyValue(this, append(op, resource.element, Span<const NodeId>(operands, wanted), image, at));
}

AIRSTRIP_INLINE void DynamicBuilder::image_store(std::uint32_t image, AnyValue coordinate, AnyValue texel,
                                                 SourceLocation at) {
  if (!begin(at)) return;
  const NodeId operands[2] = {resolve(coordinate, at), resolve(texel, at)};
  if (failed()) return;
  if (!has_resource(image)) {
    fail(ErrorCode::ForeignId, "an image of another kernel is used here", at);
    return;
  }
  const Resource& resource = kernel_.resource(image);
  const unsigned dimensions = resource.dim == ImageDim::Dim2DArray ? 3 : 2;
  if (resource.kind != ResourceKind::StorageImage || !can_write(resource.access) ||
      !(kernel_.type(operands[0]) == Type(Scalar::I32, dimensions)) ||
      !(kernel_.type(operands[1]) == resource.element)) {
    String message("image_store wants a writable storage image, a coordinate of ");
    message << dimensions << " i32 and a texel of " << to_string(resource.element);
    fail(ErrorCode::WrongType, static_cast<String&&>(message), at);
    return;
  }
  append(Op::ImageStore, Type(), operands, image, at);
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::image_size(std::uint32_t image, AnyValue level, SourceLocation at) {
  if (!begin(at)) return {};
  const NodeId id = resolve(level, at);
  if (failed()) return {};
  if (!has_resource(image)) {
    fail(ErrorCode::ForeignId, "an image of another kernel is used here", at);
    return {};
  }
  const Resource& resource = kernel_.resource(image);
  const unsigned dimensions = resource.dim == ImageDim::Dim2DArray ? 3 : 2;
  if ((resource.kind != ResourceKind::StorageImage && resource.kind != ResourceKind::SampledImage) ||
      !(kernel_.type(id) == Type(Scalar::I32))) {
    fail(ErrorCode::WrongType, "image_size wants an image and an i32 level", at);
    return {};
  }
  return AnyValue(
      this, append(Op::ImageSize, Type(Scalar::I32, dimensions), Span<const NodeId>(&id, 1), image, at));
}

// --- cooperative matrices ----------------------------------------------------------------------------------------------

AIRSTRIP_INLINE Type DynamicBuilder::matrix_type(Scalar component, std::uint32_t rows, std::uint32_t columns,
                                                 MatrixUse use) {
  return Type::matrix(component, kernel_.add_matrix_shape({rows, columns, use}));
}

AIRSTRIP_INLINE AnyValue DynamicBuilder::matrix_load(const Place& place, Type matrix, AnyValue stride,
                                                     bool column_major, SourceLocation at) {
  if (!begin(at)) return {};
  NodeId operands[4] = {resolve(stride, at)};
  if (failed()) return {};
  MemoryAccess access;
  access.column_major = column_major;
  std::size_t count = 1;
  if (!address(place, matrix.width() / 8, access, operands, count, at)) return {};
  const Resource& resource = kernel_.resource(place.resource);
  if (!matrix.is_matrix() || !detail::is_u32(kernel_.type(operands[0])) || !can_read(resource.access) ||
      resource.kind == ResourceKind::Private) {
    fail(ErrorCode::WrongType,
         "matrix_load wants a matrix type, a u32 stride and readable buffer or workgroup memory", at);
    return {};
  }
  const std::uint32_t index = kernel_.add_access(access);
  return AnyValue(this, append(Op::MatrixLoad, matrix, Span<const NodeId>(operands, count), index, at));
}

AIRSTRIP_INLINE void DynamicBuilder::matrix_store(const Place& place, AnyValue matrix, AnyValue stride,
                                                  bool column_major, SourceLocation at) {
  if (!begin(at)) return;
  NodeId operands[5] = {resolve(matrix, at), resolve(stride, at)};
  if (failed()) return;
  const Type type = kernel_.type(operands[0]);
  MemoryAccess access;
  access.column_major = column_major;
  std::size_t count = 2;
  if (!address(place, type.width() / 8, access, operands, count, at)) return;
  const Resource& resource = kernel_.resource(place.resource);
  if (!type.is_matrix() || !detail::is_u32(kernel_.type(operands[1])) || !can_write(resource.access) ||
      resource.kind == ResourceKind::Private) {
    fail(ErrorCode::WrongType,
         "matrix_store wants a matrix, a u32 stride and writable buffer or workgroup memory", at);
    return;
  }
  append(Op::MatrixStore, Type(), Span<const NodeId>(operands, count), kernel_.add_access(access), at);
}

// --- synchronisation -----------------------------------------------------------------------------------------------------

AIRSTRIP_INLINE void DynamicBuilder::barrier(SyncScope scope, SourceLocation at) {
  if (!begin(at)) return;
  if (scope.execution != MemoryScope::Workgroup && scope.execution != MemoryScope::Subgroup) {
    fail(ErrorCode::InvalidOperand, "a barrier waits for the workgroup or the subgroup", at);
    return;
  }
  append(Op::Barrier, Type(), {}, scope.pack(), at);
}

AIRSTRIP_INLINE void DynamicBuilder::memory_barrier(SyncScope scope, SourceLocation at) {
  if (begin(at)) append(Op::MemoryBarrier, Type(), {}, scope.pack(), at);
}

AIRSTRIP_KERNEL_NAMESPACE_END
