// What the variants of a program share while it is put together.
#pragma once

#include "../../program/writer.hpp"
#include "../graph.hpp"

#include <cstring>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

struct ProgramParts {
  program::ProgramWriter writer;
  bool has_tensors = false;
  /// Constants that are weights already.
  struct KnownWeight {
    const unsigned char* data;
    std::size_t size;
    std::uint32_t weight;
  };
  Buffer<KnownWeight> weights;
  List<Bytes> kept;  // weights live until the program is finished

  std::uint32_t weight(Text name, const Bytes& bytes) {
    for (const KnownWeight& known : weights)
      // Each variant may have made the same constant.
      if (known.size == bytes.size() &&
          (known.data == bytes.data() || std::memcmp(known.data, bytes.data(), bytes.size()) == 0))
        return known.weight;
    const std::uint32_t made = writer.weight(name, bytes.span());
    weights.push_back({bytes.data(), bytes.size(), made});
    kept.push_back(Bytes(bytes));
    return made;
  }
};

/// A graph's formulas as a program's.
class ProgramSizes {
public:
  ProgramSizes(const SizeTable& table, program::ProgramWriter& writer) : table_(table), writer_(writer) {}

  std::uint32_t operator()(SizeId id) {
    while (done_.size() <= static_cast<std::size_t>(id))
      if (!done_.push_back(program::none)) return 0;
    std::uint32_t& known = done_[static_cast<std::size_t>(id)];
    if (known != program::none) return known;
    const SizeTable::Node node = table_.node(id);
    program::SizeRecord record;
    record.op = static_cast<program::SizeRecord::Op>(node.op);
    if (node.op == SizeTable::Op::Literal) {
      record.value = node.lower;
    } else if (node.op == SizeTable::Op::Parameter) {
      record.a = parameter(id);
    } else {
      record.a = (*this)(node.a);
      record.b = (*this)(node.b);
    }
    const std::uint32_t made = writer_.size(record);
    return done_[static_cast<std::size_t>(id)] = made;
  }

  /// The parameter of that name; made if need be.
  std::uint32_t parameter(SizeId id) {
    const SizeTable::Node& node = table_.node(id);
    program::ParameterRecord record;
    record.name = writer_.text(table_.name(id));
    record.maximum = node.upper;
    record.multiple = node.multiple < 1 ? 1 : node.multiple;
    return put(record);
  }
  std::uint32_t number(Text name, Scalar scalar) {
    program::ParameterRecord record;
    record.name = writer_.text(name);
    record.is_size = 0;
    record.scalar = static_cast<std::uint32_t>(scalar);
    return put(record);
  }

private:
  std::uint32_t put(const program::ParameterRecord& record) {
    Buffer<program::ParameterRecord>& all = writer_.parameters;
    for (std::uint32_t i = 0; i < all.size(); ++i)
      if (all[i].name.first == record.name.first && all[i].name.count == record.name.count) {
        if (record.maximum < all[i].maximum) all[i].maximum = record.maximum;
        return i;
      }
    all.push_back(record);
    return static_cast<std::uint32_t>(all.size() - 1);
  }

  const SizeTable& table_;
  program::ProgramWriter& writer_;
  Buffer<std::uint32_t> done_;
};

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
