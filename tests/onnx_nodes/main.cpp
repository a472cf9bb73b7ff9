// Runs ONNX's node tests: imports each model, computes its outputs, compares them with those that the test has.
//
//   airstrip_test_onnx_nodes FOLDER [PART_OF_NAME…]
#include <airstrip/graph/evaluate.hpp>
#include <airstrip/onnx.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
namespace onnx = airstrip::onnx;
namespace graph = airstrip::graph;
using airstrip::Buffer;
using airstrip::Result;
using airstrip::Span;
using airstrip::Text;
using airstrip::kernel::Scalar;

struct HostTensor {
  std::string name;
  graph::TensorType type;
  std::vector<unsigned char> bytes;
  bool is_read = false;
};

HostTensor read_tensor(const fs::path& path) {
  HostTensor tensor;
  const auto file = onnx::read_file(Text(path.string().c_str()));
  if (!file.ok()) return tensor;
  const auto value = onnx::read_value({file->data(), file->size()}, onnx::Value::Kind::Tensor);
  if (!value.ok()) return tensor;
  const onnx::Tensor& t = *value->value.tensor;
  const auto data = onnx::read_elements(t);
  tensor.type.scalar = onnx::scalar_of(t.data_type);
  if (!data.ok() || tensor.type.scalar == Scalar::Void) return tensor;
  for (const std::int64_t d : t.dims) tensor.type.shape.push_back(airstrip::tensor::Dimension(d));
  const auto* bytes = reinterpret_cast<const unsigned char*>(data->bytes().data());
  tensor.bytes.assign(bytes, bytes + data->bytes().size());
  tensor.name = std::string(t.name);
  tensor.is_read = true;
  return tensor;
}

double number_at(Scalar scalar, const unsigned char* bytes, std::size_t i) {
  const std::size_t width = airstrip::tensor::element_bytes(scalar);
  std::uint64_t raw = 0;
  std::memcpy(&raw, bytes + i * width, width);
  switch (scalar) {
    case Scalar::F64: {
      double v;
      std::memcpy(&v, &raw, 8);
      return v;
    }
    case Scalar::F32: {
      float v;
      std::memcpy(&v, &raw, 4);
      return static_cast<double>(v);
    }
    case Scalar::F16: return airstrip::kernel::f16_to_double(raw);
    case Scalar::BF16: return airstrip::kernel::bf16_to_double(raw);
    default: return static_cast<double>(graph::detail::integer_at(scalar, bytes, i));
  }
}

// ONNX's harness: rtol 1e-3, atol 1e-7.
std::string compare(const HostTensor& expected, Span<const unsigned char> got) {
  if (got.size() < expected.bytes.size())
    return "has " + std::to_string(got.size()) + " bytes in place of " +
           std::to_string(expected.bytes.size());
  const std::size_t width = airstrip::tensor::element_bytes(expected.type.scalar);
  for (std::size_t i = 0; i < expected.bytes.size() / width; ++i) {
    const double e = number_at(expected.type.scalar, expected.bytes.data(), i);
    const double g = number_at(expected.type.scalar, got.data(), i);
    if (std::isnan(e) ? std::isnan(g) : e == g || std::fabs(e - g) <= 1e-7 + 1e-3 * std::fabs(e)) continue;
    return "element " + std::to_string(i) + " is " + std::to_string(g) + " and has to be " +
           std::to_string(e);
  }
  return "";
}

struct Outcome {
  enum class Kind { Passed, Failed, Skipped } kind = Kind::Skipped;
  std::string reason;
};

Outcome run(const fs::path& folder) {
  const auto file = onnx::read_file(Text((folder / "model.onnx").string().c_str()));
  if (!file.ok()) return {Outcome::Kind::Skipped, std::string(file.error().to_string())};
  const auto model = onnx::read_model({file->data(), file->size()});
  if (!model.ok()) return {Outcome::Kind::Failed, std::string(model.error().to_string())};
  std::vector<HostTensor> inputs, outputs;
  const fs::path data = folder / "test_data_set_0";
  for (std::size_t i = 0; i < model->graph->inputs.size(); ++i) {
    inputs.push_back(read_tensor(data / ("input_" + std::to_string(i) + ".pb")));
    inputs.back().name = std::string(model->graph->inputs[i].name);
  }
  for (std::size_t i = 0; i < model->graph->outputs.size(); ++i) {
    outputs.push_back(read_tensor(data / ("output_" + std::to_string(i) + ".pb")));
    if (!outputs.back().is_read) return {Outcome::Kind::Skipped, "an output is no tensor that kernels make"};
  }
  // First with all inputs open; then with those bound that a shape depends on.
  std::vector<onnx::InputOption> bound;
  for (int attempt = 0; attempt < 4; ++attempt) {
    onnx::ImportOptions options;
    options.inputs = {bound.data(), bound.size()};
    onnx::ImportReport report;
    Result<graph::Graph> imported = onnx::import_model(*model, options, &report);
    if (!imported.ok()) {
      const std::size_t before = bound.size();
      for (const airstrip::String& name : report.inputs_to_bind)
        for (const HostTensor& input : inputs)
          if (input.is_read && input.name == std::string(name) &&
              std::none_of(bound.begin(), bound.end(),
                           [&](const onnx::InputOption& o) { return o.name == Text(input.name.c_str()); }))
            bound.push_back({Text(input.name.c_str()), input.type, {input.bytes.data(), input.bytes.size()}});
      if (bound.size() > before) continue;
      const bool unsupported = imported.error().code == airstrip::ErrorCode::NotTranslatable;
      return {unsupported ? Outcome::Kind::Skipped : Outcome::Kind::Failed,
              std::string(imported.error().to_string())};
    }
    std::vector<graph::NamedBytes> given;
    for (const HostTensor& input : inputs)
      given.push_back({Text(input.name.c_str()), {input.bytes.data(), input.bytes.size()}});
    const auto results = graph::evaluate(*imported, {given.data(), given.size()});
    if (!results.ok()) return {Outcome::Kind::Failed, std::string(results.error().to_string())};
    for (std::size_t i = 0; i < outputs.size() && i < results->size(); ++i) {
      const graph::TensorType& type = imported->type(imported->outputs()[i].value);
      if (type.scalar != outputs[i].type.scalar || !(type.shape == outputs[i].type.shape))
        return {Outcome::Kind::Failed, "output " + std::to_string(i) + " is " +
                                           std::string(to_string(*imported, type)) + " and has to be " +
                                           std::string(to_string(*imported, outputs[i].type))};
      const std::string wrong = compare(outputs[i], (*results)[i].span());
      if (!wrong.empty()) return {Outcome::Kind::Failed, "output " + std::to_string(i) + ": " + wrong};
    }
    return {Outcome::Kind::Passed, ""};
  }
  return {Outcome::Kind::Skipped, "its shapes depend on inputs without end"};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FOLDER [PART_OF_NAME…]\n", argv[0]);
    return 2;
  }
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(argv[1]))
    if (fs::exists(entry.path() / "model.onnx")) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  int counts[3] = {};
  for (const fs::path& folder : folders) {
    const std::string name = folder.filename().string();
    bool wanted = argc == 2;
    for (int i = 2; i < argc; ++i) wanted = wanted || name.find(argv[i]) != std::string::npos;
    if (!wanted) continue;
    const Outcome outcome = run(folder);
    ++counts[static_cast<int>(outcome.kind)];
    constexpr const char* words[] = {"passed", "FAILED", "skipped"};
    if (outcome.kind != Outcome::Kind::Passed || argc > 2)
      std::printf("%s %s%s%s\n", words[static_cast<int>(outcome.kind)], name.c_str(),
                  outcome.reason.empty() ? "" : ": ", outcome.reason.c_str());
  }
  std::printf("%d passed, %d failed, %d skipped\n", counts[0], counts[1], counts[2]);
  return counts[1] ? 1 : 0;
}
