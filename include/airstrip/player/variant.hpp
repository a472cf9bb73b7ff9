// Which of a program's variants a device can play, and why not the others.
#pragma once

#include "../config.hpp"
#include "../program/program.hpp"
#include "../result.hpp"
#include "../support/list.hpp"
#include "../support/string.hpp"
#include "device.hpp"

#include <cstdint>

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

/// Why a variant was not chosen.
struct Refusal {
  std::uint32_t variant = program::none;  ///< in `Program::variants()`
  Text name;                              ///< of the program's bytes
  String reason;                          ///< "the feature shaderFloat16 is not enabled"
};

struct VariantChoice {
  std::uint32_t variant = program::none;  ///< in `Program::variants()`
  List<Refusal> refusals;                 ///< of the others
};

/// What the device lacks for a variant: a sentence's part; empty where it has all. Looked at are the variant's
/// requirements, and what its modules need that the player sees: sizes of workgroups, push constants and buffers,
/// descriptors, subgroups.
String misfit(const Device& device, const program::Program& program, const program::VariantRecord& variant);

/// The first variant that fits the device and is scheduled for its kind; where there is none, the first that fits. With
/// a `name` that one and no other. Errors: MissingCapability (none fits; the message says why of each), InvalidOperand
/// (none has that name), OutOfMemory.
Result<VariantChoice> choose_variant(const Device& device, const program::Program& program, Text name = {});

AIRSTRIP_PLAYER_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/variant.hpp"
#endif
