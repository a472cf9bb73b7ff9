// airstrip compile: an ONNX model as a program of modules, dispatches, memory and weights.
#include "commands.hpp"
#include "compiled.hpp"
#include "model_options.hpp"
#include "source.hpp"
#include "target_choice.hpp"
#include "text.hpp"

#include <CLI/CLI.hpp>
#include <airstrip/graph.hpp>
#include <filesystem>
#include <system_error>

namespace tool {

namespace {

using namespace airstrip;

class Compile : public Command {
public:
  const char* name() const override { return "compile"; }
  const char* summary() const override { return "Compile an ONNX model to a program for engines"; }
  const char* examples() const override {
    return "  airstrip compile model.onnx -o model.airstrip --max height=1080 --max width=1920 --target "
           "standard\n"
           "  airstrip compile model.onnx -o model.hpp --format header --size batch=1\n"
           "  airstrip compile model.onnx -o folder --format spv --size batch=1\n"
           "  airstrip compile model.onnx -o model.airstrip --size batch=1 --validate\n"
           "  airstrip compile model.onnx -o model.airstrip --max height=540 --max width=960 --image picture "
           "--image enlarged=rgba8\n"
           "  airstrip compile model.onnx -o model.airstrip --target fast=vulkan1.2+shaderFloat16 --target "
           "vulkan1.1\n";
  }
  void add_options(CLI::App& app) override {
    app.add_option("file", file_, "The model; - is standard input")->required()->type_name("MODEL.onnx");
    app.add_option("-o,--output", output_, "The file to write; of --format spv a folder")
        ->required()
        ->type_name("FILE");
    app.add_option("--format", format_,
                   "program: one file that is mapped as it is; header: the same bytes as C++ to #include; "
                   "spv: a folder "
                   "of modules, JSON and weights, which needs nothing of Airstrip")
        ->check(CLI::IsMember({"program", "header", "spv"}))
        ->capture_default_str();
    app.add_option("--target", targets_,
                   std::string(target_help) + "; again for more variants, which are tried in this order")
        ->type_name("[NAME=]TARGET")
        ->allow_extra_args(false)
        ->default_str(default_target);
    app.add_option("--device", device_, "What --target device is: one with this in its name")
        ->type_name("NAME");
    model_.add_to(app);
    app.add_flag("--names", names_, "Keep names in the modules, for capture tools");
    app.add_flag("--no-fusion", no_fusion_, "Leave every node its own kernel");
    app.add_option(
        "--max-modules", max_modules_,
        "Different shaders of a variant at most: kernels are given their sizes where there would be more");
    app.add_flag("--validate", validate_,
                 "Validate every module with SPIRV-Tools; exit code 1 if one is invalid");
  }
  Answer run(Reader reader) override;

private:
  void write(const program::Program& program) const;

  std::string file_, output_, device_, format_ = "program";
  std::vector<std::string> targets_;
  ModelOptions model_;
  bool names_ = false, no_fusion_ = false, validate_ = false;
  std::uint32_t max_modules_ = 0;
};

void Compile::write(const program::Program& program) const {
  const auto bytes_of = [](const void* data, std::size_t size) {
    return std::span(static_cast<const std::byte*>(data), size);
  };
  if (format_ == "program")
    return write_file(output_, bytes_of(program.bytes().data(), program.bytes().size()));
  const std::filesystem::path path(output_);
  if (format_ == "header") {
    const String text = program::to_cpp_header(program, Text(path.stem().string()));
    if (text.out_of_memory())
      throw Failure(ExitCode::Internal, "out of memory for the program as a C++ header");
    return write_file(output_, bytes_of(text.data(), text.size()));
  }
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    throw Failure(ExitCode::CannotWrite, output_ + ": the folder cannot be made: " + error.message());
  const Result<void> done = program::export_folder(program, [&](Text name, Span<const unsigned char> bytes) {
    write_file((path / std::string(name)).string(), bytes_of(bytes.data(), bytes.size()));
    return Result<void>();
  });
  if (!done) throw Failure(output_, done.error());
}

Answer Compile::run(Reader reader) {
  if (output_ == "-")
    throw Failure(ExitCode::Usage, "--output -: standard output has the answer; name a file");
  std::error_code one_is_not_there;
  if (std::filesystem::equivalent(file_, output_, one_is_not_there))
    throw Failure(ExitCode::Usage,
                  "--output " + output_ + " is the model itself, which would be lost; name another file");
  const ModelFile file = read_model(file_);
  const ImportSettings settings = model_.settings_for(file);
  const std::vector<NamedTarget> targets = targets_to_compile(targets_, device_);
  const Stopwatch import_watch;
  const graph::Graph graph = import_or_throw(file, settings);
  const double import_time = import_watch.milliseconds();
  require_sizes(file, settings, true);

  graph::CompileOptions options;
  options.names = names_;
  options.fusion.enabled = !no_fusion_;
  options.max_modules = max_modules_;
  const Stopwatch compile_watch;
  const program::Program program = compile_for(file, graph, targets, options);
  const double compile_time = compile_watch.milliseconds();
  std::vector<std::string> errors;
  if (validate_) errors = validate_modules(program);
  write(program);

  Answer answer;
  if (!errors.empty()) answer.exit = ExitCode::Negative;
  if (reader == Reader::Program) {
    answer.json = program_json(program);
    answer.json["file"] = file_;
    answer.json["output"] = output_;
    answer.json["output_format"] = format_;
    answer.json["nodes"] = graph.nodes().size();
    answer.json["milliseconds"] = {{"import", import_time}, {"compile", compile_time}};
    if (validate_)
      answer.json["validation"] = {
          {"valid", errors.empty()}, {"validator_version", validator_version()}, {"messages", errors}};
    return answer;
  }
  answer.text = printable(output_) + ": a program of " + size_text(program.bytes().size()) + "\n";
  Table table("  ");
  table.row({"nodes", std::to_string(graph.nodes().size())});
  table.row({"weights", size_text(program.weight_bytes().size())});
  table.row({"import", milliseconds_text(import_time)});
  table.row({"compile", milliseconds_text(compile_time)});
  if (validate_ && errors.empty())
    table.row({"valid", std::to_string(program.modules().size()) + " modules, says SPIRV-Tools " +
                            validator_version()});
  answer.text += table.text() + "\n";
  Table variants("  ");
  variants.row({"variant", "kernels", "modules", "SPIR-V", "packed", "scratch", "lower bound"});
  for (const program::VariantRecord& variant : program.variants()) {
    const VariantCounts counts = counts_of(program, variant);
    variants.row({printable(std::string(program.text(variant.name))),
                  std::to_string(counts.dispatches + counts.prepares), std::to_string(counts.modules),
                  size_text(counts.spirv_bytes), size_text(variant.packed_bytes),
                  size_text(variant.scratch_bytes), size_text(variant.scratch_lower_bound)});
  }
  answer.text += variants.text();
  for (const std::string& error : errors) answer.text += printable(error) + "\n";
  return answer;
}

}  // namespace

std::unique_ptr<Command> make_compile() { return std::make_unique<Compile>(); }

}  // namespace tool
