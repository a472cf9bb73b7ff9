// One of ONNX's node tests: a folder with a model, its inputs and the outputs that it has to have.
#pragma once

#include <airstrip/graph/compile.hpp>
#include <airstrip/graph/evaluate.hpp>
#include <airstrip/graph/passes.hpp>
#include <airstrip/onnx.hpp>
#ifdef AIRSTRIP_TEST_VULKAN
#include <airstrip/player_device.hpp>
#include <airstrip/vulkan_tensor.hpp>
#endif

#include "support/device.hpp"
#include "support/numbers.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

namespace node_test {

namespace fs = std::filesystem;
namespace onnx = airstrip::onnx;
namespace graph = airstrip::graph;
using airstrip::Buffer;
using airstrip::Result;
using airstrip::Span;
using airstrip::Text;
using airstrip::kernel::Scalar;

struct Outcome {
  enum class Kind { Passed, Failed, Skipped } kind = Kind::Failed;
  std::string reason = "it was not run";
};

struct Options {
  /// Every size of an input but 0 and 1 becomes a parameter, sizes of one value the same one.
  bool open_sizes = false;
  /// The passes over the graph go first.
  bool optimize = false;
  bool on_device = false;
};

#ifdef AIRSTRIP_TEST_VULKAN
inline constexpr bool has_device = true;

// The device at hand, opened once in each process.
inline Result<airstrip::vulkan::Device>& device_at_hand() {
  static auto* const opened = [] {
    airstrip::vulkan::DeviceOptions options;
    options.name = test::device_name();
    options.guard_bytes = 256;
    test::turn_off_shader_cache();
    return new Result<airstrip::vulkan::Device>(airstrip::vulkan::Device::open(options));
  }();
  return *opened;
}

// Compiled for the device, and played there.
inline Result<airstrip::List<graph::Bytes>> play_graph(graph::Graph& imported,
                                                       Span<const graph::NamedBytes> inputs,
                                                       Span<const airstrip::tensor::SizeValue> sizes) {
  namespace program = airstrip::program;
  Result<airstrip::vulkan::Device>& device = device_at_hand();
  if (!device.ok()) return device.error();
  const auto compiled = graph::compile(imported, airstrip::vulkan::tensor_target(device->describe()));
  if (!compiled.ok()) return compiled.error();
  auto session = airstrip::player::Session::make(*device, *compiled);
  if (!session.ok()) return session.error();
  std::vector<program::ParameterValue> values;
  for (const airstrip::tensor::SizeValue& size : sizes)
    if (compiled->find_parameter(size.name) != program::none)
      values.push_back({size.name, static_cast<double>(size.value)});
  if (!values.empty())
    if (auto r = session->set_parameters({values.data(), values.size()}); !r.ok()) return r.error();
  for (const graph::NamedBytes& input : inputs)
    if (compiled->find_tensor(input.name) != program::none)
      if (auto r = session->set_input(input.name, input.bytes.data(), input.bytes.size()); !r.ok())
        return r.error();
  if (auto r = session->run(); !r.ok()) return r.error();
  airstrip::List<graph::Bytes> outputs;
  for (const graph::GraphOutput& output : imported.outputs()) {
    const auto shape = session->instance().shape_of(Text(output.name));
    if (!shape.ok()) return shape.error();
    Buffer<unsigned char> bytes;
    bytes.resize(shape->bytes);
    if (auto r = session->get_output(Text(output.name), bytes.data(), shape->bytes); !r.ok())
      return r.error();
    outputs.push_back(graph::Bytes::owned(static_cast<Buffer<unsigned char>&&>(bytes)));
  }
  if (auto r = device->check_guards(); !r.ok()) return r.error();
  return outputs;
}
#else
inline constexpr bool has_device = false;
#endif

/// On the device, or in the interpreter with its sanitizer.
inline Result<airstrip::List<graph::Bytes>> run_graph(graph::Graph& imported,
                                                      Span<const graph::NamedBytes> inputs,
                                                      Span<const airstrip::tensor::SizeValue> sizes,
                                                      const Options& how) {
#ifdef AIRSTRIP_TEST_VULKAN
  if (how.on_device) return play_graph(imported, inputs, sizes);
#endif
  if (how.optimize) {
    if (auto folded = graph::fold(imported); !folded.ok()) return folded.error();
    if (auto fused = graph::fuse(imported); !fused.ok()) return fused.error();
    graph::remove_dead(imported);
  }
  return graph::evaluate(imported, inputs, sizes);
}

struct HostTensor {
  std::string name;
  graph::TensorType type;
  std::vector<unsigned char> bytes;
  std::string unread;  ///< why it was not read; empty: it was
};

inline HostTensor read_tensor(const fs::path& path) {
  HostTensor tensor;
  const auto unread = [&](const std::string& reason) {
    tensor.unread = reason;
    return tensor;
  };
  const auto file = onnx::read_file(Text(path.string().c_str()));
  if (!file.ok()) return unread("there is no file");
  const auto value = onnx::read_value({file->data(), file->size()}, onnx::Value::Kind::Tensor);
  if (!value.ok()) return unread("it is no tensor");
  const onnx::Tensor& t = *value->value.tensor;
  tensor.type.scalar = onnx::scalar_of(t.data_type);
  if (tensor.type.scalar == Scalar::Void) return unread(std::string("it is ") + to_string(t.data_type));
  const auto data = onnx::read_elements(t);
  if (!data.ok()) return unread("its elements cannot be read");
  for (const std::int64_t d : t.dims) tensor.type.shape.push_back(airstrip::tensor::Dimension(d));
  const auto* bytes = reinterpret_cast<const unsigned char*>(data->bytes().data());
  tensor.bytes.assign(bytes, bytes + data->bytes().size());
  tensor.name = std::string(t.name);
  return tensor;
}

/// What is wrong with what was computed; empty: nothing. As ONNX's harness: rtol 1e-3, atol 1e-7; integers exactly.
inline std::string compare(const HostTensor& expected, Span<const unsigned char> got) {
  if (got.size() < expected.bytes.size())
    return "has " + std::to_string(got.size()) + " bytes in place of " +
           std::to_string(expected.bytes.size());
  const Scalar scalar = expected.type.scalar;
  const std::size_t width = airstrip::tensor::element_bytes(scalar);
  for (std::size_t i = 0; i < expected.bytes.size() / width; ++i) {
    const std::uint64_t expected_bits = test::bits_at(scalar, expected.bytes.data(), i);
    const std::uint64_t got_bits = test::bits_at(scalar, got.data(), i);
    const double e = test::number_of_bits(scalar, expected_bits), g = test::number_of_bits(scalar, got_bits);
    const bool same =
        airstrip::kernel::is_float(scalar)
            ? std::isnan(e) ? std::isnan(g) : e == g || std::fabs(e - g) <= 1e-7 + 1e-3 * std::fabs(e)
            : expected_bits == got_bits;
    if (!same)
      return "element " + std::to_string(i) + " is " + std::to_string(g) + " and has to be " +
             std::to_string(e);
  }
  return "";
}

/// Copies of a model's inputs whose sizes are parameters.
class OpenSizes {
public:
  explicit OpenSizes(onnx::Model& model) {
    graph_ = *model.graph;
    for (const onnx::ValueInfo& input : graph_.inputs) {
      inputs_.push_back(input);
      if (!input.type || input.type->kind != onnx::Type::Kind::Tensor) continue;
      shapes_.emplace_back();
      for (const onnx::Dimension& d : input.type->shape) {
        onnx::Dimension open = d;
        if (d.kind == onnx::Dimension::Kind::Value && d.value > 1) {
          open.kind = onnx::Dimension::Kind::Parameter;
          open.parameter = name_of(d.value);
        }
        shapes_.back().push_back(open);
      }
      types_.push_back(*input.type);
      types_.back().shape = {shapes_.back().data(), shapes_.back().size()};
      inputs_.back().type = &types_.back();
    }
    graph_.inputs = {inputs_.data(), inputs_.size()};
    model.graph = &graph_;
  }
  Span<const airstrip::tensor::SizeValue> values() const { return {values_.data(), values_.size()}; }

private:
  Text name_of(std::int64_t value) {
    for (const airstrip::tensor::SizeValue& known : values_)
      if (known.value == value) return known.name;
    names_.push_back("n" + std::to_string(value));
    values_.push_back({Text(names_.back().c_str()), value});
    return values_.back().name;
  }

  onnx::Graph graph_;
  std::vector<onnx::ValueInfo> inputs_;
  std::deque<onnx::Type> types_;
  std::deque<std::vector<onnx::Dimension>> shapes_;
  std::deque<std::string> names_;
  std::vector<airstrip::tensor::SizeValue> values_;
};

/// Each thing that is not supported, without the nodes' names; else the error.
inline std::string reasons(const onnx::ImportReport& report, const airstrip::Diagnostic& error) {
  std::string all;
  for (const onnx::ImportIssue& issue : report.issues) {
    const std::string one = std::string(issue.operation) + ": " + std::string(issue.reason);
    if (all.find(one) == std::string::npos) all += (all.empty() ? "" : "; ") + one;
  }
  return all.empty() ? std::string(error.to_string()) : all;
}

/// Whether the outputs are those that the test has.
inline Outcome check(graph::Graph& imported, const std::vector<HostTensor>& inputs,
                     const std::vector<HostTensor>& outputs, Span<const airstrip::tensor::SizeValue> sizes,
                     const Options& how) {
  const auto failed = [](const std::string& reason) { return Outcome{Outcome::Kind::Failed, reason}; };
  if (imported.outputs().size() != outputs.size()) return failed("it has another number of outputs");
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (!outputs[i].unread.empty())
      return failed("it was imported, and of output " + std::to_string(i) + " " + outputs[i].unread);
  std::vector<graph::NamedBytes> given;
  for (const HostTensor& input : inputs)
    given.push_back({Text(input.name.c_str()), {input.bytes.data(), input.bytes.size()}});
  const auto results = run_graph(imported, {given.data(), given.size()}, sizes, how);
  if (!results.ok() && results.error().code == airstrip::ErrorCode::MissingCapability)
    return {Outcome::Kind::Skipped, std::string(results.error().message)};  // the device lacks it
  if (!results.ok()) return failed(std::string(results.error().to_string()));
  const auto values = imported.sizes().evaluate(sizes);
  if (!values.ok()) return failed(std::string(values.error().to_string()));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    graph::TensorType type = imported.type(imported.outputs()[i].value);
    for (std::size_t axis = 0; axis < type.shape.rank(); ++axis)
      if (!type.shape[axis].is_literal())
        type.shape[axis] = (*values)[static_cast<std::size_t>(imported.size(type.shape[axis]))];
    if (type.scalar != outputs[i].type.scalar || !(type.shape == outputs[i].type.shape))
      return failed("output " + std::to_string(i) + " is " + std::string(to_string(imported, type)) +
                    " and has to be " + std::string(to_string(imported, outputs[i].type)));
    const std::string wrong = compare(outputs[i], (*results)[i].span());
    if (!wrong.empty()) return failed("output " + std::to_string(i) + ": " + wrong);
  }
  return {Outcome::Kind::Passed, ""};
}

inline Outcome run_test(const fs::path& folder, const Options& how) {
  const auto file = onnx::read_file(Text((folder / "model.onnx").string().c_str()));
  if (!file.ok()) return {Outcome::Kind::Failed, std::string(file.error().to_string())};
  auto model = onnx::read_model({file->data(), file->size()});
  if (!model.ok()) return {Outcome::Kind::Failed, std::string(model.error().to_string())};
  std::vector<HostTensor> inputs, outputs;
  const fs::path data = folder / "test_data_set_0";
  for (std::size_t i = 0; i < model->graph->inputs.size(); ++i) {
    inputs.push_back(read_tensor(data / ("input_" + std::to_string(i) + ".pb")));
    inputs.back().name = std::string(model->graph->inputs[i].name);
  }
  for (std::size_t i = 0; i < model->graph->outputs.size(); ++i)
    outputs.push_back(read_tensor(data / ("output_" + std::to_string(i) + ".pb")));
  std::deque<OpenSizes> open;
  if (how.open_sizes) open.emplace_back(*model);
  const Span<const airstrip::tensor::SizeValue> sizes =
      open.empty() ? Span<const airstrip::tensor::SizeValue>() : open[0].values();
  // First with all inputs open; then with those bound that a shape depends on.
  std::vector<onnx::InputOption> bound;
  for (int attempt = 0; attempt < 8; ++attempt) {
    onnx::ImportOptions options;
    options.inputs = {bound.data(), bound.size()};
    onnx::ImportReport report;
    Result<graph::Graph> imported = onnx::import_model(*model, options, &report);
    if (imported.ok()) return check(*imported, inputs, outputs, sizes, how);
    const std::size_t before = bound.size();
    for (const airstrip::String& name : report.inputs_to_bind)
      for (const HostTensor& input : inputs)
        if (input.unread.empty() && input.name == std::string(name) &&
            std::none_of(bound.begin(), bound.end(),
                         [&](const onnx::InputOption& o) { return o.name == Text(input.name.c_str()); }))
          bound.push_back({Text(input.name.c_str()), input.type, {input.bytes.data(), input.bytes.size()}});
    if (bound.size() > before) continue;
    // Of open sizes it may not be known that they fit.
    const airstrip::ErrorCode code = imported.error().code;
    const bool unsupported = code == airstrip::ErrorCode::NotTranslatable ||
                             (how.open_sizes && code == airstrip::ErrorCode::InvalidShape);
    return {unsupported ? Outcome::Kind::Skipped : Outcome::Kind::Failed, reasons(report, imported.error())};
  }
  return {Outcome::Kind::Skipped, "its shapes depend on inputs without end"};
}

}  // namespace node_test
