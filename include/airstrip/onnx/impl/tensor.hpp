#pragma once

#include "../tensor.hpp"
#include "elements.hpp"
#include "schema.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

AIRSTRIP_INLINE Result<std::uint64_t> element_count(Span<const std::int64_t> dims) {
  constexpr std::uint64_t limit = std::uint64_t{1} << 63;
  std::uint64_t count = 1;
  bool is_too_large = false, is_empty = false;
  Diagnostic error;
  error.code = ErrorCode::InvalidShape;
  for (const std::int64_t dim : dims) {
    if (dim < 0) {
      error.message << "a dimension is -" << (std::uint64_t{0} - static_cast<std::uint64_t>(dim))
                    << ", and must not be negative";
      return error;
    }
    const std::uint64_t size = static_cast<std::uint64_t>(dim);
    is_empty = is_empty || size == 0;
    if (size != 0 && count > (limit - 1) / size)
      is_too_large = true;
    else if (size != 0)
      count *= size;
  }
  if (is_empty) return std::uint64_t{0};
  if (!is_too_large) return count;
  error.message << "the product of the dimensions is 2^63 or more";
  return error;
}

AIRSTRIP_INLINE Result<std::size_t> byte_count(DataType type, std::uint64_t elements) {
  const std::uint64_t bits = bits_of(type);
  Diagnostic error;
  if (bits == 0) {
    error.code = ErrorCode::MalformedFile;
    error.message << "elements of the type " << to_string(type) << " have no width";
    return error;
  }
  // Whole bytes and the bits beyond them, so that nothing overflows. What is packed is counted as bytes: elements are to be
  // countable, too.
  const std::uint64_t groups = elements / 8, rest = elements % 8;
  if (groups > (static_cast<std::size_t>(-1) / 2 - 128) / (bits < 8 ? 8 : bits)) {
    error.code = ErrorCode::InvalidShape;
    error.message << elements << " elements of the type " << to_string(type) << " exceed the address space";
    return error;
  }
  const std::size_t bytes = groups * bits + (rest * bits + 7) / 8;
  return bytes;
}

AIRSTRIP_INLINE Result<ExternalRegion> external_region(const Tensor& tensor) {
  ExternalRegion region;
  bool has_location = false;
  for (const StringEntry& entry : tensor.external_data) {
    if (entry.key == "location") {
      region.location = entry.value;
      has_location = !entry.value.empty();
      continue;
    }
    const bool is_offset = entry.key == "offset", is_length = entry.key == "length";
    if (!is_offset && !is_length) continue;
    std::uint64_t number = 0;
    bool is_number = !entry.value.empty();
    for (const char c : entry.value) {
      const std::uint64_t digit = static_cast<std::uint64_t>(c - '0');
      if (c < '0' || c > '9' || number > (~std::uint64_t{0} - digit) / 10) {
        is_number = false;
        break;
      }
      number = 10 * number + digit;
    }
    if (!is_number) {
      String problem;
      problem << "has external data whose " << entry.key << " is \"" << entry.value
              << "\", and has to be decimal digits below 2^64";
      return detail::tensor_error(tensor, ErrorCode::MalformedFile, problem);
    }
    (is_offset ? region.offset : region.length) = number;
    region.has_length = region.has_length || is_length;
  }
  if (has_location) return region;
  return detail::tensor_error(tensor, ErrorCode::MalformedFile,
                              "has external data without a location; the key names the file");
}

AIRSTRIP_INLINE Result<TensorData> read_elements(const Tensor& tensor, ExternalSource source) {
  const DataType type = tensor.data_type;
  if (!is_known(type)) {
    String problem;
    problem << "has the data type " << static_cast<std::uint32_t>(type)
            << ", which onnx.proto does not have; the file is damaged, or newer than this reader";
    return detail::tensor_error(tensor, ErrorCode::MalformedFile, problem);
  }
  if (tensor.has_segment)
    return detail::tensor_error(tensor, ErrorCode::MalformedFile,
                                "is a segment of another, which is not supported; store it as a whole");
  const Result<std::uint64_t> count = element_count(tensor.dims);
  if (!count)
    return detail::tensor_error(tensor, count.error().code,
                                String("has a wrong shape: ") << count.error().message);
  // A string is a byte of the file at least.
  Result<std::size_t> size = byte_count(type == DataType::String ? DataType::Uint8 : type, *count);
  if (!size)
    return detail::tensor_error(tensor, size.error().code, String("is too large: ") << size.error().message);

  if (type == DataType::String) *size = 0;

  TensorData data;
  data.type_ = type;
  data.size_ = *count;
  const bool is_external = tensor.data_location == Tensor::Location::External;
  // An empty raw_data beside values means nothing.
  const bool is_raw =
      !is_external && tensor.has_raw_data && (tensor.data_field == 0 || !tensor.raw_data.empty());
  if (type == DataType::String && (is_external || is_raw))
    return detail::tensor_error(tensor, ErrorCode::MalformedFile,
                                "has strings that are raw or external; they belong in string_data");
  if ((is_external || is_raw) && tensor.data_field != 0) {
    String problem;
    problem << "has values in " << schema::tensor.name_of(tensor.data_field) << " beside those that are "
            << (is_external ? "external" : "in raw_data") << "; one place has to have them all";
    return detail::tensor_error(tensor, ErrorCode::MalformedFile, problem);
  }

  if (!is_external && !is_raw) {
    Result<void> done = detail::read_typed(tensor, *size, data.size_, data.owned_, data.strings_);
    if (!done) return static_cast<Result<void>&&>(done).error();
    data.bytes_ = Span<const std::byte>(data.owned_.data(), data.owned_.size());
    return data;
  }
  if (is_raw) {
    data.bytes_ = tensor.raw_data;
  } else if (*size != 0) {
    Result<ExternalRegion> region = external_region(tensor);
    if (!region) return static_cast<Result<ExternalRegion>&&>(region).error();
    if (!source.read)
      return detail::tensor_error(tensor, ErrorCode::FileFailed,
                                  "is in another file, and no source of external data was given");
    if (!region->has_length) region->length = *size;
    if (region->length == *size) {
      region->has_length = true;
      Result<Span<const std::byte>> bytes = source.read(source.context, *region, data.owned_);
      if (!bytes)
        return detail::tensor_error(tensor, bytes.error().code,
                                    String("cannot be read: ") << bytes.error().message);
      data.bytes_ = *bytes;
    } else {
      String problem;
      problem << "takes " << std::uint64_t{*size} << " bytes, and its external data states "
              << region->length;
      return detail::tensor_error(tensor, ErrorCode::MalformedFile, problem);
    }
  }
  if (data.bytes_.size() != *size) {
    String problem;
    problem << "takes " << std::uint64_t{*size} << " bytes, and its "
            << (is_raw ? "raw_data has " : "external data gave ") << std::uint64_t{data.bytes_.size()};
    return detail::tensor_error(tensor, ErrorCode::MalformedFile, problem);
  }
  if (detail::host_is_big_endian && !detail::turn_around(data.bytes_, type, data.owned_))
    return detail::tensor_error(tensor, ErrorCode::OutOfMemory, "finds no memory for its elements");
  return data;
}

AIRSTRIP_INLINE std::int64_t TensorData::integer(std::size_t index) const {
  if (index >= size_) return 0;
  switch (type_) {
    case DataType::Boolean: return get<std::uint8_t>(index) != 0;
    case DataType::Uint8: return get<std::uint8_t>(index);
    case DataType::Int8: return get<std::int8_t>(index);
    case DataType::Uint16: return get<std::uint16_t>(index);
    case DataType::Int16: return get<std::int16_t>(index);
    case DataType::Uint32: return get<std::uint32_t>(index);
    case DataType::Int32: return get<std::int32_t>(index);
    case DataType::Uint64:
    case DataType::Int64: return get<std::int64_t>(index);
    case DataType::Uint4:
    case DataType::Int4:
    case DataType::Uint2:
    case DataType::Int2: break;
    default: return 0;
  }
  const unsigned width = bits_of(type_), per_byte = 8 / width;
  const unsigned shift = static_cast<unsigned>(index % per_byte) * width;
  const int bits = get<std::uint8_t>(index / per_byte) >> shift & ((1 << width) - 1);
  const bool is_signed = type_ == DataType::Int4 || type_ == DataType::Int2;
  return is_signed && bits >> (width - 1) ? bits - (1 << width) : bits;
}

AIRSTRIP_INLINE double TensorData::number(std::size_t index) const {
  if (index >= size_) return 0;
  switch (type_) {
    case DataType::Float: return static_cast<double>(get<float>(index));
    case DataType::Double: return get<double>(index);
    case DataType::Float16: return detail::from_float16(get<std::uint16_t>(index));
    case DataType::Bfloat16: {
      const std::uint32_t bits = std::uint32_t{get<std::uint16_t>(index)} << 16;
      float value;
      std::memcpy(&value, &bits, sizeof value);
      return static_cast<double>(value);
    }
    case DataType::Uint64: return static_cast<double>(get<std::uint64_t>(index));
    default: return static_cast<double>(integer(index));
  }
}

AIRSTRIP_ONNX_NAMESPACE_END
