// A regular file that is open for reading.
#pragma once

#include "../../config.hpp"
#include "../../support/string.hpp"

#include <cstddef>
#include <cstdint>

#if defined(_WIN32)
#include <cstdio>
#else
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

#if defined(_WIN32)

class OpenFile {
public:
  OpenFile() = default;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (file_) std::fclose(file_);
  }

  bool is_open() const { return file_ != nullptr; }
  std::uint64_t size() const { return size_; }
  void open(const char* path) {
    file_ = std::fopen(path, "rb");
    if (!file_) return;
    const bool at_end = _fseeki64(file_, 0, SEEK_END) == 0;
    const long long size = at_end ? _ftelli64(file_) : -1;
    if (size >= 0) {
      size_ = static_cast<std::uint64_t>(size);
    } else {
      std::fclose(file_);
      file_ = nullptr;
    }
  }
  void open_below(const char* directory, Text location) {
    String path(directory);
    path << '/' << location;
    if (!path.out_of_memory()) open(path.c_str());
  }
  bool read(std::uint64_t offset, std::byte* to, std::size_t size) {
    return _fseeki64(file_, static_cast<long long>(offset), SEEK_SET) == 0 &&
           std::fread(to, 1, size, file_) == size;
  }

private:
  std::FILE* file_ = nullptr;
  std::uint64_t size_ = 0;
};

#else

class OpenFile {
public:
  OpenFile() = default;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { close(); }

  bool is_open() const { return file_ >= 0; }
  std::uint64_t size() const { return size_; }
  // O_NONBLOCK: opening a pipe must not wait for who writes to it.
  void open(const char* path) {
    file_ = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    accept();
  }
  // One part after the other, none of them a link. The location has neither "." nor "..".
  void open_below(const char* directory, Text location) {
    file_ = ::open(directory, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    for (std::size_t begin = 0; file_ >= 0 && begin < location.size();) {
      std::size_t end = begin;
      while (end < location.size() && location[end] != '/') ++end;
      const String part(Text(location.data() + begin, end - begin));
      const int kind = end < location.size() ? O_DIRECTORY : O_NONBLOCK;
      const int next =
          part.out_of_memory() ? -1 : ::openat(file_, part.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | kind);
      ::close(file_);
      file_ = next;
      begin = end + 1;
    }
    accept();
  }
  bool read(std::uint64_t offset, std::byte* to, std::size_t size) {
    while (size != 0) {
      const ssize_t got = ::pread(file_, to, size, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      to += got;
      offset += static_cast<std::size_t>(got);
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

private:
  void accept() {
    if (file_ < 0) return;
    struct stat about;
    if (::fstat(file_, &about) == 0 && S_ISREG(about.st_mode))
      size_ = static_cast<std::uint64_t>(about.st_size);
    else
      close();
  }
  void close() {
    if (file_ >= 0) ::close(file_);
    file_ = -1;
  }

  int file_ = -1;
  std::uint64_t size_ = 0;
};

#endif

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
