#pragma once

#include "../json.hpp"
#include "sink.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace reflection {

namespace detail {

/// How many bytes the UTF-8 sequence at `at` has; 0 when it is none (RFC 3629).
inline unsigned utf8_length(Text text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0, surrogate = first == 0xED && second > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && second < 0x90, beyond = first == 0xF4 && second > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

/// Writes objects whose members are left out where they say nothing.
class JsonWriter {
public:
  explicit JsonWriter(CharacterSink& out) : out_(out) {}

  void open(Text name, char bracket) {
    key(name);
    out_ << bracket;
    is_first_ = true;
  }
  void close(char bracket) {
    out_ << bracket;
    is_first_ = false;
  }
  /// An entry of a list that is an object.
  void entry() {
    out_ << (is_first_ ? "\n" : ",\n") << '{';
    is_first_ = true;
  }
  void number(Text name, std::uint64_t value) {
    key(name);
    digits(value);
  }
  void index(Text name, std::uint32_t value) {
    if (value != none) number(name, value);
  }
  /// 0 says nothing.
  void count(Text name, std::uint64_t value) {
    if (value != 0) number(name, value);
  }
  void flag(Text name, bool value) {
    if (!value) return;
    key(name);
    out_ << "true";
  }
  void text(Text name, Text value) {
    if (value.empty()) return;
    key(name);
    quoted(value);
  }
  /// The specification's name of an enumerant, or its number.
  void enumerant(Text name, spirv::OperandKind kind, std::uint32_t value) {
    key(name);
    if (const spirv::EnumerantInfo* const info = spirv::grammar::find(kind, value))
      quoted(info->name);
    else
      out_ << std::uint64_t{value};
  }
  void range(Text name, Range value) {
    if (value.count == 0) return;
    key(name);
    out_ << '[' << std::uint64_t{value.first} << ',' << std::uint64_t{value.count} << ']';
  }
  void access(Text name, AccessFlags value) {
    open(name, '{');
    flag("read", value.read);
    flag("write", value.write);
    flag("atomic", value.atomic);
    close('}');
  }
  /// In a list.
  void item(std::uint64_t value, bool is_index) {
    if (!is_first_) out_ << ',';
    is_first_ = false;
    if (is_index && value == none)
      out_ << "null";
    else
      digits(value);
  }

private:
  void key(Text name) {
    if (!is_first_) out_ << ',';
    is_first_ = false;
    if (name.empty()) return;
    out_ << '"' << name << "\":";
  }
  void digits(std::uint64_t value) {
    const bool exact = value <= std::uint64_t{1} << 53;
    if (!exact) out_ << '"';
    out_ << value;
    if (!exact) out_ << '"';
  }
  void quoted(Text value) {
    out_ << '"';
    for (std::size_t i = 0; i < value.size();) {
      const unsigned length = utf8_length(value, i);
      const char c = value[i];
      if (length == 0) {
        out_ << "\\ufffd";
      } else if (c == '"' || c == '\\') {
        out_ << '\\' << c;
      } else if (length == 1 && static_cast<unsigned char>(c) < 0x20) {
        const unsigned code = static_cast<unsigned char>(c);
        out_ << "\\u00" << static_cast<char>('0' + code / 16) << "0123456789abcdef"[code % 16];
      } else {
        out_ << Text(value.data() + i, length);
      }
      i += length == 0 ? 1 : length;
    }
    out_ << '"';
  }

  CharacterSink& out_;
  bool is_first_ = true;
};

inline void write_type(JsonWriter& w, const Type& t) {
  w.text("kind", to_string(t.kind));
  w.number("id", t.id);
  if (const spirv::InstructionInfo* const info = spirv::grammar::find(t.op)) w.text("op", info->name);
  w.text("name", t.name);
  w.count("bits", t.bits);
  w.flag("signed", t.is_signed);
  if (t.encoding != none) w.enumerant("encoding", spirv::OperandKind::FPEncoding, t.encoding);
  w.index("element", t.element);
  w.count("count", t.count);
  w.index("count_constant", t.count_constant);
  w.count("stride", t.stride);
  w.range("members", t.members);
  w.count("size", t.size);
  if (t.kind == TypeKind::Pointer)
    w.enumerant("storage", spirv::OperandKind::StorageClass, static_cast<std::uint32_t>(t.storage));
  w.index("image", t.image);
  w.index("matrix", t.matrix);
  w.index("tensor", t.tensor);
  w.range("parts", t.parts);
}

inline void write_member(JsonWriter& w, const Member& m) {
  w.text("name", m.name);
  w.index("type", m.type);
  w.index("offset", m.offset);
  w.number("size", m.size);
  w.count("matrix_stride", m.matrix_stride);
  w.flag("row_major", m.row_major);
  w.flag("non_writable", m.non_writable);
  w.flag("non_readable", m.non_readable);
}

inline void write_binding(JsonWriter& w, const Binding& b) {
  w.number("set", b.set);
  w.number("binding", b.binding);
  w.text("kind", to_string(b.kind));
  w.number("descriptor_type", static_cast<std::uint32_t>(b.kind));
  w.number("count", b.count);
  w.index("count_constant", b.count_constant);
  w.text("name", b.name);
  w.number("variable", b.variable);
  w.index("type", b.type);
  w.count("minimum_bytes", b.minimum_bytes);
  w.count("element_stride", b.element_stride);
  w.access("declared", b.declared);
  w.access("used", b.used);
  w.index("input_attachment_index", b.input_attachment_index);
}

inline void write_spec_constant(JsonWriter& w, const SpecConstant& c) {
  w.index("spec_id", c.spec_id);
  w.number("id", c.id);
  if (const spirv::InstructionInfo* const info = spirv::grammar::find(c.op)) w.text("op", info->name);
  w.text("name", c.name);
  w.index("type", c.type);
  w.number("default", c.default_bits);
  w.number("value", c.bits);
  w.flag("evaluated", c.is_evaluated);
  w.count("size", c.size);
  w.range("constituents", c.constituents);
  w.range("components", c.components);
}

inline void write_stage_variable(JsonWriter& w, const StageVariable& v) {
  w.text("name", v.name);
  w.index("location", v.location);
  w.index("component", v.component);
  w.index("index", v.index);
  if (v.builtin != none) w.enumerant("builtin", spirv::OperandKind::BuiltIn, v.builtin);
  w.index("type", v.type);
  w.number("variable", v.variable);
  w.index("member", v.member);
  w.flag("flat", v.flat);
  w.flag("no_perspective", v.no_perspective);
  w.flag("centroid", v.centroid);
  w.flag("sample", v.sample);
  w.flag("patch", v.patch);
}

inline void write_float_mode(JsonWriter& w, Text name, const FloatMode& m) {
  if (!m.denorm_preserve && !m.denorm_flush_to_zero && !m.signed_zero_inf_nan_preserve && !m.rounding_rte &&
      !m.rounding_rtz && m.fast_math == none)
    return;
  w.open(name, '{');
  w.flag("denorm_preserve", m.denorm_preserve);
  w.flag("denorm_flush_to_zero", m.denorm_flush_to_zero);
  w.flag("signed_zero_inf_nan_preserve", m.signed_zero_inf_nan_preserve);
  w.flag("rounding_rte", m.rounding_rte);
  w.flag("rounding_rtz", m.rounding_rtz);
  w.index("fast_math", m.fast_math);
  w.close('}');
}

inline void write_entry_point(JsonWriter& w, const EntryPoint& e) {
  w.text("name", e.name);
  w.enumerant("model", spirv::OperandKind::ExecutionModel, static_cast<std::uint32_t>(e.model));
  w.number("function", e.function);
  w.range("bindings", e.bindings);
  w.range("inputs", e.inputs);
  w.range("outputs", e.outputs);
  if (e.push_constants.size != 0) {
    w.open("push_constants", '{');
    w.number("offset", e.push_constants.offset);
    w.number("size", e.push_constants.size);
    w.index("type", e.push_constants.type);
    w.close('}');
  }
  if (e.has_workgroup) {
    w.open("workgroup", '[');
    for (const std::uint32_t n : {e.workgroup.x, e.workgroup.y, e.workgroup.z}) w.item(n, false);
    w.close(']');
  }
  w.count("workgroup_bytes", e.workgroup_bytes);
  w.count("subgroup_operations", e.subgroup_operations);
  w.range("modes", e.modes);
  write_float_mode(w, "float16", e.float16);
  write_float_mode(w, "float32", e.float32);
  write_float_mode(w, "float64", e.float64);
  w.flag("contraction_off", e.contraction_off);
}

template <class T, class Write>
void write_list(JsonWriter& w, Text name, Span<const T> list, Write&& write) {
  w.open(name, '[');
  for (const T& element : list) {
    w.entry();
    write(w, element);
    w.close('}');
  }
  w.close(']');
}

inline void write_small_lists(JsonWriter& w, const Reflection& r) {
  write_list(w, "images", r.images(), [](JsonWriter& j, const ImageInfo& i) {
    j.enumerant("dim", spirv::OperandKind::Dim, static_cast<std::uint32_t>(i.dim));
    j.flag("depth", i.depth);
    j.flag("arrayed", i.arrayed);
    j.flag("multisampled", i.multisampled);
    j.flag("storage", i.storage);
    j.enumerant("format", spirv::OperandKind::ImageFormat, static_cast<std::uint32_t>(i.format));
  });
  write_list(w, "cooperative_matrices", r.cooperative_matrices(),
             [](JsonWriter& j, const CooperativeMatrixInfo& m) {
               j.index("component", m.component);
               j.enumerant("scope", spirv::OperandKind::Scope, m.scope);
               j.number("rows", m.rows);
               j.number("columns", m.columns);
               if (m.use != none) j.enumerant("use", spirv::OperandKind::CooperativeMatrixUse, m.use);
             });
  write_list(w, "tensors", r.tensors(), [](JsonWriter& j, const TensorInfo& t) {
    j.index("element", t.element);
    j.count("rank", t.rank);
    j.range("shape", t.shape);
  });
  write_list(w, "execution_modes", r.execution_modes(), [](JsonWriter& j, const ExecutionModeInfo& m) {
    j.enumerant("mode", spirv::OperandKind::ExecutionMode, static_cast<std::uint32_t>(m.mode));
    j.range("operands", m.operands);
  });
  write_list(w, "buffer_references", r.buffer_references(), [](JsonWriter& j, const BufferReference& b) {
    j.number("pointer", b.pointer);
    j.index("type", b.type);
    j.access("used", b.used);
  });
  write_list(w, "graph_entry_points", r.graph_entry_points(), [](JsonWriter& j, const GraphEntryPoint& g) {
    j.text("name", g.name);
    j.number("graph", g.graph);
    j.index("type", g.type);
    j.range("bindings", g.bindings);
  });
  write_list(w, "needs", r.needs(), [](JsonWriter& j, const Need& n) {
    if (n.is_extension)
      j.text("extension", n.extension);
    else
      j.enumerant("capability", spirv::OperandKind::Capability, static_cast<std::uint32_t>(n.capability));
    j.count("word", n.word_offset);
  });
}

}  // namespace detail

AIRSTRIP_INLINE String to_json(const Reflection& r) {
  detail::CharacterSink text;
  detail::JsonWriter w(text);
  w.open({}, '{');
  w.number("format", json_format);
  w.open("spirv_version", '[');
  w.item(r.version() >> 8, false);
  w.item(r.version() & 0xFF, false);
  w.close(']');
  w.enumerant("addressing_model", spirv::OperandKind::AddressingModel,
              static_cast<std::uint32_t>(r.addressing_model()));
  w.enumerant("memory_model", spirv::OperandKind::MemoryModel, static_cast<std::uint32_t>(r.memory_model()));
  detail::write_list(w, "entry_points", r.entry_points(), detail::write_entry_point);
  detail::write_list(w, "bindings", r.bindings(), detail::write_binding);
  detail::write_list(w, "types", r.types(), detail::write_type);
  detail::write_list(w, "members", r.members(), detail::write_member);
  detail::write_list(w, "spec_constants", r.spec_constants(), detail::write_spec_constant);
  detail::write_list(w, "stage_variables", r.stage_variables(), detail::write_stage_variable);
  detail::write_small_lists(w, r);
  w.open("indices", '[');
  for (const std::uint32_t i : r.indices()) w.item(i, true);
  w.close(']');
  w.open("component_bits", '[');
  for (const std::uint64_t b : r.component_bits()) w.item(b, false);
  w.close(']');
  w.close('}');
  text << '\n';
  return text.text();
}

}  // namespace reflection

AIRSTRIP_NAMESPACE_END
