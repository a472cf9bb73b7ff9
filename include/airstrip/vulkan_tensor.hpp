// Adapter: operations of layer 3 on a device. Everything of vulkan.hpp holds: the engine's device, its memory, its command
// buffer.
//
//     Result<tensor::Operation> layer = tensor::convolution(problem, tensor_target(context.describe()));
//     Result<OperationPipelines> pipelines = OperationPipelines::make(context, *layer);
//     pipelines->compile(cache);                                        // all steps in one call: a worker thread's job
//
//     Result<tensor::OperationSizes> sizes = layer->resolve({{"n", 4}});
//     Result<PreparedOperation> prepared = prepare(*pipelines, *sizes, {operand("x", x), operand("w", w), …}, {}, frame);
//     record(context, commands, *prepared, tensor::Phase::Prepare);     // once: packs the weights
//     record(context, commands, *prepared, tensor::Phase::Run);         // each frame; never allocates, submits or waits
#pragma once

#include "vulkan.hpp"

#include "config.hpp"
#include "tensor.hpp"
#include "vulkan/operation.hpp"
#include "vulkan/tensor_target.hpp"

#include "undef.hpp"
