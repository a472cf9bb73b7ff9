// Programs that pretend to be spirv-val, or are none, run as child processes.
#include "modules.hpp"

#include "../support/skip.hpp"

#include <doctest/doctest.h>

#if defined(__unix__) || defined(__APPLE__)

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace airstrip;
using namespace airstrip::spirv;
using namespace test;

namespace {

// A folder of scripts that goes away.
struct Scripts {
  std::filesystem::path folder;
  Scripts() {
    std::string name = (std::filesystem::temp_directory_path() / "airstrip-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
  }
  ~Scripts() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  Scripts(const Scripts&) = delete;
  Scripts& operator=(const Scripts&) = delete;

  std::string write(const std::string& name, const std::string& body) const {
    const std::filesystem::path path = folder / name;
    std::ofstream(path) << "#!/bin/sh\n" << body;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path.string();
  }
  // One that says it is spirv-val, and does `validate` when it is given a module.
  std::string tool(const std::string& name, const std::string& validate,
                   const std::string& help = "{vulkan1.1|vulkan1.4|spv1.6}") const {
    return write(name,
                 "case \"$1\" in\n--version) echo 'SPIRV-Tools v9999.9 fake'; exit 0;;\n--help) echo '" +
                     help + "'; exit 0;;\nesac\n" + validate + "\n");
  }
};

// Sets or removes an environment variable for a while.
class Variable {
public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const before = std::getenv(name)) {
      had_ = true;
      before_ = before;
    }
    if (value)
      ::setenv(name, value, 1);
    else
      ::unsetenv(name);
  }
  ~Variable() {
    if (had_)
      ::setenv(name_, before_.c_str(), 1);
    else
      ::unsetenv(name_);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

private:
  const char* name_;
  bool had_ = false;
  std::string before_;
};

ValidationReport ask(const std::string& program, std::uint32_t timeout_ms = 20000) {
  return validation_report(
      *add_buffers(Target::vulkan(1, 1)),
      {.validator = ValidatorChoice::ExternalOnly, .external = program.c_str(), .timeout_ms = timeout_ms});
}
void check_failed(const std::string& program, const std::string& problem, std::uint32_t timeout_ms = 20000) {
  const ValidationReport report = ask(program, timeout_ms);
  CHECK(report.code == ErrorCode::ToolFailed);
  CHECK(report.validator == Validator::External);
  CHECK_MESSAGE(report.message.contains(("the external validator '" + program + "' failed: ").c_str()),
                str(report.to_string()));
  CHECK_MESSAGE(report.message.contains(problem.c_str()), str(report.to_string()));
}

}  // namespace

TEST_CASE("external programs that are no validator") {
  const Scripts scripts;
  check_failed("/no/such/program", "it could not be started: No such file or directory");
  check_failed("no-such-program-in-path", "it could not be started: No such file or directory");
  check_failed(scripts.folder.string(), "it could not be started: Permission denied");
  check_failed(scripts.write("true", "exit 0"),
               "it is no spirv-val, as --version does not print 'SPIRV-Tools'");
  check_failed(scripts.write("killed", "kill -9 $$"), "it was ended by signal 9");
  check_failed(scripts.tool("crash", "kill -11 $$"), "it was ended by signal 11");
  check_failed(scripts.tool("usage", "echo 'error: Unrecognized option'; exit 1"),
               "it ended with exit code 1 and without an error message");
  check_failed(scripts.tool("code", "exit 77"), "it ended with exit code 77 and without an error message");
  check_failed(scripts.tool("both", "echo 'error: line 3: odd' >&2; exit 0"),
               "it ended with exit code 0 although it printed an error");
  const ValidationReport report = ask(scripts.tool("said", "echo out; echo err >&2; exit 3"));
  CHECK(report.validator_output.contains("out\n"));
  CHECK(report.validator_output.contains("err\n"));
}

TEST_CASE("an external program that does not end") {
  const Scripts scripts;
  const auto begin = std::chrono::steady_clock::now();
  check_failed(scripts.tool("sleeps", "sleep 100"), "it was stopped, since it had not ended after 300 ms",
               300);
  check_failed(scripts.tool("closes", "exec >&- 2>&-\nsleep 100"), "it had not ended after 300 ms", 300);
  check_failed(scripts.tool("talks", "while :; do echo more; done"), "it had not ended after 300 ms", 300);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  CHECK(ask(scripts.tool("talks", "while :; do echo more; done"), 300).validator_output.size() <= 1u << 20);
}

TEST_CASE("what an external validator is given") {
  const Scripts scripts;
  const std::string got = (scripts.folder / "got").string();
  // Odd characters are nobody's business: there is no shell in between.
  const std::string program =
      scripts.tool("it's $HOME; `rm` \"a\" b", "cat >" + got + ".spv\necho \"$@\" >" + got + ".args\nexit 0",
                   "{vulkan1.1|vulkan1.4} --scalar-block-layout");
  const Target target =
      Target::vulkan(1, 1).enable_feature("scalarBlockLayout").enable_feature("maintenance4");
  const Result<Module> module = add_buffers(target);
  REQUIRE(module.ok());
  const std::filesystem::path temporary = scripts.folder / "tmp";
  std::filesystem::create_directory(temporary);
  ValidationReport report;
  {
    const Variable folder("TMPDIR", temporary.c_str());
    report = validation_report(
        *module,
        {.validator = ValidatorChoice::ExternalOnly, .external = program.c_str(), .file_name = "a b"});
  }
  CHECK_MESSAGE(report.ok(), str(report.to_string()));
  CHECK(str(report.version) == "v9999.9");
  CHECK(str(report.program) == program);
  CHECK(str(report.command) ==
        "'" + scripts.folder.string() +
            "/it'\\''s $HOME; `rm` \"a\" b' --target-env vulkan1.1 --scalar-block-layout 'a b'");
  std::string arguments;
  std::getline(std::ifstream(got + ".args"), arguments);
  CHECK(arguments == "--target-env vulkan1.1 --scalar-block-layout -");
  std::ifstream file(got + ".spv", std::ios::binary);
  Words words(module->size() + 1);
  file.read(reinterpret_cast<char*>(words.data()), static_cast<std::streamsize>(words.size() * 4));
  CHECK(static_cast<std::size_t>(file.gcount()) == module->size_bytes());
  words.pop_back();
  CHECK(words == copy(*module));
  CHECK(std::filesystem::is_empty(temporary));  // nothing is left behind

  const Variable nowhere("TMPDIR", "/no/such/folder");
  report = ask(program);
  CHECK(report.code == ErrorCode::ToolFailed);
  CHECK(report.message.contains("no temporary file could be written for it: No such file or directory"));
}

TEST_CASE("an external validator's words become a report") {
  const Scripts scripts;
  const Words words = copy(*add_buffers(Target::vulkan(1, 1)));
  ValidationReport report = ask(scripts.tool("noisy", R"(echo 'warning: nothing here' >&2
echo 'error: line 39: [VUID-StandaloneSpirv-None-01234] Something is wrong,
on two lines: FAdd
  %sum = OpFAdd %float %21 %22
' >&2; exit 1)"));
  CHECK(report.code == ErrorCode::ValidationFailed);
  CHECK(str(report.message) == "[VUID-StandaloneSpirv-None-01234] Something is wrong,\non two lines: FAdd");
  CHECK(str(report.rule) == "VUID-StandaloneSpirv-None-01234");
  CHECK(report.word_offset == find(words, Op::OpFAdd));
  CHECK(report.where.line == 100);
  CHECK(report.linked_version == linked_validator_version());
  CHECK(report.to_string().contains(("checked by: SPIRV-Tools v9999.9 (" + scripts.folder.string()).c_str()));

  // No instruction, but an id.
  const std::string sum = std::to_string(words[find(words, Op::OpFAdd) + 2]);
  report = ask(
      scripts.tool("by-id", "echo \"error: line 0: In 7 ways the id '" + sum + "[%sum]' is odd\"; exit 1"));
  CHECK(report.code == ErrorCode::ValidationFailed);
  CHECK(report.word_offset == find(words, Op::OpFAdd));
  report = ask(scripts.tool("line", "echo 'error: line 4000000000: far behind the end'; exit 1"));
  CHECK(report.code == ErrorCode::ValidationFailed);
  CHECK(report.instruction_index == ValidationReport::none);

  // It is too old itself.
  report = ask(scripts.tool("older", "echo 'error: line 1: Invalid capability operand: 1'; exit 1"));
  CHECK(report.code == ErrorCode::ValidatorTooOld);
  REQUIRE(report.unknown().size() == 1);
  CHECK(str(report.unknown()[0].to_string()) == "the capability Shader");
  CHECK(report.message.contains("SPIRV-Tools v9999.9 does not know the capability Shader, so"));
  report = ask(scripts.tool("ancient", "exit 0", "{spv1.0|vulkan1.0|vulkan1.10|xvulkan1.1}"));
  CHECK(report.code == ErrorCode::ValidatorTooOld);
  CHECK(report.unknown()[0].kind == UnknownToValidator::Kind::Environment);
  CHECK(report.message.contains("the environment vulkan1.1"));
  report = ask(scripts.tool("universal", "exit 0", "{spv1.0|spv1.3}"));
  CHECK(report.ok());
  CHECK(str(report.note) == "checked as spv1.3: SPIRV-Tools v9999.9 does not know vulkan1.1");

  report = ask(scripts.tool("warns", "echo 'warning: line 3: not nice'; exit 0"));
  CHECK(report.ok());
  CHECK(str(report.warning) == "warning: line 3: not nice");
}

TEST_CASE("when the external program is run at all") {
  const Scripts scripts;
  const std::string ran = (scripts.folder / "ran").string();
  const std::string program = scripts.tool("notes", "touch " + ran + "; exit 0");
  const auto has_run = [&] { return std::filesystem::remove(ran); };
  const Variable named("AIRSTRIP_SPIRV_VAL", program.c_str());

  const Target target = Target::vulkan(1, 1);
  const Result<Module> known = add_buffers(target);
  CHECK(validate(*known).ok());
  CHECK_FALSE(has_run());
  const Words odd = [] {
    Hand h = shader(0x00010300, {60000});
    return body(types(h)).words;
  }();
  CHECK(validation_report(odd, target).validator == Validator::External);
  CHECK(has_run());
  Hand extension = shader(0x00010300, {}, {"SPV_AIRSTRIP_nothing"});
  const ValidationReport passed_over = validation_report(body(types(extension)).words, target);
  CHECK(has_run());
  CHECK(passed_over.ok());
  CHECK(str(passed_over.note) == "it does not tell whether it knows SPV_AIRSTRIP_nothing");
  CHECK(validation_report(odd, target, {.validator = ValidatorChoice::LinkedOnly}).code ==
        ErrorCode::ValidatorTooOld);
  CHECK_FALSE(has_run());
  // The option wins over the environment.
  CHECK(validation_report(odd, target, {.external = "/no/such/program"}).code == ErrorCode::ToolFailed);
  CHECK_FALSE(has_run());
  CHECK(validation_report(*known, {.validator = ValidatorChoice::ExternalOnly}).validator ==
        Validator::External);
  CHECK(has_run());

  const Variable none("AIRSTRIP_SPIRV_VAL", nullptr);
  const ValidationReport report = validation_report(*known, {.validator = ValidatorChoice::ExternalOnly});
  CHECK(report.code == ErrorCode::ToolFailed);
  CHECK(report.message.contains("AIRSTRIP_SPIRV_VAL"));
  CHECK(validation_report(odd, target).code == ErrorCode::ValidatorTooOld);
}

#else

TEST_CASE("an external validator") { test::skip("programs are started on POSIX systems only"); }

#endif
