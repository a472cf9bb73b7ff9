// The subcommands, each of a file of its name.
#pragma once

#include "command.hpp"

#include <memory>

namespace tool {

std::unique_ptr<Command> make_info();
std::unique_ptr<Command> make_compile();
std::unique_ptr<Command> make_run();
std::unique_ptr<Command> make_verify();
std::unique_ptr<Command> make_explain();
std::unique_ptr<Command> make_devices();
std::unique_ptr<Command> make_inspect();

}  // namespace tool
