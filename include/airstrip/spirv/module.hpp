// Module: finished words, and the C++ line behind each instruction.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "target.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// The generator's number in the third word of the header; 0: not registered with Khronos.
inline constexpr std::uint32_t generator_magic = 0;

/// Where an instruction came from.
struct LocationRecord {
  const char* file;
  std::uint32_t line;
  std::uint32_t offset;  ///< first word of the instruction
};

/// A finished module. Its words can be given to vkCreateShaderModule, to SPIRV-Tools or to `parse`.
class Module {
public:
  Module() = default;
  Module(Buffer<std::uint32_t> words, Buffer<LocationRecord> locations, const Target& target)
      : words_(static_cast<Buffer<std::uint32_t>&&>(words)),
        locations_(static_cast<Buffer<LocationRecord>&&>(locations)), target_(target) {}

  Span<const std::uint32_t> words() const { return {words_.data(), words_.size()}; }
  const std::uint32_t* data() const { return words_.data(); }
  /// In words.
  std::size_t size() const { return words_.size(); }
  std::size_t size_bytes() const { return words_.size() * sizeof(std::uint32_t); }
  const Target& target() const { return target_; }
  /// The C++ line that emitted the instruction which covers this word (header included); unknown for the header and
  /// for what no line asked for (capabilities, interface lists).
  SourceLocation location_of(std::size_t word_offset) const;
  Span<const LocationRecord> locations() const { return {locations_.data(), locations_.size()}; }
  /// 64-bit FNV-1a over the words, least significant byte first: the same on every machine.
  std::uint64_t hash() const;

private:
  Buffer<std::uint32_t> words_;
  Buffer<LocationRecord> locations_;  // ascending offsets
  Target target_;
};

/// The hash of Module::hash over any words; `before`: that of words in front of them, so that they need not lie together.
std::uint64_t hash_words(Span<const std::uint32_t> words, std::uint64_t before = 0xCBF29CE484222325u);

AIRSTRIP_SPIRV_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/module.hpp"
#endif
