// Small models, imported and computed by the reference of the graphs.
//
//     const Run run = compute({node("Add", {"a", "b"}, {"y"})},
//                             {given<float>("a", {"n"}, {2}, {1, 2}), given<float>("b", {}, {}, {3})}, {"y"});
//     CHECK(run.values<float>("y") == std::vector<float>{4, 5});
#pragma once

#include "../support/onnx_builder.hpp"

#include <airstrip/graph/evaluate.hpp>
#include <airstrip/onnx/import.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

namespace test::onnx {

namespace imported {

template <class T>
constexpr DataType type_of() {
  if constexpr (std::is_same_v<T, float>) return DataType::Float;
  if constexpr (std::is_same_v<T, double>) return DataType::Double;
  if constexpr (std::is_same_v<T, bool>) return DataType::Boolean;
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    constexpr DataType is_signed[] = {DataType::Int8, DataType::Int16, DataType::Int32, DataType::Int64};
    constexpr DataType is_unsigned[] = {DataType::Uint8, DataType::Uint16, DataType::Uint32,
                                        DataType::Uint64};
    constexpr int log2 = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return std::is_signed_v<T> ? is_signed[log2] : is_unsigned[log2];
  }
}

/// An input of a model, or one of its initializers.
struct Given {
  std::string name;
  DataType type = DataType::Float;
  std::vector<Dim> declared;  ///< as the model has its sizes
  std::vector<std::int64_t> dims;
  std::string bytes;
  bool is_initializer = false;
};

template <class T>
std::string raw(const std::vector<T>& values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  return bytes;
}
template <class T>
Given given(const std::string& name, const std::vector<Dim>& declared, const std::vector<std::int64_t>& dims,
            const std::vector<T>& values) {
  return {name, type_of<T>(), declared, dims, raw(values)};
}
template <class T>
Given given(const std::string& name, const std::vector<std::int64_t>& dims, const std::vector<T>& values) {
  return given(name, std::vector<Dim>(dims.begin(), dims.end()), dims, values);
}
template <class T>
Given initializer(const std::string& name, const std::vector<std::int64_t>& dims,
                  const std::vector<T>& values) {
  Given made = given(name, dims, values);
  made.is_initializer = true;
  return made;
}
/// Numbers as f16 (bf16): any that a double holds, rounded.
inline Given halves(const std::string& name, const std::vector<std::int64_t>& dims,
                    const std::vector<double>& values, DataType type = DataType::Float16) {
  Given made{name, type, std::vector<Dim>(dims.begin(), dims.end()), dims, ""};
  for (const double value : values) {
    const std::uint16_t bits = type == DataType::Float16
                                   ? static_cast<std::uint16_t>(airstrip::kernel::f16_from_double(value))
                                   : static_cast<std::uint16_t>(airstrip::kernel::bf16_from_double(value));
    made.bytes.append(reinterpret_cast<const char*>(&bits), 2);
  }
  return made;
}

struct Output {
  std::string name;
  airstrip::graph::TensorType type;  ///< with the sizes of the run
  std::string bytes;
};

struct Run {
  std::string error;  ///< empty: it was computed
  airstrip::ErrorCode code = airstrip::ErrorCode::Ok;
  std::vector<std::string> reasons;  ///< of what is not supported
  std::vector<Output> outputs;

  const Output* output(const std::string& name) const {
    for (const Output& o : outputs)
      if (o.name == name) return &o;
    return nullptr;
  }
  template <class T>
  std::vector<T> values(const std::string& name) const {
    std::vector<T> all;
    const Output* const o = output(name);
    if (!o || o->type.scalar != airstrip::onnx::scalar_of(type_of<T>())) return all;
    for (std::size_t i = 0; i + sizeof(T) <= o->bytes.size(); i += sizeof(T)) {
      T value{};
      std::memcpy(&value, o->bytes.data() + i, sizeof value);
      all.push_back(value);
    }
    return all;
  }
  /// Of f16 and bf16, too.
  std::vector<double> numbers(const std::string& name) const {
    std::vector<double> all;
    const Output* const o = output(name);
    if (!o) return all;
    const bool f16 = o->type.scalar == airstrip::kernel::Scalar::F16;
    if (f16 || o->type.scalar == airstrip::kernel::Scalar::BF16) {
      for (std::size_t i = 0; i + 2 <= o->bytes.size(); i += 2) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, o->bytes.data() + i, 2);
        all.push_back(f16 ? airstrip::kernel::f16_to_double(bits) : airstrip::kernel::bf16_to_double(bits));
      }
      return all;
    }
    for (const float v : values<float>(name)) all.push_back(static_cast<double>(v));
    for (const double v : values<double>(name)) all.push_back(v);
    return all;
  }
  std::vector<std::int64_t> dims(const std::string& name) const {
    std::vector<std::int64_t> all;
    if (const Output* const o = output(name))
      for (const airstrip::tensor::Dimension& d : o->type.shape) all.push_back(d.value());
    return all;
  }
  std::string reason() const { return reasons.empty() ? std::string() : reasons[0]; }
};

/// Names among the declared sizes are parameters, with the values that the inputs' shapes give them.
inline Run compute(const std::vector<Message>& nodes, const std::vector<Given>& inputs,
                   const std::vector<std::string>& outputs, std::int64_t opset = 22) {
  using namespace airstrip;
  GraphParts parts;
  parts.nodes = nodes;
  for (const Given& input : inputs) {
    if (input.is_initializer)
      parts.initializers.push_back(tensor_head(input.name, input.type, input.dims).text(9, input.bytes));
    else
      parts.inputs.push_back(value_info(input.name, tensor_type(input.type, input.declared)));
  }
  for (const std::string& name : outputs)
    parts.outputs.push_back(value_info(name, tensor_type(DataType::Float)));
  const std::string file = model(graph(parts), {{"", opset}});
  Run run;
  const auto fail = [&](const Diagnostic& error) {
    run.error = std::string(error.to_string());
    run.code = error.code;
    return run;
  };
  const auto read = airstrip::onnx::read_model(bytes_of(file));
  if (!read.ok()) return fail(read.error());
  airstrip::onnx::ImportReport report;
  auto made = airstrip::onnx::import_model(*read, {}, &report);
  for (const airstrip::onnx::ImportIssue& issue : report.issues)
    run.reasons.push_back(std::string(issue.reason));
  if (!made.ok()) return fail(made.error());
  std::vector<airstrip::graph::NamedBytes> bytes;
  std::vector<tensor::SizeValue> sizes;
  for (const Given& input : inputs) {
    if (input.is_initializer) continue;
    bytes.push_back({Text(input.name.c_str()),
                     {reinterpret_cast<const unsigned char*>(input.bytes.data()), input.bytes.size()}});
    for (std::size_t i = 0; i < input.declared.size(); ++i)
      if (!input.declared[i].has_value)
        sizes.push_back({Text(input.declared[i].name.c_str()), input.dims[i]});
  }
  const Span<const tensor::SizeValue> given_sizes(sizes.data(), sizes.size());
  const auto results = airstrip::graph::evaluate(*made, {bytes.data(), bytes.size()}, given_sizes);
  if (!results.ok()) return fail(results.error());
  const auto values = made->sizes().evaluate(given_sizes);
  if (!values.ok()) return fail(values.error());
  for (std::size_t i = 0; i < made->outputs().size(); ++i) {
    Output output;
    output.name = std::string(made->outputs()[i].name);
    output.type = made->type(made->outputs()[i].value);
    std::int64_t count = tensor::element_bytes(output.type.scalar);
    for (std::size_t axis = 0; axis < output.type.shape.rank(); ++axis) {
      tensor::Dimension& d = output.type.shape[axis];
      if (!d.is_literal()) d = (*values)[static_cast<std::size_t>(made->size(d))];
      count *= d.value();
    }
    const auto span = (*results)[i].span();
    output.bytes.assign(reinterpret_cast<const char*>(span.data()),
                        std::min(span.size(), static_cast<std::size_t>(count)));
    run.outputs.push_back(output);
  }
  return run;
}

}  // namespace imported

}  // namespace test::onnx
