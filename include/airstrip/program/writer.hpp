// ProgramWriter: puts the tables of a program together.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "format.hpp"

#include <cstdint>

AIRSTRIP_PROGRAM_NAMESPACE_BEGIN

/// Collects records; `finish` gives the bytes that Program reads. Words, texts and sizes that are there already are not
/// stored again. Nothing is checked but that memory suffices: `Program::own` is what checks.
class ProgramWriter {
public:
  Range text(Text text);
  /// Index of the formula.
  std::uint32_t size(const SizeRecord& record);
  std::uint32_t literal(std::int64_t value);
  /// Words as they lie; where the same words are there already, those.
  Range words(Span<const std::uint32_t> words);
  /// Index of the weight, whose `offset` says where its bytes are. The bytes are copied by `finish`, and have to live until
  /// then.
  std::uint32_t weight(Text name, Span<const unsigned char> bytes);

  Buffer<ParameterRecord> parameters;
  Buffer<TensorRecord> tensors;
  Buffer<BindingRecord> bindings;
  Buffer<ModuleRecord> modules;
  Buffer<RegionRecord> regions;
  Buffer<OperandRecord> operands;
  Buffer<ArgumentRecord> arguments;
  Buffer<DispatchRecord> dispatches;
  Buffer<RequirementRecord> requirements;
  Buffer<VariantRecord> variants;
  const Buffer<WeightRecord>& weights() const { return weights_; }

  /// Errors: OutOfMemory; LimitExceeded beyond 2^32 - 2 records of a kind, bytes of text or words.
  Result<Buffer<unsigned char>> finish(Text name);

private:
  Buffer<char> text_;
  Buffer<Range> texts_;
  Buffer<std::uint32_t> words_;
  struct Known {
    std::uint64_t hash;
    Range range;
  };
  Buffer<Known> known_words_;
  Buffer<SizeRecord> sizes_;
  Buffer<WeightRecord> weights_;
  Buffer<Span<const unsigned char>> weight_bytes_;
  std::uint64_t weights_end_ = 0;
};

AIRSTRIP_PROGRAM_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/writer.hpp"
#endif
