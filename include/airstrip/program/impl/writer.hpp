#pragma once

#include "../writer.hpp"

#include <type_traits>

AIRSTRIP_PROGRAM_NAMESPACE_BEGIN

AIRSTRIP_INLINE Range ProgramWriter::text(Text text) {
  for (const Range& known : texts_)
    if (Text(text_.data() + known.first, known.count) == text) return known;
  const Range range = {static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(text.size())};
  // What could not be stored must not be found; `finish` says so.
  if (text_.append({text.data(), text.size()})) texts_.push_back(range);
  return range;
}

AIRSTRIP_INLINE std::uint32_t ProgramWriter::size(const SizeRecord& record) {
  for (std::uint32_t i = 0; i < sizes_.size(); ++i) {
    const SizeRecord& s = sizes_[i];
    if (s.op == record.op && s.a == record.a && s.b == record.b && s.value == record.value) return i;
  }
  sizes_.push_back(record);
  return static_cast<std::uint32_t>(sizes_.size() - 1);
}

AIRSTRIP_INLINE std::uint32_t ProgramWriter::literal(std::int64_t value) {
  SizeRecord record;
  record.value = value;
  return size(record);
}

AIRSTRIP_INLINE Range ProgramWriter::words(Span<const std::uint32_t> words) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(words.data());
  const std::uint64_t hash = checksum(bytes, words.size() * 4);
  for (const Known& known : known_words_)
    if (known.hash == hash && known.range.count == words.size() &&
        (words.empty() || std::memcmp(words_.data() + known.range.first, bytes, words.size() * 4) == 0))
      return known.range;
  const Range range = {static_cast<std::uint32_t>(words_.size()), static_cast<std::uint32_t>(words.size())};
  if (words_.append(words)) known_words_.push_back({hash, range});
  return range;
}

AIRSTRIP_INLINE std::uint32_t ProgramWriter::weight(Text name, Span<const unsigned char> bytes) {
  WeightRecord record;
  record.name = text(name);
  record.offset = weights_end_;
  record.bytes = bytes.size();
  weights_end_ = (weights_end_ + bytes.size() + memory_alignment - 1) / memory_alignment * memory_alignment;
  weights_.push_back(record);
  weight_bytes_.push_back(bytes);
  return static_cast<std::uint32_t>(weights_.size() - 1);
}

AIRSTRIP_INLINE Result<Buffer<unsigned char>> ProgramWriter::finish(Text name) {
  struct Part {
    const void* data;
    std::size_t count;
    std::uint32_t element;
    bool failed;
  };
  const auto part = [](const auto& buffer) {
    using Record = std::remove_cvref_t<decltype(*buffer.data())>;
    static_assert(std::has_unique_object_representations_v<Record>,
                  "padding has no value that is always the same");
    return Part{buffer.data(), buffer.size(), static_cast<std::uint32_t>(sizeof(Record)),
                buffer.out_of_memory()};
  };
  Header header;
  std::memcpy(header.magic, magic, sizeof magic);
  header.name = text(name);
  const Part parts[] = {part(text_),    part(words_),    part(sizes_),     part(parameters),
                        part(tensors),  part(bindings),  part(modules),    part(regions),
                        part(operands), part(arguments), part(dispatches), part(requirements),
                        part(variants), part(weights_)};
  static_assert(sizeof parts / sizeof *parts == static_cast<std::size_t>(Table::Count));
  Diagnostic error;
  error.code = ErrorCode::OutOfMemory;
  error.message = "out of memory for a program";
  std::uint64_t end = sizeof(Header);
  bool failed = texts_.out_of_memory() || known_words_.out_of_memory() || weight_bytes_.out_of_memory();
  for (std::size_t i = 0; i < static_cast<std::size_t>(Table::Count); ++i) {
    failed = failed || parts[i].failed;
    if (parts[i].count > 0xFFFFFFFE) {
      error.code = ErrorCode::LimitExceeded;
      error.message = "the program has more than 2^32 - 2 records of one kind";
      return error;
    }
    end = (end + 63) / 64 * 64;
    header.tables[i] = {end, static_cast<std::uint32_t>(parts[i].count), parts[i].element};
    end += parts[i].count * std::uint64_t{parts[i].element};
  }
  header.weights_offset = (end + memory_alignment - 1) / memory_alignment * memory_alignment;
  header.weights_bytes = weights_end_;
  header.bytes = header.weights_offset + weights_end_;
  Buffer<unsigned char> bytes;
  const std::size_t all = header.bytes;
  if (failed || all != header.bytes || !bytes.resize(all)) return error;
  std::memset(bytes.data(), 0, bytes.size());
  for (std::size_t i = 0; i < static_cast<std::size_t>(Table::Count); ++i)
    if (parts[i].count)
      std::memcpy(bytes.data() + header.tables[i].offset, parts[i].data, parts[i].count * parts[i].element);
  unsigned char* const weights = bytes.data() + header.weights_offset;
  for (std::size_t i = 0; i < weights_.size(); ++i)
    if (weight_bytes_[i].size())
      std::memcpy(weights + weights_[i].offset, weight_bytes_[i].data(), weight_bytes_[i].size());
  header.weights_checksum = checksum(weights, weights_end_);
  std::memcpy(bytes.data(), &header, sizeof header);
  header.tables_checksum = checksum_of_tables(bytes.data(), header.weights_offset);
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

AIRSTRIP_PROGRAM_NAMESPACE_END
