// What an operator's importer asks of its node: attributes, and inputs whose elements are known.
#pragma once

#include "importer.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

// Elements that are computed to determine a shape, at most: the interpreter takes about a microsecond for each.
inline constexpr std::uint64_t max_folded = 1u << 16;

AIRSTRIP_INLINE const Attribute* NodeImporter::attribute(Text name) {
  const Attribute* found = nullptr;
  for (std::size_t i = 0; i < node_.attributes.size(); ++i) {
    if (!(node_.attributes[i].name == name)) continue;
    if (i < 64) read_ |= std::uint64_t{1} << i;
    found = importer_.resolve(node_.attributes[i]);
  }
  return found;
}

AIRSTRIP_INLINE const Attribute* NodeImporter::attribute(Text name, AttributeType type) {
  const Attribute* const found = attribute(name);
  if (!found || found->type == type) return found;
  unsupported(String("its attribute ") << name << " is of the type " << Text(to_string(found->type))
                                       << ", and has to be of " << Text(to_string(type)));
  return nullptr;
}

AIRSTRIP_INLINE const Tensor* NodeImporter::tensor_attribute(Text name) {
  const Attribute* const found = attribute(name, AttributeType::Tensor);
  if (!found) return nullptr;
  if (!found->tensors.empty()) return &found->tensors[0];
  unsupported(String("its attribute ") << name << " has no tensor");
  return nullptr;
}

AIRSTRIP_INLINE void NodeImporter::refuse_unread_attributes() {
  String names;
  for (std::size_t i = 0; i < node_.attributes.size(); ++i) {
    if (i < 64 && (read_ >> i & 1)) continue;
    if (!importer_.resolve(node_.attributes[i])) continue;  // the call has none: the default
    if (!names.empty()) names << ", ";
    names << node_.attributes[i].name;
  }
  if (!names.empty()) unsupported(String("its attribute ") << names << " is not supported");
}

AIRSTRIP_INLINE void NodeImporter::unsupported(String reason) {
  if (given_up_) return;  // one reason is enough
  given_up_ = true;
  importer_.add_issue(name(), node_, static_cast<String&&>(reason));
}

AIRSTRIP_INLINE bool NodeImporter::constant(ValueId id, Text what, Bytes& bytes) {
  String reason(what);
  if (!is_tensor(id)) {
    unsupported(reason << " determines a shape or how the kernel is made, and is no tensor");
    return false;
  }
  Result<Bytes> found = graph::constant_bytes(g, id, max_folded);
  if (found) {
    bytes = static_cast<Bytes&&>(*found);
    return true;
  }
  reason << " determines a shape or how the kernel is made, and " << found.error().message;
  // The model's inputs behind it, which the caller can bind. What is computed of others has a larger number than they.
  Buffer<bool> needed;
  const std::size_t last = static_cast<std::size_t>(id);
  if (needed.resize(last + 1, false)) needed[last] = true;
  for (std::size_t k = needed.size(); k-- > 0;) {
    if (!needed[k]) continue;
    const graph::Value& value = g.value(static_cast<ValueId>(k));
    if (value.is_input) importer_.add_input_to_bind(Text(value.name));
    if (value.producer == graph::NodeId::Absent || value.is_constant) continue;
    for (const ValueId before : g.node(value.producer).inputs)
      if (before != ValueId::Absent) needed[static_cast<std::size_t>(before)] = true;
  }
  unsupported(static_cast<String&&>(reason));
  return false;
}

AIRSTRIP_INLINE bool NodeImporter::constant(std::size_t i, Bytes& bytes) {
  String what("its input ");
  what << (i < node_.inputs.size() ? node_.inputs[i] : Text());
  return constant(input(i), Text(what), bytes);
}

AIRSTRIP_INLINE bool NodeImporter::known_integers_of(ValueId value, Text what, Buffer<std::int64_t>& values) {
  if (is_tensor(value) && g.known_integers(value, values)) return true;
  Bytes bytes;
  if (!constant(value, what, bytes)) return false;
  if (g.known_integers(value, values)) return true;
  unsupported(String(what) << " has to be of integers, and is not");
  return false;
}

AIRSTRIP_INLINE bool NodeImporter::known_integers(std::size_t i, Buffer<std::int64_t>& values) {
  String what("its input ");
  what << (i < node_.inputs.size() ? node_.inputs[i] : Text());
  return known_integers_of(input(i), Text(what), values);
}

AIRSTRIP_INLINE bool NodeImporter::known_elements(std::size_t i, Buffer<graph::SizeId>& values) {
  Bytes bytes;
  values.clear();
  if (!is_tensor(input(i)) || !g.value(input(i)).is_known) {
    if (!constant(i, bytes)) return false;
    if (!g.value(input(i)).is_known) {
      unsupported("an input that has to be of a few integers is not");
      return false;
    }
  }
  for (const graph::SizeId size : g.value(input(i)).elements) values.push_back(size);
  return !values.out_of_memory();
}

AIRSTRIP_INLINE bool NodeImporter::known_list(std::size_t i, tensor::Integers& values) {
  Buffer<std::int64_t> all;
  if (!known_integers(i, all)) return false;
  for (const std::int64_t v : all) values.push_back(v);
  return true;
}

AIRSTRIP_INLINE bool NodeImporter::known_sizes(std::size_t i, Shape& sizes) {
  Buffer<graph::SizeId> all;
  if (!known_elements(i, all)) return false;
  sizes = Shape();
  for (const graph::SizeId size : all) sizes.push_back(g.dimension(size));
  if (sizes.rank() <= Shape::max_rank) return true;
  unsupported("an input has more than eight sizes");
  return false;
}

AIRSTRIP_INLINE bool NodeImporter::known_numbers(std::size_t i, Buffer<double>& values) {
  Bytes bytes;
  values.clear();
  if (!constant(i, bytes)) return false;
  const Scalar scalar = type(i).scalar;
  const std::size_t width = tensor::element_bytes(scalar);
  for (std::size_t k = 0; k < bytes.size() / width; ++k) {
    std::uint64_t raw = 0;
    std::memcpy(&raw, bytes.data() + k * width, width);
    double value = 0;
    if (graph::detail::is_integer(scalar)) {
      value = static_cast<double>(graph::detail::integer_at(scalar, bytes.data(), k));
    } else if (scalar == Scalar::F64) {
      std::memcpy(&value, &raw, 8);
    } else if (scalar == Scalar::F32) {
      float narrow;
      std::memcpy(&narrow, &raw, 4);
      value = static_cast<double>(narrow);
    } else if (scalar == Scalar::F16) {
      value = kernel::f16_to_double(raw);
    } else {
      value = kernel::bf16_to_double(raw);
    }
    values.push_back(value);
  }
  return !values.out_of_memory();
}

AIRSTRIP_INLINE bool NodeImporter::known_number(std::size_t i, double& value) {
  Buffer<double> values;
  if (!known_numbers(i, values)) return false;
  if (values.size() != 1) {
    unsupported("an input that has to be one number is not");
    return false;
  }
  value = values[0];
  return true;
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
