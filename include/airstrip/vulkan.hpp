// Adapter: records kernels, or any compute module, into the command buffers of an engine that has a device, memory and a
// frame already. Needs the Vulkan headers (CMake: airstrip::vulkan); links no loader, keeps nothing global, makes no
// device, queue or memory.
//
//     Result<Context> context = Context::make({.get_instance_proc_addr = …, .instance = …, .physical_device = …,
//                                              .device = …, .api_version = …, .feature_names = …, .extensions = …});
//     Result<Module> module = write_spirv(saxpy, context->describe().target, {.names = true});
//     Result<Pipeline> pipeline = Pipeline::make(*context, {.words = module->words()});
//     pipeline->compile(cache);                                         // a job for a worker thread
//
//     Result<Prepared> prepared = prepare(*pipeline, {.bindings = {bind_buffer("x", x, 4 * n), bind_buffer("y", y, 4 * n)},
//                                                     .parameters = {{"n", n}, {"a", 2.0f}}}, frame);
//     record(*context, commands, barrier_before(*prepared, {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT}));
//     record(commands, *prepared, {(n + 63) / 64});                     // never allocates, submits or waits
//
//   describe   Context::describe, describe_supported (vulkan/description.hpp, vulkan/context.hpp)
//   compile    Pipeline::compile on any thread, compile for many at once (vulkan/pipeline.hpp)
//   bind       prepare, prepare_again; push descriptors, addresses (vulkan/binding.hpp, vulkan/record.hpp)
//   record     record, record_indirect; what is assumed and what is left: vulkan/record.hpp
//   wait       barriers as data and as a call (vulkan/barrier.hpp)
//
// For a program without an engine there is vulkan_device.hpp beside it, for operations of layer 3 vulkan_tensor.hpp.
#pragma once

#include "config.hpp"
#include "reflect.hpp"
#include "vulkan/barrier.hpp"
#include "vulkan/binding.hpp"
#include "vulkan/context.hpp"
#include "vulkan/description.hpp"
#include "vulkan/functions.hpp"
#include "vulkan/pipeline.hpp"
#include "vulkan/record.hpp"

#include "undef.hpp"
