// airstrip explain: what a program does and what it takes, kernel by kernel.
#include "commands.hpp"
#include "compiled.hpp"
#include "source.hpp"
#include "target_choice.hpp"

#include <CLI/CLI.hpp>
#include <airstrip/graph.hpp>

namespace tool {

namespace {

using namespace airstrip;

class Explain : public Command {
public:
  const char* name() const override { return "explain"; }
  const char* summary() const override {
    return "Show the kernels, fusions, operations and memory of a program or a model";
  }
  const char* examples() const override {
    return "  airstrip explain model.airstrip\n"
           "  airstrip explain model.onnx --size height=240 --size width=320 --target device\n";
  }
  void add_options(CLI::App& app) override {
    app.add_option("file", file_, "The program or the model")->required()->type_name("MODEL.onnx|PROGRAM");
    app.add_option("--target", targets_, std::string("Of a model: ") + target_help)
        ->type_name("[NAME=]TARGET")
        ->allow_extra_args(false)
        ->capture_default_str();
    app.add_option("--device", device_, "What --target device is: one with this in its name")
        ->type_name("NAME");
    app.add_option("--size", sizes_, "Of a model: fixes a size that it leaves open")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    app.add_option("--max", maxima_,
                   "Of a model: leaves a size open, up to this, and with :N a multiple of N")
        ->type_name("NAME=VALUE[:N]")
        ->allow_extra_args(false);
    app.add_option("--input", inputs_, "Of a model: makes an input a constant")
        ->type_name("NAME=FILE")
        ->allow_extra_args(false);
  }
  Answer run(Reader reader) override {
    ImportSettings settings;
    settings.sizes = parse_sizes("--size", sizes_);
    settings.maxima = parse_maxima("--max", maxima_);
    const std::vector<NamedText> inputs = parse_named("--input", inputs_);
    Source source = read_source(file_);
    if (source.model) {
      compile(*source.model, settings, inputs, source);
    } else if (!settings.sizes.empty() || !settings.maxima.empty() || !inputs.empty()) {
      throw Failure(ExitCode::Usage,
                    file_ + ": is a compiled program, whose sizes and inputs are settled; give the model");
    }
    Answer answer;
    if (reader == Reader::Program) {
      answer.json = program_json(*source.program);
      return answer;
    }
    const String text = program::explain(*source.program);
    if (text.out_of_memory()) throw Failure(ExitCode::Internal, "out of memory for the text of the program");
    answer.text = std::string(text);
    return answer;
  }

private:
  void compile(const ModelFile& file, ImportSettings& settings, const std::vector<NamedText>& inputs,
               Source& source) const {
    bind_inputs(file, inputs, settings);
    const graph::Graph graph = import_or_throw(file, settings);
    require_sizes(file, settings, true);
    source.program = compile_for(file, graph, parse_targets(targets_, device_));
  }

  std::string file_, device_;
  std::vector<std::string> targets_ = {"vulkan1.1"}, sizes_, maxima_, inputs_;
};

}  // namespace

std::unique_ptr<Command> make_explain() { return std::make_unique<Explain>(); }

}  // namespace tool
