// What a command begins with: an ONNX model or a compiled program in a file, and what the command line says of its sizes.
#pragma once

#include "images.hpp"
#include "io/host_tensor.hpp"

#include <airstrip/graph/graph.hpp>
#include <airstrip/onnx/import.hpp>
#include <airstrip/onnx/model.hpp>
#include <airstrip/program/program.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tool {

/// Milliseconds since it was made.
class Stopwatch {
public:
  double milliseconds() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
  }

private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// NAME=TEXT of an option. Throws Failure: Usage where it is not of that form, or a name comes twice.
struct NamedText {
  std::string name, text;
};
std::vector<NamedText> parse_named(const char* option, const std::vector<std::string>& arguments);
/// A size by its name: what it is, or how large at most, and then what it is a multiple of.
struct NamedSize {
  std::string name;
  std::int64_t value = 0;
  std::int64_t multiple = 1;
};
/// NAME=VALUE, from 0 on. Throws Failure: Usage.
std::vector<NamedSize> parse_sizes(const char* option, const std::vector<std::string>& arguments);
/// NAME=VALUE or NAME=VALUE:MULTIPLE. Throws Failure: Usage.
std::vector<NamedSize> parse_maxima(const char* option, const std::vector<std::string>& arguments);

/// An ONNX model and the bytes that it points to.
struct ModelFile {
  std::string path;
  Bytes bytes;
  airstrip::onnx::Model model;
};
/// One of the two. The model stays where it is when this is moved.
struct Source {
  std::optional<ModelFile> model;
  std::optional<airstrip::program::Program> program;
};
/// Throws Failure: BadInput for what is neither, or damaged.
Source read_source(const std::string& path);
ModelFile read_model(const std::string& path);

/// An axis that the model leaves open, and by which name.
struct OpenAxis {
  std::string input;
  std::size_t axis = 0;
  std::string size;
};
std::vector<OpenAxis> open_axes(const airstrip::onnx::Model& model);
/// "f32[1, 3, height, width]", "string", "sequence".
std::string type_text(const airstrip::onnx::ValueInfo& value);
/// Whether an initializer has that name: an input that has is no input that anyone gives.
bool is_initialized(const airstrip::onnx::Model& model, airstrip::Text name);
/// The model's input of that name, without those that initializers fill. Throws Failure: Usage.
const airstrip::onnx::ValueInfo& find_input(const ModelFile& file, const std::string& name);

struct ImportSettings {
  std::vector<NamedSize> sizes, maxima;
  std::vector<HostTensor> bound;   ///< inputs that become constants, by their names
  std::vector<NamedImage> images;  ///< inputs and outputs that are bound as images
};

struct Imported {
  airstrip::graph::Graph graph;
  airstrip::onnx::ImportReport report;
  std::optional<airstrip::Diagnostic> error;
};

/// Throws Failure, Usage: sizes, inputs and images that the model does not have, a size that is both fixed and bounded. What the
/// importer refuses is in the result.
Imported import_model(const ModelFile& file, const ImportSettings& settings);
/// The same; what the importer refuses becomes a Failure with the first things that are not supported.
airstrip::graph::Graph import_or_throw(const ModelFile& file, const ImportSettings& settings);
[[noreturn]] void throw_import_error(const ModelFile& file, const Imported& imported);
/// Throws Failure, Usage: a size is open and neither fixed nor, where that suffices, bounded.
void require_sizes(const ModelFile& file, const ImportSettings& settings, bool may_be_bounded);
/// The sizes that a tensor gives to the open axes of the input it is called by, into `settings`. Throws Failure, BadInput: it
/// does not fit.
void take_sizes(const ModelFile& file, const HostTensor& tensor, ImportSettings& settings);
/// Reads files, and makes constants of the inputs that they are for. Throws Failure.
void bind_inputs(const ModelFile& file, const std::vector<NamedText>& inputs, ImportSettings& settings);

}  // namespace tool
