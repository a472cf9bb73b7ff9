// Every operation of the IR on every type that it takes: a case is an operation, its operand types, values to try and
// an independent reference. Checked of each:
//
// - the kernel runs in the interpreter without a finding, and gives the reference's bits;
// - its module is valid for the lowest target that has its types and operations, and for Vulkan 1.4;
// - on the target below (the same without one feature) it either is an error, which names the feature's capability and
//   the case's C++ line, or is legalised: into a valid module that gives the same bits.
//
// Many cases share a kernel; where one fails, each of them is tried by itself, so that the failure has a name.
#pragma once

#include "evaluate_reference.hpp"

#include <airstrip/kernel/dynamic_builder.hpp>
#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/print.hpp>
#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/validate.hpp>

#include "support/skip.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace operations {

using namespace airstrip;
using namespace airstrip::kernel;
using evaluate_test::bits_of;
using evaluate_test::f32_of;
using evaluate_test::f64_of;
using evaluate_test::float_bits;
using evaluate_test::float_types;
using evaluate_test::float_value;
using evaluate_test::greatest;
using evaluate_test::int_types;
using evaluate_test::interesting;
using evaluate_test::is_nan_bits;
using evaluate_test::least;
using evaluate_test::low_bits;
using evaluate_test::nearest;
using evaluate_test::value_of;
using evaluate_test::Wide;
using evaluate_test::wrap;
using spirv::Capability;
using spirv::Target;

/// A value of up to four components, as bits.
using Bits = std::array<std::uint64_t, 4>;

struct Need;
struct Case {
  std::string name;
  Type result;
  std::vector<Type> operands;
  /// What the kernel computes; `at` is the case's line.
  std::function<AnyValue(DynamicBuilder&, const AnyValue*, SourceLocation at)> emit;
  /// False: the result is not defined for these operands. They are not tried.
  std::function<bool(const Bits*, Bits&)> reference;
  /// Values for an operand; empty: those of `interesting`.
  std::function<std::uint64_t(std::size_t operand, unsigned component, std::mt19937_64&)> values = {};
  /// Units in the last place that the result may be off.
  unsigned ulps = 0;
  /// The same where the operation is legalised: what is computed in f32 as a whole and then rounded once.
  unsigned legal_ulps = 0;
  /// What the operation itself asks of the target, beside its types.
  std::vector<const Need*> needs = {};
  /// Of those and of its types' needs, what it has no other form without.
  std::vector<const Need*> refused = {};
  /// The lowest Vulkan, and what an error names on the one before.
  unsigned minor = 0;
  const char* before = nullptr;
  /// Of an operation across invocations, in place of `reference`: rows are a subgroup's invocations, 16 by 16.
  std::function<void(const std::array<Bits, 4>* operands, unsigned lanes, Bits* out)> across = {};
  /// It works on the buffer "memory", where it has the slots `rows * index` onwards.
  bool memory = false;
};
inline constexpr unsigned subgroup_size = 16;

// --- features --------------------------------------------------------------------------------------------------------

/// What a type or an operation asks of the target beyond Vulkan's minimum.
struct Need {
  const char* feature;         ///< as Target::enable_feature takes it
  const char* extension;       ///< as Target::enable_extension takes it, or null
  const char* capability;      ///< what an error names
  bool legalised;              ///< there is another form
  const char* also = nullptr;  ///< a feature without which the capability is not permitted
};
inline const Need int8_need{"shaderInt8", nullptr, "Int8", true},
    storage8_need{"storageBuffer8BitAccess", nullptr, "StorageBuffer8BitAccess", true},
    int16_need{"shaderInt16", nullptr, "Int16", true},
    storage16_need{"storageBuffer16BitAccess", nullptr, "StorageBuffer16BitAccess", true},
    int64_need{"shaderInt64", nullptr, "Int64", true},
    float16_need{"shaderFloat16", nullptr, "Float16", true},
    float64_need{"shaderFloat64", nullptr, "Float64", false},
    bfloat16_need{"shaderBFloat16Type", "VK_KHR_shader_bfloat16", "BFloat16TypeKHR", true},
    packed_dot_need{"shaderIntegerDotProduct", "VK_KHR_shader_integer_dot_product", "DotProduct", true};

inline std::vector<const Need*> needs_of(Scalar s) {
  switch (s) {
    case Scalar::I8:
    case Scalar::U8: return {&int8_need, &storage8_need};
    case Scalar::I16:
    case Scalar::U16: return {&int16_need, &storage16_need};
    case Scalar::F16: return {&float16_need, &storage16_need};
    case Scalar::BF16: return {&bfloat16_need, &storage16_need};
    case Scalar::I64:
    case Scalar::U64: return {&int64_need};
    case Scalar::F64: return {&float64_need};
    default: return {};
  }
}
inline std::vector<const Need*> needs_of(const Case& c) {
  std::vector<const Need*> needs = c.needs;
  const auto add = [&](Type type) {
    for (const Need* const need : needs_of(type.scalar())) {
      bool implied = false;  // Int64Atomics implies Int64
      for (const Need* const other : c.needs)
        implied = implied || (need == &int64_need && std::strcmp(other->capability, "Int64Atomics") == 0);
      if (!implied && std::find(needs.begin(), needs.end(), need) == needs.end()) needs.push_back(need);
    }
  };
  for (const Type type : c.operands) add(type);
  add(c.result);
  std::sort(needs.begin(), needs.end(),
            [](const Need* a, const Need* b) { return std::strcmp(a->feature, b->feature) < 0; });
  return needs;
}
inline Target with(Target target, const std::vector<const Need*>& needs, const Need* without = nullptr) {
  for (const Need* const need : needs) {
    if (need == without) continue;
    if (need->extension) target.enable_extension(need->extension);
    target.enable_feature(need->feature);
    if (need->also) target.enable_feature(need->also);
  }
  return target;
}
inline std::string text_of(const std::vector<const Need*>& needs, const Need* without = nullptr) {
  std::string text;
  for (const Need* const need : needs)
    if (need != without) text += std::string(" +") + need->feature;
  return text;
}

// --- building --------------------------------------------------------------------------------------------------------

inline constexpr unsigned rows = 64;        // values tried of each case: one an invocation
inline constexpr unsigned slot_bytes = 32;  // room for the largest vector
inline constexpr std::uint32_t first_line = 1000;
inline SourceLocation line_of(std::size_t index) {
  return {"operations.cpp", first_line + static_cast<std::uint32_t>(index)};
}

/// A kernel that loads the operands of each case, computes and stores: each operand of each case has a slot of
/// `slot_bytes` in every row of "in", each result one in every row of "out".
inline Kernel build(const std::vector<const Case*>& cases, bool contraction = false) {
  KernelOptions options;
  options.workgroup.x = rows;
  options.floats.contraction = contraction;
  DynamicBuilder b("operations", options, line_of(0));
  const Type word(Scalar::U32);
  const std::uint32_t in = b.add_buffer(Access::ReadOnly, word, 4, "in", line_of(0));
  const std::uint32_t out = b.add_buffer(Access::WriteOnly, word, 4, "out", line_of(0));
  bool memory = false;
  for (const Case* const c : cases) memory = memory || c->memory;
  if (memory) b.add_buffer(Access::ReadWrite, word, 4, "memory", line_of(0));
  std::uint32_t slots = 0;
  for (const Case* const c : cases) slots += static_cast<std::uint32_t>(c->operands.size());
  const AnyValue row = b.builtin(BuiltIn::LocalInvocationIndex);
  std::uint32_t slot = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& c = *cases[i];
    const SourceLocation at = line_of(i);
    AnyValue operands[4];
    for (std::size_t k = 0; k < c.operands.size(); ++k) {
      const Type type = c.operands[k];
      Place place;
      place.builder = &b;
      place.resource = in;
      place.stride = slots * slot_bytes;
      place.offset = slot++ * slot_bytes;
      place.index = row;
      if (type.is_boolean()) {
        const AnyValue words = b.load(place, type.with(Scalar::U32), at);
        operands[k] = b.convert(Op::Convert, words, type, at);
      } else {
        operands[k] = b.load(place, type, at);
      }
    }
    AnyValue result = c.emit(b, operands, at);
    if (c.result.is_boolean()) result = b.convert(Op::Convert, result, c.result.with(Scalar::U32), at);
    Place place;
    place.builder = &b;
    place.resource = out;
    place.stride = static_cast<std::uint32_t>(cases.size()) * slot_bytes;
    place.offset = static_cast<std::uint32_t>(i) * slot_bytes;
    place.index = row;
    b.store(place, result, at);
  }
  return b.finish(line_of(0));
}

inline void put(std::uint8_t* at, Type type, const Bits& bits) {
  const unsigned bytes = type.is_boolean() ? 4 : type.width() / 8;
  for (unsigned i = 0; i < type.components(); ++i) std::memcpy(at + i * bytes, &bits[i], bytes);
}
inline Bits get(const std::uint8_t* at, Type type) {
  const unsigned bytes = type.is_boolean() ? 4 : type.width() / 8;
  Bits bits{};
  for (unsigned i = 0; i < type.components(); ++i) std::memcpy(&bits[i], at + i * bytes, bytes);
  return bits;
}

/// Operands for each row on which the reference is defined, and what it gives.
struct Data {
  std::vector<std::array<Bits, 4>> operands;
  std::vector<Bits> expected;
};
inline Data data_for(const Case& c, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::vector<std::uint64_t>> pools;
  for (const Type type : c.operands)
    pools.push_back(type.is_boolean() ? std::vector<std::uint64_t>{0, 1}
                                      : interesting(type.scalar(), random, 20));
  Data data;
  for (unsigned tries = 0; data.expected.size() < rows && tries < 200 * rows; ++tries) {
    std::array<Bits, 4> operands{};
    for (std::size_t k = 0; k < c.operands.size(); ++k)
      for (unsigned i = 0; i < c.operands[k].components(); ++i)
        operands[k][i] = c.values ? c.values(k, i, random) : pools[k][random() % pools[k].size()];
    Bits expected{};
    if (!c.across && !c.reference(operands.data(), expected)) continue;
    data.operands.push_back(operands);
    data.expected.push_back(expected);
  }
  for (unsigned first = 0; c.across && first < rows; first += subgroup_size)
    c.across(data.operands.data() + first, subgroup_size, data.expected.data() + first);
  if (data.expected.size() < rows) FAIL("no operands found for " << c.name);
  return data;
}

/// How far apart two floats are, counted in floats between them; two NaNs are equal.
inline std::uint64_t distance(Scalar s, std::uint64_t a, std::uint64_t b) {
  if (is_nan_bits(s, a) || is_nan_bits(s, b))
    return is_nan_bits(s, a) && is_nan_bits(s, b) ? 0 : ~std::uint64_t{0};
  const std::uint64_t sign = std::uint64_t{1} << (width_of(s) - 1);
  const auto place = [&](std::uint64_t bits) {
    return (bits & sign) != 0 ? -static_cast<std::int64_t>(bits & ~sign) : static_cast<std::int64_t>(bits);
  };
  const Wide d = static_cast<Wide>(place(a)) - place(b);
  return static_cast<std::uint64_t>(d < 0 ? -d : d);
}

inline std::string hex(std::uint64_t bits) {
  char text[24];
  std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(bits));
  return text;
}

/// Runs a kernel of the cases, and says what is wrong; empty: nothing. `kernel` may be a lowered form.
inline std::string wrong_in(const Kernel& kernel, const std::vector<const Case*>& cases,
                            const std::vector<Data>& data, bool legalised, bool sanitize) {
  std::size_t slots = 0;
  for (const Case* const c : cases) slots += c->operands.size();
  std::vector<std::uint8_t> in(rows * slots * slot_bytes), out(rows * cases.size() * slot_bytes);
  for (unsigned row = 0; row < rows; ++row) {
    std::uint8_t* at = in.data() + row * slots * slot_bytes;
    for (std::size_t i = 0; i < cases.size(); ++i)
      for (std::size_t k = 0; k < cases[i]->operands.size(); ++k, at += slot_bytes)
        put(at, cases[i]->operands[k], data[i].operands[row][k]);
  }
  Resources resources;
  resources.bind("in", Span<const std::uint8_t>(in));
  resources.bind("out", Span<std::uint8_t>(out));
  std::vector<std::uint8_t> memory(rows * cases.size() * slot_bytes);
  resources.bind("memory", Span<std::uint8_t>(memory));
  InterpretOptions options;
  options.subgroup_size = subgroup_size;
  if (!sanitize) options.sanitize = Sanitize::none();
  const Result<Report> report = interpret(kernel, Dispatch{}, resources, options);
  if (!report.ok()) return "interpreter: " + std::string(report.error().to_string());
  if (!report->clean()) return "findings: " + std::string(report->to_string());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& c = *cases[i];
    for (unsigned row = 0; row < rows; ++row) {
      const Bits got = get(out.data() + (row * cases.size() + i) * slot_bytes, c.result);
      const Bits& expected = data[i].expected[row];
      for (unsigned k = 0; k < c.result.components(); ++k) {
        const std::uint64_t off = c.result.is_float() ? distance(c.result.scalar(), got[k], expected[k])
                                                      : static_cast<std::uint64_t>(got[k] != expected[k]);
        if (off <= (legalised ? std::max(c.ulps, c.legal_ulps) : c.ulps) &&
            (off != 0 || got[k] == expected[k] || is_nan_bits(c.result.scalar(), got[k]) || c.ulps != 0 ||
             legalised))
          continue;
        std::string text = c.name + ", component " + std::to_string(k) + ": " + hex(got[k]) + " instead of " +
                           hex(expected[k]) + " for";
        for (std::size_t o = 0; o < c.operands.size(); ++o)
          for (unsigned p = 0; p < c.operands[o].components(); ++p)
            text += (p == 0 ? " (" : " ") + hex(data[i].operands[row][o][p]) +
                    (p + 1 == c.operands[o].components() ? ")" : "");
        return text;
      }
    }
  }
  return {};
}

// --- checking --------------------------------------------------------------------------------------------------------

struct Tally {
  std::size_t cases = 0, modules = 0, legalised = 0, refused = 0, unvalidated = 0;
  std::string unvalidated_reason;
};

/// Whether the module of a kernel is valid for a target; empty: it is, or nobody knows it.
inline std::string invalid_in(Span<const std::uint32_t> words, const Target& target, Tally& tally) {
  const ValidationReport report = validation_report(words, target);
  ++tally.modules;
  if (report.code == ErrorCode::ValidatorTooOld) {
    ++tally.unvalidated;
    tally.unvalidated_reason = std::string(report.message);
    return {};
  }
  return report.ok() ? std::string() : std::string(report.to_string());
}

inline std::string wrong_natively(const std::vector<const Case*>& cases, const std::vector<Data>& data,
                                  const std::vector<const Need*>& needs, Tally& tally) {
  const Kernel kernel = build(cases);
  if (!kernel.ok()) return "builder: " + std::string(kernel.error().to_string());
  std::string wrong = wrong_in(kernel, cases, data, false, true);
  if (!wrong.empty()) return wrong;
  const unsigned lowest = cases[0]->minor;
  for (const unsigned minor : {lowest, std::max(lowest, 1u), 4u}) {
    const Target target = with(Target::vulkan(1, minor), needs);
    if (!target.error().empty()) return "target: " + std::string(target.error());
    const Result<spirv::Module> module = write_spirv(kernel, target);
    const std::string name = std::string(target.name()) + text_of(needs) + ": ";
    if (!module.ok()) return name + std::string(module.error().to_string());
    wrong = invalid_in(module->words(), target, tally);
    if (wrong.empty()) wrong = wrong_in(lowered_for(kernel, target), cases, data, true, false);
    if (!wrong.empty()) return name + wrong;
  }
  return {};
}

/// Whether an error is what it has to be: it says what is missing, and the line of a case.
inline std::string wrong_error(const Diagnostic& error, const char* capability, std::size_t cases) {
  const std::string said(error.to_string());
  if (error.code != ErrorCode::MissingCapability) return "not MissingCapability: " + said;
  if (said.find(capability) == std::string::npos)
    return "does not name " + std::string(capability) + ": " + said;
  if (!error.where.file || std::string(error.where.file) != "operations.cpp" ||
      error.where.line < first_line || error.where.line >= first_line + cases)
    return "not the case's line: " + said;
  return {};
}
inline bool is_legalised(const Case& c, const Need* missing) {
  return missing->legalised && std::find(c.refused.begin(), c.refused.end(), missing) == c.refused.end();
}
/// Without one of the needs; of cases that agree in whether they are legalised.
inline std::string wrong_below(const std::vector<const Case*>& cases, const std::vector<Data>& data,
                               const std::vector<const Need*>& needs, const Need* missing, Tally& tally) {
  const Kernel kernel = build(cases);
  const Target target = with(Target::vulkan(1, cases[0]->minor), needs, missing);
  const Result<spirv::Module> module = write_spirv(kernel, target);
  const std::string name = std::string(target.name()) + text_of(needs, missing) + ": ";
  const bool legalised = is_legalised(*cases[0], missing);
  if (!module.ok()) {
    if (legalised) return name + "not legalised: " + std::string(module.error().to_string());
    const std::string wrong = wrong_error(module.error(), missing->capability, cases.size());
    if (!wrong.empty()) return name + wrong;
    ++tally.refused;
    return {};
  }
  if (!legalised) return name + "written, though " + missing->capability + " is missing";
  std::string wrong = invalid_in(module->words(), target, tally);
  if (wrong.empty()) {
    const Kernel lowered = lowered_for(kernel, target);
    if (!lowered.ok()) return name + "lowered_for: " + std::string(lowered.error().to_string());
    wrong = wrong_in(lowered, cases, data, true, false);
  }
  if (!wrong.empty()) return name + wrong;
  tally.legalised += cases.size();
  return {};
}
/// On the Vulkan before the lowest.
inline std::string wrong_before(const Case& c, const std::vector<const Need*>& needs, Tally& tally) {
  const Target target = with(Target::vulkan(1, c.minor - 1), needs);
  const Result<spirv::Module> module = write_spirv(build({&c}), target);
  const std::string name = std::string(target.name()) + text_of(needs) + ": ";
  if (module.ok()) return name + "written";
  const std::string wrong = wrong_error(module.error(), c.before, 1);
  if (!wrong.empty()) return name + wrong;
  ++tally.refused;
  return {};
}

/// Checks all cases, and prints what was counted.
inline void check(const char* family, const std::vector<Case>& all) {
  Tally tally;
  std::vector<std::vector<const Case*>> batches;
  // By needs, so that a kernel has exactly those of each of its cases.
  std::vector<std::string> keys;
  for (const Case& c : all) {
    const std::string key = std::to_string(c.minor) + text_of(needs_of(c)) + text_of(c.refused);
    std::size_t i = keys.size();
    while (i-- > 0)
      if (keys[i] == key && batches[i].size() < 32) break;
    if (i == static_cast<std::size_t>(-1)) {
      i = keys.size();
      keys.push_back(key);
      batches.emplace_back();
    }
    batches[i].push_back(&c);
  }
  std::uint64_t seed = 1;
  std::size_t failures = 0;
  const auto run =
      [&](const std::vector<const Case*>& cases,
          const std::function<std::string(const std::vector<const Case*>&, const std::vector<Data>&)>&
              wrong) {
        std::vector<Data> data;
        for (const Case* const c : cases) data.push_back(data_for(*c, seed++));
        const std::string together = wrong(cases, data);
        if (together.empty()) return;
        bool found = false;
        for (std::size_t i = 0; i < cases.size(); ++i) {
          const std::string alone = wrong({cases[i]}, {data[i]});
          if (alone.empty()) continue;
          found = true;
          if (++failures <= 12) FAIL_CHECK(cases[i]->name << ": " << alone);
        }
        if (!found) FAIL_CHECK("only together with others: " << together);
      };
  for (const std::vector<const Case*>& batch : batches) {
    const std::vector<const Need*> needs = needs_of(*batch[0]);
    tally.cases += batch.size();
    run(batch, [&](const std::vector<const Case*>& cases, const std::vector<Data>& data) {
      return wrong_natively(cases, data, needs, tally);
    });
    for (const Need* const missing : needs) {
      const auto below = [&](const std::vector<const Case*>& cases, const std::vector<Data>& data) {
        return wrong_below(cases, data, needs, missing, tally);
      };
      if (is_legalised(*batch[0], missing)) {
        run(batch, below);
        continue;
      }
      // Refused: each by itself, since a kernel has one error.
      for (const Case* const c : batch) run({c}, below);
    }
    for (const Case* const c : batch) {
      if (c->minor == 0) continue;
      const std::string wrong = wrong_before(*c, needs, tally);
      if (!wrong.empty() && ++failures <= 12) FAIL_CHECK(c->name << ": " << wrong);
    }
  }
  CHECK(failures == 0);
  std::printf("%s: %zu cases, %zu modules validated, %zu cases legalised, %zu refused\n", family, tally.cases,
              tally.modules - tally.unvalidated, tally.legalised, tally.refused);
  if (tally.unvalidated != 0)
    test::skip((std::string(family) + ": " + std::to_string(tally.unvalidated) +
                " modules not validated: " + tally.unvalidated_reason)
                   .c_str());
}

// --- making cases ----------------------------------------------------------------------------------------------------

inline std::string name_of(Op op, const std::vector<Type>& types, Type result) {
  std::string text = info_of(op).name;
  for (const Type type : types) text += " " + std::string(to_string(type));
  return text + " -> " + std::string(to_string(result));
}
/// A pure operation that `apply` types.
inline Case apply_case(Op op, std::vector<Type> types, std::uint32_t immediate,
                       std::function<bool(const Bits*, Bits&)> reference) {
  Case c;
  const TypeRuleResult rule = result_type(op, {types.data(), types.size()}, immediate);
  c.result = rule.type;
  c.name = name_of(op, types, rule.type);
  if (immediate != 0) c.name += " #" + std::to_string(immediate);
  if (rule.wrong) FAIL("no such operation: " << c.name << " wants " << rule.wrong);
  const std::size_t count = types.size();
  c.operands = std::move(types);
  c.emit = [op, immediate, count](DynamicBuilder& b, const AnyValue* v, SourceLocation at) {
    return b.apply(op, Span<const AnyValue>(v, count), immediate, at);
  };
  c.reference = std::move(reference);
  return c;
}

/// One component from the same component of each operand (component 0 of a scalar); false: not defined.
using One = std::function<bool(const std::uint64_t* v, std::uint64_t& out)>;
inline std::function<bool(const Bits*, Bits&)> componentwise(std::vector<Type> types, unsigned components,
                                                             One one) {
  return [types, components, one](const Bits* v, Bits& out) {
    for (unsigned i = 0; i < components; ++i) {
      std::uint64_t values[4] = {};
      for (std::size_t k = 0; k < types.size(); ++k) values[k] = v[k][types[k].is_vector() ? i : 0];
      if (!one(values, out[i])) return false;
    }
    return true;
  };
}
inline Case component_case(Op op, const std::vector<Type>& types, One one) {
  return apply_case(op, types, 0, componentwise(types, types[0].components(), std::move(one)));
}
inline Case conversion_case(Op op, Type from, Type to, std::function<bool(const Bits*, Bits&)> reference) {
  Case c;
  c.name = name_of(op, {from}, to);
  c.result = to;
  c.operands = {from};
  c.emit = [op, to](DynamicBuilder& b, const AnyValue* v, SourceLocation at) {
    return b.convert(op, v[0], to, at);
  };
  c.reference = std::move(reference);
  return c;
}

inline constexpr unsigned shapes[] = {1, 2, 3, 4};

// --- float arithmetic, each operation rounded once -------------------------------------------------------------------

// f32 and f64 in the machine's own arithmetic (this folder is built with -ffp-contract=off); 16-bit floats in long
// double, whose 64 bits are more than twice theirs, and then looked up.
inline std::uint64_t add(Scalar s, std::uint64_t a, std::uint64_t b) {
  if (s == Scalar::F32) return bits_of(f32_of(a) + f32_of(b));
  if (s == Scalar::F64) return bits_of(f64_of(a) + f64_of(b));
  return nearest(s, float_value(s, a) + float_value(s, b));
}
inline std::uint64_t negate(Scalar s, std::uint64_t a) { return a ^ std::uint64_t{1} << (width_of(s) - 1); }
inline std::uint64_t sub(Scalar s, std::uint64_t a, std::uint64_t b) { return add(s, a, negate(s, b)); }
inline std::uint64_t mul(Scalar s, std::uint64_t a, std::uint64_t b) {
  if (s == Scalar::F32) return bits_of(f32_of(a) * f32_of(b));
  if (s == Scalar::F64) return bits_of(f64_of(a) * f64_of(b));
  return nearest(s, float_value(s, a) * float_value(s, b));
}
inline std::uint64_t div(Scalar s, std::uint64_t a, std::uint64_t b) {
  if (s == Scalar::F32) return bits_of(f32_of(a) / f32_of(b));
  if (s == Scalar::F64) return bits_of(f64_of(a) / f64_of(b));
  return nearest(s, float_value(s, a) / float_value(s, b));
}
inline std::uint64_t sqrt(Scalar s, std::uint64_t a) {
  if (s == Scalar::F32) return bits_of(std::sqrt(f32_of(a)));
  if (s == Scalar::F64) return bits_of(std::sqrt(f64_of(a)));
  return nearest(s, std::sqrt(float_value(s, a)));
}
inline std::uint64_t constant(Scalar s, long double v) { return float_bits(s, v); }

}  // namespace operations
