// Player: plays a compiled program in the device of an engine, without the layers that compiled it. It needs the Vulkan
// headers (CMake: airstrip::vulkan), links no loader, keeps nothing global, makes no device, queue or memory, and never
// allocates while it records.
//
//     Result<Program> program = Program::open(bytes);                      // what was compiled and saved
//     Result<Device> device = Device::make({.get_instance_proc_addr = …, .instance = …, .physical_device = …,
//                                           .device = …, .api_version = …, .feature_names = …, .extensions = …});
//     Result<Model> model = Model::make(*device, *program);                // chooses a variant, makes layouts
//     model->compile(cache);                                               // a job for a worker thread
//
//     // Buffers of model->memory(), from the engine's own heap; program->weight_bytes() are uploaded into the first.
//     Result<Instance> instance = Instance::make(*model, {.weights = …, .packed = …, .scratch = …, .uniform = …});
//     instance->bind("input", {.buffer = x, .size = bytes});
//     instance->bind("output", {.buffer = y, .size = bytes});
//     instance->set_parameters({{"n", 1000}});
//     instance->record_prepare(commands);                                  // once, after the upload
//     instance->record(commands);                                          // each frame; or in pieces of 0.5 ms:
//     Result<Progress> progress = instance->advance(commands, 500);
//
//   load     program::Program::open: checks every reference, so that a damaged file is an error (program/program.hpp)
//   choose   choose_variant: what the device lacks for each variant, as text (player/variant.hpp)
//   share    Model: one for a program on a device, used by all threads (player/model.hpp)
//   bind     Instance: one for each frame in flight (player/instance.hpp)
//   record   record_prepare, record, advance; what is assumed and what is left: player/instance.hpp
//   time     longest_dispatch, record_calibration: what an advance cannot go below, estimated or measured
//
// With the adapter for engines (vulkan.hpp) a device is `Device::make(context)`.
#pragma once

#include "config.hpp"
#include "player/device.hpp"
#include "player/functions.hpp"
#include "player/instance.hpp"
#include "player/model.hpp"
#include "player/variant.hpp"
#include "program/program.hpp"

#include "undef.hpp"
