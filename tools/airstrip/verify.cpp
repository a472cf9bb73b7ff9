// airstrip verify: node by node, whether a device computes what the interpreter does.
#include "catalogue.hpp"
#include "commands.hpp"
#include "node_check.hpp"
#include "progress.hpp"
#include "source.hpp"
#include "target_choice.hpp"
#include "text.hpp"

#include <CLI/CLI.hpp>
#include <airstrip/graph.hpp>
#include <algorithm>

namespace tool {

namespace {

using namespace airstrip;

// Of open sizes that nobody names: enough for edges, and little to interpret.
constexpr std::int64_t default_size = 12;

bool is_bad(const NodeCheck& check) {
  return check.verdict != NodeVerdict::Ok && check.verdict != NodeVerdict::LeftOut;
}

class Verify : public Command {
public:
  const char* name() const override { return "verify"; }
  const char* summary() const override {
    return "Compare a device with the interpreter, node by node; without a model, operations of every family";
  }
  const char* examples() const override {
    return "  airstrip verify\n"
           "  airstrip verify model.onnx --device llvmpipe --repeat 10\n"
           "  airstrip verify model.onnx --target vulkan1.1 --size height=32 --size width=32\n";
  }
  void add_options(CLI::App& app) override {
    app.add_option("file", file_, "The model; without one a catalogue of operations")
        ->type_name("MODEL.onnx");
    app.add_option("--device", device_, "A device with this in its name")->type_name("NAME");
    app.add_option("--target", target_, target_help)->type_name("TARGET")->capture_default_str();
    app.add_option("--size", sizes_, "A size that the model leaves open; those that are not named are 12")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    app.add_option("--input", inputs_, "Makes an input a constant: one that a shape depends on")
        ->type_name("NAME=FILE")
        ->allow_extra_args(false);
    app.add_option("--repeat", options_.repeats, "Runs of each node, which have to give the same bits")
        ->check(CLI::Range(1u, 1000u))
        ->capture_default_str();
    app.add_option("--seed", options_.seed, "Of the random elements")->capture_default_str();
    app.add_option("--max-operations", options_.max_operations,
                   "Nodes of more are left out: the interpreter does about twenty million a second")
        ->capture_default_str();
    app.add_flag("--no-fusion", no_fusion_, "Every node of the model by itself");
  }
  Answer run(Reader reader) override;

private:
  std::vector<NodeCheck> check_model(vulkan::Device& device, const tensor::Target& target);
  std::vector<NodeCheck> check_catalogue(vulkan::Device& device, const tensor::Target& target) const;
  NodeCheck check(vulkan::Device& device, const tensor::Target& target, const graph::Graph& graph,
                  graph::NodeId node) const;
  std::vector<std::string> advice(const std::vector<NodeCheck>& checks) const;

  std::string file_, device_, target_ = "device";
  std::vector<std::string> sizes_, inputs_;
  NodeCheckOptions options_;
  bool no_fusion_ = false;
  std::vector<NamedSize> used_sizes_;
};

// A node that is wrong is tried as plain Vulkan 1.1, which tells the kernel's variant from the operation.
NodeCheck Verify::check(vulkan::Device& device, const tensor::Target& target, const graph::Graph& graph,
                        graph::NodeId node) const {
  NodeCheck result = check_node(device, target, graph, node, options_);
  if (!is_bad(result) || target_ != "device") return result;
  tensor::Target baseline;
  baseline.spirv = spirv::Target::vulkan(1, 1);
  if (check_node(device, baseline, graph, node, options_).verdict == NodeVerdict::Ok)
    result.why += "; right with --target vulkan1.1";
  return result;
}

std::vector<NodeCheck> Verify::check_model(vulkan::Device& device, const tensor::Target& target) {
  ImportSettings settings;
  settings.sizes = parse_sizes("--size", sizes_);
  const ModelFile file = read_model(file_);
  bind_inputs(file, parse_named("--input", inputs_), settings);
  for (const OpenAxis& axis : open_axes(file.model))
    if (std::none_of(settings.sizes.begin(), settings.sizes.end(),
                     [&](const NamedSize& s) { return s.name == axis.size; }))
      settings.sizes.push_back({axis.size, default_size});
  used_sizes_ = settings.sizes;
  graph::Graph graph = import_or_throw(file, settings);
  if (const auto folded = graph::fold(graph); !folded) throw Failure(file_, folded.error());
  graph::remove_dead(graph);
  if (!no_fusion_) {
    graph::FusionOptions fusion;
    fusion.max_storage_buffers = target.max_storage_buffers;
    if (const auto fused = graph::fuse(graph, fusion); !fused) throw Failure(file_, fused.error());
  }
  std::vector<NodeCheck> checks;
  Progress progress("verifying", graph.nodes().size());
  for (std::uint32_t i = 0; i < graph.nodes().size(); ++i) {
    progress.show(i, std::string(graph.nodes()[i].name));
    if (has_kernels(graph, graph.nodes()[i]))
      checks.push_back(check(device, target, graph, static_cast<graph::NodeId>(i)));
  }
  return checks;
}

std::vector<NodeCheck> Verify::check_catalogue(vulkan::Device& device, const tensor::Target& target) const {
  const std::vector<CatalogueEntry> catalogue = make_catalogue();
  std::vector<NodeCheck> checks;
  Progress progress("verifying", catalogue.size());
  for (const CatalogueEntry& entry : catalogue) {
    progress.show(checks.size(), entry.name);
    checks.push_back(check(device, target, entry.graph, graph::NodeId{}));
    checks.back().node = entry.name;
  }
  return checks;
}

// What goes wrong, by operation and type.
std::vector<std::string> Verify::advice(const std::vector<NodeCheck>& checks) const {
  std::vector<std::string> lines;
  for (const NodeCheck& check : checks) {
    if (!is_bad(check)) continue;
    const std::string line = "avoid " + check.operation + " of " + name_of(check.scalar) + " with --target " +
                             target_ + " on this device";
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
  }
  return lines;
}

Answer Verify::run(Reader reader) {
  if (file_.empty() && (!sizes_.empty() || !inputs_.empty()))
    throw Failure(ExitCode::Usage, "--size and --input are for a model; name one");
  const tensor::Target target = parse_target_to_run(target_, device_).target;
  vulkan::Device device = open_device(device_);
  const std::string device_name(device.describe().device_name);
  used_sizes_.clear();
  const std::vector<NodeCheck> checks =
      file_.empty() ? check_catalogue(device, target) : check_model(device, target);
  std::size_t bad = 0, left_out = 0;
  for (const NodeCheck& check : checks) {
    bad += is_bad(check);
    left_out += check.verdict == NodeVerdict::LeftOut;
  }
  Answer answer;
  if (bad) answer.exit = ExitCode::Negative;
  const std::vector<std::string> avoid = advice(checks);
  if (reader == Reader::Program) {
    Json& j = answer.json;
    j["device"] = device_name;
    j["target"] = target_;
    j["repeats"] = options_.repeats;
    Json& sizes = j["sizes"] = Json::object();
    for (const NamedSize& size : used_sizes_) sizes[size.name] = size.value;
    Json& nodes = j["nodes"] = Json::array();
    for (const NodeCheck& check : checks) {
      Json one = {{"node", check.node},
                  {"operation", check.operation},
                  {"type", check.type},
                  {"verdict", name_of(check.verdict)}};
      if (check.elements) {
        one["worst"] = check.worst;
        one["largest_expected"] = check.largest;
        one["outside"] = check.outside;
        one["elements"] = check.elements;
      }
      if (!check.why.empty()) one["why"] = check.why;
      nodes.push_back(std::move(one));
    }
    j["right"] = checks.size() - bad - left_out;
    j["wrong"] = bad;
    j["left_out"] = left_out;
    j["avoid"] = avoid;
    return answer;
  }
  answer.text = printable(device_name) + ", --target " + target_ + "\n";
  if (!used_sizes_.empty()) {
    std::vector<std::string> sizes;
    for (const NamedSize& size : used_sizes_)
      sizes.push_back(printable(size.name) + "=" + std::to_string(size.value));
    answer.text += "sizes: " + joined(sizes) + "\n";
  }
  Table table("  ");
  table.row({"node", "operation", "result", "worst error", "of up to", "verdict"});
  for (const NodeCheck& check : checks) {
    std::string verdict(name_of(check.verdict));
    std::replace(verdict.begin(), verdict.end(), '_', ' ');
    if (!check.why.empty()) verdict += ": " + printable(check.why);
    table.row({printable(check.node), check.operation, check.type,
               check.elements ? number_text(check.worst, 3) : "-",
               check.elements ? number_text(check.largest, 3) : "-", verdict});
  }
  answer.text += table.text();
  answer.text += std::to_string(checks.size() - bad - left_out) + " right in " +
                 std::to_string(options_.repeats) + " runs each, " + std::to_string(bad) + " wrong, " +
                 std::to_string(left_out) + " left out\n";
  for (const std::string& line : avoid) answer.text += line + "\n";
  return answer;
}

}  // namespace

std::unique_ptr<Command> make_verify() { return std::make_unique<Verify>(); }

}  // namespace tool
