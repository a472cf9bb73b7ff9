// Saved forms of a program: the C++ header, JSON, the folder.
#include <airstrip/graph.hpp>
#include <airstrip/tensor/functions.hpp>

#include <cstdlib>
#include <cstring>
#include <doctest/doctest.h>
#include <fstream>
#include <map>
#include <string>
#include <vector>
#if __has_include(<nlohmann/json.hpp>)
#include <nlohmann/json.hpp>
#endif

namespace {

namespace graph = airstrip::graph;
namespace program = airstrip::program;
namespace tensor = airstrip::tensor;
using airstrip::Span;
using airstrip::Text;
using graph::Graph;
using graph::ValueId;
using tensor::Dimension;
using tensor::Scalar;

graph::Bytes some_bytes(std::size_t floats) {
  std::vector<float> numbers(floats);
  for (std::size_t i = 0; i < floats; ++i) numbers[i] = static_cast<float>(i) * 0.1f + 1;
  return graph::Bytes::copied({reinterpret_cast<const unsigned char*>(numbers.data()), floats * 4});
}

// Sizes at run time, weights that end in a byte other than 0, packed memory, two variants.
program::Program compiled(const char* input = "x") {
  Graph g;
  const ValueId x = g.input(input, {Scalar::F32, {1, 4, Dimension::parameter("h", 64, 2), 8}});
  const ValueId w = g.constant("w", {Scalar::F32, {4, 4, 3, 3}}, some_bytes(144));
  const ValueId skip = g.constant("skip \"1\"\\", {Scalar::F32, {1, 4, 1, 16}}, some_bytes(64));
  tensor::ConvolutionProblem convolution;
  for (int i = 0; i < 2; ++i) {
    convolution.axes[i].pad_begin = convolution.axes[i].pad_end = 1;
    convolution.axes[i].stride = i == 0 ? 2 : 1;
  }
  const ValueId y = g.add(convolution, {x, w}, "conv/1");
  tensor::ReduceProblem mean;
  mean.kind = tensor::ReduceKind::Mean;
  mean.axes = {3};
  g.output("y", g.map(g.add(mean, {y}), skip, [](graph::Expr a, graph::Expr b) { return a * b; }));
  g.output("z", g.map(y, [](graph::Expr v) { return tensor::relu(v); }));
  tensor::Target wide;
  wide.max_storage_buffers = 16;
  const graph::CompileTarget targets[] = {{"wide", wide}, {"baseline", tensor::Target()}};
  graph::CompileOptions options;
  options.name = "small";
  auto made = graph::compile(g, targets, options);
  if (!made.ok()) FAIL(std::string(made.error().to_string()));
  return static_cast<program::Program&&>(*made);
}

}  // namespace

TEST_CASE("export: the C++ header says what it holds, and its words are the bytes") {
  const program::Program p = compiled();
  const std::string header(program::to_cpp_header(p, "models::small v2"));
  CHECK(header.find("// \"small\", compiled by Airstrip: " + std::to_string(p.bytes().size()) + " bytes") ==
        0);
  CHECK(header.find("//   input  \"x\" : f32[1, 4, h, 8], ") != std::string::npos);
  CHECK(header.find("//   output \"z\" : f32[1, 4, h / 2, 8], ") != std::string::npos);
  CHECK(header.find("//   size   \"h\", at most 64\n") != std::string::npos);
  CHECK(header.find("open({models_small_v2, sizeof models_small_v2})") != std::string::npos);
  // What the words say.
  std::vector<std::uint64_t> words;
  std::size_t at = header.find("= {") + 3;
  for (const std::size_t end = header.find("};"); at < end && header[at] != '}'; ++at) {
    if (header[at] == '\n' || header[at] == ',') continue;
    char* next = nullptr;
    words.push_back(std::strtoull(header.c_str() + at, &next, 16));
    at = static_cast<std::size_t>(next - header.c_str()) - 1;
  }
  REQUIRE(words.size() * 8 >= p.bytes().size());
  CHECK(std::memcmp(words.data(), p.bytes().data(), p.bytes().size()) == 0);
  const auto opened =
      program::Program::open({reinterpret_cast<const unsigned char*>(words.data()), p.bytes().size()});
  REQUIRE(opened.ok());
  CHECK(opened->check_weights().ok());
  CHECK(std::string(program::to_cpp_header(p, "7 up")).find(" program_7_up_words[]") != std::string::npos);
  for (const char* const name : {"default", "main", "std"})
    CHECK(std::string(program::to_cpp_header(p, name)).find(" program_" + std::string(name) + "_words[]") !=
          std::string::npos);
  CHECK(std::string(program::to_cpp_header(p, "a-")).find(" a_words[]") != std::string::npos);
  CHECK(std::string(program::to_cpp_header(p, "-")).find(" program_words[]") != std::string::npos);
}

#if defined(__unix__) && defined(TEST_BIN_DIR)
TEST_CASE("export: the C++ header compiles, and opens") {
  if (std::system("command -v c++ >/dev/null 2>&1") != 0) {
    MESSAGE("SKIPPED: there is no c++");
    return;
  }
  const program::Program p = compiled();
  const std::string folder = std::string(TEST_BIN_DIR) + "/";
  std::ofstream(folder + "export_small.hpp") << std::string(program::to_cpp_header(p, "small"));
  // Two files, for an array that both have is one.
  std::ofstream(folder + "export_other.cpp")
      << "#include \"export_small.hpp\"\nconst unsigned char* other() { return small; }\n";
  std::ofstream(folder + "export_main.cpp")
      << "#include \"export_small.hpp\"\n#include <cstdio>\nconst unsigned char* other();\n"
         "int main(int, char** v) {\n"
         "  std::FILE* f = std::fopen(v[1], \"wb\");\n"
         "  const bool ok = std::fwrite(small, 1, sizeof small, f) == sizeof small;\n"
         "  return std::fclose(f) == 0 && ok && other() == small && "
         "reinterpret_cast<unsigned long long>(&small) % 256 == 0 ? 0 : 1;\n}\n";
  const std::string command =
      "cd '" + folder +
      "' && c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror export_main.cpp export_other.cpp -o "
      "export_main && ./export_main export_small.bin";
  REQUIRE(std::system(command.c_str()) == 0);
  std::ifstream file(folder + "export_small.bin", std::ios::binary);
  const std::string back((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  REQUIRE(back.size() == p.bytes().size());
  CHECK(std::memcmp(back.data(), p.bytes().data(), back.size()) == 0);
}
#endif

TEST_CASE("export: the folder has every module and the weights, under the same names each time") {
  const program::Program p = compiled();
  std::map<std::string, std::string> files;
  const auto exported =
      program::export_folder(p, [&](Text name, Span<const unsigned char> bytes) -> airstrip::Result<void> {
        std::string& file = files[std::string(name.data(), name.size())];
        CHECK(file.empty());
        file.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return {};
      });
  REQUIRE(exported.ok());
  REQUIRE(p.modules().size() >= 2);
  CHECK(files.size() == p.modules().size() + 2);
  for (std::uint32_t i = 0; i < p.modules().size(); ++i) {
    const std::string name(program::module_file(p, i));
    CAPTURE(name);
    CHECK(name.substr(0, 3) == "0" + std::to_string(i) + "_");
    CHECK(name.substr(name.size() - 4) == ".spv");
    REQUIRE(files.count(name) == 1);
    const auto words = p.words(p.modules()[i]);
    CHECK(files[name] == std::string(reinterpret_cast<const char*>(words.data()), words.size() * 4));
  }
  CHECK(files["weights.bin"].size() == p.weight_bytes().size());
  CHECK(files["program.json"] == std::string(program::to_json(p)));
  CHECK(std::string(program::to_json(compiled())) == files["program.json"]);
  // The first error ends it.
  int calls = 0;
  const auto failed =
      program::export_folder(p, [&](Text, Span<const unsigned char>) -> airstrip::Result<void> {
        airstrip::Diagnostic error;
        error.code = airstrip::ErrorCode::FileFailed;
        if (++calls == 2) return error;
        return {};
      });
  CHECK(failed.error().code == airstrip::ErrorCode::FileFailed);
  CHECK(calls == 2);
}

#if __has_include(<nlohmann/json.hpp>)
namespace {

// A reader of the JSON that knows nothing of the program: the value of formula `i`.
std::int64_t value_of(const nlohmann::json& sizes, std::size_t i, std::int64_t h) {
  const nlohmann::json& s = sizes.at(i);
  const std::string op = s.at("op");
  if (op == "literal") return s.at("value");
  if (op == "parameter") return h;
  const std::int64_t a = value_of(sizes, s.at("a"), h), b = value_of(sizes, s.at("b"), h);
  if (op == "add") return a + b;
  if (op == "sub") return a - b;
  if (op == "mul") return a * b;
  if (op == "div") return a / b;
  if (op == "ceil_div") return (a + b - 1) / b;
  if (op == "mod") return a % b;
  if (op == "min") return a < b ? a : b;
  REQUIRE(op == "max");
  return a < b ? b : a;
}

}  // namespace

TEST_CASE("export: the JSON says all that a player needs") {
  const program::Program p = compiled("x \"\\\n\xff\xc3\xa4");
  const std::string text(program::to_json(p));
  const nlohmann::json j = nlohmann::json::parse(text, nullptr, false);
  REQUIRE(!j.is_discarded());
  CHECK(j.at("version") == 1);
  CHECK(j.at("name") == "small");
  CHECK(j.at("tensors").at(0).at("name") == "x \"\\\n\xef\xbf\xbd\xc3\xa4");
  CHECK(j.at("tensors").at(0).at("text") == "f32[1, 4, h, 8]");
  CHECK(j.at("tensors").at(2).at("text") == "f32[1, 4, h / 2, 8]");
  CHECK(j.at("parameters").at(0).at("name") == "h");
  CHECK(j.at("parameters").at(0).at("maximum") == 64);
  CHECK(j.at("weights").at("bytes") == p.weight_bytes().size());
  CHECK(j.at("weights").at("parts").size() == p.weights().size());
  REQUIRE(j.at("sizes").size() == p.sizes().size());
  std::vector<std::int64_t> sizes(p.sizes().size());
  const program::ParameterValue h[] = {{"h", 10}};
  REQUIRE(p.evaluate(h, {sizes.data(), sizes.size()}).ok());
  for (std::size_t i = 0; i < sizes.size(); ++i) CHECK(value_of(j.at("sizes"), i, 10) == sizes[i]);
  REQUIRE(j.at("modules").size() == p.modules().size());
  REQUIRE(j.at("regions").size() == p.regions().size());
  REQUIRE(j.at("variants").size() == 2);
  for (std::size_t v = 0; v < 2; ++v) {
    const nlohmann::json& variant = j.at("variants").at(v);
    const auto dispatches = p.dispatches(p.variants()[v]);
    CHECK(variant.at("requirements").size() == p.requirements(p.variants()[v]).size());
    CHECK(variant.at("scratch_bytes") == p.variants()[v].scratch_bytes);
    REQUIRE(variant.at("dispatches").size() == dispatches.size());
    for (std::size_t d = 0; d < dispatches.size(); ++d) {
      const nlohmann::json& dispatch = variant.at("dispatches").at(d);
      const nlohmann::json& module = j.at("modules").at(dispatch.at("module").get<std::size_t>());
      CHECK(dispatch.at("groups") == dispatches[d].groups);
      CHECK(dispatch.at("arguments").size() == p.arguments(dispatches[d]).size());
      const auto operands = p.operands(dispatches[d]);
      REQUIRE(dispatch.at("operands").size() == operands.size());
      for (std::size_t o = 0; o < operands.size(); ++o) {
        const nlohmann::json& operand = dispatch.at("operands").at(o);
        CHECK(operand.at("region") == operands[o].region);
        CHECK(operand.at("binding") == operands[o].binding);
        CHECK(operand.at("binding") < module.at("bindings").size());
        const nlohmann::json& region = j.at("regions").at(operand.at("region").get<std::size_t>());
        CHECK((region.at("memory") == "tensor") == region.contains("tensor"));
      }
    }
  }
}
#endif
