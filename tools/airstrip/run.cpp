// airstrip run: a model or a program on a device, with tensors from files.
#include "commands.hpp"
#include "compiled.hpp"
#include "io/compare.hpp"
#include "io/random.hpp"
#include "io/tensor_file.hpp"
#include "player.hpp"
#include "progress.hpp"
#include "reference.hpp"
#include "text.hpp"

#include <CLI/CLI.hpp>
#include <airstrip/graph.hpp>
#include <airstrip/onnx.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>

namespace tool {

namespace {

using namespace airstrip;

struct Statistics {
  double minimum = 0, maximum = 0, mean = 0;
  std::size_t not_finite = 0;
};
Statistics statistics_of(const HostTensor& tensor) {
  Statistics s;
  std::size_t count = 0;
  visit_scalar(tensor.scalar, [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t i = 0; i < tensor.size(); ++i) {
      const double value = to_double(load<T>(tensor, i));
      if (!std::isfinite(value)) {
        ++s.not_finite;
        continue;
      }
      s.minimum = count ? std::min(s.minimum, value) : value;
      s.maximum = count ? std::max(s.maximum, value) : value;
      s.mean += value;
      ++count;
    }
  });
  if (count) s.mean /= static_cast<double>(count);
  return s;
}

struct Checked {
  std::string output;
  Comparison comparison;
  Tolerance tolerance;
};

class Run : public Command {
public:
  const char* name() const override { return "run"; }
  const char* summary() const override { return "Run a model or a program on a device, and time it"; }
  const char* examples() const override {
    return "  airstrip run model.onnx --input picture=photo.jpg --output enlarged=large.png\n"
           "  airstrip run model.onnx --size batch=1 --repeat 20 --profile\n"
           "  airstrip run model.airstrip --input x=random:7 --output y=y.npy --device llvmpipe\n"
           "  airstrip run model.onnx --input x=input_0.pb --check\n";
  }
  void add_options(CLI::App& app) override {
    app.add_option("file", file_, "The model or the program")->required()->type_name("MODEL.onnx|PROGRAM");
    app.add_option("--input", inputs_,
                   "An input's elements: .npy, .png, .jpg, .pb, or random[:SEED[:uniform:LOW:HIGH | "
                   ":normal:MEAN:DEVIATION]]; what is not given is random")
        ->type_name("NAME=FILE")
        ->allow_extra_args(false);
    app.add_option("--output", outputs_, "Where an output goes: .npy, .png or .pb")
        ->type_name("NAME=FILE")
        ->allow_extra_args(false);
    app.add_option("--size", sizes_, "A size that is open and that no file tells")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    app.add_option("--device", device_, "A device with this in its name")->type_name("NAME");
    app.add_option("--target", target_, std::string("Of a model: ") + target_help)
        ->type_name("TARGET")
        ->default_str("device");
    app.add_option("--variant", variant_, "Of a program: the variant of this name")->type_name("NAME");
    app.add_option("--repeat", repeat_, "Timed runs after the first")
        ->check(CLI::Range(0, 1'000'000))
        ->capture_default_str();
    app.add_flag("--profile", profile_, "Time every dispatch by itself");
    app.add_flag("--check", check_,
                 "Compare with the interpreter, which takes a second for about twenty million operations; "
                 "exit code 1 where they differ");
    app.add_option("--absolute", absolute_, "What --check lets pass; by the type where neither is given")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--relative", relative_,
                   "What --check lets pass besides, of the value expected; 0 where only the other is given")
        ->check(CLI::NonNegativeNumber);
  }
  Answer run(Reader reader) override;

private:
  program::Program compile(const ModelFile& file, ImportSettings& settings);
  void read_inputs();
  void make_random_inputs(const ProgramShapes& shapes);
  std::vector<Checked> check(const std::vector<HostTensor>& outputs);

  std::string file_, device_, target_, variant_;
  std::vector<std::string> inputs_, outputs_, sizes_;
  int repeat_ = 10;
  bool profile_ = false, check_ = false;
  std::optional<double> absolute_, relative_;

  std::vector<NamedText> random_;    // inputs that are to be random in a way of their own
  std::vector<HostTensor> tensors_;  // inputs
  graph::Graph graph_;
};

void Run::read_inputs() {
  tensors_.clear();
  random_.clear();
  for (const NamedText& input : parse_named("--input", inputs_)) {
    if (parse_random(input.text)) {
      random_.push_back(input);
      continue;
    }
    HostTensor tensor = read_tensor(input.text);
    tensor.name = input.name;
    tensors_.push_back(std::move(tensor));
  }
}

// Inputs that a shape depends on become constants where their elements are given.
program::Program Run::compile(const ModelFile& file, ImportSettings& settings) {
  for (const NamedText& input : random_) (void)find_input(file, input.name);
  for (const HostTensor& tensor : tensors_) take_sizes(file, tensor, settings);
  for (;;) {
    Imported imported = import_model(file, settings);
    if (!imported.error) {
      graph_ = std::move(imported.graph);
      break;
    }
    bool is_more_known = false;
    for (const String& name : imported.report.inputs_to_bind)
      for (auto tensor = tensors_.begin(); tensor != tensors_.end(); ++tensor) {
        if (!(Text(tensor->name) == name)) continue;
        settings.bound.push_back(std::move(*tensor));
        tensors_.erase(tensor);
        is_more_known = true;
        break;
      }
    if (!is_more_known) throw_import_error(file, imported);
  }
  require_sizes(file, settings, false);
  return compile_for(file, graph_, {parse_target_to_run(target_.empty() ? "device" : target_, device_)});
}

void Run::make_random_inputs(const ProgramShapes& shapes) {
  for (const NamedText& random : random_)
    if (std::none_of(shapes.inputs.begin(), shapes.inputs.end(),
                     [&](const HostTensor& t) { return t.name == random.name; }))
      throw Failure(ExitCode::Usage, file_ + ": there is no input '" + printable(random.name) + "'");
  std::uint64_t seed = 1;
  for (const HostTensor& input : shapes.inputs) {
    if (std::any_of(tensors_.begin(), tensors_.end(),
                    [&](const HostTensor& t) { return t.name == input.name; }))
      continue;
    RandomSource source;
    source.seed = seed++;
    for (const NamedText& random : random_)
      if (random.name == input.name) source = *parse_random(random.text);
    tensors_.push_back(random_tensor(input.name, input.scalar, input.dims, source));
  }
}

std::vector<Checked> Run::check(const std::vector<HostTensor>& outputs) {
  const std::vector<HostTensor> expected = evaluate_reference(file_, graph_, tensors_);
  std::vector<Checked> results;
  for (std::size_t i = 0; i < outputs.size() && i < expected.size(); ++i) {
    Tolerance tolerance = default_tolerance(outputs[i].scalar);
    if (absolute_ || relative_) tolerance = {absolute_.value_or(0), relative_.value_or(0)};
    results.push_back({outputs[i].name, compare(outputs[i], expected[i], tolerance), tolerance});
  }
  return results;
}

Answer Run::run(Reader reader) {
  ImportSettings settings;
  settings.sizes = parse_sizes("--size", sizes_);
  const std::vector<NamedText> files = parse_named("--output", outputs_);
  for (const NamedText& output : files) check_format_of(output.text);
  read_inputs();
  const Stopwatch read_watch;
  Source source = read_source(file_);
  const double read_time = read_watch.milliseconds();
  if (check_ && !source.model)
    throw Failure(ExitCode::Usage,
                  file_ + ": a compiled program cannot be checked by itself; give the model");
  if (!target_.empty() && !source.model)
    throw Failure(ExitCode::Usage, file_ +
                                       ": is a compiled program, whose targets are settled; say --variant "
                                       "for one of them, or give the model");
  if (!variant_.empty() && source.model)
    throw Failure(ExitCode::Usage, "--variant is for compiled programs; say --target for a model");
  double compile_time = 0;
  bool is_model = false;
  if (source.model) {
    const Stopwatch watch;
    source.program = compile(*source.model, settings);
    compile_time = watch.milliseconds();
    settings.sizes.clear();  // numbers now
    is_model = true;
  }
  const program::Program& program = *source.program;
  const ProgramShapes shapes = shapes_of(file_, program, settings.sizes, tensors_);
  for (const NamedText& output : files)
    if (std::none_of(shapes.outputs.begin(), shapes.outputs.end(),
                     [&](const HostTensor& t) { return t.name == output.name; })) {
      std::vector<std::string> names;
      for (const HostTensor& t : shapes.outputs) names.push_back(t.name);
      throw Failure(ExitCode::Usage, file_ + ": there is no output '" + printable(output.name) +
                                         "'; there are: " + printable(joined(names)));
    }
  make_random_inputs(shapes);

  vulkan::Device device = open_device(device_);
  const Stopwatch load_watch;
  auto session = player::Session::make(device, program, Text(variant_));
  if (!session) throw Failure(file_, session.error());
  const double load_time = load_watch.milliseconds();
  set_inputs(file_, *session, shapes, tensors_);
  std::vector<double> first(1), times(static_cast<std::size_t>(repeat_));
  if (const auto done = session->time({first.data(), 1}); !done) throw Failure(file_, done.error());
  std::vector<HostTensor> outputs = shapes.outputs;
  get_outputs(file_, *session, outputs);
  {
    Progress progress("running", times.size());
    for (std::size_t i = 0; i < times.size(); ++i) {
      progress.show(i);
      if (const auto done = session->time({&times[i], 1}); !done) throw Failure(file_, done.error());
    }
  }
  Buffer<double> profile;
  if (profile_)
    if (const auto done = session->time_dispatches(profile); !done) throw Failure(file_, done.error());
  for (const NamedText& output : files)
    for (const HostTensor& tensor : outputs)
      if (tensor.name == output.name) write_tensor(output.text, tensor);
  std::vector<Checked> checked;
  double check_time = 0;
  if (check_) {
    const Stopwatch watch;
    checked = check(outputs);
    check_time = watch.milliseconds();
  }

  Answer answer;
  for (const Checked& c : checked)
    if (!c.comparison.ok()) answer.exit = ExitCode::Negative;
  std::sort(times.begin(), times.end());
  const double median = times.empty() ? 0 : times[times.size() / 2];
  const vulkan::Description& description = device.describe();
  const std::string device_name(description.device_name);
  const std::string variant(program.text(session->variant().name));
  std::vector<const program::DispatchRecord*> dispatches;
  for (const program::DispatchRecord& d : program.dispatches(session->variant()))
    if (d.phase == program::Phase::Run) dispatches.push_back(&d);

  if (reader == Reader::Program) {
    Json& j = answer.json;
    j["file"] = file_;
    j["device"] = device_name;
    j["variant"] = variant;
    j["memory_bytes"] = session->memory_bytes();
    j["milliseconds"] = {{"read", read_time},
                         {"load", load_time},
                         {"packing", session->packing_milliseconds()},
                         {"first_run", first[0]}};
    j["packed_bytes"] = session->model().memory().packed.bytes;
    if (is_model) j["milliseconds"]["compile"] = compile_time;
    if (!times.empty())
      j["milliseconds"]["run"] = {
          {"median", median}, {"minimum", times.front()}, {"maximum", times.back()}, {"runs", times.size()}};
    if (profile_) {
      Json& list = j["dispatches"] = Json::array();
      for (std::size_t i = 0; i < profile.size() && i < dispatches.size(); ++i)
        list.push_back({{"node", std::string(program.text(dispatches[i]->name))},
                        {"milliseconds", profile[i]},
                        {"operations", dispatches[i]->operations},
                        {"bytes", dispatches[i]->bytes}});
    }
    Json& list = j["outputs"] = Json::array();
    for (const HostTensor& tensor : outputs) {
      const Statistics s = statistics_of(tensor);
      list.push_back({{"name", tensor.name},
                      {"type", name_of(tensor.scalar)},
                      {"shape", tensor.dims},
                      {"minimum", s.minimum},
                      {"maximum", s.maximum},
                      {"mean", s.mean},
                      {"not_finite", s.not_finite}});
    }
    if (check_) {
      Json& checks = j["check"] = Json::array();
      for (const Checked& c : checked)
        checks.push_back({{"output", c.output},
                          {"ok", c.comparison.ok()},
                          {"max_absolute", c.comparison.max_absolute},
                          {"max_relative", c.comparison.max_relative},
                          {"outside", c.comparison.outside},
                          {"absolute", c.tolerance.absolute},
                          {"relative", c.tolerance.relative}});
      j["milliseconds"]["check"] = check_time;
    }
    return answer;
  }

  Table table;
  table.row({"device", printable(device_name)});
  table.row({"variant", printable(variant) + ", " + std::to_string(dispatches.size()) + " dispatches, " +
                            std::to_string(session->model().pipeline_count()) + " pipelines"});
  table.row({"memory", size_text(session->memory_bytes())});
  table.row({"read", milliseconds_text(read_time)});
  if (is_model) table.row({"compile", milliseconds_text(compile_time)});
  table.row({"load", milliseconds_text(load_time) + ", of which packing weights into " +
                         size_text(session->model().memory().packed.bytes) + ' ' +
                         milliseconds_text(session->packing_milliseconds())});
  table.row({"first run", milliseconds_text(first[0])});
  if (!times.empty())
    table.row({"run", milliseconds_text(median) + ", median of " + std::to_string(times.size()) + "; " +
                          milliseconds_text(times.front()) + " to " + milliseconds_text(times.back())});
  answer.text = table.text();
  Table tensors;
  for (const HostTensor& tensor : outputs) {
    const Statistics s = statistics_of(tensor);
    std::string numbers =
        number_text(s.minimum) + " to " + number_text(s.maximum) + ", mean " + number_text(s.mean);
    if (s.not_finite) numbers += ", " + std::to_string(s.not_finite) + " not finite";
    tensors.row({"output", printable(tensor.name), name_of(tensor.scalar) + to_string(tensor.dims), numbers});
  }
  answer.text += tensors.text();
  if (profile_) {
    double sum = 0;
    for (const double ms : profile) sum += ms;
    Table rows("  ");
    rows.row({"dispatch", "time", "of all", "operations/s", "bytes/s"});
    for (std::size_t i = 0; i < profile.size() && i < dispatches.size(); ++i) {
      const auto rate = [&](std::uint64_t count) {
        return profile[i] > 0
                   ? count_text(static_cast<std::uint64_t>(static_cast<double>(count) / profile[i] * 1e3))
                   : std::string("-");
      };
      char share[16];
      std::snprintf(share, sizeof share, "%.1f %%", sum > 0 ? 100 * profile[i] / sum : 0);
      rows.row({printable(std::string(program.text(dispatches[i]->name))), milliseconds_text(profile[i]),
                share, rate(dispatches[i]->operations), rate(dispatches[i]->bytes)});
    }
    answer.text += "\n" + rows.text();
  }
  for (const Checked& c : checked)
    answer.text += "check: " + printable(c.output) +
                   (c.comparison.ok() ? " is as the interpreter has it" : " differs from the interpreter") +
                   ", at most by " + number_text(c.comparison.max_absolute) + " (" +
                   std::to_string(c.comparison.outside) + " of " + std::to_string(c.comparison.elements) +
                   " elements outside " + number_text(c.tolerance.absolute) + " + " +
                   number_text(c.tolerance.relative) + " of the value); it took " +
                   milliseconds_text(check_time) + "\n";
  return answer;
}

}  // namespace

std::unique_ptr<Command> make_run() { return std::make_unique<Run>(); }

}  // namespace tool
