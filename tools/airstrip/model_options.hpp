// What info, compile and explain let one say of a model: its sizes, its constants, its images.
#pragma once

#include "source.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tool {

class ModelOptions {
public:
  /// --size, --max, --input and --image. `of` stands before what --help says of them: "Of a model: " where a program may be
  /// given, too.
  void add_to(CLI::App& app, const std::string& of = "");
  /// Whether none of them was given.
  bool empty() const { return sizes_.empty() && maxima_.empty() && inputs_.empty() && images_.empty(); }
  /// What they say, with the elements of --input read. Throws Failure: Usage; BadInput where a file is not what it should be.
  ImportSettings settings_for(const ModelFile& file) const;

private:
  std::vector<std::string> sizes_, maxima_, inputs_, images_;
};

}  // namespace tool
