// What is looked at before a program's records are believed.
#pragma once

#include "../program.hpp"

AIRSTRIP_PROGRAM_NAMESPACE_BEGIN

namespace detail {

inline Diagnostic refuse(ErrorCode code, String message) {
  Diagnostic error;
  error.code = message.out_of_memory() ? ErrorCode::OutOfMemory : code;
  error.message = static_cast<String&&>(message);
  return error;
}

inline std::uint32_t bytes_of_record(Table table) {
  switch (table) {
    case Table::Text: return 1;
    case Table::Words: return 4;
    case Table::Sizes: return sizeof(SizeRecord);
    case Table::Parameters: return sizeof(ParameterRecord);
    case Table::Tensors: return sizeof(TensorRecord);
    case Table::Bindings: return sizeof(BindingRecord);
    case Table::Modules: return sizeof(ModuleRecord);
    case Table::Regions: return sizeof(RegionRecord);
    case Table::Operands: return sizeof(OperandRecord);
    case Table::Arguments: return sizeof(ArgumentRecord);
    case Table::Dispatches: return sizeof(DispatchRecord);
    case Table::Requirements: return sizeof(RequirementRecord);
    case Table::Variants: return sizeof(VariantRecord);
    case Table::Weights: return sizeof(WeightRecord);
    case Table::Count: break;
  }
  return 0;
}

/// The numbers of kernel::Scalar, which a reader does without.
enum class Scalar : std::uint32_t {
  Void,
  Boolean,
  I8,
  U8,
  I16,
  U16,
  I32,
  U32,
  I64,
  U64,
  F16,
  BF16,
  F32,
  F64
};
/// Whether there are numbers of that type.
inline bool is_number(std::uint32_t scalar) {
  return scalar > static_cast<std::uint32_t>(Scalar::Void) &&
         scalar <= static_cast<std::uint32_t>(Scalar::F64);
}
/// As it lies among a dispatch's parameters: what is narrow takes a word.
inline std::uint32_t bytes_of_number(std::uint32_t scalar) {
  const Scalar type = static_cast<Scalar>(scalar);
  return type == Scalar::I64 || type == Scalar::U64 || type == Scalar::F64 ? 8 : 4;
}

/// Looks for the first record that refers to what is not there.
class ProgramChecker {
public:
  ProgramChecker(const Program& program, const Header& header) : p_(program), h_(header) {}

  Result<void> run() {
    for (std::uint32_t i = 0; i < p_.sizes().size(); ++i) size(i, p_.sizes()[i]);
    for (std::uint32_t i = 0; i < p_.parameters().size(); ++i) parameter(i, p_.parameters()[i]);
    for (std::uint32_t i = 0; i < p_.tensors().size(); ++i) tensor(i, p_.tensors()[i]);
    for (std::uint32_t i = 0; i < p_.modules().size(); ++i) module(i, p_.modules()[i]);
    for (std::uint32_t i = 0; i < p_.regions().size(); ++i) region(i, p_.regions()[i]);
    for (std::uint32_t i = 0; i < p_.weights().size(); ++i) {
      begin("weight", i);
      within(p_.weights()[i].name, Table::Text);
      is_true(fits(p_.weights()[i].offset, p_.weights()[i].bytes, h_.weights_bytes),
              "lies outside the weights");
    }
    for (std::uint32_t i = 0; i < p_.variants().size(); ++i) variant(i, p_.variants()[i]);
    if (ok_) return {};
    return refuse(ErrorCode::MalformedFile, static_cast<String&&>(message_));
  }

private:
  void begin(const char* what, std::uint32_t index) {
    if (!ok_) return;
    what_ = what;
    index_ = index;
  }
  void is_true(bool holds, const char* why) {
    if (holds || !ok_) return;
    ok_ = false;
    message_ << what_ << ' ' << index_ << " of the program " << why << "; the file is damaged";
  }
  void within(const Range& range, Table table) {
    const std::uint32_t count = h_.tables[static_cast<std::uint32_t>(table)].count;
    is_true(range.first <= count && range.count <= count - range.first,
            "refers to records that are not there");
  }
  /// Of records that belong to one range alone: `taken` of them so far, over all ranges.
  void owned(const Range& range, Table table, std::uint64_t& taken) {
    within(range, table);
    taken += range.count;
    is_true(taken <= h_.tables[static_cast<std::uint32_t>(table)].count, "shares records with another");
  }
  void below(std::uint32_t index, std::size_t count) {
    is_true(index < count, "refers to a record that is not there");
  }
  static bool fits(std::uint64_t offset, std::uint64_t bytes, std::uint64_t all) {
    return offset <= all && bytes <= all - offset;
  }

  void size(std::uint32_t i, const SizeRecord& s) {
    begin("size", i);
    is_true(s.op <= SizeRecord::Op::Max, "is no formula that is known");
    if (s.op == SizeRecord::Op::Literal) return;
    if (s.op == SizeRecord::Op::Parameter) {
      below(s.a, p_.parameters().size());
      return;
    }
    is_true(s.a < i && s.b < i, "uses a formula that comes later");
  }
  void parameter(std::uint32_t i, const ParameterRecord& r) {
    begin("parameter", i);
    within(r.name, Table::Text);
    is_true(r.multiple >= 1 && r.maximum >= 0, "has a multiple below 1, or a maximum below 0");
    is_true(r.is_size != 0 || is_number(r.scalar), "is of a type that no number has");
  }
  void tensor(std::uint32_t i, const TensorRecord& t) {
    begin("tensor", i);
    within(t.name, Table::Text);
    is_true(t.direction <= Direction::Output && t.storage <= StorageKind::StorageImage && t.rank <= 8,
            "has a direction, a storage or a rank that cannot be");
    is_true(t.scalar <= static_cast<std::uint32_t>(Scalar::F64), "is of a type that no element has");
    for (std::uint32_t axis = 0; axis < t.rank && axis < 8; ++axis) below(t.shape[axis], p_.sizes().size());
    below(t.bytes, p_.sizes().size());
  }
  void module(std::uint32_t i, const ModuleRecord& m) {
    begin("module", i);
    within(m.words, Table::Words);
    within(m.entry_point, Table::Text);
    within(m.name, Table::Text);
    owned(m.bindings, Table::Bindings, bindings_);
    is_true(m.placement <= Placement::Uniform && m.parameter_bytes <= 65536 && m.parameter_bytes % 4 == 0,
            "has parameters that cannot be");
    is_true(m.parameter_set < 32, "has a descriptor that cannot be");
    if (!ok_) return;
    const Span<const BindingRecord> bindings = p_.bindings(m);
    const bool uniform = has_uniform(m);
    for (std::size_t a = 0; a < bindings.size() && ok_; ++a) {
      const BindingRecord& b = bindings[a];
      is_true(b.type <= DescriptorType::SampledImage && b.set < 32, "has a descriptor that cannot be");
      bool twice = uniform && b.set == m.parameter_set && b.binding == m.parameter_binding;
      for (std::size_t before = 0; before < a && !twice; ++before)
        twice = bindings[before].set == b.set && bindings[before].binding == b.binding;
      is_true(!twice, "has two descriptors in one place");
    }
  }
  void region(std::uint32_t i, const RegionRecord& r) {
    begin("region", i);
    is_true(r.memory <= Memory::Scratch, "is of a memory that is not known");
    if (r.memory == Memory::Tensor) below(r.tensor, p_.tensors().size());
    is_true(r.memory != Memory::Tensor || r.offset == 0, "begins inside a tensor");
    // A weight's last bytes, to the next multiple of 16, are there, too.
    if (r.memory == Memory::Weights)
      is_true(fits(r.offset, r.bytes, h_.weights_bytes), "lies outside the weights");
    is_true(r.memory == Memory::Tensor || r.offset % memory_alignment == 0, "is not aligned");
    below(r.size, p_.sizes().size());
  }
  void variant(std::uint32_t i, const VariantRecord& v) {
    begin("variant", i);
    within(v.name, Table::Text);
    within(v.report, Table::Text);
    owned(v.dispatches, Table::Dispatches, dispatches_);
    owned(v.requirements, Table::Requirements, requirements_);
    is_true(v.max_groups[0] > 0 && v.max_groups[1] > 0 && v.max_groups[2] > 0, "has no workgroups");
    if (!ok_) return;
    for (const RequirementRecord& r : p_.requirements(v)) {
      within(r.name, Table::Text);
      is_true(r.kind <= RequirementRecord::Kind::Limit, "has a requirement of a kind that is not known");
    }
    std::uint32_t number = v.dispatches.first;
    for (const DispatchRecord& d : p_.dispatches(v)) dispatch(number++, d, v);
  }
  void dispatch(std::uint32_t i, const DispatchRecord& d, const VariantRecord& v) {
    begin("dispatch", i);
    below(d.module, p_.modules().size());
    below(d.groups, p_.sizes().size());
    owned(d.operands, Table::Operands, operands_);
    owned(d.arguments, Table::Arguments, arguments_);
    within(d.name, Table::Text);
    is_true(d.phase <= Phase::Run && d.before <= Barrier::Memory, "is of a phase that is not known");
    if (!ok_) return;
    const ModuleRecord& m = p_.modules()[d.module];
    std::uint32_t bound = 0;
    const Span<const OperandRecord> operands = p_.operands(d);
    for (std::size_t a = 0; a < operands.size(); ++a) {
      const OperandRecord& o = operands[a];
      below(o.region, p_.regions().size());
      is_true(o.binding == none || o.binding < m.bindings.count, "binds what its module does not have");
      if (!ok_) return;
      region_of(p_.regions()[o.region], v,
                o.binding == none ? DescriptorType::StorageBuffer : p_.bindings(m)[o.binding].type);
      if (o.binding == none) continue;
      ++bound;
      for (std::size_t before = 0; before < a; ++before)
        is_true(operands[before].binding != o.binding, "binds one thing twice");
    }
    is_true(bound == m.bindings.count, "does not bind all that its module has");
    for (const ArgumentRecord& a : p_.arguments(d)) {
      using Kind = ArgumentRecord::Kind;
      is_true(a.kind <= Kind::Address, "has an argument of a kind that is not known");
      below(a.index, a.kind == Kind::Size     ? p_.sizes().size()
                     : a.kind == Kind::Number ? p_.parameters().size()
                                              : p_.regions().size());
      if (!ok_) return;
      std::uint32_t bytes = a.kind == Kind::Address ? 8 : 4;
      if (a.kind == Kind::Number) {
        is_true(p_.parameters()[a.index].is_size == 0, "has a size where a number belongs");
        bytes = bytes_of_number(p_.parameters()[a.index].scalar);
      }
      if (a.kind == Kind::Address) region_of(p_.regions()[a.index], v, DescriptorType::StorageBuffer);
      is_true(a.offset <= m.parameter_bytes && bytes <= m.parameter_bytes - a.offset,
              "has an argument outside its parameters");
    }
  }
  /// What a dispatch of the variant uses, in that way.
  void region_of(const RegionRecord& r, const VariantRecord& v, DescriptorType as) {
    if (r.memory == Memory::Scratch)
      is_true(fits(r.offset, r.bytes, v.scratch_bytes), "lies outside the scratch memory");
    if (r.memory == Memory::Packed)
      is_true(fits(r.offset, r.bytes, v.packed_bytes), "lies outside the packed memory");
    const StorageKind storage =
        r.memory == Memory::Tensor ? p_.tensors()[r.tensor].storage : StorageKind::Buffer;
    is_true((as == DescriptorType::StorageBuffer) == (storage == StorageKind::Buffer) &&
                (as == DescriptorType::SampledImage) == (storage == StorageKind::SampledImage),
            "binds a buffer as an image, or an image as what it is not");
  }

  const Program& p_;
  const Header& h_;
  bool ok_ = true;
  const char* what_ = "";
  std::uint32_t index_ = 0;
  String message_;
  std::uint64_t bindings_ = 0, dispatches_ = 0, requirements_ = 0, operands_ = 0, arguments_ = 0;
};

}  // namespace detail

AIRSTRIP_PROGRAM_NAMESPACE_END
