// Runs ONNX's node tests: imports each model, computes its outputs, compares them with those that the test has.
//
//   airstrip_test_onnx_nodes FOLDER [OPTION…] [PART_OF_NAME…]
//
//   --list           what became of every test, not only of those that did not pass
//   --table FILE     a table in Markdown by operators, with the reasons of what was skipped, and how much of what layer 3
//                    has kernels for passes
//   --open-sizes     with sizes that are given when the graph runs, where the model has numbers
//   --optimize       after the passes: fold, fuse, remove_dead
//   --device         compiled, and played on a Vulkan device: AIRSTRIP_TEST_DEVICE, or llvmpipe; else in the interpreter
//   --jobs N         processes side by side (1)
//   --timeout S      seconds for one test (60)
//
// With parts of names only the tests that have one of them in theirs, all of which are listed.
#include "table.hpp"
#include "workers.hpp"

#include <cstdlib>

int main(int argc, char** argv) {
  using namespace node_test;
  std::string folder, table;
  std::vector<std::string> parts;
  Options how;
  bool list = false, is_usage_wrong = false;
  unsigned jobs = 1;
  double limit = 60;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--list")
      list = true;
    else if (argument == "--open-sizes")
      how.open_sizes = true;
    else if (argument == "--optimize")
      how.optimize = true;
    else if (argument == "--device")
      how.on_device = true;
    else if (argument == "--table" && has_value)
      table = argv[++i];
    else if (argument == "--jobs" && has_value)
      jobs = static_cast<unsigned>(std::max(1l, std::strtol(argv[++i], nullptr, 10)));
    else if (argument == "--timeout" && has_value)
      limit = std::strtod(argv[++i], nullptr);
    else if (argument.size() > 1 && argument[0] == '-')
      is_usage_wrong = true;
    else if (folder.empty())
      folder = argument;
    else
      parts.push_back(argument);
  }
  if (is_usage_wrong || folder.empty() || !fs::is_directory(folder)) {
    std::fprintf(stderr,
                 "usage: %s FOLDER [--list] [--table FILE] [--open-sizes] [--optimize] [--device] [--jobs N] "
                 "[--timeout S] "
                 "[PART_OF_NAME…]\n",
                 argv[0]);
    return 2;
  }
  if (how.on_device && !has_device) {
    std::fprintf(stderr, "--device: this program was built without the Vulkan headers\n");
    return 2;
  }
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    bool wanted = parts.empty();
    for (const std::string& part : parts) wanted = wanted || name.find(part) != std::string::npos;
    if (wanted && fs::exists(entry.path() / "model.onnx")) folders.push_back(entry.path());
  }
  if (folders.empty()) {
    std::fprintf(stderr, "%s: no folder with a model.onnx in it%s\n", folder.c_str(),
                 parts.empty() ? "" : " has such a name");
    return 2;
  }
  std::sort(folders.begin(), folders.end());
  const std::vector<Outcome> outcomes = run_tests(folders, how, jobs, limit);
  int counts[3] = {};
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    ++counts[static_cast<int>(outcome.kind)];
    constexpr const char* words[] = {"passed", "FAILED", "skipped"};
    if (outcome.kind != Outcome::Kind::Passed || list || !parts.empty())
      std::printf("%s %s%s%s\n", words[static_cast<int>(outcome.kind)],
                  folders[i].filename().string().c_str(), outcome.reason.empty() ? "" : ": ",
                  outcome.reason.c_str());
  }
  if (!table.empty() && !write_table(table, folders, outcomes)) {
    std::fprintf(stderr, "%s could not be written\n", table.c_str());
    return 2;
  }
  if (parts.empty()) std::printf("%s\n", share_of_layer_3(folders, outcomes).c_str());
  std::printf("%d passed, %d failed, %d skipped\n", counts[0], counts[1], counts[2]);
  return counts[1] ? 1 : 0;
}
