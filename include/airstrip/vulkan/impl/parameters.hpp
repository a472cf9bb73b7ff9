// Parameters and addresses, put into the members of a block by name or by offset.
#pragma once

#include "../record.hpp"
#include "pipeline_body.hpp"

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

namespace detail {

inline bool is_at(const Slot& slot, const reflection::Binding& b) {
  switch (slot.by) {
    case Slot::By::Name: return !slot.name.empty() && slot.name == b.name;
    case Slot::By::Number: return slot.set == b.set && slot.binding == b.binding;
    case Slot::By::Offset: break;
  }
  return false;
}

// What an error calls it: the name, "at set 0, binding 3" or "at offset 8".
inline String name_of(const Slot& slot) {
  String text;
  switch (slot.by) {
    case Slot::By::Name: text << slot.name; break;
    case Slot::By::Number: text << "at set " << slot.set << ", binding " << slot.binding; break;
    case Slot::By::Offset: text << "at offset " << slot.offset; break;
  }
  if (slot.element != 0) text << ", element " << slot.element;
  return text;
}

inline bool is_at(const Slot& slot, const reflection::Member& member) {
  return slot.by == Slot::By::Name     ? !slot.name.empty() && slot.name == member.name
         : slot.by == Slot::By::Offset ? slot.offset == member.offset
                                       : false;
}

// A member of the push constants or, where those have none of that name, of a uniform buffer.
struct MemberAt {
  const reflection::Member* member = nullptr;
  const reflection::Binding* block = nullptr;  // null: push constants
  bool is_found() const { return member != nullptr; }
};
inline MemberAt find_member(const detail::PipelineBody& body, const Slot& slot) {
  for (const reflection::Member& member : body.push_members())
    if (is_at(slot, member)) return {&member, nullptr};
  for (const reflection::Binding& b : body.bindings())
    if (b.kind == reflection::DescriptorKind::UniformBuffer)
      for (const reflection::Member& member : body.members_of(b.type))
        if (is_at(slot, member)) return {&member, &b};
  return {};
}

// Writes the members of one block; with no memory to write to, only checks.
class BlockWriter {
public:
  BlockWriter(const detail::PipelineBody& body, unsigned char* to, std::uint32_t size, std::uint32_t offset,
              Span<const reflection::Member> members, const Arguments& arguments, SourceLocation at)
      : body_(body), to_(to), size_(size), offset_(offset), members_(members), arguments_(arguments),
        at_(at) {}

  // `given`: the first bytes are there already. `all`: a member that is not given is an error.
  Diagnostic run(std::uint32_t given, bool all) {
    for (const reflection::Member& member : members_) {
      if (member.offset == reflection::none || member.offset < offset_ ||
          member.offset - offset_ + member.size > size_)
        continue;
      Diagnostic error;
      bool found = false;
      for (const Binding& one : arguments_.bindings)
        if (one.kind == Binding::Kind::Address && is_mine(one.slot, member)) {
          if (found) return twice(member);
          found = true;
          error = put_address(member, one);
          if (error.code != ErrorCode::Ok) return error;
        }
      for (const Parameter& one : arguments_.parameters)
        if (is_mine(one.slot, member)) {
          if (found) return twice(member);
          found = true;
          error = put(member, one);
          if (error.code != ErrorCode::Ok) return error;
        }
      if (!found && all && member.offset - offset_ + member.size > given)
        return wrong(ErrorCode::MissingBinding, member,
                     is_address(member) ? "is the address of a buffer, and was not given" : "was not given");
    }
    return {};
  }

private:
  // The first block that has the name gets the value.
  bool is_mine(const Slot& slot, const reflection::Member& member) const {
    return is_at(slot, member) && find_member(body_, slot).member == &member;
  }
  Diagnostic wrong(ErrorCode code, const reflection::Member& member, Text what) const {
    String message("the parameter ");
    if (!member.name.empty()) message << member.name << ' ';
    message << "at offset " << member.offset << ' ' << what;
    return failure(code, static_cast<String&&>(message), at_);
  }
  Diagnostic twice(const reflection::Member& member) const {
    return wrong(ErrorCode::InvalidBinding, member, "is given twice");
  }
  const reflection::Type* type_of(const reflection::Member& member) const {
    const Span<const reflection::Type> types = body_.reflection.types();
    return member.type < types.size() ? &types[member.type] : nullptr;
  }
  bool is_address(const reflection::Member& member) const {
    const reflection::Type* const type = type_of(member);
    return type && type->kind == reflection::TypeKind::Pointer;
  }
  void store(const reflection::Member& member, const unsigned char* bytes, std::uint32_t size,
             unsigned char filling) {
    if (!to_) return;
    unsigned char* const at = to_ + (member.offset - offset_);
    std::memcpy(at, bytes, size);
    std::memset(at + size, filling, static_cast<std::size_t>(member.size) - size);
  }

  Diagnostic put_address(const reflection::Member& member, const Binding& given) {
    if (member.size != 8)
      return wrong(ErrorCode::InvalidBinding, member,
                   "is no address, which has 64 bits, and an address was bound");
    if (given.address == 0) return wrong(ErrorCode::InvalidBinding, member, "was bound to the address 0");
    unsigned char bytes[8];
    std::memcpy(bytes, &given.address, sizeof bytes);
    store(member, bytes, 8, 0);
    return {};
  }

  Diagnostic put(const reflection::Member& member, const Parameter& given) {
    const reflection::Type* const type = type_of(member);
    const bool is_float = type && type->kind == reflection::TypeKind::Float;
    const bool is_int = type && type->kind == reflection::TypeKind::Int;
    if (is_address(member))
      return wrong(ErrorCode::InvalidBinding, member,
                   "is the address of a buffer, and a value was given; use bind_address");
    if (is_float && given.kind == Parameter::Kind::Integer)
      return wrong(ErrorCode::InvalidBinding, member, "is a float, and an integer was given");
    if (is_int && given.kind == Parameter::Kind::Float)
      return wrong(ErrorCode::InvalidBinding, member, "is an integer, and a float was given");
    // What is narrower than a word takes a whole one (ParameterSlot).
    const bool widens = given.size < member.size && member.size == 4 && !is_float;
    if (given.size > Parameter::max_size || (given.size != member.size && !widens)) {
      String what("has ");
      what << member.size << " bytes, and " << given.size << " were given";
      return wrong(ErrorCode::InvalidBinding, member, what);
    }
    store(member, given.bytes, given.size, given.is_negative ? 0xFF : 0);
    return {};
  }

  const detail::PipelineBody& body_;
  unsigned char* to_;
  std::uint32_t size_, offset_;
  Span<const reflection::Member> members_;
  const Arguments& arguments_;
  SourceLocation at_;
};

}  // namespace detail

AIRSTRIP_VULKAN_NAMESPACE_END
