// What families of kernels are composed of: for those who write one of their own.
//
//   step_builder         a kernel of an operation in the making: its memory, its sizes
//   work_grid            which workgroup does what, however many there are
//   axis_split           axes that are reduced, and those that stay
//   point_loop           something for each point of a space
//   tensor_view          a tensor by its coordinates, moved bit for bit
//   index_map            where each element of an output comes from
//   movement             a kernel that moves elements
//   expression_emitter   fused elementwise work before and after
//   function_emit        the functions of expressions as operations
//   reduction            what reducing means: sum, largest, index of the largest, log-sum-exp …
//   reduce               the values of a workgroup become one
//   tile_loader          where the elements of a product's operands come from
//   quantized_loader     weights of 4 and 8 bits, decoded while they are loaded
//   packed_panels        operands copied into the order in which they are read
//   product              the kernel of a matrix product, from any loaders to any output
//   split_work           a product summed in parts
//   math                 transcendental functions as polynomials with stated bounds
//   winograd             transforms of Winograd's minimal filtering
#pragma once

#include "../config.hpp"
#include "primitives/axis_split.hpp"
#include "primitives/expression_emitter.hpp"
#include "primitives/function_emit.hpp"
#include "primitives/index_map.hpp"
#include "primitives/math.hpp"
#include "primitives/movement.hpp"
#include "primitives/packed_panels.hpp"
#include "primitives/point_loop.hpp"
#include "primitives/product.hpp"
#include "primitives/quantized_loader.hpp"
#include "primitives/reduce.hpp"
#include "primitives/reduction.hpp"
#include "primitives/split_work.hpp"
#include "primitives/step_builder.hpp"
#include "primitives/tensor_view.hpp"
#include "primitives/tile_loader.hpp"
#include "primitives/winograd.hpp"
#include "primitives/work_grid.hpp"

#include "../undef.hpp"
