#pragma once

#include "../export.hpp"
#include "json_writer.hpp"

#include <cstring>

AIRSTRIP_PROGRAM_NAMESPACE_BEGIN

namespace detail {

// Names of enumerators of this and other layers, in their order; what is beyond them has none.
template <std::size_t N, class Enum>
Text name_in(const char* const (&names)[N], Enum value) {
  const std::size_t index = static_cast<std::size_t>(value);
  return index < N ? Text(names[index]) : Text("unknown");
}
inline Text scalar_name(std::uint32_t scalar) {
  constexpr const char* names[] = {"void", "bool", "i8",  "u8",  "i16",  "u16", "i32",
                                   "u32",  "i64",  "u64", "f16", "bf16", "f32", "f64"};
  return name_in(names, scalar);
}
inline Text format_name(std::uint32_t format) {
  constexpr const char* names[] = {"unknown", "rgba32f", "rgba16f", "r32f",     "rgba8",   "rgba8_snorm",
                                   "r32i",    "r32ui",   "rgba32i", "rgba32ui", "rgba8ui", "rgba8i"};
  return name_in(names, format);
}

/// A formula for people. Operands are shared, and written out there may be 2 to the number of formulas of them: what lies
/// deeper than `levels` is named by its index.
inline void append_size(String& to, const Program& program, std::uint32_t size, unsigned levels = 6) {
  using Op = SizeRecord::Op;
  constexpr const char* names[] = {"", "", " + ", " - ", " * ", " / ", "ceil_div", " % ", "min", "max"};
  const SizeRecord& s = program.sizes()[size];
  if (s.op == Op::Literal) return append_integer(to, s.value);
  if (s.op == Op::Parameter) {
    to << program.text(program.parameters()[s.a].name);
    return;
  }
  if (levels == 0) {
    to << '#' << size;
    return;
  }
  const bool is_call = s.op == Op::CeilDiv || s.op == Op::Min || s.op == Op::Max;
  if (is_call) to << name_in(names, s.op) << '(';
  for (const bool second : {false, true}) {
    const std::uint32_t operand = second ? s.b : s.a;
    const Op op = program.sizes()[operand].op;
    if (second) to << (is_call ? Text(", ") : name_in(names, s.op));
    const bool in_brackets = !is_call && levels > 1 && op != Op::Literal && op != Op::Parameter &&
                             op != Op::CeilDiv && op != Op::Min && op != Op::Max;
    if (in_brackets) to << '(';
    append_size(to, program, operand, levels - 1);
    if (in_brackets) to << ')';
  }
  if (is_call) to << ')';
}

/// "f32[1, 3, h]"
inline String type_of(const Program& program, const TensorRecord& tensor) {
  String text(scalar_name(tensor.scalar));
  text << '[';
  for (std::uint32_t i = 0; i < tensor.rank; ++i) {
    if (i) text << ", ";
    append_size(text, program, tensor.shape[i]);
  }
  return text << ']';
}

class JsonExporter {
public:
  explicit JsonExporter(const Program& program) : p_(program) {}

  String run() {
    j_.begin('{', true);
    j_.member("version", 1u);
    j_.member("name", p_.name());
    write_weights();
    list("parameters", p_.parameters(), [&](const ParameterRecord& r, std::uint32_t) { parameter(r); });
    list("sizes", p_.sizes(), [&](const SizeRecord& r, std::uint32_t i) { size(r, i); });
    list("tensors", p_.tensors(), [&](const TensorRecord& r, std::uint32_t) { tensor(r); });
    list("modules", p_.modules(), [&](const ModuleRecord& r, std::uint32_t i) { module(r, i); });
    list("regions", p_.regions(), [&](const RegionRecord& r, std::uint32_t) { region(r); });
    j_.key("variants");
    j_.begin('[', true);
    for (const VariantRecord& v : p_.variants()) variant(v);
    j_.end(']');
    j_.end('}');
    return j_.take();
  }

private:
  template <class Record, class Write>
  void list(Text name, Span<const Record> records, Write&& write, bool on_lines = true) {
    j_.key(name);
    j_.begin('[', on_lines);
    for (std::uint32_t i = 0; i < records.size(); ++i) {
      j_.next();
      j_.begin('{');
      write(records[i], i);
      j_.end('}');
    }
    j_.end(']');
  }

  void write_weights() {
    j_.key("weights");
    j_.begin('{', true);
    j_.member("file", weights_file);
    j_.member("bytes", std::uint64_t{p_.weight_bytes().size()});
    list("parts", p_.weights(), [&](const WeightRecord& w, std::uint32_t) {
      j_.member("name", p_.text(w.name));
      j_.member("offset", w.offset);
      j_.member("bytes", w.bytes);
    });
    j_.end('}');
  }
  void parameter(const ParameterRecord& r) {
    j_.member("name", p_.text(r.name));
    j_.member("kind", r.is_size ? "size" : "number");
    if (!r.is_size) return j_.member("scalar", scalar_name(r.scalar));
    j_.signed_member("maximum", r.maximum);
    j_.signed_member("multiple", r.multiple);
  }
  void size(const SizeRecord& r, std::uint32_t i) {
    constexpr const char* names[] = {"literal", "parameter", "add", "sub", "mul",
                                     "div",     "ceil_div",  "mod", "min", "max"};
    j_.member("op", name_in(names, r.op));
    String text;
    append_size(text, p_, i);
    j_.member("text", Text(text));
    if (r.op == SizeRecord::Op::Literal) return j_.signed_member("value", r.value);
    if (r.op == SizeRecord::Op::Parameter) return j_.member("parameter", r.a);
    j_.member("a", r.a);
    j_.member("b", r.b);
  }
  void tensor(const TensorRecord& r) {
    constexpr const char* storages[] = {"buffer", "sampled_image", "storage_image"};
    j_.member("name", p_.text(r.name));
    j_.member("direction", r.direction == Direction::Input ? "input" : "output");
    j_.member("scalar", scalar_name(r.scalar));
    j_.member("storage", name_in(storages, r.storage));
    if (r.storage == StorageKind::StorageImage) j_.member("format", format_name(r.format));
    if (r.storage != StorageKind::Buffer) j_.signed_member("channel_axis", r.channel_axis);
    j_.numbers("shape", r.shape, r.rank);
    j_.member("text", Text(type_of(p_, r)));
    j_.member("bytes", r.bytes);
    j_.member("max_bytes", r.max_bytes);
  }
  void module(const ModuleRecord& r, std::uint32_t i) {
    constexpr const char* types[] = {"storage_buffer", "storage_image", "sampled_image"};
    j_.member("name", p_.text(r.name));
    j_.member("file", Text(module_file(p_, i)));
    j_.member("entry_point", p_.text(r.entry_point));
    j_.numbers("workgroup", r.workgroup, 3);
    j_.member("subgroup_size", r.subgroup_size);
    j_.flag("full_subgroups", r.full_subgroups != 0);
    j_.key("parameters");
    j_.begin('{');
    j_.member("placement", r.placement == Placement::PushConstants ? "push_constants" : "uniform");
    j_.member("bytes", r.parameter_bytes);
    j_.member("set", r.parameter_set);
    j_.member("binding", r.parameter_binding);
    j_.end('}');
    list(
        "bindings", p_.bindings(r),
        [&](const BindingRecord& b, std::uint32_t) {
          j_.member("set", b.set);
          j_.member("binding", b.binding);
          j_.member("type", name_in(types, b.type));
        },
        false);
  }
  void region(const RegionRecord& r) {
    constexpr const char* memories[] = {"tensor", "weights", "packed", "scratch"};
    j_.member("memory", name_in(memories, r.memory));
    if (r.memory == Memory::Tensor) j_.member("tensor", r.tensor);
    j_.member("offset", r.offset);
    j_.member("bytes", r.bytes);
    j_.member("size", r.size);
  }

  void variant(const VariantRecord& v) {
    constexpr const char* devices[] = {"gpu", "llvmpipe", "swiftshader"};
    constexpr const char* kinds[] = {"feature", "extension", "property", "limit"};
    j_.next();
    j_.begin('{', true);
    j_.member("name", p_.text(v.name));
    String version;
    version << (v.api_version >> 22) << '.' << (v.api_version >> 12 & 0x3FF);
    j_.member("api_version", Text(version));
    j_.member("device_kind", name_in(devices, v.device_kind));
    j_.member("min_subgroup_size", v.min_subgroup_size);
    j_.member("max_subgroup_size", v.max_subgroup_size);
    j_.numbers("max_groups", v.max_groups, 3);
    j_.flag("uses_addresses", v.uses_addresses != 0);
    j_.member("scratch_bytes", v.scratch_bytes);
    j_.member("scratch_lower_bound", v.scratch_lower_bound);
    j_.member("packed_bytes", v.packed_bytes);
    j_.member("uniform_bytes", v.uniform_bytes);
    j_.member("report", p_.text(v.report));
    list("requirements", p_.requirements(v), [&](const RequirementRecord& r, std::uint32_t) {
      j_.member("kind", name_in(kinds, r.kind));
      j_.member("name", p_.text(r.name));
      if (r.kind == RequirementRecord::Kind::Limit) j_.member("at_least", r.at_least);
    });
    list("dispatches", p_.dispatches(v), [&](const DispatchRecord& r, std::uint32_t) { dispatch(r); });
    j_.end('}');
  }
  void dispatch(const DispatchRecord& d) {
    constexpr const char* barriers[] = {"none", "execution", "memory"};
    j_.member("name", p_.text(d.name));
    j_.member("module", d.module);
    j_.member("phase", d.phase == Phase::Prepare ? "prepare" : "run");
    j_.member("groups", d.groups);
    j_.member("barrier", name_in(barriers, d.before));
    list(
        "operands", p_.operands(d),
        [&](const OperandRecord& o, std::uint32_t) {
          j_.member("region", o.region);
          if (o.binding == none)
            j_.null("binding");
          else
            j_.member("binding", o.binding);
          j_.flag("reads", o.reads != 0);
          j_.flag("writes", o.writes != 0);
        },
        false);
    list(
        "arguments", p_.arguments(d), [&](const ArgumentRecord& a, std::uint32_t) { argument(a); }, false);
    j_.member("operations", d.operations);
    j_.member("bytes", d.bytes);
  }
  void argument(const ArgumentRecord& a) {
    constexpr const char* kinds[] = {"size", "number", "address"};
    constexpr const char* indices[] = {"size", "parameter", "region"};
    j_.member("offset", a.offset);
    j_.member("kind", name_in(kinds, a.kind));
    j_.member(name_in(indices, a.kind), a.index);
  }

  const Program& p_;
  JsonWriter j_;
};

/// A name with what an identifier holds: letters, digits, single underscores.
inline String identifier_of(Text name, Text otherwise) {
  String result;
  char last = '_';
  for (const char c : name) {
    const bool is_digit = c >= '0' && c <= '9';
    const bool fits = is_digit || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const char put = fits ? c : '_';
    if (put == '_' && last == '_') continue;
    if (result.empty() && is_digit) result << otherwise << '_';
    result << put;
    last = put;
  }
  if (result.empty()) result << otherwise;
  return result;
}

/// Keywords of C++20 and its alternative tokens, and names that no variable of the global namespace may have.
inline bool is_reserved(Text name) {
  constexpr const char* words[] = {"alignas",   "alignof",      "and",           "and_eq",
                                   "asm",       "auto",         "bitand",        "bitor",
                                   "bool",      "break",        "case",          "catch",
                                   "char",      "char16_t",     "char32_t",      "char8_t",
                                   "class",     "co_await",     "co_return",     "co_yield",
                                   "compl",     "concept",      "const",         "const_cast",
                                   "consteval", "constexpr",    "constinit",     "continue",
                                   "decltype",  "default",      "delete",        "do",
                                   "double",    "dynamic_cast", "else",          "enum",
                                   "explicit",  "export",       "extern",        "false",
                                   "float",     "for",          "friend",        "goto",
                                   "if",        "inline",       "int",           "long",
                                   "main",      "mutable",      "namespace",     "new",
                                   "noexcept",  "not",          "not_eq",        "nullptr",
                                   "operator",  "or",           "or_eq",         "private",
                                   "protected", "public",       "register",      "reinterpret_cast",
                                   "requires",  "return",       "short",         "signed",
                                   "sizeof",    "static",       "static_assert", "static_cast",
                                   "std",       "struct",       "switch",        "template",
                                   "this",      "thread_local", "throw",         "true",
                                   "try",       "typedef",      "typeid",        "typename",
                                   "union",     "unsigned",     "using",         "virtual",
                                   "void",      "volatile",     "wchar_t",       "while",
                                   "xor",       "xor_eq"};
  for (const char* const word : words)
    if (name == Text(word)) return true;
  return false;
}
/// A name for a variable: no keyword, and none that a suffix with an underscore makes a reserved one.
inline String variable_of(Text name) {
  const String identifier = identifier_of(name, "program");
  const bool ends = identifier.size() > 1 && identifier[identifier.size() - 1] == '_';
  const Text trimmed(identifier.data(), identifier.size() - (ends ? 1 : 0));
  String result(is_reserved(trimmed) ? "program_" : "");
  if (identifier.out_of_memory()) return identifier;
  return result << trimmed;
}

}  // namespace detail

AIRSTRIP_INLINE String to_json(const Program& program) { return detail::JsonExporter(program).run(); }

AIRSTRIP_INLINE String module_file(const Program& program, std::uint32_t module) {
  String number, last, name;
  number << module;
  last << std::uint64_t{program.modules().size()};
  const std::size_t width = last.size() < 2 ? 2 : last.size();
  for (std::size_t i = number.size(); i < width; ++i) name << '0';
  return name << number << '_'
              << detail::identifier_of(program.text(program.modules()[module].name), "kernel") << ".spv";
}

AIRSTRIP_INLINE String to_cpp_header(const Program& program, Text name) {
  const String identifier = detail::variable_of(name);
  const Span<const unsigned char> bytes = program.bytes();
  String text("// ");
  detail::append_json_string(text, program.name());
  text << ", compiled by Airstrip: " << std::uint64_t{bytes.size()} << " bytes, of which "
       << std::uint64_t{program.weight_bytes().size()} << " are weights.\n//\n";
  for (const TensorRecord& t : program.tensors()) {
    text << (t.direction == Direction::Input ? "//   input  " : "//   output ");
    // Quoted, for a backslash at a line's end would join it with the next.
    detail::append_json_string(text, program.text(t.name));
    text << " : " << detail::type_of(program, t) << ", ";
    detail::append_size(text, program, t.bytes);
    text << " bytes\n";
  }
  for (const ParameterRecord& p : program.parameters()) {
    text << (p.is_size ? "//   size   " : "//   number ");
    detail::append_json_string(text, program.text(p.name));
    if (p.is_size) text << ", at most " << static_cast<std::uint64_t>(p.maximum);
    text << '\n';
  }
  text << "//\n// To open it: airstrip::program::Program::open({" << identifier << ", sizeof " << identifier
       << "})\n#pragma once\n\n#include <cstdint>\n\nalignas(" << memory_alignment
       << ") inline constexpr std::uint64_t " << identifier << "_words[] = {";
  constexpr const char* digits = "0123456789abcdef";
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    text << (i % 64 == 0 ? "\n" : "") << "0x";
    bool is_significant = false;
    // Little-endian, as `open` wants the machine to be.
    for (std::size_t k = 8; k-- > 0;) {
      const unsigned char byte = i + k < bytes.size() ? bytes[i + k] : static_cast<unsigned char>(0);
      for (const unsigned digit : {byte / 16u, byte % 16u}) {
        is_significant = is_significant || digit;
        if (is_significant) text << digits[digit];
      }
    }
    text << (is_significant ? "," : "0,");
  }
  text << "};\ninline const unsigned char (&" << identifier << ")[" << std::uint64_t{bytes.size()}
       << "] =\n    reinterpret_cast<const unsigned char (&)[" << std::uint64_t{bytes.size()} << "]>("
       << identifier << "_words);\n";
  return text;
}

AIRSTRIP_PROGRAM_NAMESPACE_END
