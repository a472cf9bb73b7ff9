// Airstrip, layer 3: kernels for tensors, generated from a problem, a schedule and a target.
//
//   convolution   tensor/convolution.hpp: plain and transposed, over one to three spatial axes
//   elementwise   tensor/elementwise.hpp: expressions of any size, with broadcasting
//   matmul        tensor/matmul.hpp: matrix products, batched, of narrow types and quantised weights
//
// What every family has: a problem (shapes, types, what is fused), a schedule (tile sizes and choices, a plain struct),
// `legal(problem, schedule, target)`, `default_schedule(problem, target)`, and a function that gives an Operation: kernels
// in order, what to bind to each, and how large everything is (tensor/operation.hpp).
#pragma once

#include "config.hpp"
#include "tensor/convolution.hpp"
#include "tensor/elementwise.hpp"
#include "tensor/expression.hpp"
#include "tensor/matmul.hpp"
#include "tensor/operation.hpp"
#include "tensor/shape.hpp"
#include "tensor/target.hpp"
#include "tensor/type.hpp"

#include "undef.hpp"
