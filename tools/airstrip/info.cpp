// airstrip info: what an ONNX model is, and whether it can be compiled.
#include "commands.hpp"
#include "model_options.hpp"
#include "source.hpp"
#include "text.hpp"

#include <CLI/CLI.hpp>
#include <airstrip/graph.hpp>
#include <airstrip/onnx.hpp>
#include <algorithm>
#include <map>

namespace tool {

namespace {

using namespace airstrip;

struct OperatorCount {
  std::string name;
  std::size_t count = 0;
  bool is_supported = false;
};

// Those in the graphs of attributes too, each where it is written.
void count_operators(Span<const onnx::Node> nodes, const onnx::Model& model,
                     std::map<std::string, OperatorCount>& counts) {
  for (const onnx::Node& node : nodes) {
    std::string name = node.domain.empty() ? "" : std::string(node.domain) + ".";
    name += std::string(node.op_type);
    OperatorCount& count = counts[name];
    count.name = name;
    ++count.count;
    count.is_supported =
        onnx::is_supported(node.domain, node.op_type) ||
        std::any_of(model.functions.begin(), model.functions.end(), [&](const onnx::Function& f) {
          return f.name == node.op_type && f.domain == node.domain;
        });
    for (const onnx::Attribute& attribute : node.attributes)
      for (const onnx::Graph& graph : attribute.graphs) count_operators(graph.nodes, model, counts);
  }
}

std::vector<OperatorCount> operators_of(const onnx::Model& model) {
  std::map<std::string, OperatorCount> counts;
  count_operators(model.graph->nodes, model, counts);
  std::vector<OperatorCount> list;
  for (auto& [name, count] : counts) list.push_back(count);
  std::stable_sort(list.begin(), list.end(),
                   [](const OperatorCount& a, const OperatorCount& b) { return a.count > b.count; });
  return list;
}

// As dims and type claim; what contradicts itself counts as nothing here, and the importer says so.
std::uint64_t parameter_bytes(const onnx::Model& model) {
  std::uint64_t bytes = 0;
  for (const onnx::Tensor& tensor : model.graph->initializers) {
    const auto elements = onnx::element_count(tensor.dims);
    if (!elements) continue;
    const auto count = onnx::byte_count(tensor.data_type, *elements);
    if (count) bytes += *count;
  }
  return bytes;
}

std::string producer_of(const onnx::Model& model) {
  std::string text(model.producer_name);
  if (!model.producer_version.empty()) text += " " + std::string(model.producer_version);
  return printable(text);
}

std::string shortened(const std::string& text) {
  constexpr std::size_t most = 100;
  return printable(text.size() <= most ? text : text.substr(0, most) + "...");
}

class Info : public Command {
public:
  const char* name() const override { return "info"; }
  const char* summary() const override {
    return "Show what an ONNX model takes, gives and does, and whether it can be compiled";
  }
  const char* examples() const override {
    return "  airstrip info model.onnx\n"
           "  airstrip info model.onnx --size batch=1 --json\n"
           "  airstrip info model.onnx --graph dot --fused | dot -Tsvg > model.svg\n";
  }
  void add_options(CLI::App& app) override {
    app.add_option("file", file_, "The model; - is standard input")->required()->type_name("MODEL.onnx");
    model_.add_to(app);
    CLI::Option* const graph = app.add_option("--graph", graph_, "Only the graph: as text, or for Graphviz")
                                   ->check(CLI::IsMember({"text", "dot"}));
    app.add_flag("--fused", fused_, "The graph after folding and fusion")->needs(graph);
  }
  Answer run(Reader reader) override;

private:
  std::string graph_text(graph::Graph&& graph) const;
  std::string text_of(const ModelFile& file, const Imported& imported) const;
  Json json_of(const ModelFile& file, const Imported& imported) const;

  std::string file_, graph_;
  ModelOptions model_;
  bool fused_ = false;
};

std::string Info::graph_text(graph::Graph&& graph) const {
  if (fused_) {
    if (const auto folded = graph::fold(graph); !folded) throw Failure(file_, folded.error());
    graph::remove_dead(graph);
    if (const auto fused = graph::fuse(graph); !fused) throw Failure(file_, fused.error());
  }
  return std::string(graph_ == "dot" ? graph::to_dot(graph) : graph::to_string(graph));
}

std::string Info::text_of(const ModelFile& file, const Imported& imported) const {
  const onnx::Model& model = file.model;
  std::string text = printable(file.path) + ": ONNX IR " + std::to_string(model.ir_version) +
                     ", operator set " + std::to_string(model.opset_version("")) + ", " +
                     size_text(file.bytes.size()) + "\n";
  Table table("  ");
  if (!model.producer_name.empty()) table.row({"made by", producer_of(model)});
  if (!model.graph->name.empty()) table.row({"graph", shortened(std::string(model.graph->name))});
  for (const onnx::OperatorSetId& set : model.opset_imports)
    if (!set.domain.empty() && !(set.domain == Text("ai.onnx")))
      table.row({"operator set", printable(std::string(set.domain)) + " " + std::to_string(set.version)});
  table.row({"parameters", std::to_string(model.graph->initializers.size()) + " tensors, " +
                               size_text(parameter_bytes(model))});
  for (const onnx::StringEntry& entry : model.metadata_props)
    table.row({shortened(std::string(entry.key)), shortened(std::string(entry.value))});
  for (const onnx::ValueInfo& input : model.graph->inputs)
    if (!is_initialized(model, input.name))
      table.row({"input", printable(std::string(input.name)) + "  " + type_text(input)});
  for (const onnx::ValueInfo& output : model.graph->outputs)
    table.row({"output", printable(std::string(output.name)) + "  " + type_text(output)});
  std::vector<std::string> open;
  for (const OpenAxis& axis : open_axes(model))
    if (std::find(open.begin(), open.end(), axis.size) == open.end()) open.push_back(axis.size);
  if (!open.empty()) table.row({"open sizes", printable(joined(open))});
  text += table.text();
  Table operators("    ");
  for (const OperatorCount& op : operators_of(model))
    operators.row({std::to_string(op.count), printable(op.name), op.is_supported ? "" : "not supported"});
  text += "  operators\n" + operators.text();
  if (!imported.error) return text + "  can be compiled\n";
  text += "  cannot be compiled\n";
  if (imported.report.issues.empty()) text += "    " + printable(std::string(imported.error->message)) + "\n";
  Table issues("    ");
  for (const onnx::ImportIssue& issue : imported.report.issues)
    issues.row({printable(std::string(issue.operation)), printable(std::string(issue.node)),
                printable(std::string(issue.reason))});
  text += issues.text();
  for (const String& name : imported.report.inputs_to_bind)
    text += "    give the elements of " + printable(std::string(name)) + " with --input " +
            printable(std::string(name)) + "=FILE\n";
  return text;
}

Json Info::json_of(const ModelFile& file, const Imported& imported) const {
  const onnx::Model& model = file.model;
  Json j;
  j["file"] = file.path;
  j["bytes"] = file.bytes.size();
  j["ir_version"] = model.ir_version;
  Json& sets = j["operator_sets"] = Json::array();
  for (const onnx::OperatorSetId& set : model.opset_imports)
    sets.push_back({{"domain", std::string(set.domain)}, {"version", set.version}});
  j["producer"] = {{"name", std::string(model.producer_name)},
                   {"version", std::string(model.producer_version)}};
  j["graph"] = std::string(model.graph->name);
  Json& metadata = j["metadata"] = Json::object();
  for (const onnx::StringEntry& entry : model.metadata_props)
    metadata[std::string(entry.key)] = std::string(entry.value);
  j["parameters"] = {{"tensors", model.graph->initializers.size()}, {"bytes", parameter_bytes(model)}};
  Json& inputs = j["inputs"] = Json::array();
  for (const onnx::ValueInfo& input : model.graph->inputs)
    if (!is_initialized(model, input.name))
      inputs.push_back({{"name", std::string(input.name)}, {"type", type_text(input)}});
  Json& outputs = j["outputs"] = Json::array();
  for (const onnx::ValueInfo& output : model.graph->outputs)
    outputs.push_back({{"name", std::string(output.name)}, {"type", type_text(output)}});
  Json& open = j["open_sizes"] = Json::array();
  for (const OpenAxis& axis : open_axes(model))
    open.push_back({{"name", axis.size}, {"input", axis.input}, {"axis", axis.axis}});
  Json& operators = j["operators"] = Json::array();
  for (const OperatorCount& op : operators_of(model))
    operators.push_back({{"name", op.name}, {"count", op.count}, {"supported", op.is_supported}});
  j["importable"] = !imported.error;
  if (imported.error) j["why"] = std::string(imported.error->message);
  Json& issues = j["issues"] = Json::array();
  for (const onnx::ImportIssue& issue : imported.report.issues)
    issues.push_back({{"node", std::string(issue.node)},
                      {"operator", std::string(issue.operation)},
                      {"reason", std::string(issue.reason)}});
  Json& bind = j["inputs_to_bind"] = Json::array();
  for (const String& name : imported.report.inputs_to_bind) bind.push_back(std::string(name));
  return j;
}

Answer Info::run(Reader reader) {
  const ModelFile file = read_model(file_);
  Imported imported = import_model(file, model_.settings_for(file));
  const bool is_unsupported = imported.error && imported.error->code == ErrorCode::NotTranslatable;
  if (imported.error && (!is_unsupported || !graph_.empty())) throw_import_error(file, imported);
  Answer answer;
  if (imported.error) answer.exit = ExitCode::Unsupported;
  if (reader == Reader::Program) answer.json = json_of(file, imported);
  if (!graph_.empty()) {
    answer.text = graph_text(std::move(imported.graph));
    answer.json["graph_text"] = {{"kind", graph_}, {"text", answer.text}};
  } else if (reader == Reader::Person) {
    answer.text = text_of(file, imported);
  }
  return answer;
}

}  // namespace

std::unique_ptr<Command> make_info() { return std::make_unique<Info>(); }

}  // namespace tool
