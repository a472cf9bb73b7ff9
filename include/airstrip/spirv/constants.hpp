// Constants and specialisation constants.
#pragma once

#include "../config.hpp"
#include "extended_sets.hpp"
#include "types.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

/// Constants are interned on their exact bits: −0.0 is not 0.0, and a NaN keeps its payload. Specialisation constants
/// are never interned, since each has a SpecId of its own.
class ConstantDeclarations : public TypeDeclarations {
public:
  using TypeDeclarations::TypeDeclarations;

  /// A constant of the SPIR-V type that corresponds to the C++ type: bool, (unsigned) integers of 8 to 64 bits, float,
  /// double.
  template <class T>
    requires(std::is_arithmetic_v<T>)
  ValueId constant(T value, SourceLocation at = SourceLocation::current());

  /// A scalar constant from its bits; those above the type's width are ignored.
  ValueId declare_constant(TypeId type, std::uint64_t bits, SourceLocation at = SourceLocation::current());
  ValueId declare_bool_constant(bool value, SourceLocation at = SourceLocation::current());
  /// A vector, matrix, array or structure of constants.
  ValueId declare_composite(TypeId type, Span<const ValueId> constituents,
                            SourceLocation at = SourceLocation::current());
  /// A vector whose components are all the same constant.
  ValueId declare_splat(TypeId vector, ValueId component, SourceLocation at = SourceLocation::current());
  /// All bits zero (OpConstantNull).
  ValueId declare_null(TypeId type, SourceLocation at = SourceLocation::current());

  /// A specialisation constant with its default. `number`: its SpecId, unique in the module, or Redefinition.
  template <class T>
    requires(std::is_arithmetic_v<T>)
  ValueId add_spec_constant(std::uint32_t number, T value, Text name = {},
                            SourceLocation at = SourceLocation::current());
  ValueId add_spec_constant(std::uint32_t number, TypeId type, std::uint64_t bits, Text name = {},
                            SourceLocation at = SourceLocation::current());
  /// A composite of which some parts are specialisation constants.
  ValueId add_spec_composite(TypeId type, Span<const ValueId> constituents,
                             SourceLocation at = SourceLocation::current());
  /// Arithmetic on specialisation constants: an OpSpecConstantOp of `op` (SPIR-V 3.56.7 lists those permitted).
  /// `type` empty: deduced. Indices of OpCompositeExtract and the like are literals.
  ValueId spec_op(Op op, Span<const OperandWord> operands, TypeId type = {},
                  SourceLocation at = SourceLocation::current());

  /// The set GLSL.std.450, imported once.
  ExtInstSetId glsl_std_450(SourceLocation at = SourceLocation::current());
  /// An instruction of GLSL.std.450 inside a block. `type` empty: that of the arguments, where the set says so.
  ValueId glsl(GLSLstd450 instruction, Span<const ValueId> arguments, TypeId type = {},
               SourceLocation at = SourceLocation::current());

private:
  template <class T>
  TypeId type_for(SourceLocation at);
  /// The type of a C++ number: one of these, remembered.
  TypeId scalar_type(unsigned width, bool is_float, bool is_signed, SourceLocation at);
  template <class T>
  static std::uint64_t bits_of(T value);

  TypeId scalar_types_[12];
};

// --- the thin typed face; everything it calls is compiled once ---------------------------------------------------------

template <class T>
TypeId ConstantDeclarations::type_for(SourceLocation at) {
  if constexpr (std::is_same_v<T, bool>)
    return declare_bool(at);
  else
    return scalar_type(8 * sizeof(T), std::is_floating_point_v<T>, std::is_signed_v<T>, at);
}
template <class T>
std::uint64_t ConstantDeclarations::bits_of(T value) {
  static_assert(sizeof(T) <= 8, "SPIR-V has no numbers of more than 64 bits");
  if constexpr (std::is_floating_point_v<T>) {
    std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t> bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
  } else {
    return static_cast<std::uint64_t>(value);
  }
}
template <class T>
  requires(std::is_arithmetic_v<T>)
ValueId ConstantDeclarations::constant(T value, SourceLocation at) {
  if constexpr (std::is_same_v<T, bool>)
    return declare_bool_constant(value, at);
  else
    return declare_constant(type_for<T>(at), bits_of(value), at);
}
template <class T>
  requires(std::is_arithmetic_v<T>)
ValueId ConstantDeclarations::add_spec_constant(std::uint32_t number, T value, Text name, SourceLocation at) {
  return add_spec_constant(number, type_for<T>(at), bits_of(value), name, at);
}

AIRSTRIP_SPIRV_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/constants.hpp"
#endif
