// Subgraphs, sequences and functions that are known when a model is imported.
#include "imported.hpp"

using namespace test::onnx;

namespace {

Message any(const char* name) { return value_info(name, tensor_type(DataType::Float)); }
Message truth(const char* name, bool value) {
  return tensor(name, DataType::Boolean, {}, std::vector<unsigned char>{value});
}
Message number(const char* name, std::int64_t value) { return tensor(name, {}, Integers{value}); }
Message one_graph(std::vector<Message> nodes, std::vector<Message> inputs, std::vector<Message> outputs,
                  std::vector<Message> initializers = {}) {
  GraphParts parts;
  parts.nodes = std::move(nodes);
  parts.inputs = std::move(inputs);
  parts.outputs = std::move(outputs);
  parts.initializers = std::move(initializers);
  return graph(parts);
}

// x + x with cond_out = cond; scans x + iteration.
Message loop_body(std::vector<Dim> shape = {2}) {
  return one_graph({node("Add", {"v", "v"}, {"v2"}), node("Cast", {"i"}, {"f"}, {attribute("to", 1)}),
                    node("Add", {"v", "f"}, {"s"})},
                   {any("i"), any("c"), any("v")}, {any("c"), any("v2"), value_info("s", floats(shape))});
}
std::string loop_model(std::vector<Message> initializers, std::vector<std::string> inputs,
                       Message body = loop_body()) {
  return model(one_graph({node("Loop", inputs, {"last", "all"}, {graph_attribute("body", body)}, "", "loop")},
                         {value_info("x", floats({2}))}, {any("last"), any("all")}, initializers));
}

}  // namespace

TEST_CASE("If: the branch that is taken, by a literal or by what follows from shapes") {
  const Message add = one_graph({node("Add", {"x", "x"}, {"r"})}, {}, {any("r")});
  const Message same = one_graph({}, {}, {any("x")});
  const auto chosen = [&](Message condition) {
    return model(
        one_graph({node("If", {"c"}, {"y"},
                        {graph_attribute("then_branch", add), graph_attribute("else_branch", same)})},
                  {value_info("x", floats({2}))}, {any("y")}, {condition}));
  };
  Imported taken(chosen(truth("c", true))), other(chosen(truth("c", false)));
  CHECK(run<float>(taken, {{"x", Floats{1, 2}}}) == Floats{2, 4});
  CHECK(run<float>(other, {{"x", Floats{1, 2}}}) == Floats{1, 2});
  Imported open(model(one_graph(
      {node("If", {"c"}, {"y"}, {graph_attribute("then_branch", add), graph_attribute("else_branch", same)})},
      {value_info("x", floats({2})), value_info("c", tensor_type(DataType::Boolean, {}))}, {any("y")})));
  CHECK(open.fails_with("determines a shape or how the kernel is made"));
  REQUIRE(open.report.inputs_to_bind.size() == 1);
  CHECK(open.report.inputs_to_bind[0] == "c");
  // What is not supported in the branch is told once.
  const Message odd = one_graph({node("Odd", {"x"}, {"r"})}, {}, {any("r")});
  Imported unsupported(model(one_graph(
      {node("If", {"c"}, {"y"}, {graph_attribute("then_branch", odd), graph_attribute("else_branch", same)})},
      {value_info("x", floats({2}))}, {any("y")}, {truth("c", true)})));
  REQUIRE(unsupported.report.issues.size() == 1);
  CHECK(unsupported.report.issues[0].operation == "Odd");
}

TEST_CASE("Loop: written out, with what it carries and what it collects") {
  Imported loop(loop_model({number("m", 3), truth("c", true)}, {"m", "c", "x"}));
  CHECK(run<float>(loop, {{"x", Floats{1, 2}}}) == Floats{8, 16});
  CHECK(run<float>(loop, {{"x", Floats{1, 2}}}, 1) == Floats{1, 2, 3, 5, 6, 10});
  Imported counted(loop_model({number("m", 1)}, {"m", "", "x"}));
  CHECK(run<float>(counted, {{"x", Floats{1, 2}}}) == Floats{2, 4});
  Imported never(loop_model({number("m", 0)}, {"m", "", "x"}));
  CHECK(run<float>(never, {{"x", Floats{1, 2}}}) == Floats{1, 2});
  CHECK(never.type(1) == "f32[0, 2]");
  Imported unknown(loop_model({number("m", 0)}, {"m", "", "x"}, loop_body({"n"})));
  CHECK(unknown.fails_with("never run"));
  Imported endless(loop_model({truth("c", true)}, {"", "c", "x"}));
  CHECK(endless.fails_with("ImportOptions::max_nodes"));
  Imported long_one(loop_model({number("m", std::int64_t{1} << 60)}, {"m", "", "x"}));
  CHECK(long_one.fails_with("ImportOptions::max_nodes"));
  Imported nothing(loop_model({}, {"", "", "x"}));
  CHECK(nothing.fails_with("nothing says when it ends"));
  Imported wrong(loop_model({number("m", 1)}, {"m", "", "x", "x"}));
  CHECK(wrong.fails_with("has not the inputs and outputs"));
  // A body's constants are made once, whatever the number of iterations.
  const Message body = one_graph({node("Add", {"v", "w"}, {"v2"})}, {any("i"), any("c"), any("v")},
                                 {any("c"), any("v2"), any("v2")}, {tensor("w", {2}, Floats{1, 1})});
  Imported shared(loop_model({number("m", 100)}, {"m", "", "x"}, body));
  CHECK(run<float>(shared, {{"x", Floats{1, 2}}}) == Floats{101, 102});
  std::size_t constants = 0;
  for (std::uint32_t i = 0; i < shared.graph->value_count(); ++i) {
    const airstrip::graph::Value& value = shared.graph->value(static_cast<airstrip::graph::ValueId>(i));
    constants += value.is_constant && value.type.scalar == airstrip::kernel::Scalar::F32;
  }
  CHECK(constants == 1);
}

TEST_CASE("Scan: axes, directions, and batches before operator set 9") {
  const Message body =
      one_graph({node("Add", {"s", "x"}, {"t"})}, {any("s"), any("x")}, {any("t"), any("t")});
  const auto scan = [&](std::vector<Message> attributes, std::vector<Dim> state, std::vector<Dim> dims,
                        std::vector<std::string> inputs, std::int64_t opset) {
    attributes.push_back(graph_attribute("body", body));
    attributes.push_back(attribute("num_scan_inputs", 1));
    return model(one_graph({node("Scan", inputs, {"y", "z"}, attributes)},
                           {value_info("s", floats(state)), value_info("x", floats(dims))},
                           {any("y"), any("z")}),
                 {{"", opset}});
  };
  Imported sums(scan({}, {}, {3}, {"s", "x"}, 11));
  CHECK(run<float>(sums, {{"s", Floats{1}}, {"x", Floats{1, 2, 3}}}, 1) == Floats{2, 4, 7});
  Imported other(
      scan({attribute("scan_input_axes", Integers{-1}), attribute("scan_input_directions", Integers{1}),
            attribute("scan_output_axes", Integers{-1}), attribute("scan_output_directions", Integers{1})},
           {2}, {2, 2}, {"s", "x"}, 16));
  CHECK(run<float>(other, {{"s", Floats{0, 0}}, {"x", Floats{1, 2, 3, 4}}}, 1) == Floats{3, 2, 7, 4});
  Imported batched(scan({}, {2}, {2, 3}, {"", "s", "x"}, 8));
  CHECK(run<float>(batched, {{"s", Floats{0, 10}}, {"x", Floats{1, 2, 3, 4, 5, 6}}}, 1) ==
        Floats{1, 3, 6, 14, 19, 25});
  Imported open(scan({}, {}, {"n"}, {"s", "x"}, 11));
  CHECK(open.fails_with("how many times its body is run"));
}

TEST_CASE("Sequences and optionals are lists of values, and no operations") {
  Imported parts(model(one_graph(
      {node("SplitToSequence", {"x", "two"}, {"parts"}), node("SequenceAt", {"parts", "last"}, {"l"}),
       node("SequenceInsert", {"parts", "l", "first"}, {"more"}), node("SequenceErase", {"more"}, {"less"}),
       node("ConcatFromSequence", {"less"}, {"y"}, {attribute("axis", 0)}),
       node("SequenceLength", {"more"}, {"n"})},
      {value_info("x", floats({5}))}, {any("y"), any("n")},
      {number("two", 2), number("last", -1), number("first", 0)})));
  CHECK(run<float>(parts, {{"x", Floats{1, 2, 3, 4, 5}}}) == Floats{5, 1, 2, 3, 4});
  CHECK(run<std::int64_t>(parts, {{"x", Floats{1, 2, 3, 4, 5}}}, 1) == Integers{4});
  Imported rows(model(one_graph(
      {node("SplitToSequence", {"x"}, {"rows"}, {attribute("keepdims", 0)}),
       node("SequenceMap", {"rows", "x"}, {"sums"},
            {graph_attribute("body", one_graph({node("Add", {"row", "all"}, {"s"})}, {any("row"), any("all")},
                                               {any("s")}))}),
       node("ConcatFromSequence", {"sums"}, {"y"}, {attribute("axis", -1), attribute("new_axis", 1)})},
      {value_info("x", floats({2, 1}))}, {any("y")})));
  CHECK(rows.type() == "f32[2, 1, 2]");
  CHECK(run<float>(rows, {{"x", Floats{1, 10}}}) == Floats{2, 11, 11, 20});
  // A loop that collects.
  const Message body = one_graph({node("SequenceInsert", {"s", "i"}, {"t"})}, {any("i"), any("c"), any("s")},
                                 {any("c"), any("t")});
  Imported collected(model(one_graph(
      {node("SequenceEmpty", {}, {"none"}, {attribute("dtype", 7)}),
       node("Loop", {"m", "", "none"}, {"all"}, {graph_attribute("body", body)}),
       node("ConcatFromSequence", {"all"}, {"y"}, {attribute("axis", 0), attribute("new_axis", 1)})},
      {}, {any("y")}, {number("m", 3)})));
  CHECK(run<std::int64_t>(collected, {}) == Integers{0, 1, 2});
  Imported optional(model(one_graph({node("Optional", {"x"}, {"o"}), node("OptionalGetElement", {"o"}, {"y"}),
                                     node("OptionalHasElement", {"o"}, {"z"}),
                                     node("Optional", {}, {"p"}, {type_attribute("type", floats({2}))}),
                                     node("OptionalHasElement", {"p"}, {"w"})},
                                    {value_info("x", floats({2}))}, {any("y"), any("z"), any("w")})));
  CHECK(run<float>(optional, {{"x", Floats{1, 2}}}) == Floats{1, 2});
  CHECK(run<bool>(optional, {{"x", Floats{1, 2}}}, 1) == std::vector<bool>{true});
  CHECK(run<bool>(optional, {{"x", Floats{1, 2}}}, 2) == std::vector<bool>{false});
}

TEST_CASE("Sequences where a tensor is expected, and positions outside, are refused") {
  const auto with = [](std::vector<Message> nodes) {
    std::vector<Message> all = {node("SequenceConstruct", {"x", "x"}, {"s"})};
    all.insert(all.end(), nodes.begin(), nodes.end());
    return model(one_graph(all, {value_info("x", floats({2}))}, {any("y")}, {number("five", 5)}));
  };
  CHECK(Imported(with({node("Add", {"s", "x"}, {"y"})})).fails_with("is a sequence"));
  CHECK(Imported(with({node("SequenceAt", {"s", "five"}, {"y"})})).fails_with("outside the sequence"));
  CHECK(Imported(with({node("SequenceAt", {"x", "five"}, {"y"})})).fails_with("no sequence"));
  CHECK(Imported(with({node("SequenceConstruct", {"s"}, {"y"})})).fails_with("is a sequence"));
  CHECK(Imported(with({node("SequenceAt", {"s", "s"}, {"y"})})).fails_with("is no tensor"));
  CHECK(Imported(with({node("Optional", {"s"}, {"y"})})).fails_with("it is no tensor"));
  CHECK(Imported(with({node("If", {"s"}, {"y"},
                            {graph_attribute("then_branch", one_graph({}, {}, {any("x")})),
                             graph_attribute("else_branch", one_graph({}, {}, {any("x")}))})}))
            .fails_with("is no tensor"));
}

TEST_CASE("Functions: attributes and their defaults, calls in calls, overloads") {
  FunctionParts scaled;
  scaled.domain = "test";
  scaled.name = "Leak";
  scaled.inputs = {"a"};
  scaled.outputs = {"b"};
  scaled.nodes = {
      node("LeakyRelu", {"a"}, {"b"}, {attribute_reference("alpha", AttributeType::Float, "slope")})};
  scaled.attributes_with_default = {attribute("slope", 0.5f)};
  FunctionParts outer = scaled;
  outer.name = "Outer";
  outer.attributes_with_default = {};
  outer.attributes = {"s"};
  outer.nodes = {
      node("Leak", {"a"}, {"b"}, {attribute_reference("slope", AttributeType::Float, "s")}, "test")};
  outer.opsets = {{"test", 1}};
  const auto called = [&](Message call) {
    return model(one_graph({call}, {value_info("x", floats({2}))}, {any("y")}), {{"", 22}, {"test", 1}},
                 {function(scaled), function(outer)});
  };
  const std::vector<Given> x = {{"x", Floats{-2, 2}}};
  Imported plain(called(node("Leak", {"x"}, {"y"}, {}, "test")));
  CHECK(run<float>(plain, x) == Floats{-1, 2});
  Imported given(called(node("Leak", {"x"}, {"y"}, {attribute("slope", 2.0f)}, "test")));
  CHECK(run<float>(given, x) == Floats{-4, 2});
  Imported nested(called(node("Outer", {"x"}, {"y"}, {attribute("s", 4.0f)}, "test")));
  CHECK(run<float>(nested, x) == Floats{-8, 2});
  // What the inner one is not given is its default.
  Imported left_out(called(node("Outer", {"x"}, {"y"}, {}, "test")));
  CHECK(run<float>(left_out, x) == Floats{-1, 2});
  CHECK(Imported(called(node("Leak", {"x", "x"}, {"y"}, {}, "test"))).fails_with("more inputs or outputs"));
  FunctionParts endless = scaled;
  endless.nodes = {node("Leak", {"a"}, {"b"}, {}, "test")};
  Imported recursive(
      model(one_graph({node("Leak", {"x"}, {"y"}, {}, "test")}, {value_info("x", floats({2}))}, {any("y")}),
            {{"", 22}, {"test", 1}}, {function(endless)}));
  CHECK(recursive.fails_with("calls itself"));
  FunctionParts over = scaled;
  over.overload = "neg";
  over.attributes_with_default = {};
  over.nodes = {node("Add", {"a", "a"}, {"b"})};
  Message call = node("Leak", {"x"}, {"y"}, {}, "test");
  call.text(8, "neg");
  Imported overloaded(model(one_graph({call}, {value_info("x", floats({2}))}, {any("y")}),
                            {{"", 22}, {"test", 1}}, {function(scaled), function(over)}));
  CHECK(run<float>(overloaded, x) == Floats{-4, 4});
}
