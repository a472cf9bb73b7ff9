#include "source.hpp"

#include "failure.hpp"
#include "io/tensor_file.hpp"
#include "text.hpp"

#include <airstrip/graph/graph.hpp>
#include <airstrip/onnx.hpp>
#include <algorithm>
#include <charconv>

namespace tool {

namespace onnx = airstrip::onnx;
using airstrip::ErrorCode;
using airstrip::Span;
using airstrip::Text;

std::vector<NamedText> parse_named(const char* option, const std::vector<std::string>& arguments) {
  std::vector<NamedText> result;
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == argument.size())
      throw Failure(
          ExitCode::Usage,
          std::string(option) + " " + argument + ": write NAME=" +
              (std::string(option) == "--size" || std::string(option) == "--max" ? "VALUE" : "FILE"));
    NamedText named{argument.substr(0, equals), argument.substr(equals + 1)};
    for (const NamedText& other : result)
      if (other.name == named.name)
        throw Failure(ExitCode::Usage,
                      std::string(option) + " names " + printable(named.name) + " twice; say it once");
    result.push_back(std::move(named));
  }
  return result;
}

namespace {

bool parse_size(std::string_view text, std::int64_t least, std::int64_t& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && value >= least && value <= 0x7FFFFFFF;
}

}  // namespace

std::vector<NamedSize> parse_sizes(const char* option, const std::vector<std::string>& arguments) {
  std::vector<NamedSize> result;
  for (const NamedText& named : parse_named(option, arguments)) {
    NamedSize size{named.name};
    if (!parse_size(named.text, 0, size.value))
      throw Failure(ExitCode::Usage, std::string(option) + " " + named.name + "=" + named.text +
                                         ": a size is a whole number from 0 to 2147483647");
    result.push_back(std::move(size));
  }
  return result;
}

std::vector<NamedSize> parse_maxima(const char* option, const std::vector<std::string>& arguments) {
  std::vector<NamedSize> result;
  for (const NamedText& named : parse_named(option, arguments)) {
    NamedSize size{named.name};
    const std::string_view text = named.text;
    const std::size_t colon = text.find(':');
    const bool has_multiple = colon != std::string_view::npos;
    if (!parse_size(text.substr(0, colon), 0, size.value) ||
        (has_multiple && !parse_size(text.substr(colon + 1), 1, size.multiple)))
      throw Failure(ExitCode::Usage, std::string(option) + " " + named.name + "=" + named.text +
                                         ": a maximum is a whole number from 0 to 2147483647, and behind "
                                         "a colon what it is a multiple of, from 1");
    result.push_back(std::move(size));
  }
  return result;
}

// --- files

namespace {

bool is_program(const Bytes& bytes) {
  return bytes.size() >= sizeof airstrip::program::magic &&
         std::memcmp(bytes.data(), airstrip::program::magic, sizeof airstrip::program::magic) == 0;
}

ModelFile model_of(const std::string& path, Bytes&& bytes) {
  ModelFile file;
  file.path = path;
  file.bytes = std::move(bytes);
  auto model = onnx::read_model({file.bytes.data(), file.bytes.size()});
  if (!model) {
    const std::string subject = path + ": is no ONNX model";
    throw Failure(subject, model.error());
  }
  file.model = std::move(*model);
  if (!file.model.graph)
    throw Failure(ExitCode::BadInput, path + ": is no ONNX model: it has no graph; is it another file?");
  return file;
}

}  // namespace

ModelFile read_model(const std::string& path) {
  Bytes bytes = read_file(path);
  if (is_program(bytes))
    throw Failure(ExitCode::BadInput,
                  path + ": is a compiled program, and a model is wanted here; give the .onnx file");
  return model_of(path, std::move(bytes));
}

Source read_source(const std::string& path) {
  Bytes bytes = read_file(path);
  Source source;
  if (!is_program(bytes)) {
    source.model = model_of(path, std::move(bytes));
    return source;
  }
  airstrip::Buffer<unsigned char> copy;
  copy.append({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
  auto program = airstrip::program::Program::own(std::move(copy));
  if (!program) throw Failure(path, program.error());
  if (const auto intact = program->check_weights(); !intact) throw Failure(path, intact.error());
  source.program = std::move(*program);
  return source;
}

// --- what a model says

bool is_initialized(const onnx::Model& model, Text name) {
  return std::any_of(model.graph->initializers.begin(), model.graph->initializers.end(),
                     [&](const onnx::Tensor& tensor) { return tensor.name == name; });
}

namespace {

// Some writers give an open size as -1.
bool is_open(const onnx::Dimension& dimension) {
  return dimension.kind != onnx::Dimension::Kind::Value || dimension.value < 0;
}

// As the importer calls it: others call every open size "?".
std::string size_name(const onnx::Dimension& dimension, Text input, std::size_t axis) {
  if (dimension.kind == onnx::Dimension::Kind::Parameter) {
    const std::string name(dimension.parameter);
    if (name.find_first_not_of("? -*") != std::string::npos) return name;
  }
  return std::string(input) + "_" + std::to_string(axis);
}

std::vector<std::string> input_names(const onnx::Model& model) {
  std::vector<std::string> names;
  for (const onnx::ValueInfo& input : model.graph->inputs)
    if (!is_initialized(model, input.name)) names.push_back(printable(std::string(input.name)));
  return names;
}

}  // namespace

std::vector<OpenAxis> open_axes(const onnx::Model& model) {
  std::vector<OpenAxis> axes;
  for (const onnx::ValueInfo& input : model.graph->inputs) {
    if (is_initialized(model, input.name) || !input.type || input.type->kind != onnx::Type::Kind::Tensor)
      continue;
    for (std::size_t i = 0; i < input.type->shape.size(); ++i)
      if (is_open(input.type->shape[i]))
        axes.push_back({std::string(input.name), i, size_name(input.type->shape[i], input.name, i)});
  }
  return axes;
}

std::string type_text(const onnx::ValueInfo& value) {
  using Kind = onnx::Type::Kind;
  if (!value.type) return "not stated";
  switch (value.type->kind) {
    case Kind::Tensor: break;
    case Kind::SparseTensor: return "sparse tensor";
    case Kind::Sequence: return "sequence";
    case Kind::Map: return "map";
    case Kind::Optional: return "optional";
    case Kind::Opaque: return "opaque";
    case Kind::Unknown: return "not stated";
  }
  const Scalar scalar = onnx::scalar_of(value.type->elem_type);
  std::string text =
      scalar == Scalar::Void ? std::string(onnx::to_string(value.type->elem_type)) : name_of(scalar);
  if (!value.type->has_shape) return text + " of any rank";
  text += "[";
  for (std::size_t i = 0; i < value.type->shape.size(); ++i) {
    const onnx::Dimension& d = value.type->shape[i];
    if (i) text += ", ";
    text += is_open(d) ? printable(size_name(d, value.name, i)) : std::to_string(d.value);
  }
  return text + "]";
}

const onnx::ValueInfo& find_input(const ModelFile& file, const std::string& name) {
  for (const onnx::ValueInfo& input : file.model.graph->inputs)
    if (input.name == Text(name) && !is_initialized(file.model, input.name)) return input;
  throw Failure(ExitCode::Usage, file.path + ": the model has no input '" + printable(name) +
                                     "'; there are: " + joined(input_names(file.model)));
}

// --- import

namespace {

void check_names(const ModelFile& file, const ImportSettings& settings) {
  std::vector<std::string> open;
  for (const OpenAxis& axis : open_axes(file.model))
    if (std::find(open.begin(), open.end(), axis.size) == open.end()) open.push_back(axis.size);
  for (const std::vector<NamedSize>* const sizes : {&settings.sizes, &settings.maxima})
    for (const NamedSize& size : *sizes)
      if (std::find(open.begin(), open.end(), size.name) == open.end())
        throw Failure(ExitCode::Usage,
                      file.path + ": the model leaves no size '" + printable(size.name) + "' open; " +
                          (open.empty() ? "it leaves none open" : "there are: " + printable(joined(open))));
  for (const NamedSize& size : settings.sizes)
    if (std::any_of(settings.maxima.begin(), settings.maxima.end(),
                    [&](const NamedSize& m) { return m.name == size.name; }))
      throw Failure(ExitCode::Usage, file.path + ": the size '" + printable(size.name) + "' is " +
                                         std::to_string(size.value) +
                                         " and bounded by --max, too; leave that out");
  for (const HostTensor& tensor : settings.bound) (void)find_input(file, tensor.name);
}

std::vector<onnx::SizeOption> options_of(const std::vector<NamedSize>& sizes) {
  std::vector<onnx::SizeOption> options;
  for (const NamedSize& size : sizes) options.push_back({Text(size.name), size.value, size.multiple});
  return options;
}

}  // namespace

Imported import_model(const ModelFile& file, const ImportSettings& settings) {
  check_names(file, settings);
  const std::vector<onnx::SizeOption> sizes = options_of(settings.sizes),
                                      maxima = options_of(settings.maxima);
  std::vector<onnx::InputOption> inputs;
  for (const HostTensor& tensor : settings.bound) {
    onnx::InputOption option;
    option.name = Text(tensor.name);
    option.type.scalar = tensor.scalar;
    for (const std::int64_t d : tensor.dims) option.type.shape.push_back(airstrip::tensor::Dimension(d));
    option.bytes = {reinterpret_cast<const unsigned char*>(tensor.bytes.data()), tensor.bytes.size()};
    inputs.push_back(option);
  }
  const std::vector<onnx::ImageOption> images = image_options(file, settings);
  const onnx::ExternalFiles files(onnx::directory_of(Text(file.path)));
  onnx::ImportOptions options;
  options.sizes = {sizes.data(), sizes.size()};
  options.maxima = {maxima.data(), maxima.size()};
  options.inputs = {inputs.data(), inputs.size()};
  options.images = {images.data(), images.size()};
  options.external = files.source();
  Imported imported;
  auto graph = onnx::import_model(file.model, options, &imported.report);
  if (!graph) {
    imported.error = graph.error();
    return imported;
  }
  check_formats(file, *graph);
  imported.graph = std::move(*graph);
  return imported;
}

void throw_import_error(const ModelFile& file, const Imported& imported) {
  if (imported.error->code != ErrorCode::NotTranslatable || imported.report.issues.empty())
    throw Failure(file.path, *imported.error);
  constexpr std::size_t told = 3;
  const std::size_t count = imported.report.issues.size();
  std::string sentence = file.path + ": " + std::to_string(count) +
                         (count == 1 ? " thing of the model is" : " things of the model are") +
                         " not supported";
  for (std::size_t i = 0; i < count && i < told; ++i) {
    const onnx::ImportIssue& issue = imported.report.issues[i];
    sentence += std::string(i ? "; " : ": ") + std::string(issue.operation) + " '" + std::string(issue.node) +
                "': " + std::string(issue.reason);
  }
  if (count > told) sentence += "; airstrip info lists all";
  for (const airstrip::String& name : imported.report.inputs_to_bind)
    sentence += "; give its elements with --input " + std::string(name) + "=FILE";
  throw Failure(ExitCode::Unsupported, printable(sentence));
}

airstrip::graph::Graph import_or_throw(const ModelFile& file, const ImportSettings& settings) {
  Imported imported = import_model(file, settings);
  if (imported.error) throw_import_error(file, imported);
  return std::move(imported.graph);
}

void require_sizes(const ModelFile& file, const ImportSettings& settings, bool may_be_bounded) {
  const auto has = [](const std::vector<NamedSize>& sizes, const std::string& name) {
    return std::any_of(sizes.begin(), sizes.end(), [&](const NamedSize& s) { return s.name == name; });
  };
  for (const OpenAxis& axis : open_axes(file.model)) {
    const bool is_bound = std::any_of(settings.bound.begin(), settings.bound.end(),
                                      [&](const HostTensor& t) { return t.name == axis.input; });
    if (is_bound || has(settings.sizes, axis.size) || (may_be_bounded && has(settings.maxima, axis.size)))
      continue;
    throw Failure(ExitCode::Usage,
                  file.path + ": the size '" + printable(axis.size) + "' of the input '" +
                      printable(axis.input) + "' is open; " +
                      (may_be_bounded ? "fix it with --size " + axis.size + "=VALUE or bound it with --max " +
                                            axis.size + "=VALUE"
                                      : "say --size " + axis.size + "=VALUE, or give the input from a file"));
  }
}

void take_sizes(const ModelFile& file, const HostTensor& tensor, ImportSettings& settings) {
  const onnx::ValueInfo& input = find_input(file, tensor.name);
  const auto refuse = [&](const std::string& why) {
    throw Failure(ExitCode::BadInput, "the tensor for the input '" + printable(tensor.name) + "' is " +
                                          name_of(tensor.scalar) + to_string(tensor.dims) +
                                          ", and the model takes " + type_text(input) + why);
  };
  if (!input.type || input.type->kind != onnx::Type::Kind::Tensor) return;  // the importer says what it is
  if (onnx::scalar_of(input.type->elem_type) != tensor.scalar) refuse("; convert it");
  if (!input.type->has_shape) return;
  if (input.type->shape.size() != tensor.dims.size()) refuse("; give it as many axes");
  for (std::size_t i = 0; i < tensor.dims.size(); ++i) {
    const onnx::Dimension& d = input.type->shape[i];
    if (!is_open(d)) {
      if (d.value != tensor.dims[i]) refuse(", which differs in axis " + std::to_string(i));
      continue;
    }
    const std::string name = size_name(d, input.name, i);
    const auto known = std::find_if(settings.sizes.begin(), settings.sizes.end(),
                                    [&](const NamedSize& s) { return s.name == name; });
    if (known == settings.sizes.end())
      settings.sizes.push_back({name, tensor.dims[i]});
    else if (known->value != tensor.dims[i])
      refuse(", of which " + printable(name) + " is " + std::to_string(known->value) + " already");
  }
}

void bind_inputs(const ModelFile& file, const std::vector<NamedText>& inputs, ImportSettings& settings) {
  for (const NamedText& input : inputs) {
    HostTensor tensor = read_tensor(input.text);
    tensor.name = input.name;
    take_sizes(file, tensor, settings);
    settings.bound.push_back(std::move(tensor));
  }
}

}  // namespace tool
