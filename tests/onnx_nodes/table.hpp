// The outcomes by operators, as a table in Markdown.
#pragma once

#include "node_test.hpp"

#include <fstream>
#include <map>

namespace node_test {

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
    const bool expanded = folders[i].filename().string().find("_expanded") != std::string::npos;
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
  out.flush();
  return static_cast<bool>(out);
}

}  // namespace node_test
