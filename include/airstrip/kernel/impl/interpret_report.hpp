// What the sanitizer says: findings, each once, in sentences.
#pragma once

#include "interpret_machine.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

AIRSTRIP_INLINE const char* to_string(FindingKind kind) {
  switch (kind) {
    case FindingKind::OutOfBounds: return "out of bounds";
    case FindingKind::Misaligned: return "misaligned";
    case FindingKind::Uninitialized: return "uninitialized";
    case FindingKind::Race: return "race";
    case FindingKind::DivergentBarrier: return "divergent barrier";
    case FindingKind::InactiveLane: return "inactive lane";
    case FindingKind::NotReconverged: return "not reconverged";
    case FindingKind::NotUniform: return "not uniform";
    case FindingKind::DivisionByZero: return "division by zero";
    case FindingKind::DivisionOverflow: return "division overflow";
    case FindingKind::ShiftPastWidth: return "shift past width";
    case FindingKind::NotANumber: return "not a number";
    case FindingKind::EndlessLoop: return "endless loop";
  }
  return "?";
}

AIRSTRIP_INLINE String Report::to_string() const {
  String text;
  for (const Finding& finding : findings_) text << message(finding) << '\n';
  return text;
}

namespace detail::interpreter {

inline Invocation Machine::invocation_of(std::uint32_t global) const {
  Invocation result;
  const std::uint32_t group = (global - 1) / workgroup_invocations_,
                      local = (global - 1) % workgroup_invocations_;
  result.workgroup[0] = group % dispatch_.groups[0];
  result.workgroup[1] = group / dispatch_.groups[0] % dispatch_.groups[1];
  result.workgroup[2] = group / dispatch_.groups[0] / dispatch_.groups[1];
  result.local[0] = local % workgroup_[0];
  result.local[1] = local / workgroup_[0] % workgroup_[1];
  result.local[2] = local / workgroup_[0] / workgroup_[1];
  return result;
}

inline Finding* Machine::found(FindingKind kind, NodeId node, std::uint32_t invocation, NodeId other,
                               std::uint32_t resource) {
  Buffer<Finding>& findings = report_.findings_to_fill();
  for (Finding& finding : findings) {
    if (finding.kind != kind || finding.node != node || finding.other_node != other) continue;
    ++finding.times;
    return nullptr;
  }
  if (findings.size() >= options_.max_reports) return nullptr;
  Finding finding;
  finding.kind = kind;
  finding.node = node;
  finding.other_node = other;
  finding.resource = resource;
  finding.invocation = invocation_of(invocation);
  finding.times = 1;
  return findings.push_back(finding) ? &findings.back() : nullptr;
}

inline String Machine::name_of(std::uint32_t resource) const {
  const Text name = kernel_.resource_name(resource);
  if (!name.empty()) return String(name);
  static constexpr const char* kinds[] = {"buffer",           "storage image",  "sampled image",
                                          "workgroup memory", "private memory", "variable"};
  String text("the ");
  text << kinds[static_cast<std::size_t>(kernel_.resource(resource).kind)] << " of "
       << Text(kernel_.location_text(kernel_.resource(resource).location));
  return text;
}

/// "tile[17]".
inline String Machine::place_of(const Finding& finding) const {
  String text = name_of(finding.resource);
  if (kernel_.resource(finding.resource).kind == ResourceKind::Variable) return text;
  text << '[';
  if (finding.index < 0) text << '-';
  text << (finding.index < 0 ? 0 - static_cast<std::uint64_t>(finding.index)
                             : static_cast<std::uint64_t>(finding.index))
       << ']';
  return text;
}

inline String Machine::who(const Invocation& invocation) const {
  const auto triple = [](String& to, const std::uint32_t* v) {
    to << '(' << v[0] << ", " << v[1] << ", " << v[2] << ')';
  };
  String text("invocation ");
  triple(text, invocation.local);
  text << " of workgroup ";
  triple(text, invocation.workgroup);
  return text;
}

inline void Machine::locate(String& message, const Finding& finding) const {
  if (finding.node != no_node)
    message << "; " << Text(kernel_.location_text(kernel_.node(finding.node).location));
  if (finding.other_node != no_node)
    message << ", the other at " << Text(kernel_.location_text(kernel_.node(finding.other_node).location));
}

inline void Machine::describe(Finding& finding, String message) {
  String text(to_string(finding.kind));
  text << ": " << Text(message);
  locate(text, finding);
  Buffer<char>& all = report_.text_to_fill();
  finding.message = static_cast<std::uint32_t>(all.size());
  if (all.append({text.data(), text.size()})) finding.message_size = static_cast<std::uint32_t>(text.size());
}

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
