// Handles to what a builder has made: one C++ type for each kind of id, so that a mix-up does not compile.
#pragma once

#include "../config.hpp"

#include <cstdint>
#include <type_traits>

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// Any result id. Carries a tag of the builder and generation that made it, so that an id from another builder, or
/// from before `reset()`, is an error where it is used. Default-made: empty; using it is an error too.
class Id {
public:
  constexpr Id() = default;
  /// For builders; the pair is checked where it is used.
  constexpr Id(std::uint32_t number, std::uint32_t tag) : number_(number), tag_(tag) {}

  /// The id as it stands in the module's words; 0 when empty.
  constexpr std::uint32_t number() const { return number_; }
  constexpr std::uint32_t tag() const { return tag_; }
  constexpr explicit operator bool() const { return number_ != 0; }
  friend constexpr bool operator==(Id a, Id b) { return a.number_ == b.number_ && a.tag_ == b.tag_; }

  static constexpr std::uint32_t empty_tag = 2;

private:
  std::uint32_t number_ = 0;
  std::uint32_t tag_ = empty_tag;
};

/// An OpType….
class TypeId : public Id {
public:
  constexpr TypeId() = default;
  constexpr explicit TypeId(Id id) : Id(id) {}
};
/// A constant, variable, parameter or result: whatever has a type. Also untyped results that are used as operands
/// (OpDecorationGroup, …).
class ValueId : public Id {
public:
  constexpr ValueId() = default;
  constexpr explicit ValueId(Id id) : Id(id) {}
};
/// An OpLabel.
class LabelId : public Id {
public:
  constexpr LabelId() = default;
  constexpr explicit LabelId(Id id) : Id(id) {}
};
/// An OpFunction.
class FunctionId : public Id {
public:
  constexpr FunctionId() = default;
  constexpr explicit FunctionId(Id id) : Id(id) {}
};
/// An OpExtInstImport.
class ExtInstSetId : public Id {
public:
  constexpr ExtInstSetId() = default;
  constexpr explicit ExtInstSetId(Id id) : Id(id) {}
};
/// An OpString.
class StringId : public Id {
public:
  constexpr StringId() = default;
  constexpr explicit StringId(Id id) : Id(id) {}
};

/// A literal word. Integers convert; ids, booleans and floating-point numbers do not.
class Literal {
public:
  template <class Integer>
    requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool> && sizeof(Integer) <= 4)
  constexpr Literal(Integer value) : word_(static_cast<std::uint32_t>(value)) {}
  template <class Enumerant>
    requires std::is_enum_v<Enumerant>
  constexpr explicit Literal(Enumerant value) : word_(static_cast<std::uint32_t>(value)) {}

  constexpr std::uint32_t word() const { return word_; }

private:
  std::uint32_t word_;
};

AIRSTRIP_SPIRV_NAMESPACE_END
