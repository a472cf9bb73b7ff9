#pragma once

#include "../explain.hpp"
#include "export.hpp"

AIRSTRIP_PROGRAM_NAMESPACE_BEGIN

namespace detail {

/// "12", "3.4 M": three digits or so, by steps of `step`.
inline String scaled(std::uint64_t value, std::uint64_t step, const char* const (&units)[6]) {
  std::uint64_t whole = value, rest = 0;
  std::size_t unit = 0;
  for (; whole >= step && unit < 5; ++unit) {
    rest = whole % step;
    whole /= step;
  }
  String text;
  text << whole;
  const std::uint64_t tenth = rest * 10 / step;
  if (unit != 0 && tenth != 0) text << '.' << tenth;
  return text << (units[unit][0] ? " " : "") << units[unit];
}
inline String count_text(std::uint64_t value) {
  constexpr const char* units[] = {"", "k", "M", "G", "T", "P"};
  return scaled(value, 1000, units);
}
inline String bytes_text(std::uint64_t value) {
  constexpr const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
  return scaled(value, 1024, units);
}
inline void add_padded(String& text, Text cell, std::size_t width, bool right = false) {
  std::size_t characters = 0;
  for (const char c : cell) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  if (!right) text << cell;
  for (std::size_t i = characters; i < width; ++i) text << ' ';
  if (right) text << cell;
}

inline std::size_t length_of(const Program& program, const DispatchRecord& dispatch) {
  const Text name = program.text(dispatch.name);
  std::size_t length = name.size();
  if (length <= 40) return length;
  // Not within a character of UTF-8.
  for (length = 40; length > 0 && (static_cast<unsigned char>(name[length]) & 0xC0) == 0x80;) --length;
  return length;
}

inline void add_tensors(String& text, const Program& program) {
  for (const TensorRecord& tensor : program.tensors()) {
    text << (tensor.direction == Direction::Input ? "input   " : "output  ") << program.text(tensor.name)
         << ": " << type_text(program, tensor);
    if (tensor.storage != StorageKind::Buffer)
      text << (tensor.storage == StorageKind::SampledImage ? ", a sampled image" : ", a storage image");
    else
      text << ", " << bytes_text(tensor.max_bytes) << " at most";
    text << '\n';
  }
  for (const ParameterRecord& parameter : program.parameters()) {
    text << (parameter.is_size ? "size    " : "number  ") << program.text(parameter.name);
    if (parameter.is_size) {
      text << ": at most ";
      append_integer(text, parameter.maximum);
      if (parameter.multiple > 1)
        text << ", a multiple of " << static_cast<std::uint64_t>(parameter.multiple);
    } else {
      text << ": " << scalar_name(parameter.scalar);
    }
    text << '\n';
  }
}

inline void add_memory(String& text, const Program& program, const VariantRecord& variant) {
  std::uint64_t tensors = 0;
  for (const TensorRecord& tensor : program.tensors()) tensors += tensor.max_bytes;
  const std::uint64_t weights = program.weight_bytes().size();
  text << "  memory at the largest sizes: "
       << bytes_text(tensors + weights + variant.packed_bytes + variant.scratch_bytes + variant.uniform_bytes)
       << " (tensors " << bytes_text(tensors) << ", weights " << bytes_text(weights) << ", packed weights "
       << bytes_text(variant.packed_bytes) << ", scratch " << bytes_text(variant.scratch_bytes)
       << " of which " << bytes_text(variant.scratch_lower_bound) << " are alive at one time, uniform "
       << bytes_text(variant.uniform_bytes) << ")\n";
}

inline void add_dispatches(String& text, const Program& program, const VariantRecord& variant) {
  const Span<const DispatchRecord> dispatches = program.dispatches(variant);
  std::uint64_t operations = 0, bytes = 0, longest_cost = 0;
  std::uint32_t prepares = 0, longest = none, barriers = 0;
  std::size_t width = 4;
  for (std::uint32_t i = 0; i < dispatches.size(); ++i) {
    const DispatchRecord& d = dispatches[i];
    if (length_of(program, d) > width) width = length_of(program, d);
    if (d.phase == Phase::Prepare) {
      ++prepares;
      continue;
    }
    operations += d.operations;
    bytes += d.bytes;
    barriers += d.before != Barrier::Absent;
    // As CostModel weighs them before they are timed: ten operations in the time of a byte.
    const std::uint64_t cost = d.operations > d.bytes * 10 ? d.operations : d.bytes * 10;
    if (longest == none || cost > longest_cost) {
      longest_cost = cost;
      longest = i;
    }
  }
  text << "  dispatches: " << static_cast<std::uint32_t>(dispatches.size()) - prepares << " a run with "
       << barriers << " barriers";
  if (prepares != 0) text << "; " << prepares << " once, which pack weights";
  text << '\n';
  text << "  " << count_text(operations) << " operations and " << bytes_text(bytes)
       << " read and written a run, at the largest sizes\n";
  if (longest != none)
    text << "  longest dispatch: " << program.text(dispatches[longest].name) << ", "
         << count_text(dispatches[longest].operations) << " operations, "
         << bytes_text(dispatches[longest].bytes) << '\n';
  text << "\n     #  ";
  add_padded(text, "node", width);
  text << "  operations       bytes  workgroup    barrier    packs\n";
  for (std::uint32_t i = 0; i < dispatches.size(); ++i) {
    const DispatchRecord& d = dispatches[i];
    const ModuleRecord& module = program.modules()[d.module];
    String number, group;
    number << i;
    add_padded(text, Text(number), 6, true);
    text << "  ";
    const Text name = program.text(d.name);
    add_padded(text, Text(name.data(), length_of(program, d)), width);
    text << "  ";
    add_padded(text, Text(count_text(d.operations)), 10, true);
    text << "  ";
    add_padded(text, Text(bytes_text(d.bytes)), 10, true);
    text << "  ";
    group << module.workgroup[0] << " x " << module.workgroup[1] << " x " << module.workgroup[2];
    add_padded(text, Text(group), 11);
    const bool packs = d.phase == Phase::Prepare;
    add_padded(text << "  ",
               d.before == Barrier::Absent   ? Text("-")
               : d.before == Barrier::Memory ? Text("memory")
                                             : Text("execution"),
               packs ? 9 : 0);
    text << (packs ? "  weights\n" : "\n");
  }
}

inline void add_variant(String& text, const Program& program, const VariantRecord& variant) {
  constexpr Text kinds[] = {"GPUs", "llvmpipe", "SwiftShader"};
  text << "\nvariant " << program.text(variant.name) << ": Vulkan " << (variant.api_version >> 22) << '.'
       << (variant.api_version >> 12 & 0x3FF) << ", schedules for "
       << (variant.device_kind < 3 ? kinds[variant.device_kind] : Text("a kind of device that is not known"))
       << '\n';
  if (variant.requirements.count) {
    text << "  needs";
    bool first = true;
    for (const RequirementRecord& r : program.requirements(variant)) {
      text << (first ? " " : ", ") << program.text(r.name);
      if (r.kind == RequirementRecord::Kind::Limit) text << " >= " << r.at_least;
      first = false;
    }
    text << '\n';
  }
  // A variant's modules, each once.
  std::uint64_t words = 0;
  std::uint32_t modules = 0;
  const Span<const DispatchRecord> dispatches = program.dispatches(variant);
  for (std::uint32_t m = 0; m < program.modules().size(); ++m) {
    bool is_used = false;
    for (const DispatchRecord& d : dispatches) is_used = is_used || d.module == m;
    if (!is_used) continue;
    ++modules;
    words += program.modules()[m].words.count;
  }
  text << "  pipelines: " << modules << ", " << bytes_text(words * 4) << " of SPIR-V\n";
  add_memory(text, program, variant);
  add_dispatches(text, program, variant);
  const Text report = program.text(variant.report);
  if (report.empty()) return;
  text << "\n  fusion\n    ";
  for (std::size_t i = 0; i < report.size(); ++i) {
    text << report[i];
    if (report[i] == '\n' && i + 1 < report.size()) text << "    ";
  }
  if (report[report.size() - 1] != '\n') text << '\n';
}

}  // namespace detail

AIRSTRIP_INLINE String type_text(const Program& program, const TensorRecord& tensor) {
  return detail::type_of(program, tensor);
}

AIRSTRIP_INLINE String explain(const Program& program) {
  String text("program ");
  text << program.name() << ": " << detail::bytes_text(program.bytes().size()) << ", of which "
       << detail::bytes_text(program.weight_bytes().size()) << " are "
       << std::uint64_t{program.weights().size()} << " weights\n";
  detail::add_tensors(text, program);
  const WeightRecord* largest = nullptr;
  for (const WeightRecord& weight : program.weights())
    if (!largest || weight.bytes > largest->bytes) largest = &weight;
  if (largest)
    text << "largest weight: " << program.text(largest->name) << ", " << detail::bytes_text(largest->bytes)
         << '\n';
  for (const VariantRecord& variant : program.variants()) detail::add_variant(text, program, variant);
  return text;
}

AIRSTRIP_PROGRAM_NAMESPACE_END
