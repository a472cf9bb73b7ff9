// What a model has and the importer does not handle is refused by name, and never passed over.
#include "imported.hpp"

#include <cmath>

using namespace test::onnx;
using airstrip::onnx::ImportOptions;

namespace {

Message any(const char* name) { return value_info(name, tensor_type(DataType::Float)); }

}  // namespace

TEST_CASE("An attribute of another type than the operator has") {
  CHECK(Imported(model_of({"Concat", {{"x", floats({2})}}, {attribute("axis", 0.0f)}, {"x", "x"}}))
            .fails_with("its attribute axis is of the type FLOAT, and has to be of INT"));
  CHECK(Imported(model_of({"Transpose", {{"x", floats({2, 3})}}, {attribute("perm", 1)}, {"x"}}))
            .fails_with("its attribute perm is of the type INT, and has to be of INTS"));
  CHECK(Imported(model_of({"DepthToSpace",
                           {{"x", floats({1, 4, 1, 1})}},
                           {attribute("blocksize", 2), attribute("mode", 1)},
                           {"x"}}))
            .fails_with("its attribute mode is of the type INT, and has to be of STRING"));
  CHECK(Imported(model_of({"LeakyRelu", {{"x", floats({2})}}, {attribute("alpha", 1)}, {"x"}}))
            .fails_with("its attribute alpha is of the type INT, and has to be of FLOAT"));
  CHECK(Imported(model_of({"ConstantOfShape", {}, {attribute("value", 2.0f)}, {"s"}, {list("s", {2})}}))
            .fails_with("its attribute value is of the type FLOAT, and has to be of TENSOR"));
  CHECK(Imported(model_of({"ConstantOfShape",
                           {},
                           {attribute_head("value", AttributeType::Tensor)},
                           {"s"},
                           {list("s", {2})}}))
            .fails_with("its attribute value has no tensor"));
  CHECK(Imported(model_of({"Constant", {}, {attribute("value_float", 2)}}))
            .fails_with("its attribute value_float is of the type INT, and has to be of FLOAT"));
  CHECK(Imported(model_of({"Upsample", {{"x", floats({2})}}, {attribute("scales", 2.0f)}, {"x"}, {}, 7}))
            .fails_with("its attribute scales is of the type FLOAT, and has to be of FLOATS"));
  CHECK(Imported(model_of({"If",
                           {},
                           {attribute("then_branch", 1), attribute("else_branch", 1)},
                           {"c"},
                           {tensor("c", DataType::Boolean, {}, std::vector<unsigned char>{1})}}))
            .fails_with("its attribute then_branch is of the type INT, and has to be of GRAPH"));
}

TEST_CASE("An attribute that the operator has in other versions alone") {
  // Axes are an input since 13.
  CHECK(Imported(model_of({"Unsqueeze",
                           {{"x", floats({2})}},
                           {attribute("axes", Integers{0})},
                           {"x", "a"},
                           {list("a", {1})},
                           13}))
            .fails_with("its attribute axes is not supported"));
  // A mode since 11, and since 28.
  const auto moved = [](const char* op_type, std::int64_t opset) {
    return model_of({op_type,
                     {{"x", floats({1, 4, 2, 2})}},
                     {attribute("blocksize", 2), attribute("mode", "CRD")},
                     {"x"},
                     {},
                     opset});
  };
  CHECK(Imported(moved("DepthToSpace", 10)).fails_with("its attribute mode is not supported"));
  CHECK(Imported(moved("DepthToSpace", 11)).graph.ok());
  CHECK(Imported(moved("SpaceToDepth", 13)).fails_with("its attribute mode is not supported"));
}

TEST_CASE("Functions: attributes that they do not have, references outside of them, and outputs of nothing") {
  FunctionParts same;
  same.domain = "test";
  same.name = "Same";
  same.inputs = {"a", "b"};
  same.outputs = {"b"};
  const auto called = [&](Message call) {
    GraphParts parts;
    parts.inputs = {value_info("x", floats({2}))};
    parts.outputs = {any("y")};
    parts.nodes = {call};
    return model(graph(parts), {{"", 22}, {"test", 1}}, {function(same)});
  };
  CHECK(Imported(called(node("Same", {"x", "x"}, {"y"}, {}, "test"))).graph.ok());
  CHECK(Imported(called(node("Same", {"x", "x"}, {"y"}, {attribute("slope", 2)}, "test", "call")))
            .fails_with("the function Same has no attribute slope, which the node call gives it"));
  CHECK(Imported(called(node("Same", {"x"}, {"y"}, {}, "test"))).fails_with("was left out"));
  CHECK(Imported(called(node("LeakyRelu", {"x"}, {"y"},
                             {attribute_reference("alpha", AttributeType::Float, "slope")}, "", "leak")))
            .fails_with("the attribute alpha of the node leak refers to slope"));
}

TEST_CASE("Operators whose result's size is not known are not said to be supported") {
  for (const char* name : {"NonMaxSuppression", "Unique"}) {
    CHECK_FALSE(airstrip::onnx::is_supported("", name));
    CHECK(Imported(model_of({name, {{"x", floats({2})}}, {}, {"x"}})).fails_with("depends on elements"));
  }
}

TEST_CASE("Resize and CenterCropPad: policies and sizes that are none") {
  const auto resized = [](const char* policy, const Integers& sizes) {
    return model_of({"Resize",
                     {{"x", floats({4, 2})}},
                     {attribute("keep_aspect_ratio_policy", policy)},
                     {"x", "", "", "s"},
                     {list("s", sizes)}});
  };
  CHECK(Imported(resized("not_larger", {8, 8})).type() == "f32[8, 4]");
  CHECK(Imported(resized("larger", {8, 8})).fails_with("its keep_aspect_ratio_policy is larger"));
  CHECK(Imported(resized("not_larger", {8, -1})).fails_with("sizes that are negative, or more than 2^30"));
  CHECK(Imported(resized("not_smaller", {INT64_MAX, INT64_MAX})).fails_with("more than 2^30"));
  const auto cropped = [](std::int64_t size) {
    return model_of({"CenterCropPad", {{"x", floats({4})}}, {}, {"x", "s"}, {list("s", {size})}});
  };
  CHECK(Imported(cropped(2)).type() == "f32[2]");
  CHECK(Imported(cropped(-1)).fails_with("is negative"));
  CHECK(Imported(cropped(INT64_MIN)).fails_with("is negative"));
  const auto region = [](const Floats& roi) {
    return model_of({"Resize",
                     {{"x", floats({4})}},
                     {attribute("coordinate_transformation_mode", "tf_crop_and_resize")},
                     {"x", "r", "s"},
                     {tensor("r", {2}, roi), tensor("s", {1}, Floats{2})}});
  };
  CHECK(Imported(region({0, 1})).type() == "f32[8]");
  CHECK(Imported(region({0, 0.5f})).fails_with("scales beside a region"));
  CHECK(Imported(region({0, std::nanf("")})).fails_with("no fraction"));
  CHECK(Imported(model_of({"Upsample", {{"x", floats({2})}}, {attribute("scales", Floats{0})}, {"x"}, {}, 7}))
            .fails_with("a scale is not positive"));
}

TEST_CASE("RoiAlign: coordinates that it does not have, and sizes that nothing holds") {
  const auto aligned = [](std::vector<Message> attributes) {
    attributes.push_back(attribute("sampling_ratio", INT64_MAX));
    return model_of(
        {"RoiAlign",
         {{"x", floats({1, 1, 2, 2})}, {"r", floats({1, 4})}, {"b", tensor_type(DataType::Int64, {1})}},
         attributes,
         {"x", "r", "b"}});
  };
  CHECK(Imported(aligned({attribute("coordinate_transformation_mode", "pixel")}))
            .fails_with("its coordinate_transformation_mode is pixel"));
  CHECK(Imported(aligned({attribute("output_height", INT64_MAX)})).fails_with("more than 2^30"));
}

TEST_CASE("DeformConv: groups, strides and dilations that are none") {
  const auto deformed = [](const Message& wrong) {
    return model_of({"DeformConv",
                     {{"x", floats({1, 1, 2, 2})}, {"w", floats({1, 1, 1, 1})}, {"o", floats({1, 2, 2, 2})}},
                     {wrong},
                     {"x", "w", "o"}});
  };
  for (const char* name : {"group", "offset_group"})
    for (const std::int64_t count : {std::int64_t{2}, INT64_MAX})
      CHECK(Imported(deformed(attribute(name, count))).fails_with("no multiple of its groups"));
  for (const char* name : {"strides", "dilations"})
    CHECK(Imported(deformed(attribute(name, Integers{0, 1}))).fails_with("not positive"));
}

TEST_CASE("Range: numbers of which there are more than a tensor holds") {
  const auto range = [](float limit) {
    return model_of(
        {"Range",
         {},
         {},
         {"a", "b", "c"},
         {tensor("a", {}, Floats{0}), tensor("b", {}, Floats{limit}), tensor("c", {}, Floats{1})}});
  };
  CHECK(Imported(range(3)).type() == "f32[3]");
  CHECK(Imported(range(-1e30f)).type() == "f32[0]");
  for (const float limit : {1e30f, INFINITY, std::nanf("")})
    CHECK(Imported(range(limit)).fails_with("of no range that a tensor holds"));
}

TEST_CASE("A sparse constant with more values than elements") {
  const Message sparse = sparse_tensor(tensor("", {1}, Floats{1}),
                                       tensor("", {1, 3}, Integers{INT64_C(1) << 61, INT64_C(1) << 61, 0}),
                                       {INT64_C(1) << 62, INT64_C(1) << 62, 0});
  CHECK(Imported(model_of({"Constant", {}, {sparse_tensor_attribute("sparse_value", sparse)}}))
            .fails_with("more values than elements"));
}

TEST_CASE("Scan: lists that have not one number for each tensor") {
  GraphParts body;
  body.inputs = {any("s"), any("x")};
  body.outputs = {any("t"), any("t")};
  body.nodes = {node("Add", {"s", "x"}, {"t"})};
  for (const char* name :
       {"scan_input_axes", "scan_input_directions", "scan_output_axes", "scan_output_directions"}) {
    GraphParts parts;
    parts.inputs = {value_info("s", floats({})), value_info("x", floats({3}))};
    parts.outputs = {any("y"), any("z")};
    parts.nodes = {node("Scan", {"s", "x"}, {"y", "z"},
                        {graph_attribute("body", graph(body)), attribute("num_scan_inputs", 1),
                         attribute(name, Integers{0, 0})})};
    CHECK(Imported(model(graph(parts))).fails_with(name));
  }
}

TEST_CASE("Values that a loop collects count as nodes: a small file makes no large lists") {
  GraphParts body;
  body.inputs = {any("i"), any("c")};
  body.outputs = {any("c")};
  for (int k = 0; k < 6400; ++k) body.outputs.push_back(any("i"));
  GraphParts parts;
  parts.initializers = {tensor("m", {}, Integers{1000})};
  parts.outputs = {any("y")};
  parts.nodes = {node("Loop", {"m"}, {"y"}, {graph_attribute("body", graph(body))})};
  ImportOptions options;
  options.max_nodes = 10000;
  CHECK(Imported(model(graph(parts)), options).fails_with("ImportOptions::max_nodes is the limit"));
}
