#pragma once

#include "../../spirv/view.hpp"
#include "../cpp_structs.hpp"
#include "sink.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection {

namespace detail {

/// Writes the header. A name that is no identifier, or taken, or that ends in an underscore and digits, gets an underscore
/// and a number that nothing else has: then no two are alike, and the module's other names are kept.
class CppWriter {
public:
  CppWriter(const Reflection& reflection, const CppOptions& options) : r_(reflection), options_(options) {}

  String run() {
    names_.resize(r_.types().size(), {});
    if (names_.out_of_memory()) return {};
    out_ << "// Made from a SPIR-V module by Airstrip.\n#pragma once\n\n#include <cstddef>\n#include "
            "<cstdint>\n\n";
    if (!options_.name_space.empty()) out_ << "namespace " << options_.name_space << " {\n\n";
    out_ << "#pragma pack(push, 1)\n\n";
    choose_names();
    for (std::uint32_t i = 0; i < r_.types().size(); ++i)
      if (r_.types()[i].kind == TypeKind::Struct && has_layout(r_.types()[i])) structure(i);
    out_ << "#pragma pack(pop)\n";
    if (!options_.name_space.empty()) out_ << "\n}  // namespace " << options_.name_space << '\n';
    return failed_ ? String() : out_.text();
  }

private:
  static constexpr std::uint64_t largest = std::uint64_t{1} << 30;
  static constexpr std::uint32_t taken = 1, mirrored = 2;

  bool has_layout(const Type& type) const {
    for (std::uint32_t m = 0; m < type.members.count; ++m)
      if (r_.members()[type.members.first + m].offset == none) return false;
    return type.members.count != 0;
  }

  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
  static bool is_identifier(Text name) {
    if (name.empty() || !is_letter(name[0]) || name.size() > 200) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
      const bool digit = name[i] >= '0' && name[i] <= '9';
      if (!is_letter(name[i]) && !digit) return false;
      if (i != 0 && name[i] == '_' && name[i - 1] == '_') return false;  // reserved
    }
    if (name[0] == '_') return false;
    static constexpr const char* keywords[] = {
        "alignas",     "alignof",       "and",          "and_eq",
        "asm",         "auto",          "bitand",       "bitor",
        "bool",        "break",         "case",         "catch",
        "char",        "char16_t",      "char32_t",     "char8_t",
        "class",       "co_await",      "co_return",    "co_yield",
        "compl",       "concept",       "const",        "const_cast",
        "consteval",   "constexpr",     "constinit",    "continue",
        "decltype",    "default",       "delete",       "do",
        "double",      "else",          "enum",         "explicit",
        "export",      "extern",        "false",        "float",
        "for",         "friend",        "goto",         "if",
        "inline",      "int",           "long",         "mutable",
        "namespace",   "new",           "noexcept",     "not",
        "not_eq",      "nullptr",       "operator",     "or",
        "or_eq",       "private",       "protected",    "public",
        "register",    "requires",      "return",       "short",
        "signed",      "sizeof",        "static",       "struct",
        "switch",      "template",      "this",         "throw",
        "true",        "try",           "typedef",      "typeid",
        "typename",    "union",         "unsigned",     "using",
        "virtual",     "void",          "volatile",     "wchar_t",
        "while",       "xor",           "xor_eq",       "std",
        "offsetof",    "static_assert", "dynamic_cast", "reinterpret_cast",
        "static_cast", "thread_local"};
    for (const char* const keyword : keywords)
      if (name == Text(keyword)) return false;
    return true;
  }
  static std::uint32_t hash(Text text) {
    std::uint32_t h = 2166136261u;
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
    return h;
  }

  /// Of two structures of one name only the first keeps it. Sorted by a hash: that another name has the same hash only
  /// costs a number behind the name.
  void choose_names() {
    keys_.clear();
    for (std::uint32_t i = 0; i < r_.types().size(); ++i)
      if (r_.types()[i].kind == TypeKind::Struct)
        keys_.push_back(std::uint64_t{hash(r_.types()[i].name)} << 32 | i);
    failed_ |= keys_.out_of_memory();  // which the next use forgets
    spirv::detail::sort(keys_);
    for (std::size_t k = 1; k < keys_.size(); ++k)
      if (keys_[k] >> 32 == keys_[k - 1] >> 32) names_[static_cast<std::uint32_t>(keys_[k])] |= taken;
  }
  static bool ends_in_number(Text name) {
    std::size_t n = name.size();
    while (n > 0 && name[n - 1] >= '0' && name[n - 1] <= '9') --n;
    return n != name.size() && n > 0 && name[n - 1] == '_';
  }
  static bool begins_with(Text name, Text prefix) {
    return name.size() >= prefix.size() && Text(name.data(), prefix.size()) == prefix;
  }
  static void append_name(CharacterSink& to, Text name, Text otherwise, bool is_taken, std::uint64_t number) {
    const bool usable =
        is_identifier(name) && !begins_with(name, "padding") && !begins_with(name, "Element_");
    to << (usable ? name : otherwise);
    if (!usable || is_taken || ends_in_number(name)) to << '_' << number;
  }
  void append_struct(CharacterSink& to, std::uint32_t type) const {
    append_name(to, r_.types()[type].name, "Struct", (names_[type] & taken) != 0, r_.types()[type].id);
  }

  /// The C++ type of a scalar, or null.
  const char* scalar(const Type& t) const {
    if (t.kind == TypeKind::Pointer && t.size == 8) return "std::uint64_t";
    if (t.kind == TypeKind::Float && t.encoding == none && t.bits == 32) return "float";
    if (t.kind == TypeKind::Float && t.encoding == none && t.bits == 64) return "double";
    if (t.kind != TypeKind::Int && t.kind != TypeKind::Float) return nullptr;
    const bool is_signed = t.kind == TypeKind::Int && t.is_signed;
    switch (t.bits) {
      case 8: return is_signed ? "std::int8_t" : "std::uint8_t";
      case 16: return is_signed ? "std::int16_t" : "std::uint16_t";
      case 32: return is_signed ? "std::int32_t" : "std::uint32_t";
      case 64: return is_signed ? "std::int64_t" : "std::uint64_t";
      default: return nullptr;
    }
  }

  /// What a member is made of, from outside in: at most `depth` dimensions, then a scalar, a structure, or bytes.
  struct Shape {
    static constexpr unsigned max_depth = 12;
    struct Dimension {
      std::uint64_t count, stride;
    };
    Dimension dimensions[max_depth];
    unsigned depth = 0;
    const char* scalar = nullptr;
    std::uint32_t structure = none;
    std::uint64_t size = 0;  // of the innermost
    bool is_known = false;
  };
  Shape shape_of(const Member& member) const {
    Shape shape;
    std::uint32_t type = member.type;
    const auto add = [&](std::uint64_t count, std::uint64_t stride) {
      if (shape.depth == Shape::max_depth || count == 0 || stride == 0) return false;
      shape.dimensions[shape.depth++] = {count, stride};
      return true;
    };
    while (type != none) {
      const Type& t = r_.types()[type];
      if (const char* const name = scalar(t)) {
        shape.scalar = name;
        shape.size = t.size;
        shape.is_known = true;
        return shape;
      }
      switch (t.kind) {
        case TypeKind::Struct:
          shape.structure = type;
          shape.size = t.size;
          shape.is_known = (names_[type] & mirrored) != 0;
          return shape;
        case TypeKind::Array:
          if (!add(t.count, t.stride)) return shape;
          break;
        case TypeKind::Vector:
          if (t.element == none || !add(t.count, r_.types()[t.element].size)) return shape;
          break;
        case TypeKind::Matrix: {
          // Rows and columns as they lie: the outer ones are a stride apart.
          if (t.element == none || member.matrix_stride == 0) return shape;
          const Type& column = r_.types()[t.element];
          if (column.kind != TypeKind::Vector || column.element == none) return shape;
          const Type& component = r_.types()[column.element];
          const std::uint64_t outer = member.row_major ? column.count : t.count;
          const std::uint64_t inner = member.row_major ? t.count : column.count;
          if (!scalar(component) || !add(outer, member.matrix_stride) || !add(inner, component.size))
            return shape;
          type = column.element;
          continue;
        }
        default: return shape;
      }
      type = t.element;
    }
    return shape;
  }

  /// The declaration of a member without its name, for instance `float` and `[4][3]`. Where an element leaves a gap up to
  /// the next, it lies in a structure of its own; `helpers` gets those. False: C++ has nothing like it.
  bool declare(std::uint32_t type, std::uint32_t number, CharacterSink* helpers, String& of,
               String& dimensions) {
    const Member& member = r_.members()[r_.types()[type].members.first + number];
    const Shape shape = shape_of(member);
    if (!shape.is_known) return false;
    CharacterSink name;
    if (shape.scalar) {
      name << shape.scalar;
    } else {
      name << "struct ";
      append_struct(name, shape.structure);
    }
    of = take(name);
    dimensions.clear();
    std::uint64_t size = shape.size;
    for (unsigned d = shape.depth; d-- > 0;) {
      const Shape::Dimension dimension = shape.dimensions[d];
      if (dimension.stride < size || dimension.count > largest || dimension.stride > largest) return false;
      if (dimension.stride != size) {
        CharacterSink element;
        element << "Element_" << std::uint64_t{r_.types()[type].id} << '_' << std::uint64_t{number} << '_'
                << std::uint64_t{d} << 'e';
        if (helpers)
          *helpers << "struct " << element.view() << " {\n  " << of << " value" << dimensions
                   << ";\n  std::uint8_t padding[" << dimension.stride - size << "];\n};\n";
        of = take(element);
        dimensions.clear();
      }
      CharacterSink outer;
      outer << '[' << dimension.count << ']' << dimensions;
      dimensions = take(outer);
      size = dimension.stride * dimension.count;
      if (size > largest) return false;
    }
    return size == member.size;
  }

  void structure(std::uint32_t index) {
    const Type& t = r_.types()[index];
    keys_.clear();
    for (std::uint32_t m = 0; m < t.members.count; ++m)
      keys_.push_back(std::uint64_t{hash(r_.members()[t.members.first + m].name)} << 32 | m);
    spirv::detail::sort(keys_);
    member_taken_.clear();
    member_taken_.resize(t.members.count, 0);
    order_.clear();
    failed_ |= member_taken_.out_of_memory() || keys_.out_of_memory();
    if (failed_) return;
    for (std::size_t k = 1; k < keys_.size(); ++k)
      if (keys_[k] >> 32 == keys_[k - 1] >> 32) member_taken_[static_cast<std::uint32_t>(keys_[k])] = 1;
    for (std::uint32_t m = 0; m < t.members.count; ++m)
      order_.push_back(std::uint64_t{r_.members()[t.members.first + m].offset} << 32 | m);
    failed_ |= order_.out_of_memory();
    spirv::detail::sort(order_);

    CharacterSink helpers, body, checks, name;
    append_struct(name, index);
    const String own = take(name);
    const char* problem = t.size == 0 || t.size > largest ? "its size" : nullptr;
    std::uint64_t at = 0, paddings = 0;
    for (const std::uint64_t key : order_) {
      const auto number = static_cast<std::uint32_t>(key);
      const Member& member = r_.members()[t.members.first + number];
      CharacterSink member_name;
      append_name(member_name, member.name, "member", member_taken_[number] != 0, number);
      failed_ |= member_name.out_of_memory();
      if (is_open_ended(member)) {
        body << "  // " << member_name.view() << ": a runtime array from offset "
             << std::uint64_t{member.offset} << " on, stride "
             << std::uint64_t{r_.types()[member.type].stride} << '\n';
        continue;
      }
      if (problem) break;
      String of, dimensions;
      if (member.offset < at) {
        problem = "members that overlap";
        break;
      }
      if (member.offset != at)
        body << "  std::uint8_t padding" << paddings++ << '[' << member.offset - at << "];\n";
      if (!declare(index, number, &helpers, of, dimensions)) {
        if (member.size == 0 || member.size > largest) {
          problem = "a member without a size";
          break;
        }
        CharacterSink byte;
        byte << "std::uint8_t";
        of = take(byte);
        CharacterSink bytes;
        bytes << '[' << member.size << ']';
        dimensions = take(bytes);
      }
      const String called = take(member_name);
      body << "  " << of << ' ' << called << dimensions << ";\n";
      checks << "static_assert(offsetof(" << own << ", " << called << ") == " << std::uint64_t{member.offset}
             << ");\n";
      at = member.offset + member.size;
    }
    failed_ |= helpers.out_of_memory() || body.out_of_memory() || checks.out_of_memory();
    if (problem) {
      out_ << "// " << own << " is left out: " << problem << "\n\n";
      return;
    }
    if (at != 0 && at == t.size) names_[index] |= mirrored;
    if (at == 0) {
      out_ << "// " << own << " has a runtime array and nothing else:\n" << body.view() << '\n';
      return;
    }
    out_ << helpers.view() << "struct " << own << " {\n" << body.view() << "};\n" << checks.view();
    out_ << "static_assert(sizeof(struct " << own << ") == " << at << ");\n\n";
  }
  /// Never empty, unless there is no memory.
  String take(const CharacterSink& sink) {
    String text = sink.text();
    failed_ |= text.empty();
    return text;
  }
  bool is_open_ended(const Member& member) const {
    return member.type != none && r_.types()[member.type].kind == TypeKind::RuntimeArray;
  }

  const Reflection& r_;
  const CppOptions& options_;
  CharacterSink out_;
  Buffer<std::uint32_t> names_;  // of a type: flags
  Buffer<std::uint64_t> keys_, order_;
  Buffer<std::uint8_t> member_taken_;
  bool failed_ = false;
};

}  // namespace detail

AIRSTRIP_INLINE String cpp_structs(const Reflection& reflection, const CppOptions& options) {
  return detail::CppWriter(reflection, options).run();
}

}  // namespace reflection

AIRSTRIP_NAMESPACE_END
