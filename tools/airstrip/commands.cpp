#include "commands.hpp"

#include <airstrip/config.hpp>

namespace tool {

std::vector<std::unique_ptr<Command>> make_commands() {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(make_info());
  commands.push_back(make_compile());
  commands.push_back(make_run());
  commands.push_back(make_verify());
  commands.push_back(make_explain());
  commands.push_back(make_devices());
  commands.push_back(make_inspect());
  return commands;
}

std::string version_text() {
  return std::to_string(AIRSTRIP_VERSION_MAJOR) + "." + std::to_string(AIRSTRIP_VERSION_MINOR) + "." +
         std::to_string(AIRSTRIP_VERSION_PATCH);
}

}  // namespace tool
