// The check that a timed module is valid.
#pragma once

#include <airstrip/support/span.hpp>

#include <cstdint>
#include <string>

namespace bench {

/// What spirv-val says of the words, for Vulkan 1.1; empty when it accepts them.
std::string validate(airstrip::Span<const std::uint32_t> words);

}  // namespace bench
