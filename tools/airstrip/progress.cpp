#include "progress.hpp"

#include "text.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

namespace tool {

namespace {

bool is_terminal(std::FILE* file) {
#if defined(_WIN32)
  return _isatty(_fileno(file)) != 0;
#else
  return isatty(fileno(file)) != 0;
#endif
}

}  // namespace

Progress::Progress(std::string label, std::size_t total)
    : label_(std::move(label)), total_(std::max<std::size_t>(total, 1)), is_terminal_(is_terminal(stderr)) {}

Progress::~Progress() {
  if (is_drawn_) std::fputs("\r\x1b[K", stderr);
}

void Progress::show(std::size_t done, const std::string& what) {
  const auto now = std::chrono::steady_clock::now();
  if (!is_terminal_ || now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  is_drawn_ = true;
  constexpr std::size_t width = 30;
  const std::size_t filled = std::min(done, total_) * width / total_;
  // Cut where it would not fit on a narrow terminal's line: a line that wraps cannot be taken back.
  std::string line = label_ + " [" + std::string(filled, '#') + std::string(width - filled, '.') + "] " +
                     std::to_string(done) + "/" + std::to_string(total_) + " " + printable(what);
  line.resize(std::min<std::size_t>(line.size(), 79));
  std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
  std::fflush(stderr);
}

}  // namespace tool
