// The corpus: one hand-written module for each feature of the builder, checked on each of its targets.
//
// Checked of every module: it is finished without an error; a builder that is reset makes the same words again;
// exactly the expected OpCapability and OpExtension are there; spirv-val accepts it for its target; and its hash is
// the one in golden_hashes.txt, which says how to update it.
//
// No call here has two arguments that emit: C++ does not say which is evaluated first, and GCC and clang differ, so the
// modules would. (In braces, {a(), b()}, the order is from left to right.)
#pragma once

#include <airstrip/spirv/builder.hpp>

#include "support/skip.hpp"
#include "support/spirv_val.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace corpus {

using namespace airstrip;
using namespace airstrip::spirv;

using Words = std::vector<std::uint32_t>;
using Build = std::function<void(Builder&)>;

// --- reading modules -------------------------------------------------------------------------------------------------

struct Decoded {
  Op op;
  Words operands;  // all words after the first
  std::size_t offset;
};

inline std::vector<Decoded> instructions(Span<const std::uint32_t> words) {
  std::vector<Decoded> list;
  for (std::size_t at = header_words; at < words.size();) {
    const std::size_t length = words[at] >> 16;
    if (length == 0 || at + length > words.size()) {
      FAIL_CHECK("word " << at << " does not begin an instruction");
      return list;
    }
    list.push_back(
        {static_cast<Op>(words[at] & 0xFFFF), Words(words.data() + at + 1, words.data() + at + length), at});
    at += length;
  }
  return list;
}
inline std::vector<Decoded> instructions(const Module& module, Op op) {
  std::vector<Decoded> list = instructions(module.words());
  std::erase_if(list, [op](const Decoded& i) { return i.op != op; });
  return list;
}
inline std::size_t count(const Module& module, Op op) { return instructions(module, op).size(); }

inline std::string text_of(const Words& words, std::size_t first = 0) {
  std::string text;
  for (std::size_t i = first; i < words.size(); ++i)
    for (unsigned shift = 0; shift < 32; shift += 8) {
      const char c = static_cast<char>(words[i] >> shift & 0xFF);
      if (c == '\0') return text;
      text += c;
    }
  return text;
}
inline std::vector<std::string> capabilities(const Module& module) {
  std::vector<std::string> names;
  for (const Decoded& i : instructions(module, Op::OpCapability)) {
    const EnumerantInfo* const info = grammar::find(OperandKind::Capability, i.operands[0]);
    names.push_back(info ? info->name : "?");
  }
  return names;
}
inline std::vector<std::string> extensions(const Module& module) {
  std::vector<std::string> names;
  for (const Decoded& i : instructions(module, Op::OpExtension)) names.push_back(text_of(i.operands));
  return names;
}
/// The operands of the OpEntryPoint of that name, after the name.
inline Words interface_of(const Module& module, const std::string& name) {
  for (const Decoded& i : instructions(module, Op::OpEntryPoint))
    if (text_of(i.operands, 2) == name)
      return Words(i.operands.begin() + static_cast<std::ptrdiff_t>(2 + name.size() / 4 + 1),
                   i.operands.end());
  FAIL_CHECK("no entry point " << name);
  return {};
}
/// Whether OpDecorate puts the decoration on the id.
inline bool decorated(const Module& module, Id id, Decoration decoration) {
  for (const Decoded& i : instructions(module, Op::OpDecorate))
    if (i.operands[0] == id.number() && i.operands[1] == static_cast<std::uint32_t>(decoration)) return true;
  return false;
}

// --- golden hashes ---------------------------------------------------------------------------------------------------

struct Golden {
  std::uint64_t hash;
  std::size_t words;
};
inline std::string line_of(const std::string& key, const Golden& golden) {
  char text[32];
  std::snprintf(text, sizeof text, " %016llx ", static_cast<unsigned long long>(golden.hash));
  return key + text + std::to_string(golden.words);
}
inline const std::map<std::string, Golden>& golden_table() {
  static const std::map<std::string, Golden> table = [] {
    std::map<std::string, Golden> read;
    std::ifstream file(TEST_SOURCE_DIR "/tests/spirv/golden_hashes.txt");
    for (std::string line; std::getline(file, line);) {
      std::istringstream fields(line);
      std::string name, target, hash;
      std::size_t words = 0;
      if (line.empty() || line[0] == '#' || !(fields >> name >> target >> hash >> words)) continue;
      read[name + " " + target] = {std::strtoull(hash.c_str(), nullptr, 16), words};
    }
    return read;
  }();
  return table;
}
inline void check_golden(const std::string& key, Span<const std::uint32_t> words) {
  const Golden now{hash_words(words), words.size()};
  if (const char* const out = std::getenv("AIRSTRIP_GOLDEN_OUT")) {
    std::ofstream(out, std::ios::app) << line_of(key, now) << '\n';
    return;
  }
  const auto known = golden_table().find(key);
  if (known == golden_table().end()) {
    FAIL_CHECK("golden_hashes.txt has no line for this module:\n+ " << line_of(key, now));
  } else if (known->second.hash != now.hash) {
    FAIL_CHECK("the module has changed:\n- " << line_of(key, known->second) << "\n+ " << line_of(key, now));
  }
}

// --- checking --------------------------------------------------------------------------------------------------------

class Feature {
public:
  /// `since`: the first release of SPIRV-Tools that knows what the modules use, 20251 for 2025.1.
  explicit Feature(std::string name, int since = 0) : name_(std::move(name)), since_(since) {}
  Feature(const Feature&) = delete;
  ~Feature() {
    if (!unvalidated_.empty()) test::skip((name_ + ": " + unvalidated_).c_str());
  }

  Module check(const ModuleOptions& options, const std::vector<std::string>& wanted_capabilities,
               const std::vector<std::string>& wanted_extensions, const Build& build,
               const std::string& variant = {}) {
    const std::string key = name_ + variant + " " + std::string(options.target.name());
    CAPTURE(key);
    Builder builder(options);
    build(builder);
    Result<Module> module = builder.finish();
    if (!module) {
      FAIL_CHECK(std::string(module.error().to_string()));
      return {};
    }
    Module made = std::move(*module);
    // The same again from a builder that has its memory already, and through the other way out.
    builder.reset();
    build(builder);
    const Result<Span<const std::uint32_t>> again = builder.finish_words();
    CHECK(again.ok());
    CHECK(std::equal(made.words().begin(), made.words().end(), again->begin(), again->end()));

    std::vector<std::string> sorted = wanted_capabilities, found = capabilities(made);
    std::sort(sorted.begin(), sorted.end());
    std::sort(found.begin(), found.end());
    CHECK(joined(found) == joined(sorted));
    CHECK(joined(extensions(made)) == joined(wanted_extensions));

    const test::Verdict verdict = test::validate(made.words(), options.target, since_, val_options_);
    if (!verdict.ran)
      unvalidated_ = verdict.text;
    else if (!verdict.valid)
      FAIL_CHECK(verdict.text);
    check_golden(key, made.words());
    return made;
  }
  Module check(const Target& target, const std::vector<std::string>& wanted_capabilities,
               const std::vector<std::string>& wanted_extensions, const Build& build,
               const std::string& variant = {}) {
    ModuleOptions options;
    options.target = target;
    return check(options, wanted_capabilities, wanted_extensions, build, variant);
  }
  /// The same capabilities and no extension on all of these.
  void check_all(const std::vector<Target>& targets, const std::vector<std::string>& wanted_capabilities,
                 const Build& build) {
    for (const Target& target : targets) check(target, wanted_capabilities, {}, build);
  }
  /// More arguments for spirv-val ("--scalar-block-layout").
  void validate_with(const char* options) { val_options_ = options; }

private:
  static std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
    return text;
  }

  std::string name_, unvalidated_, val_options_;
  int since_;
};

// --- targets and the frame of a module -------------------------------------------------------------------------------

inline std::vector<Target> vulkan_from(unsigned minor) {
  std::vector<Target> targets;
  for (; minor <= 4; ++minor) targets.push_back(Target::vulkan(1, minor));
  return targets;
}
inline std::vector<Target> everywhere() {
  std::vector<Target> targets = vulkan_from(0);
  targets.push_back(Target::universal());
  return targets;
}

/// A compute entry point "main" of 64 invocations around `body`.
template <class Body>
FunctionId compute(Builder& b, Body&& body, const char* name = "main") {
  const FunctionId function = b.begin_function(b.declare_void());
  body();
  b.end_function();
  b.add_compute_entry_point(function, name, 64);
  return function;
}

inline Target with_features(Target target, std::initializer_list<const char*> features) {
  for (const char* const feature : features) target.enable_feature(feature);
  return target;
}
/// Element 0 of a storage array.
inline ValueId element(Builder& b, TypeId type, std::uint32_t binding) {
  const ValueId zero = b.constant(0u);
  return b.OpAccessChain(b.add_storage_array(type, 0, binding), {zero, zero});
}

}  // namespace corpus
