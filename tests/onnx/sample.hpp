// A model in which every field that is read has a value, and each embedded message is somewhere.
#pragma once

#include "../support/onnx_builder.hpp"

#include <string>

namespace test::onnx {

inline Message full_tensor() {
  Message t = tensor("w", {2, 1}, std::vector<float>{1.5f, -2.0f}).text(12, "weights");
  add_entries(t, 16, {{"k", "v"}});
  return t;
}

inline Message full_graph(const std::string& name, bool has_subgraph) {
  Message info =
      value_info("x", tensor_type(DataType::Float, {2, "n", ""}).text(6, "TENSOR")).text(3, "input");
  add_entries(info, 4, {{"a", "b"}});
  std::vector<Message> attributes = {
      attribute("f", 0.5f).text(13, "a float"),
      attribute("i", -7),
      attribute("s", "text"),
      attribute("floats", std::vector<float>{1, 2, 3}),
      attribute("ints", std::vector<std::int64_t>{-1, 0, 1 << 20}),
      attribute("strings", std::vector<std::string>{"a", "", "c"}),
      tensor_attribute("t", full_tensor()),
      tensors_attribute("tensors", {full_tensor(), tensor("", {0}, std::vector<float>{})}),
      sparse_tensor_attribute("sparse", sparse_tensor(tensor("v", {1}, std::vector<float>{4}),
                                                      tensor("i", {1}, std::vector<std::int64_t>{2}), {5})),
      sparse_tensors_attribute("sparses",
                               {sparse_tensor(tensor("v", {0}, std::vector<float>{}), Message(), {9})}),
      type_attribute("tp", optional_type(sequence_type(tensor_type(DataType::Int64)))),
      types_attribute("tps", {map_type(DataType::String, tensor_type(DataType::Float, {})), Message()}),
      attribute_reference("ref", AttributeType::Ints, "outer")};
  if (has_subgraph) {
    attributes.push_back(graph_attribute("g", full_graph("inner", false)));
    attributes.push_back(graphs_attribute("graphs", {graph({}), full_graph("second", false)}));
  }
  Message n = node("Op", {"x", "", "w"}, {"y", "z"}, attributes, "example", "node 1")
                  .text(6, "a node")
                  .text(8, "over");
  add_entries(n, 9, {{"m", "n"}});
  Message annotation = Message().text(1, "w");
  add_entries(annotation, 2, {{"SCALE_TENSOR", "scale"}});
  Message g =
      graph({.name = name,
             .nodes = {n, node("Relu", {"y"}, {"r"})},
             .initializers = {full_tensor()},
             .inputs = {info},
             .outputs = {value_info("r", tensor_type(DataType::Float16))},
             .value_infos = {Message().text(1, "y")},
             .sparse_initializers = {sparse_tensor(tensor("v", {1}, std::vector<float>{4}),
                                                   tensor("i", {1}, std::vector<std::int64_t>{2}), {5})}});
  g.text(10, "a graph").message(14, annotation);
  add_entries(g, 16, {{"gk", "gv"}});
  return g;
}

inline std::string full_model() {
  Message f = function({.domain = "example",
                        .name = "Op",
                        .inputs = {"a", "b"},
                        .outputs = {"c"},
                        .nodes = {node("Add", {"a", "b"}, {"c"})},
                        .attributes = {"alpha"},
                        .attributes_with_default = {attribute("beta", 2)},
                        .opsets = {{"", 20}},
                        .overload = "over",
                        .value_infos = {value_info("a", tensor_type(DataType::Double))}})
                  .text(8, "a function");
  add_entries(f, 14, {{"fk", "fv"}});
  Message m;
  m.bytes = model(full_graph("main", true), {{"", 22}, {"example", 1}}, {f}, 11);
  m.text(3, "1.2").text(4, "org").integer(5, 3).text(6, "a model");
  add_entries(m, 14, {{"mk", "mv"}});
  m.message(20, Message().message(1, full_graph("training", false)));  // passed over
  return m.bytes;
}

}  // namespace test::onnx
