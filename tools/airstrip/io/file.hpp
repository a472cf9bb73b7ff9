// Files as bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tool {

using Bytes = std::vector<std::byte>;

/// What is read into memory at most: tensors are indexed up to 4 GiB, and a file's header comes on top.
inline constexpr std::uint64_t max_file_bytes = (4ull << 30) + (1u << 20);

/// The whole file; "-" is standard input. Throws Failure: BadInput where it cannot be read or has more than `max_bytes`.
Bytes read_file(const std::string& path, std::uint64_t max_bytes = max_file_bytes);
/// Replaces the file. Throws Failure: CannotWrite.
void write_file(const std::string& path, std::span<const std::byte> bytes);

}  // namespace tool
