// The network of this example: from the ONNX file to a program, as the command `airstrip compile` does it (which has
// tensors in buffers alone; here they are images), and what the interpreter makes of a picture, to compare with. An engine
// that loads a saved program has none of this.
#pragma once

#include "engine.hpp"

#include <airstrip/program/program.hpp>
#include <airstrip/tensor/target.hpp>

#include <string>

// For pictures of engine::scene_width by scene_height, read from a sampled image and written to a storage image. Two
// variants: for `device`, and for every other.
airstrip::Result<airstrip::program::Program> compile_super_resolution(const airstrip::tensor::Target& device);

// Whether `enlarged` is what the interpreter makes of `picture`, as far as it was compared; `covered` is left out. If it is,
// `summary` says what was compared.
bool is_enlarged_right(const engine::Target& picture, const engine::Target& enlarged, const VkRect2D& covered,
                       std::string& summary);
