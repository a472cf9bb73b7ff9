// How the program ends: its exit codes, and the exception that carries one to main().
#pragma once

#include <airstrip/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace tool {

/// What the program ends with. The numbers are for scripts: they stay.
enum class ExitCode : int {
  Ok = 0,        ///< done; the answer is yes
  Negative = 1,  ///< done; the answer is no: a module is invalid, results differ
  Usage = 2,     ///< the command line is wrong
  BadInput = 3,  ///< a file that is given cannot be read, or is not what it should be
  Device = 4,    ///< there is no such device, or it has failed
  Unsupported =
      5,  ///< the input is right, and something in it is beyond this program or what it was built with
  CannotWrite = 6,  ///< the output cannot be written
  Internal = 7,     ///< out of memory, or a defect of this program
};
inline constexpr int exit_code_count = 8;

/// "bad_input": as --json spells it.
const char* name_of(ExitCode code);
/// One line for --help and the documentation.
const char* meaning_of(ExitCode code);
/// Where an error of the library belongs.
ExitCode exit_code_of(const airstrip::Diagnostic& error);

/// The end of a command, with the sentence that says why and what to do.
class Failure : public std::runtime_error {
public:
  Failure(ExitCode exit, std::string sentence)
      : std::runtime_error(std::move(sentence)), exit_(exit), code_(name_of(exit)) {}
  /// `subject`: what the error is about, such as the file's name.
  Failure(const std::string& subject, const airstrip::Diagnostic& error);

  ExitCode exit() const { return exit_; }
  /// The library's name of the error where it comes from there ("NotAModule"), else that of the exit code.
  const std::string& code() const { return code_; }

private:
  ExitCode exit_;
  std::string code_;
};

/// Of what an adapter would do that is not in this build: which library, and Debian's packages of it.
Failure built_without(const std::string& library, const std::string& packages);

}  // namespace tool
