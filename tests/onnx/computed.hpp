// Small models that are imported and computed, for tests of importers.
#pragma once

#include "../support/onnx_builder.hpp"

#include <airstrip/graph/evaluate.hpp>
#include <airstrip/onnx.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace test::onnx::computed {

/// An input of a model, with its numbers. Sizes that are names stay open, and `sizes` of the model says them.
struct Given {
  std::string name;
  DataType type;
  std::vector<Dim> dims;
  std::vector<double> values;
  /// The model has them itself.
  bool is_initializer = false;
};

struct SizeGiven {
  std::string name;
  std::int64_t value;
};

struct ModelOf {
  std::vector<Message> nodes;
  std::vector<Given> inputs;
  std::vector<std::string> outputs = {"y"};
  std::int64_t opset = 22;
  std::vector<SizeGiven> sizes = {};
  std::string domain = "";  ///< of the node, with its version 1
};

struct Computed {
  std::string error;  ///< empty: all is well
  std::vector<std::vector<double>> values;
  std::vector<std::string> types;
  bool ok() const { return error.empty(); }
};

inline std::string bytes_of_numbers(DataType type, const std::vector<double>& values) {
  std::string bytes;
  const auto put = [&](auto v) { bytes.append(reinterpret_cast<const char*>(&v), sizeof v); };
  for (const double v : values) switch (type) {
      case DataType::Float: put(static_cast<float>(v)); break;
      case DataType::Double: put(v); break;
      case DataType::Int64: put(static_cast<std::int64_t>(v)); break;
      case DataType::Int32: put(static_cast<std::int32_t>(v)); break;
      case DataType::Int8: put(static_cast<std::int8_t>(v)); break;
      case DataType::Boolean:
      case DataType::Uint8: put(static_cast<std::uint8_t>(v)); break;
      default: break;
    }
  return bytes;
}

inline double number_of(airstrip::kernel::Scalar scalar, const unsigned char* bytes, std::size_t i) {
  using airstrip::kernel::Scalar;
  if (scalar == Scalar::F32) {
    float v;
    std::memcpy(&v, bytes + 4 * i, 4);
    return static_cast<double>(v);
  }
  if (scalar == Scalar::F64) {
    double v;
    std::memcpy(&v, bytes + 8 * i, 8);
    return v;
  }
  return static_cast<double>(airstrip::graph::detail::integer_at(scalar, bytes, i));
}

inline Computed compute(const ModelOf& m) {
  using namespace airstrip;
  GraphParts parts;
  parts.nodes = m.nodes;
  std::vector<std::string> bytes;
  for (const Given& in : m.inputs) {
    bytes.push_back(bytes_of_numbers(in.type, in.values));
    if (!in.is_initializer) {
      parts.inputs.push_back(value_info(in.name, tensor_type(in.type, in.dims)));
      continue;
    }
    std::vector<std::int64_t> dims;
    for (const Dim& d : in.dims) dims.push_back(d.value);
    parts.initializers.push_back(tensor_head(in.name, in.type, dims).text(9, bytes.back()));
  }
  for (const std::string& name : m.outputs)
    if (!name.empty()) parts.outputs.push_back(value_info(name, tensor_type(DataType::Float)));
  Opsets opsets = {{"", m.opset}};
  if (!m.domain.empty()) opsets.push_back({m.domain, 1});
  const std::string file = model(graph(parts), opsets);
  Computed computed;
  const auto read = airstrip::onnx::read_model(bytes_of(file));
  if (!read.ok()) return {std::string(read.error().to_string()), {}, {}};
  Result<airstrip::graph::Graph> imported = airstrip::onnx::import_model(*read);
  if (!imported.ok()) return {std::string(imported.error().message), {}, {}};
  std::vector<airstrip::graph::NamedBytes> given;
  for (std::size_t i = 0; i < m.inputs.size(); ++i)
    if (!m.inputs[i].is_initializer)
      given.push_back({Text(m.inputs[i].name.c_str()),
                       {reinterpret_cast<const unsigned char*>(bytes[i].data()), bytes[i].size()}});
  std::vector<tensor::SizeValue> sizes;
  for (const SizeGiven& s : m.sizes) sizes.push_back({Text(s.name.c_str()), s.value});
  const auto results =
      airstrip::graph::evaluate(*imported, {given.data(), given.size()}, {sizes.data(), sizes.size()});
  if (!results.ok()) return {std::string(results.error().to_string()), {}, {}};
  for (std::size_t i = 0; i < results->size(); ++i) {
    const airstrip::graph::TensorType& type = imported->type(imported->outputs()[i].value);
    const auto data = (*results)[i].span();
    std::vector<double> values;
    for (std::size_t k = 0; k < data.size() / tensor::element_bytes(type.scalar); ++k)
      values.push_back(number_of(type.scalar, data.data(), k));
    computed.values.push_back(values);
    computed.types.push_back(std::string(to_string(*imported, type)));
  }
  return computed;
}

/// Whether numbers are those that are expected, to within what floats of 32 bits are off by.
inline bool are(const std::vector<double>& values, const std::vector<double>& expected, double bound = 1e-5) {
  if (values.size() != expected.size()) return false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(expected[i]) ? std::isnan(values[i]) : values[i] == expected[i]) continue;
    if (!(std::fabs(values[i] - expected[i]) <= bound * (1 + std::fabs(expected[i])))) return false;
  }
  return true;
}

}  // namespace test::onnx::computed
