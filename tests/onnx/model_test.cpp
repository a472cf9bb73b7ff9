// Every field of a model, in every order and spelling that the format allows.
#include "sample.hpp"

#include <airstrip/onnx/model.hpp>
#include <airstrip/onnx/tensor.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

int use_after_hostile_macros();  // of hostile_macros.cpp

using namespace airstrip;
using namespace airstrip::onnx;
using test::onnx::bytes_of;
using test::onnx::Message;

namespace {

void check_graph(const Graph& g, Text name, bool has_subgraph) {
  CHECK(g.name == name);
  CHECK(g.doc_string == "a graph");
  REQUIRE(g.nodes.size() == 2);
  const Node& n = g.nodes[0];
  CHECK(n.name == "node 1");
  CHECK(n.op_type == "Op");
  CHECK(n.domain == "example");
  CHECK(n.overload == "over");
  CHECK(n.doc_string == "a node");
  CHECK(n.offset != 0);
  REQUIRE(n.inputs.size() == 3);
  CHECK(n.inputs[0] == "x");
  CHECK(n.inputs[1].empty());
  CHECK(n.inputs[2] == "w");
  REQUIRE(n.outputs.size() == 2);
  CHECK(n.outputs[1] == "z");
  REQUIRE(n.metadata_props.size() == 1);
  CHECK(n.metadata_props[0].key == "m");
  CHECK(n.metadata_props[0].value == "n");
  CHECK(n.attributes.size() == (has_subgraph ? 15 : 13));
  CHECK(find_attribute(n, "none") == nullptr);

  const auto attribute = [&](Text of) -> const Attribute& {
    const Attribute* const found = find_attribute(n, of);
    REQUIRE(found);
    return *found;
  };
  CHECK(attribute("f").type == AttributeType::Float);
  CHECK(attribute("f").f == 0.5f);
  CHECK(attribute("f").doc_string == "a float");
  CHECK(attribute("i").type == AttributeType::Int);
  CHECK(attribute("i").i == -7);
  CHECK(attribute("s").s == "text");
  REQUIRE(attribute("floats").floats.size() == 3);
  CHECK(attribute("floats").floats[2] == 3);
  REQUIRE(attribute("ints").ints.size() == 3);
  CHECK(attribute("ints").ints[0] == -1);
  CHECK(attribute("ints").ints[2] == 1 << 20);
  REQUIRE(attribute("strings").strings.size() == 3);
  CHECK(attribute("strings").strings[1].empty());
  CHECK(attribute("strings").strings[2] == "c");
  REQUIRE(attribute("t").tensors.size() == 1);
  const Tensor& t = attribute("t").tensors[0];
  CHECK(t.name == "w");
  CHECK(t.doc_string == "weights");
  CHECK(t.data_type == DataType::Float);
  REQUIRE(t.dims.size() == 2);
  CHECK(t.dims[0] == 2);
  CHECK(t.has_raw_data);
  CHECK(t.raw_data.size() == 8);
  CHECK(t.data_location == Tensor::Location::Default);
  REQUIRE(t.metadata_props.size() == 1);
  REQUIRE(attribute("tensors").tensors.size() == 2);
  CHECK(attribute("tensors").tensors[1].dims[0] == 0);
  REQUIRE(attribute("sparse").sparse_tensors.size() == 1);
  const SparseTensor& sparse = attribute("sparse").sparse_tensors[0];
  REQUIRE(sparse.values);
  REQUIRE(sparse.indices);
  CHECK(sparse.indices->name == "i");
  REQUIRE(sparse.dims.size() == 1);
  CHECK(sparse.dims[0] == 5);
  CHECK(attribute("sparses").sparse_tensors.size() == 1);
  REQUIRE(attribute("tp").types.size() == 1);
  const Type& tp = attribute("tp").types[0];
  CHECK(tp.kind == Type::Kind::Optional);
  REQUIRE(tp.element);
  CHECK(tp.element->kind == Type::Kind::Sequence);
  REQUIRE(tp.element->element);
  CHECK(tp.element->element->kind == Type::Kind::Tensor);
  CHECK(tp.element->element->elem_type == DataType::Int64);
  CHECK_FALSE(tp.element->element->has_shape);
  REQUIRE(attribute("tps").types.size() == 2);
  const Type& map = attribute("tps").types[0];
  CHECK(map.kind == Type::Kind::Map);
  CHECK(map.key_type == DataType::String);
  REQUIRE(map.element);
  CHECK(map.element->has_shape);
  CHECK(map.element->shape.empty());
  CHECK(attribute("tps").types[1].kind == Type::Kind::Unknown);
  CHECK(attribute("ref").type == AttributeType::Ints);
  CHECK(attribute("ref").ref_attr_name == "outer");
  if (has_subgraph) {
    REQUIRE(attribute("g").graphs.size() == 1);
    check_graph(attribute("g").graphs[0], "inner", false);
    REQUIRE(attribute("graphs").graphs.size() == 2);
    check_graph(attribute("graphs").graphs[1], "second", false);
  }

  CHECK(g.nodes[1].op_type == "Relu");
  CHECK(g.nodes[1].attributes.empty());
  REQUIRE(g.initializers.size() == 1);
  CHECK(g.initializers[0].name == "w");
  REQUIRE(g.sparse_initializers.size() == 1);
  REQUIRE(g.inputs.size() == 1);
  const ValueInfo& x = g.inputs[0];
  CHECK(x.name == "x");
  CHECK(x.doc_string == "input");
  CHECK(x.metadata_props.size() == 1);
  REQUIRE(x.type);
  CHECK(x.type->denotation == "TENSOR");
  REQUIRE(x.type->shape.size() == 3);
  CHECK(x.type->shape[0].kind == Dimension::Kind::Value);
  CHECK(x.type->shape[0].value == 2);
  CHECK(x.type->shape[1].kind == Dimension::Kind::Parameter);
  CHECK(x.type->shape[1].parameter == "n");
  CHECK(x.type->shape[2].kind == Dimension::Kind::Unknown);
  REQUIRE(g.outputs.size() == 1);
  CHECK(g.outputs[0].type->elem_type == DataType::Float16);
  REQUIRE(g.value_infos.size() == 1);
  CHECK(g.value_infos[0].type == nullptr);
  REQUIRE(g.quantization_annotations.size() == 1);
  CHECK(g.quantization_annotations[0].tensor_name == "w");
  REQUIRE(g.quantization_annotations[0].quant_parameter_tensor_names.size() == 1);
  CHECK(g.quantization_annotations[0].quant_parameter_tensor_names[0].value == "scale");
  REQUIRE(g.metadata_props.size() == 1);
  CHECK(g.metadata_props[0].value == "gv");
}

void check_model(const Model& m) {
  CHECK(m.ir_version == 11);
  CHECK(m.producer_name == "airstrip test");
  CHECK(m.producer_version == "1.2");
  CHECK(m.domain == "org");
  CHECK(m.model_version == 3);
  CHECK(m.doc_string == "a model");
  CHECK(m.opset_imports.size() == 2);
  CHECK(m.opset_version("") == 22);
  CHECK(m.opset_version("ai.onnx") == 22);
  CHECK(m.opset_version("example") == 1);
  CHECK(m.opset_version("other") == 0);
  REQUIRE(m.metadata_props.size() == 1);
  REQUIRE(m.functions.size() == 1);
  const Function& f = m.functions[0];
  CHECK(f.name == "Op");
  CHECK(f.domain == "example");
  CHECK(f.overload == "over");
  CHECK(f.doc_string == "a function");
  CHECK(f.inputs.size() == 2);
  CHECK(f.outputs.size() == 1);
  REQUIRE(f.attributes.size() == 1);
  CHECK(f.attributes[0] == "alpha");
  REQUIRE(f.attributes_with_default.size() == 1);
  CHECK(f.attributes_with_default[0].i == 2);
  REQUIRE(f.nodes.size() == 1);
  CHECK(f.nodes[0].op_type == "Add");
  REQUIRE(f.opset_imports.size() == 1);
  CHECK(f.opset_imports[0].version == 20);
  REQUIRE(f.value_infos.size() == 1);
  CHECK(f.metadata_props.size() == 1);
  REQUIRE(m.graph);
  check_graph(*m.graph, "main", true);
}

// The fields of a message, last first; of a repeated one the order stays.
std::string turned_around(const MessageInfo& info, const std::string& bytes) {
  std::vector<std::pair<std::uint32_t, std::string>> fields;
  FieldCursor cursor(info, {bytes_of(bytes), 0, true});
  std::size_t end = 0;
  for (Field field; cursor.next(field);) {
    if (!fields.empty()) fields.back().second = bytes.substr(end, field.offset - end);
    end = field.offset;
    fields.push_back({field.number, ""});
  }
  REQUIRE_FALSE(cursor.failed());
  if (!fields.empty()) fields.back().second = bytes.substr(end);
  std::string result;
  for (std::uint32_t number = 100; number-- > 0;)
    for (const auto& [of, text] : fields)
      if (of == number) result += text;
  REQUIRE(result.size() == bytes.size());
  return result;
}

Result<Model> read_attribute(const Message& attribute) {
  static std::string file;  // what the model points into
  file = test::onnx::model(test::onnx::graph({.nodes = {test::onnx::node("N", {}, {}, {attribute})}}));
  return read_model(bytes_of(file));
}

}  // namespace

TEST_CASE("model: every field") {
  const std::string file = test::onnx::full_model();
  Result<Model> model = read_model(bytes_of(file));
  REQUIRE_MESSAGE(model.ok(), model.error().to_string().c_str());
  check_model(*model);
  // Moved, what it points to stays.
  Model moved = static_cast<Model&&>(*model);
  check_model(moved);
  Model assigned;
  assigned = static_cast<Model&&>(moved);
  check_model(assigned);
  // Nothing is copied.
  const char* const name = assigned.graph->name.data();
  CHECK(name >= file.data());
  CHECK(name < file.data() + file.size());
}

TEST_CASE("model: fields in another order") {
  const std::string file = turned_around({"ModelProto", {}}, test::onnx::full_model());
  const Result<Model> model = read_model(bytes_of(file));
  REQUIRE(model.ok());
  check_model(*model);
  // An attribute whose type comes after its value.
  const Result<Model> late =
      read_attribute(Message().numbers(8, std::vector<std::int64_t>{4}).integer(20, 7).text(1, "a"));
  REQUIRE(late.ok());
  CHECK(late->graph->nodes[0].attributes[0].ints[0] == 4);
}

TEST_CASE("model: unknown fields are passed over, at every level") {
  const auto noise = [](Message m) {
    return m.integer(1000, 1).fixed(1001, 1.0f).fixed(1002, 1.0).text(1003, "noise");
  };
  const Message dim = noise(Message().integer(1, 4));
  const Message type = noise(
      Message().message(1, noise(Message().integer(1, 1).message(2, noise(Message().message(1, dim))))));
  const Message graph = noise(test::onnx::graph(
      {.nodes = {noise(test::onnx::node("Relu", {"x"}, {"y"}, {noise(test::onnx::attribute("i", 1))}))},
       .initializers = {noise(test::onnx::tensor("w", {1}, std::vector<float>{1}))},
       .inputs = {noise(test::onnx::value_info("x", type))}}));
  Message m;
  m.bytes = test::onnx::model(graph);
  const std::string file = noise(m).bytes;
  const Result<Model> model = read_model(bytes_of(file));
  REQUIRE(model.ok());
  CHECK(model->graph->inputs[0].type->shape[0].value == 4);
  CHECK(find_attribute(model->graph->nodes[0], "i")->i == 1);
  CHECK(model->graph->initializers[0].raw_data.size() == 4);
}

TEST_CASE("model: numbers packed and not, in pieces") {
  const std::vector<std::int64_t> ints = {1, -2, 3};
  const std::vector<float> floats = {1, -2, 3};
  for (int way = 0; way < 3; ++way) {
    Message a = test::onnx::attribute_head("a", AttributeType::Ints);
    Message b = test::onnx::attribute_head("b", AttributeType::Floats);
    if (way == 0) {
      a.numbers(8, ints);
      b.numbers(7, floats);
    }
    if (way == 1) {
      a.packed(8, ints);
      b.packed(7, floats);
    }
    if (way == 2) {
      a.packed(8, std::vector<std::int64_t>{1})
          .integer(8, -2)
          .packed(8, std::vector<std::int64_t>{})
          .integer(8, 3);
      b.fixed(7, 1.0f).packed(7, std::vector<float>{-2, 3});
    }
    const Message t = Message().integer(1, 2).packed(1, std::vector<std::int64_t>{3, 4});
    const std::string file = test::onnx::model(
        test::onnx::graph({.nodes = {test::onnx::node("N", {}, {}, {a, b})}, .initializers = {t}}));
    const Result<Model> model = read_model(bytes_of(file));
    REQUIRE(model.ok());
    const Node& node = model->graph->nodes[0];
    REQUIRE(node.attributes[0].ints.size() == 3);
    REQUIRE(node.attributes[1].floats.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(node.attributes[0].ints[i] == ints[i]);
      CHECK(node.attributes[1].floats[i] == floats[i]);
    }
    REQUIRE(model->graph->initializers[0].dims.size() == 3);
    CHECK(model->graph->initializers[0].dims[2] == 4);
  }
}

TEST_CASE("model: of a scalar that comes twice the last counts") {
  Message m;
  m.integer(1, 7).text(2, "first").integer(1, 8).text(2, "second");
  m.message(7, test::onnx::graph(
                   {.nodes = {test::onnx::node("Old", {}, {}).text(4, "New")},
                    .inputs = {test::onnx::value_info(
                        "x", Message().message(
                                 1, Message().message(
                                        2, Message().message(1, Message().integer(1, 5).text(2, "n")))))}}));
  const Result<Model> model = read_model(bytes_of(m.bytes));
  REQUIRE(model.ok());
  CHECK(model->ir_version == 8);
  CHECK(model->producer_name == "second");
  CHECK(model->graph->nodes[0].op_type == "New");
  CHECK(model->graph->inputs[0].type->shape[0].kind == Dimension::Kind::Parameter);
  CHECK(model->graph->inputs[0].type->shape[0].parameter == "n");
}

TEST_CASE("model: an embedded message that comes twice is refused") {
  const Message type = test::onnx::tensor_type(DataType::Float, {1});
  Message m;
  m.bytes = test::onnx::model(test::onnx::graph({}));
  const Result<Model> twice = read_model(bytes_of(m.message(7, test::onnx::graph({})).bytes));
  CHECK(twice.error().code == ErrorCode::MalformedFile);
  CHECK(twice.error().message.contains("ModelProto.graph is there twice"));
  for (const Message& info :
       {Message().message(2, type).message(2, type),
        Message().message(2, Message(type).message(1, Message())),
        Message().message(2, Message(type).message(4, Message())),
        Message().message(2, Message().message(1, Message().message(2, Message()).message(2, Message())))}) {
    const std::string file = test::onnx::model(test::onnx::graph({.inputs = {info}}));
    CHECK(read_model(bytes_of(file)).error().code == ErrorCode::MalformedFile);
  }
  const Message t = test::onnx::tensor("", {1}, std::vector<float>{1});
  CHECK(read_attribute(test::onnx::tensor_attribute("t", t).message(5, t)).error().code ==
        ErrorCode::MalformedFile);
}

TEST_CASE("model: the type of an attribute and its value belong together") {
  // IR version 1 has no type.
  const Result<Model> untyped =
      read_attribute(Message().text(1, "a").packed(8, std::vector<std::int64_t>{1, 2}));
  REQUIRE(untyped.ok());
  CHECK(untyped->graph->nodes[0].attributes[0].type == AttributeType::Ints);
  // A value that is missing is 0, or empty.
  const Result<Model> missing = read_attribute(test::onnx::attribute_head("a", AttributeType::Int));
  REQUIRE(missing.ok());
  CHECK(missing->graph->nodes[0].attributes[0].i == 0);
  const Result<Model> other = read_attribute(test::onnx::attribute("axis", 1).fixed(2, 1.0f));
  CHECK(other.error().code == ErrorCode::MalformedFile);
  CHECK(other.error().message.contains("the attribute axis is of the type INT, and has the field f"));
  CHECK(read_attribute(Message().text(1, "a").integer(3, 1).fixed(2, 1.0f)).error().code ==
        ErrorCode::MalformedFile);
  // A type of a later version is left alone.
  const Result<Model> later = read_attribute(Message().text(1, "a").integer(20, 15).integer(3, 1));
  REQUIRE(later.ok());
  CHECK(later->graph->nodes[0].attributes[0].type == static_cast<AttributeType>(15));
  CHECK(Text(to_string(static_cast<AttributeType>(15))) == "unknown");
  for (int i = 0; i <= 14; ++i) CHECK(Text(to_string(static_cast<AttributeType>(i))) != "unknown");
}

TEST_CASE("model: what is hardly a model") {
  CHECK(read_model({}).error().code == ErrorCode::Truncated);
  const std::string version = Message().integer(1, 9).bytes;
  const Result<Model> bare = read_model(bytes_of(version));
  REQUIRE(bare.ok());
  CHECK(bare->graph == nullptr);
  for (const char* const text : {"#!/bin/sh\necho", "PK\x03\x04\x14", "{\"model\": 1}", "<html>"})
    CHECK(read_model(bytes_of(text)).error().code != ErrorCode::Ok);
}

TEST_CASE("model: the headers bear the macros of others") { CHECK(use_after_hostile_macros() == 0); }
