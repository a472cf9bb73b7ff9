// One kernel in two languages: a tile of a matrix product, unrolled, with guarded edges; about 2,000 nodes.
#pragma once

#include <airstrip/kernel/builder.hpp>

#include <string>

namespace bench {

inline constexpr unsigned tile_rows = 8, tile_columns = 4, tile_depth = 9;

/// Of the typed builder.
airstrip::kernel::Kernel tile_kernel(airstrip::kernel::Kernel&& recycled = {});
/// The same in GLSL, written by hand as a program would: one statement for each unrolled step.
std::string tile_glsl();

}  // namespace bench
