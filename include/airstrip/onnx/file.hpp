// Reading files: a model, and the weights that it keeps in other files of its directory.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "tensor.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_ONNX_NAMESPACE_BEGIN

/// A whole file. Errors: FileFailed (it does not exist, is no regular file, or reading fails), OutOfMemory.
Result<Buffer<std::byte>> read_file(Text path);

/// "models" for "models/a.onnx", "." for "a.onnx", "/" for "/a.onnx".
Text directory_of(Text path);

/// A location of external data without "." and "..", its parts joined by '/'. Locations are POSIX paths relative to the
/// model's directory (TensorProto.external_data).
/// Errors: FileFailed for one that is empty or absolute, leaves the directory, or has a backslash, a colon or a zero byte,
/// with which it could do so on some system.
Result<String> safe_location(Text location);

/// The files of a model's directory, as a source of external data. It opens what it reads each time; keep it until the last
/// tensor is read.
class ExternalFiles {
public:
  /// Symbolic links may lead anywhere, so they are refused below the directory unless `follow_links` is set. (Where a system
  /// is not POSIX, the flag has no effect and links are followed.)
  explicit ExternalFiles(Text directory, bool follow_links = false)
      : directory_(directory), follow_links_(follow_links) {}

  /// Bytes of a file. Memory is taken once the file is known to have them.
  /// Errors: those of `safe_location`; FileFailed (as `read_file`); Truncated where the file is shorter; OutOfMemory.
  Result<void> read(const ExternalRegion& region, Buffer<std::byte>& to) const;

  /// Valid while this exists and stays where it is.
  ExternalSource source() const { return {read_through, this}; }

private:
  static Result<Span<const std::byte>> read_through(const void* context, const ExternalRegion& region,
                                                    Buffer<std::byte>& storage);

  String directory_;
  bool follow_links_;
};

AIRSTRIP_ONNX_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/file.hpp"
#endif
