#pragma once

#include "../builder.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

AIRSTRIP_INLINE std::uint64_t KernelBuilder::bits_of(AnyValue constant) const {
  return constant.empty() ? 0 : kernel().constant_bits(node_of(constant));
}

AIRSTRIP_KERNEL_NAMESPACE_END
