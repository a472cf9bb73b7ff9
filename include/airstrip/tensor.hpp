// Airstrip, layer 3: kernels for tensors, generated from a problem, a schedule and a target.
//
//   convolution   tensor/convolution.hpp: plain and transposed, over one to three spatial axes
//   elementwise   tensor/elementwise.hpp: expressions of any size, with broadcasting
//   gather        tensor/gather.hpp: gather and scatter in ONNX's forms, reverse-sequence
//   generate      tensor/generate.hpp: range, one-hot, trilu, eye, fill, where
//   matmul        tensor/matmul.hpp: matrix products, batched, of narrow types and quantised weights
//   move          tensor/move.hpp: transpose, slice, pad, tile, reverse, roll, concat, split, depth to space
//   normalize     tensor/normalize.hpp: layer, RMS, instance, group, batch, Lp and local response normalisation
//   pool          tensor/pool.hpp: maxima, averages and norms of windows
//   reduce        tensor/reduce.hpp: sums, extremes and their indices along any axes
//   resize        tensor/resize.hpp: nearest, linear and cubic
//   scan          tensor/scan.hpp: cumulative sums and products
//   softmax       tensor/softmax.hpp: softmax and log-softmax in one dispatch
//   view          tensor/view.hpp: transposed, sliced, expanded, reshaped: strides alone, without a kernel
//
// Elementwise work for all of them: tensor/expression.hpp, and activations and the like: tensor/functions.hpp.
//
// What every family has: a problem (shapes, types, what is fused), a schedule (tile sizes and choices, a plain struct),
// `legal(problem, schedule, target)`, `default_schedule(problem, target)`, and a function that gives an Operation: kernels
// in order, what to bind to each, and how large everything is (tensor/operation.hpp).
#pragma once

#include "config.hpp"
#include "tensor/convolution.hpp"
#include "tensor/elementwise.hpp"
#include "tensor/expression.hpp"
#include "tensor/functions.hpp"
#include "tensor/gather.hpp"
#include "tensor/generate.hpp"
#include "tensor/matmul.hpp"
#include "tensor/move.hpp"
#include "tensor/normalize.hpp"
#include "tensor/operation.hpp"
#include "tensor/pool.hpp"
#include "tensor/reduce.hpp"
#include "tensor/resize.hpp"
#include "tensor/scan.hpp"
#include "tensor/shape.hpp"
#include "tensor/softmax.hpp"
#include "tensor/target.hpp"
#include "tensor/type.hpp"
#include "tensor/view.hpp"

#include "undef.hpp"
