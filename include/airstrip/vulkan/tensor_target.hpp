// From a device's description to what layer 3 generates for.
#pragma once

#include "../config.hpp"
#include "../tensor/target.hpp"
#include "description.hpp"

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

/// The target of a device: `elementwise(problem, tensor_target(context.describe()))`.
tensor::Target tensor_target(const Description& description);

AIRSTRIP_VULKAN_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/tensor_target.hpp"
#endif
