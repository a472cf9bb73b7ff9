// Every operator that a graph can have.
//
//   elementwise   any expression, with broadcasting
//   products      convolution, matmul
//   rows          reduce, softmax, scan, normalize, local_response_normalize, pool
//   movement      transpose, slice, pad, tile, reverse, roll, copy, resize, depth_to_space, space_to_depth, trilu,
//                 gather, gather_elements, gather_nd, scatter_elements, scatter_nd, reverse_sequence
//   joins         concat, split
//   generators    range, one_hot, eye, fill
//   views         reshape, and the sizes of a tensor as a tensor: neither has a kernel, as a rule
#pragma once

#include "families/elementwise.hpp"
#include "families/generators.hpp"
#include "families/joins.hpp"
#include "families/movement.hpp"
#include "families/products.hpp"
#include "families/rows.hpp"
#include "families/views.hpp"
