#include "file.hpp"

#include "../failure.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace tool {

namespace {

struct Close {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

std::string reason() { return std::strerror(errno); }

}  // namespace

Bytes read_file(const std::string& path, std::uint64_t max_bytes) {
  const std::unique_ptr<std::FILE, Close> file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
  if (!file) throw Failure(ExitCode::BadInput, path + ": cannot be opened: " + reason());
  Bytes bytes;
  std::size_t size = 0;
  do {
    // Twice as much each time, whatever the file says of its size: it may be a pipe. A byte more than may be tells that it
    // is too large.
    const std::uint64_t room =
        std::min(std::max<std::uint64_t>(2 * std::uint64_t{size}, 1 << 16), max_bytes + 1);
    bytes.resize(static_cast<std::size_t>(room));
    size += std::fread(bytes.data() + size, 1, bytes.size() - size, file.get());
    if (size > max_bytes)
      throw Failure(ExitCode::BadInput,
                    path + ": has more than the " + std::to_string(max_bytes) + " bytes that are read");
  } while (size == bytes.size());
  if (std::ferror(file.get())) throw Failure(ExitCode::BadInput, path + ": cannot be read: " + reason());
  bytes.resize(size);
  return bytes;
}

void write_file(const std::string& path, std::span<const std::byte> bytes) {
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (!file) throw Failure(ExitCode::CannotWrite, path + ": cannot be opened for writing: " + reason());
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const std::string why = reason();
  if (std::fclose(file) != 0 || !written)
    throw Failure(ExitCode::CannotWrite, path + ": cannot be written: " + (written ? reason() : why));
}

}  // namespace tool
