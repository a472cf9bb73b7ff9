// How far something is, on one line of standard error where that is a terminal, and nowhere else.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace tool {

/// The line is gone when the object is. Debian has no library of C++ for this.
class Progress {
public:
  Progress(std::string label, std::size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of the total; `what` is at work now. Drawn ten times a second at most.
  void show(std::size_t done, const std::string& what = "");

private:
  std::string label_;
  std::size_t total_;
  bool is_terminal_;
  bool is_drawn_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace tool
