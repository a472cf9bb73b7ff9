// airstrip explain: what a program does and what it takes, kernel by kernel.
#include "commands.hpp"
#include "compiled.hpp"
#include "model_options.hpp"
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
        ->default_str(default_target);
    app.add_option("--device", device_, "What --target device is: one with this in its name")
        ->type_name("NAME");
    model_.add_to(app, "Of a model: ");
  }
  Answer run(Reader reader) override {
    Source source = read_source(file_);
    if (source.model)
      source.program = compile(*source.model);
    else if (!model_.empty() || !targets_.empty() || !device_.empty())
      throw Failure(ExitCode::Usage, file_ + ": is a compiled program, whose sizes, inputs, images and "
                                             "targets are settled; give the model");
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
  program::Program compile(const ModelFile& file) const {
    const ImportSettings settings = model_.settings_for(file);
    const graph::Graph graph = import_or_throw(file, settings);
    require_sizes(file, settings, true);
    return compile_for(file, graph, targets_to_compile(targets_, device_));
  }

  std::string file_, device_;
  std::vector<std::string> targets_;
  ModelOptions model_;
};

}  // namespace

std::unique_ptr<Command> make_explain() { return std::make_unique<Explain>(); }

}  // namespace tool
