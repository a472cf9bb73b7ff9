// Prints ONNX files as text, one thing a line.
//
//     onnx_dump MODEL.onnx…          models
//     onnx_dump --test FOLDER…       a node test of ONNX each: its model, and all values of its data, read as the types of the
//                                    model's inputs and outputs and written again; prints one line a folder
//
// Elements are printed as a hash (FNV-1a, 64 bits) of their packed bytes. Ends with 1 if a file could not be read.
#include <airstrip/onnx/file.hpp>
#include <airstrip/onnx/model.hpp>
#include <airstrip/onnx/tensor.hpp>
#include <airstrip/onnx/value.hpp>
#include <airstrip/onnx/write.hpp>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>

using namespace airstrip;
using namespace airstrip::onnx;

namespace {

int failures = 0;

std::string str(Text text) { return std::string(text.data(), text.size()); }

bool report(const std::string& path, const Diagnostic& error) {
  ++failures;
  std::printf("%s: %s\n", path.c_str(), error.to_string().c_str());
  return false;
}

std::uint64_t hash(std::uint64_t h, const void* data, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    h ^= static_cast<const unsigned char*>(data)[i];
    h *= 0x100000001B3;
  }
  return h;
}

std::string describe(const Tensor& tensor, ExternalSource source) {
  std::string text = std::string(to_string(tensor.data_type)) + "[";
  for (std::size_t i = 0; i < tensor.dims.size(); ++i)
    text += (i ? "," : "") + std::to_string(tensor.dims[i]);
  text += "] ";
  const Result<TensorData> data = read_elements(tensor, source);
  if (!data) {
    report(str(tensor.name), data.error());
    return text + "?";
  }
  std::uint64_t h = hash(0xCBF29CE484222325, data->bytes().data(), data->bytes().size());
  for (const Text element : data->strings()) {
    h = hash(h, element.data(), element.size());
    h = hash(h, "", 1);
  }
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016" PRIx64, h);
  return text + digits;
}

std::string describe(const Type* type) {
  if (!type) return "none";
  std::string text;
  switch (type->kind) {
    case Type::Kind::Unknown: return "unknown";
    case Type::Kind::Opaque: return "opaque";
    case Type::Kind::Sequence: return "seq(" + describe(type->element) + ")";
    case Type::Kind::Optional: return "optional(" + describe(type->element) + ")";
    case Type::Kind::Map:
      return std::string("map(") + to_string(type->key_type) + "," + describe(type->element) + ")";
    case Type::Kind::SparseTensor: text = "sparse "; break;
    case Type::Kind::Tensor: break;
  }
  text += to_string(type->elem_type);
  if (!type->has_shape) return text;
  text += "[";
  for (const Dimension& dimension : type->shape) {
    if (&dimension != type->shape.begin()) text += ",";
    if (dimension.kind == Dimension::Kind::Value) text += std::to_string(dimension.value);
    if (dimension.kind == Dimension::Kind::Parameter) text += str(dimension.parameter);
    if (dimension.kind == Dimension::Kind::Unknown) text += "?";
  }
  return text + "]";
}

class Printer {
public:
  explicit Printer(ExternalSource source) : source_(source) {}

  void print(const Model& model) {
    std::printf("ir_version %lld\n", static_cast<long long>(model.ir_version));
    for (const OperatorSetId& id : model.opset_imports)
      std::printf("opset \"%s\" %lld\n", str(id.domain).c_str(), static_cast<long long>(id.version));
    for (const Function& function : model.functions) {
      std::printf("function \"%s\" %s%s%s\n", str(function.domain).c_str(), str(function.name).c_str(),
                  names(" in", function.inputs).c_str(), names(" out", function.outputs).c_str());
      std::printf("%s\n", names("  attributes", function.attributes).c_str());
      for (const Attribute& attribute : function.attributes_with_default) print(attribute, "  ");
      for (const Node& node : function.nodes) print(node, "  ");
    }
    if (model.graph) print(*model.graph, "");
  }

private:
  static std::string names(const std::string& title, Span<const Text> list) {
    std::string text = title;
    for (const Text name : list) text += " \"" + str(name) + "\"";
    return text;
  }

  void print(const Graph& graph, const std::string& indent) {
    std::printf("%sgraph %s\n", indent.c_str(), str(graph.name).c_str());
    const std::string inner = indent + "  ";
    print("input", graph.inputs, inner);
    print("output", graph.outputs, inner);
    print("value", graph.value_infos, inner);
    for (const Tensor& tensor : graph.initializers)
      std::printf("%sinitializer %s %s\n", inner.c_str(), str(tensor.name).c_str(),
                  describe(tensor, source_).c_str());
    for (const Node& node : graph.nodes) print(node, inner);
  }

  void print(const char* title, Span<const ValueInfo> list, const std::string& indent) {
    for (const ValueInfo& info : list)
      std::printf("%s%s %s %s\n", indent.c_str(), title, str(info.name).c_str(), describe(info.type).c_str());
  }

  void print(const Node& node, const std::string& indent) {
    std::printf("%snode \"%s\" %s%s%s\n", indent.c_str(), str(node.domain).c_str(), str(node.op_type).c_str(),
                names(" in", node.inputs).c_str(), names(" out", node.outputs).c_str());
    for (const Attribute& attribute : node.attributes) print(attribute, indent + "  ");
  }

  void print(const Attribute& attribute, const std::string& indent) {
    std::printf("%sattribute %s %s", indent.c_str(), str(attribute.name).c_str(), to_string(attribute.type));
    if (!attribute.ref_attr_name.empty()) std::printf(" @%s", str(attribute.ref_attr_name).c_str());
    if (attribute.type == AttributeType::Float) std::printf(" %.9g", static_cast<double>(attribute.f));
    if (attribute.type == AttributeType::Int) std::printf(" %lld", static_cast<long long>(attribute.i));
    if (attribute.type == AttributeType::String) std::printf(" \"%s\"", str(attribute.s).c_str());
    for (const float f : attribute.floats) std::printf(" %.9g", static_cast<double>(f));
    for (const std::int64_t i : attribute.ints) std::printf(" %lld", static_cast<long long>(i));
    for (const Text s : attribute.strings) std::printf(" \"%s\"", str(s).c_str());
    for (const Tensor& tensor : attribute.tensors) std::printf(" %s", describe(tensor, source_).c_str());
    for (const Type& type : attribute.types) std::printf(" %s", describe(&type).c_str());
    for (const SparseTensor& tensor : attribute.sparse_tensors)
      if (tensor.values && tensor.indices)
        std::printf(" sparse %s %s", describe(*tensor.values, source_).c_str(),
                    describe(*tensor.indices, source_).c_str());
    std::printf("\n");
    for (const Graph& graph : attribute.graphs) print(graph, indent + "  ");
  }

  ExternalSource source_;
};

struct Totals {
  unsigned values = 0, tensors = 0, same = 0;
};

// Every tensor of a value, read and written again.
bool check(const std::string& path, const Value& value, Totals& totals) {
  for (const Value& element : value.values)
    if (!check(path, element, totals)) return false;
  if (!value.tensor) return true;
  const Tensor& tensor = *value.tensor;
  const Result<TensorData> data = read_elements(tensor);
  if (!data) return report(path, data.error());
  const Result<Buffer<std::byte>> again =
      write_tensor({tensor.name, tensor.data_type, tensor.dims, data->bytes(), data->strings()});
  if (!again) return report(path, again.error());
  ++totals.tensors;
  const Span<const std::byte> message = tensor.message.bytes;
  if (again->size() == message.size() &&
      (message.empty() || std::memcmp(again->data(), message.data(), message.size()) == 0))
    ++totals.same;
  return true;
}

Value::Kind kind_of(const Type* type) {
  switch (type ? type->kind : Type::Kind::Unknown) {
    case Type::Kind::Tensor: return Value::Kind::Tensor;
    case Type::Kind::SparseTensor: return Value::Kind::SparseTensor;
    case Type::Kind::Sequence: return Value::Kind::Sequence;
    case Type::Kind::Map: return Value::Kind::Map;
    case Type::Kind::Optional: return Value::Kind::Optional;
    default: return Value::Kind::Undefined;
  }
}

void test_folder(const std::string& folder) {
  const Result<Buffer<std::byte>> file = read_file(folder + "/model.onnx");
  if (!file) return static_cast<void>(report(folder, file.error()));
  const Result<Model> model = read_model({file->data(), file->size()});
  if (!model) return static_cast<void>(report(folder, model.error()));
  Totals totals;
  for (unsigned set = 0;; ++set) {
    unsigned found = 0;
    for (const bool is_input : {true, false}) {
      const Span<const ValueInfo> infos = is_input ? model->graph->inputs : model->graph->outputs;
      for (std::size_t i = 0; i < infos.size(); ++i) {
        const std::string path = folder + "/test_data_set_" + std::to_string(set) +
                                 (is_input ? "/input_" : "/output_") + std::to_string(i) + ".pb";
        const Result<Buffer<std::byte>> bytes = read_file(path);
        if (!bytes) continue;
        ++found;
        const Result<ValueFile> value = read_value({bytes->data(), bytes->size()}, kind_of(infos[i].type));
        if (!value)
          report(path, value.error());
        else if (check(path, value->value, totals))
          ++totals.values;
      }
    }
    if (found == 0) break;
  }
  std::printf("%s: %u values, %u tensors, %u of them written again to the same bytes\n", folder.c_str(),
              totals.values, totals.tensors, totals.same);
}

}  // namespace

int main(int count, char** arguments) {
  const bool tests = count > 1 && std::strcmp(arguments[1], "--test") == 0;
  if (count < 2 || (tests && count < 3)) {
    std::printf("usage: onnx_dump MODEL.onnx…\n       onnx_dump --test FOLDER…\n");
    return 2;
  }
  for (int i = tests ? 2 : 1; i < count; ++i) {
    const std::string path = arguments[i];
    if (tests) {
      test_folder(path);
      continue;
    }
    const Result<Buffer<std::byte>> file = read_file(path);
    if (!file) {
      report(path, file.error());
      continue;
    }
    const Result<Model> model = read_model({file->data(), file->size()});
    if (!model) {
      report(path, model.error());
      continue;
    }
    const ExternalFiles files(directory_of(path));
    std::printf("file %s\n", path.c_str());
    Printer(files.source()).print(*model);
  }
  return failures ? 1 : 0;
}
