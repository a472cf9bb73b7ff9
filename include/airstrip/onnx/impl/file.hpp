#pragma once

#include "../file.hpp"
#include "open_file.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

inline Diagnostic path_error(ErrorCode code, Text path, Text problem) {
  Diagnostic error;
  error.code = code;
  error.message << "the file " << path << ' ' << problem;
  return error;
}

// `size` bytes from `offset` on, or all that follow.
inline Result<void> read_region(OpenFile& file, Text path, const ExternalRegion& region,
                                Buffer<std::byte>& to) {
  if (!file.is_open())
    return path_error(ErrorCode::FileFailed, path,
                      "cannot be opened, or is no regular file; look for it there");
  const std::uint64_t size = file.size();
  const std::uint64_t rest = region.offset <= size ? size - region.offset : 0;
  const std::uint64_t length = region.has_length ? region.length : rest;
  String problem;
  if (region.offset > size || length > rest) {
    problem << "has " << size << " bytes, and " << length << " from " << region.offset
            << " on were asked for; it is cut off, or another file";
    return path_error(ErrorCode::Truncated, path, problem);
  }
  if (length > static_cast<std::size_t>(-1) / 2 || !to.resize(length))
    return path_error(ErrorCode::OutOfMemory, path, "does not fit into memory");
  if (file.read(region.offset, to.data(), to.size())) return {};
  to.clear();
  return path_error(ErrorCode::FileFailed, path, "cannot be read to its end");
}

}  // namespace detail

AIRSTRIP_INLINE Result<Buffer<std::byte>> read_file(Text path) {
  const String terminated(path);
  if (terminated.out_of_memory())
    return detail::path_error(ErrorCode::OutOfMemory, path, "has a name for which there is no memory");
  detail::OpenFile file;
  file.open(terminated.c_str());
  Buffer<std::byte> bytes;
  Result<void> done = detail::read_region(file, path, {}, bytes);
  if (!done) return static_cast<Result<void>&&>(done).error();
  return bytes;
}

AIRSTRIP_INLINE Text directory_of(Text path) {
  std::size_t end = path.size();
  const auto is_separator = [](char c) {
#if defined(_WIN32)
    return c == '/' || c == '\\';
#else
    return c == '/';
#endif
  };
  while (end > 0 && !is_separator(path[end - 1])) --end;
  if (end == 0) return ".";
  return {path.data(), end == 1 ? 1 : end - 1};
}

AIRSTRIP_INLINE Result<String> safe_location(Text location) {
  const char* problem = nullptr;
  if (location.empty()) problem = "has no name";
  if (!location.empty() && location[0] == '/') problem = "is named by an absolute path";
  for (const char c : location)
    if (c == '\\' || c == ':' || c == '\0') problem = "has a name with a backslash, a colon or a zero byte";
  String parts;
  for (std::size_t begin = 0; !problem && begin < location.size();) {
    std::size_t end = begin;
    while (end < location.size() && location[end] != '/') ++end;
    const Text part(location.data() + begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      if (!parts.empty()) parts << '/';
      parts << part;
      continue;
    }
    if (parts.empty()) problem = "lies outside of the model's directory";
    std::size_t kept = parts.size();
    while (kept > 0 && parts[kept - 1] != '/') --kept;
    String shorter(Text(parts.data(), kept > 0 ? kept - 1 : 0));
    if (shorter.out_of_memory()) problem = "has a name for which there is no memory";
    if (!parts.out_of_memory()) parts = static_cast<String&&>(shorter);
  }
  if (!problem && parts.out_of_memory())
    return detail::path_error(ErrorCode::OutOfMemory, location, "has a name for which there is no memory");
  if (!problem && parts.empty()) problem = "is a directory";
  if (!problem) return parts;
  String message(problem);
  message << "; external data lies in the model's directory and is named by a path relative to it";
  return detail::path_error(ErrorCode::FileFailed, location, message);
}

AIRSTRIP_INLINE Result<void> ExternalFiles::read(const ExternalRegion& region, Buffer<std::byte>& to) const {
  Result<String> location = safe_location(region.location);
  if (!location) return static_cast<Result<String>&&>(location).error();
  String path(directory_);
  path << '/' << *location;
  if (path.out_of_memory())
    return detail::path_error(ErrorCode::OutOfMemory, *location, "has a name for which there is no memory");
  detail::OpenFile file;
  if (follow_links_)
    file.open(path.c_str());
  else
    file.open_below(directory_.c_str(), *location);
  return detail::read_region(file, path, region, to);
}

AIRSTRIP_INLINE Result<Span<const std::byte>>
ExternalFiles::read_through(const void* context, const ExternalRegion& region, Buffer<std::byte>& storage) {
  Result<void> done = static_cast<const ExternalFiles*>(context)->read(region, storage);
  if (!done) return static_cast<Result<void>&&>(done).error();
  return Span<const std::byte>(storage.data(), storage.size());
}

AIRSTRIP_ONNX_NAMESPACE_END
