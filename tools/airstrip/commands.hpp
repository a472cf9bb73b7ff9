// The subcommands, each of a file of its name.
#pragma once

#include "command.hpp"

#include <memory>

namespace tool {

std::unique_ptr<Command> make_devices();
std::unique_ptr<Command> make_inspect();

}  // namespace tool
