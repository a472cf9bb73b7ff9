// Takes the internal macros of config.hpp away, and the one that families share (tensor/impl/movement_functions.hpp). An
// umbrella header includes it last. No `#pragma once`: each umbrella leaves the preprocessor clean.
#undef AIRSTRIP_INLINE
#undef AIRSTRIP_MODE_NAMESPACE
#undef AIRSTRIP_NAMESPACE_BEGIN
#undef AIRSTRIP_NAMESPACE_END
#undef AIRSTRIP_SPIRV_NAMESPACE_BEGIN
#undef AIRSTRIP_SPIRV_NAMESPACE_END
#undef AIRSTRIP_KERNEL_NAMESPACE_BEGIN
#undef AIRSTRIP_KERNEL_NAMESPACE_END
#undef AIRSTRIP_TENSOR_NAMESPACE_BEGIN
#undef AIRSTRIP_TENSOR_NAMESPACE_END
#undef AIRSTRIP_VULKAN_NAMESPACE_BEGIN
#undef AIRSTRIP_VULKAN_NAMESPACE_END
#undef AIRSTRIP_ONNX_NAMESPACE_BEGIN
#undef AIRSTRIP_ONNX_NAMESPACE_END
#undef AIRSTRIP_UNLIKELY
#undef AIRSTRIP_COLD
#undef AIRSTRIP_TENSOR_MOVEMENT
