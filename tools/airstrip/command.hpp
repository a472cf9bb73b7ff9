// What a subcommand is. A new one is a file with a class of this shape and a line in commands.cpp.
#pragma once

#include "failure.hpp"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tool {

using Json = nlohmann::ordered_json;

/// What a command has found out. One of text and json is written to standard output: the one that was asked for.
struct Answer {
  /// Ok, Negative; Unsupported where the answer is what is not supported. Anything else is a Failure.
  ExitCode exit = ExitCode::Ok;
  std::string text;            ///< for people
  Json json = Json::object();  ///< for programs: the keys in README.md, which stay
};

/// Who reads the answer.
enum class Reader { Person, Program };

class Command {
public:
  virtual ~Command() = default;
  virtual const char* name() const = 0;
  virtual const char* summary() const = 0;   ///< one line for the list of commands
  virtual const char* examples() const = 0;  ///< lines of a shell
  /// Options that write to members; `run` reads them. --json and --help are there already.
  virtual void add_options(CLI::App& app) = 0;
  /// Throws Failure. Fills the part of the answer that `reader` gets.
  virtual Answer run(Reader reader) = 0;
};

/// All commands, in the order of --help.
std::vector<std::unique_ptr<Command>> make_commands();

/// "0.1.0".
std::string version_text();

}  // namespace tool
