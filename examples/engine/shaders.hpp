// The engine's own two shaders, emitted with layer 1; an engine has them from its compiler.
#pragma once

#include <airstrip/spirv.hpp>

#include <cstdint>
#include <vector>

namespace engine {

// One triangle that covers the target.
airstrip::Result<airstrip::spirv::Module> vertex_shader();
// A disc before a checkerboard: engine::Scene as push constants.
airstrip::Result<airstrip::spirv::Module> fragment_shader();

}  // namespace engine
