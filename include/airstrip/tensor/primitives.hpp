// What families of kernels are composed of: for those who write one of their own.
//
//   step_builder         a kernel of an operation in the making: its memory, its sizes
//   work_grid            which workgroup does what, however many there are
//   expression_emitter   fused elementwise work before and after
//   function_emit        the functions of expressions as operations
//   math                 transcendental functions as polynomials with stated bounds
#pragma once

#include "../config.hpp"
#include "primitives/expression_emitter.hpp"
#include "primitives/function_emit.hpp"
#include "primitives/math.hpp"
#include "primitives/step_builder.hpp"
#include "primitives/work_grid.hpp"

#include "../undef.hpp"
