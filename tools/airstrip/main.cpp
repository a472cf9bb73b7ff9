// The command line program: finds the subcommand, runs it, writes its answer. Exit codes: failure.hpp.
#include "command.hpp"
#include "text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <new>
#include <sstream>

using namespace tool;

namespace {

// Rises when a key that was there is named or meant otherwise; what is only added does not change it.
constexpr int json_format = 1;

std::string exit_code_help() {
  std::string text = "Exit codes:\n";
  for (int i = 0; i < exit_code_count; ++i)
    text += "  " + std::to_string(i) + "  " + meaning_of(static_cast<ExitCode>(i)) + "\n";
  return text;
}

void write(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw Failure(ExitCode::CannotWrite, "standard output cannot be written; is the disk full?");
}

Json document_of(const std::string& command, ExitCode exit) {
  Json document = Json::object();
  document["format"] = json_format;
  document["airstrip"] = version_text();
  if (!command.empty()) document["command"] = command;
  document["exit_code"] = static_cast<int>(exit);
  return document;
}

void write_json(const Json& document) {
  // Names in a module need not be UTF-8.
  write(document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

int run(const std::vector<std::string>& arguments, Reader& reader, std::string& command_name) {
  CLI::App app("Airstrip: tensor kernels as SPIR-V.", "airstrip");
  app.set_version_flag("--version", "airstrip " + version_text());
  app.require_subcommand(1);
  app.footer("\nExamples:\n"
             "  airstrip devices\n"
             "  airstrip inspect kernel.spv --validate\n"
             "  airstrip COMMAND --help\n\n" +
             exit_code_help());
  bool json = false;
  std::vector<std::unique_ptr<Command>> commands = make_commands();
  std::vector<std::string> names;
  for (const std::unique_ptr<Command>& command : commands) names.emplace_back(command->name());
  // CLI11 would say that one is missing.
  const std::string first = arguments.empty() ? "" : arguments[0];
  if (!first.empty() && first[0] != '-' && std::find(names.begin(), names.end(), first) == names.end())
    throw Failure(ExitCode::Usage,
                  "there is no command '" + printable(first) + "'; there are: " + joined(names));
  for (const std::unique_ptr<Command>& command : commands) {
    CLI::App* const sub = app.add_subcommand(command->name(), command->summary());
    command->add_options(*sub);
    sub->add_flag("--json", json, "Write one JSON document instead of text");
    sub->footer("\nExamples:\n" + std::string(command->examples()) + "\n" + exit_code_help());
  }
  try {
    // CLI11 takes them from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Success& wish) {  // --help, --version
    std::ostringstream text;
    app.exit(wish, text, text);
    write(text.str());
    return static_cast<int>(ExitCode::Ok);
  } catch (const CLI::ParseError& error) {
    std::string help = "airstrip";
    for (const CLI::App* const sub : app.get_subcommands()) help += " " + sub->get_name();
    throw Failure(ExitCode::Usage, std::string(error.what()) + "; see " + help + " --help");
  }
  if (json) reader = Reader::Program;
  for (const std::unique_ptr<Command>& command : commands) {
    if (!app.got_subcommand(command->name())) continue;
    command_name = command->name();
    const Answer answer = command->run(reader);
    if (reader == Reader::Program) {
      Json document = document_of(command_name, answer.exit);
      document.update(answer.json);
      write_json(document);
    } else {
      write(answer.text);
    }
    return static_cast<int>(answer.exit);
  }
  throw Failure(ExitCode::Internal, "the command has no implementation");
}

// The sentence for people on standard error, and for programs the same as a document. Returns the exit code.
int report(ExitCode exit, const std::string& code, std::string sentence, Reader reader,
           const std::string& command) {
  // Libraries use several lines, and what a file says of itself may be meant for the terminal.
  std::replace(sentence.begin(), sentence.end(), '\n', ' ');
  sentence = printable(sentence);
  std::fprintf(stderr, "airstrip: %s\n", sentence.c_str());
  if (reader == Reader::Program && exit != ExitCode::CannotWrite) try {
      Json document = document_of(command, exit);
      document["error"] = {{"kind", name_of(exit)}, {"code", code}, {"message", sentence}};
      write_json(document);
    } catch (const std::exception&) {
      return static_cast<int>(ExitCode::CannotWrite);
    }
  return static_cast<int>(exit);
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  // Known before the command line is, because that may be what is wrong.
  const bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  Reader reader = json ? Reader::Program : Reader::Person;
  std::string command;
  try {
    return run(arguments, reader, command);
  } catch (const Failure& failure) {
    return report(failure.exit(), failure.code(), failure.what(), reader, command);
  } catch (const std::bad_alloc&) {
    return report(ExitCode::Internal, name_of(ExitCode::Internal), "out of memory", reader, command);
  } catch (const std::exception& error) {
    return report(ExitCode::Internal, name_of(ExitCode::Internal),
                  std::string("unexpected: ") + error.what() + "; this is a defect, please report it", reader,
                  command);
  }
} catch (...) {  // while an error was reported
  return static_cast<int>(ExitCode::Internal);
}
