// The outcomes by operators, as a table in Markdown.
#pragma once

#include "node_test.hpp"

#include <fstream>
#include <map>

namespace node_test {

/// Whether the model is an operator written out as the nodes of its function.
inline bool is_expanded(const fs::path& folder) {
  return folder.filename().string().find("_expanded") != std::string::npos;
}

/// What a test is of: the operator of its model; of several the one after which the test is called, or the last.
inline std::string operator_of(const fs::path& folder) {
  // An expanded test has the nodes of the operator's function.
  fs::path of = folder;
  const std::string name = folder.filename().string();
  if (const std::size_t at = name.find("_expanded"); at != std::string::npos) {
    const fs::path whole = folder.parent_path() / name.substr(0, at);
    if (fs::exists(whole / "model.onnx")) of = whole;
  }
  const auto file = onnx::read_file(Text((of / "model.onnx").string().c_str()));
  if (!file.ok()) return "unreadable";
  const auto model = onnx::read_model({file->data(), file->size()});
  if (!model.ok() || !model->graph) return "unreadable";
  const auto plain = [](const std::string& text) {
    std::string letters;
    for (const char c : text)
      if (std::isalnum(static_cast<unsigned char>(c)))
        letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return letters;
  };
  std::string best, last = "none";
  for (const onnx::Node& node : model->graph->nodes) {
    const std::string type(node.op_type);
    if (type != "Constant" || last == "none") last = type;
    if (plain(name).find(plain(type)) != std::string::npos && type.size() > best.size()) best = type;
  }
  return best.empty() ? last : best;
}

/// Whether a test was skipped for what layer 3 has no kernels for at all, whatever the operator's other tests do.
inline bool is_outside_layer_3(const std::string& reason) {
  for (const char* const part :
       {"its elements are ", "no elements of the type", "it is of texts", "it is no dense tensor",
        "but a sequence or an optional", "it is of training", "it makes random numbers",
        "it decodes files of images", "depends on elements that are known", "there is no importer"})
    if (reason.find(part) != std::string::npos) return true;
  return false;
}

/// How many of the tests of operators themselves pass that layer 3 has kernels for, in a sentence.
inline std::string share_of_layer_3(const std::vector<fs::path>& folders,
                                    const std::vector<Outcome>& outcomes) {
  int passed = 0, all = 0;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    if (is_expanded(folders[i])) continue;
    if (outcomes[i].kind == Outcome::Kind::Skipped && is_outside_layer_3(outcomes[i].reason)) continue;
    passed += outcomes[i].kind == Outcome::Kind::Passed;
    ++all;
  }
  char percent[16];
  std::snprintf(percent, sizeof percent, "%.1f", all ? 100.0 * passed / all : 0.0);
  return "Of what layer 3 has kernels for, " + std::to_string(passed) + " of " + std::to_string(all) +
         " tests of operators themselves pass, " + percent +
         " %. Not counted: what was skipped for elements of fp8, fp4, less than a byte or texts, sequences "
         "and "
         "optionals, training, random numbers, files of images, sizes that depend on elements, and operators "
         "without an importer.";
}

inline bool write_table(const std::string& path, const std::vector<fs::path>& folders,
                        const std::vector<Outcome>& outcomes) {
  struct Row {
    int counts[2][3] = {};  ///< of the operator itself, and expanded
    std::map<std::string, int> reasons;
  };
  std::map<std::string, Row> rows;
  Row all;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    Row& row = rows[operator_of(folders[i])];
    const bool expanded = is_expanded(folders[i]);
    ++row.counts[expanded][static_cast<int>(outcomes[i].kind)];
    ++all.counts[expanded][static_cast<int>(outcomes[i].kind)];
    if (outcomes[i].kind == Outcome::Kind::Skipped) ++row.reasons[outcomes[i].reason];
    if (outcomes[i].kind == Outcome::Kind::Failed) ++row.reasons["FAILED: " + outcomes[i].reason];
  }
  std::ofstream out(path);
  out << "| Operator | Passed | Failed | Skipped | Expanded: passed | Failed | Skipped | Reasons |\n"
      << "|---|--:|--:|--:|--:|--:|--:|---|\n";
  const auto write_row = [&](const std::string& name, const Row& row) {
    out << "| " << name;
    for (const auto& counts : row.counts)
      for (const int count : counts) out << " | " << (count ? std::to_string(count) : std::string());
    out << " | ";
    const char* between = "";
    for (const auto& [reason, count] : row.reasons) {
      std::string cell;
      for (const char c : reason) cell += c == '|' ? std::string("\\|") : std::string(1, c);
      out << between << cell;
      if (row.reasons.size() > 1) out << " (" << count << ')';
      between = "<br>";
    }
    out << " |\n";
  };
  for (const auto& [name, row] : rows) write_row(name, row);
  write_row("**all**", all);
  out << '\n' << share_of_layer_3(folders, outcomes) << '\n';
  out.flush();
  return static_cast<bool>(out);
}

}  // namespace node_test
