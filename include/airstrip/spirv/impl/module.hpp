#pragma once

#include "../module.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

AIRSTRIP_INLINE SourceLocation Module::location_of(std::size_t word_offset) const {
  // The last record at or before the word. Words without a record (header, deduced parts) precede all or lie
  // between; a record with a null file marks where a known run ends.
  std::size_t low = 0, high = locations_.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (locations_[middle].offset <= word_offset)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == 0) return {};
  const LocationRecord& record = locations_[low - 1];
  return record.file ? SourceLocation{record.file, record.line} : SourceLocation{};
}

AIRSTRIP_INLINE std::uint64_t hash_words(Span<const std::uint32_t> words, std::uint64_t before) {
  std::uint64_t hash = before;
  for (const std::uint32_t word : words)
    for (unsigned shift = 0; shift < 32; shift += 8) hash = (hash ^ (word >> shift & 0xFF)) * 0x100000001B3u;
  return hash;
}

AIRSTRIP_INLINE std::uint64_t Module::hash() const { return hash_words(words()); }

AIRSTRIP_SPIRV_NAMESPACE_END
