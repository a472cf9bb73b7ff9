// Program: what a graph was compiled to. Immutable, shared by threads, read from the bytes it is saved as.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "format.hpp"

#include <cstdint>

AIRSTRIP_PROGRAM_NAMESPACE_BEGIN

/// A size, or a number of the program's expressions, for one run.
struct ParameterValue {
  Text name;
  double number = 0;
};

/// Workgroups in three dimensions; all 0 where there is nothing to do.
struct GroupCounts {
  std::uint32_t x = 0, y = 0, z = 0;
};

/// A compiled program. Moved; `open` borrows the bytes, `own` keeps them.
class Program {
public:
  /// The bytes have to outlive the program, and begin at a multiple of 8. All that is referred to is checked; the checksum
  /// of the header and the tables too, that of the weights by `check_weights`. Errors: InvalidOperand (misaligned),
  /// NotAProgram, VersionConflict, Truncated, MalformedFile (the message has the record that is wrong), OutOfMemory (of the
  /// message).
  static Result<Program> open(Span<const unsigned char> bytes);
  static Result<Program> own(Buffer<unsigned char>&& bytes);

  /// The same program by the same bytes, which stay with this one, or with who gave them to `open`.
  Program borrowed() const {
    Program view;
    view.bytes_ = bytes_;
    view.header_ = header_;
    return view;
  }

  Span<const unsigned char> bytes() const { return bytes_; }
  const Header& header() const { return *header_; }
  Text name() const { return text(header().name); }

  Span<const SizeRecord> sizes() const { return table<SizeRecord>(Table::Sizes); }
  Span<const ParameterRecord> parameters() const { return table<ParameterRecord>(Table::Parameters); }
  Span<const TensorRecord> tensors() const { return table<TensorRecord>(Table::Tensors); }
  Span<const BindingRecord> bindings(const ModuleRecord& module) const {
    return table<BindingRecord>(Table::Bindings).subspan(module.bindings.first, module.bindings.count);
  }
  Span<const ModuleRecord> modules() const { return table<ModuleRecord>(Table::Modules); }
  Span<const std::uint32_t> words(const ModuleRecord& module) const {
    return table<std::uint32_t>(Table::Words).subspan(module.words.first, module.words.count);
  }
  Span<const RegionRecord> regions() const { return table<RegionRecord>(Table::Regions); }
  Span<const OperandRecord> operands(const DispatchRecord& dispatch) const {
    return table<OperandRecord>(Table::Operands).subspan(dispatch.operands.first, dispatch.operands.count);
  }
  Span<const ArgumentRecord> arguments(const DispatchRecord& dispatch) const {
    return table<ArgumentRecord>(Table::Arguments)
        .subspan(dispatch.arguments.first, dispatch.arguments.count);
  }
  Span<const DispatchRecord> dispatches(const VariantRecord& variant) const {
    return table<DispatchRecord>(Table::Dispatches)
        .subspan(variant.dispatches.first, variant.dispatches.count);
  }
  Span<const RequirementRecord> requirements(const VariantRecord& variant) const {
    return table<RequirementRecord>(Table::Requirements)
        .subspan(variant.requirements.first, variant.requirements.count);
  }
  /// In the order in which a loader should try them.
  Span<const VariantRecord> variants() const { return table<VariantRecord>(Table::Variants); }
  Span<const WeightRecord> weights() const { return table<WeightRecord>(Table::Weights); }
  Span<const unsigned char> weight_bytes() const {
    return bytes_.subspan(static_cast<std::size_t>(header().weights_offset),
                          static_cast<std::size_t>(header().weights_bytes));
  }
  Text text(const Range& range) const {
    const Span<const char> all = table<char>(Table::Text).subspan(range.first, range.count);
    return Text(all.data(), all.size());
  }
  /// Index of an input or output, of a parameter; `none` where there is none of that name.
  std::uint32_t find_tensor(Text name) const;
  std::uint32_t find_parameter(Text name) const;

  /// The value of every formula, into as many numbers as there are sizes. Allocates nothing but the message of an error:
  /// MissingBinding (a size that was not given), InvalidShape (negative, no whole number, not the multiple it was said to
  /// be, or too small for the program), LimitExceeded (above its maximum).
  Result<void> evaluate(Span<const ParameterValue> values, Span<std::int64_t> sizes) const;
  /// How many workgroups a dispatch has for sizes that were evaluated. LimitExceeded where the variant's kernels cannot count
  /// them.
  Result<GroupCounts> groups_of(const VariantRecord& variant, const DispatchRecord& dispatch,
                                Span<const std::int64_t> sizes) const;
  /// Whether the weights are those that were saved. Reads them all.
  Result<void> check_weights() const;

private:
  template <class T>
  Span<const T> table(Table which) const {
    const TableRecord& t = header_->tables[static_cast<std::uint32_t>(which)];
    return {reinterpret_cast<const T*>(bytes_.data() + t.offset), t.count};
  }
  Result<void> check() const;

  Buffer<unsigned char> owned_;
  Span<const unsigned char> bytes_;
  const Header* header_ = &empty_header;
  static constexpr Header empty_header = {};
};

AIRSTRIP_PROGRAM_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/program.hpp"
#endif
