// Enumerants of the reflection as text.
#pragma once

#include "../reflection.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection {

AIRSTRIP_INLINE const char* to_string(DescriptorKind kind) {
  switch (kind) {
    case DescriptorKind::Sampler: return "Sampler";
    case DescriptorKind::CombinedImageSampler: return "CombinedImageSampler";
    case DescriptorKind::SampledImage: return "SampledImage";
    case DescriptorKind::StorageImage: return "StorageImage";
    case DescriptorKind::UniformTexelBuffer: return "UniformTexelBuffer";
    case DescriptorKind::StorageTexelBuffer: return "StorageTexelBuffer";
    case DescriptorKind::UniformBuffer: return "UniformBuffer";
    case DescriptorKind::StorageBuffer: return "StorageBuffer";
    case DescriptorKind::InputAttachment: return "InputAttachment";
    case DescriptorKind::AccelerationStructure: return "AccelerationStructure";
    case DescriptorKind::Tensor: return "Tensor";
    case DescriptorKind::Unknown: break;
  }
  return "Unknown";
}

AIRSTRIP_INLINE const char* to_string(TypeKind kind) {
  switch (kind) {
    case TypeKind::Void: return "Void";
    case TypeKind::Boolean: return "Boolean";
    case TypeKind::Int: return "Int";
    case TypeKind::Float: return "Float";
    case TypeKind::Vector: return "Vector";
    case TypeKind::Matrix: return "Matrix";
    case TypeKind::Array: return "Array";
    case TypeKind::RuntimeArray: return "RuntimeArray";
    case TypeKind::Struct: return "Struct";
    case TypeKind::Pointer: return "Pointer";
    case TypeKind::Image: return "Image";
    case TypeKind::Sampler: return "Sampler";
    case TypeKind::SampledImage: return "SampledImage";
    case TypeKind::AccelerationStructure: return "AccelerationStructure";
    case TypeKind::CooperativeMatrix: return "CooperativeMatrix";
    case TypeKind::Tensor: return "Tensor";
    case TypeKind::Graph: return "Graph";
    case TypeKind::Function: return "Function";
    case TypeKind::Opaque: break;
  }
  return "Opaque";
}

}  // namespace reflection

AIRSTRIP_NAMESPACE_END
