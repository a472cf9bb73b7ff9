// Two reflections of a module beside each other: what `reflect` says and what `reflect_by_cross` says of the fields that
// both fill.
#pragma once

#include <airstrip/cross.hpp>
#include <airstrip/reflect.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace test {

using Words = std::vector<std::uint32_t>;

class Comparison {
public:
  /// `is_same_module`: ids and names are the same, and stage variables are compared. Else bindings are found by their order,
  /// constants by their SpecId.
  Comparison(const airstrip::Reflection& own, const airstrip::Reflection& other, bool is_same_module = true)
      : own_(own), other_(other), is_same_module_(is_same_module) {
    compare("entry points", own.entry_points().size(), other.entry_points().size());
    for (const EntryPoint& entry : own.entry_points()) compare_entry_point(entry);
    compare_constants();
  }
  /// "main: binding 0.3 (textures): count is 16, SPIRV-Cross has 1".
  const std::vector<std::string>& differences() const { return differences_; }
  std::string text() const {
    std::string all;
    for (const std::string& d : differences_) all += d + "\n";
    return all;
  }

private:
  using Binding = airstrip::reflection::Binding;
  using EntryPoint = airstrip::reflection::EntryPoint;
  using SpecConstant = airstrip::reflection::SpecConstant;
  using StageVariable = airstrip::reflection::StageVariable;

  static std::string str(airstrip::Text text) { return std::string(text.data(), text.size()); }
  static std::string str(const char* text) { return text; }
  static std::string str(bool value) { return value ? "yes" : "no"; }
  template <class T>
  static std::string str(T value) {
    return std::to_string(value);
  }
  template <class T>
  void compare(const char* field, T own, T other) {
    if (own == other) return;
    differences_.push_back(where_ + field + " is " + str(own) + ", SPIRV-Cross has " + str(other));
  }
  void missing(const std::string& what) { differences_.push_back(where_ + what + " is not there"); }

  void compare_entry_point(const EntryPoint& own) {
    where_ = str(own.name) + ": ";
    const EntryPoint* const other = other_.find_entry_point(own.name, own.model);
    if (!other) return missing("the entry point");
    compare("workgroup.x", own.workgroup.x, other->workgroup.x);
    compare("workgroup.y", own.workgroup.y, other->workgroup.y);
    compare("workgroup.z", own.workgroup.z, other->workgroup.z);
    compare("push constants' offset", own.push_constants.offset, other->push_constants.offset);
    compare("push constants' size", own.push_constants.size, other->push_constants.size);
    for (const Binding& b : own_.bindings(own)) {
      const Binding* const found = find(b, own, *other);
      if (found)
        compare_binding(b, *found);
      else
        missing(name_of(b));
    }
    compare("bindings", own.bindings.count, other->bindings.count);
    if (!is_same_module_) return;
    compare_stage_variables(own.inputs, other->inputs, "input ");
    compare_stage_variables(own.outputs, other->outputs, "output ");
  }
  const Binding* find(const Binding& b, const EntryPoint& own, const EntryPoint& other) const {
    const airstrip::Span<const Binding> list = other_.bindings(other);
    const std::size_t at = static_cast<std::size_t>(&b - own_.bindings(own).data());
    if (!is_same_module_) return at < list.size() ? &list[at] : nullptr;
    for (const Binding& candidate : list)
      if (candidate.variable == b.variable) return &candidate;
    return nullptr;
  }
  static std::string name_of(const Binding& b) {
    return "binding " + std::to_string(b.set) + "." + std::to_string(b.binding);
  }
  void compare_binding(const Binding& own, const Binding& other) {
    const std::string before = where_;
    where_ += name_of(own) + ": ";
    compare("set", own.set, other.set);
    compare("binding", own.binding, other.binding);
    compare("kind", to_string(own.kind), to_string(other.kind));
    compare("count", own.count, other.count);
    compare("minimum size", own.minimum_bytes, other.minimum_bytes);
    compare("stride", own.element_stride, other.element_stride);
    compare("declared read", own.declared.read, other.declared.read);
    compare("declared write", own.declared.write, other.declared.write);
    compare("input attachment", own.input_attachment_index, other.input_attachment_index);
    if (is_same_module_) compare("name", own.name, other.name);
    where_ = before;
  }
  void compare_stage_variables(airstrip::reflection::Range own, airstrip::reflection::Range other,
                               const char* what) {
    const auto sorted = [](const airstrip::Reflection& r, airstrip::reflection::Range range) {
      std::vector<StageVariable> list(r.stage_variables().begin() + range.first,
                                      r.stage_variables().begin() + range.first + range.count);
      std::sort(list.begin(), list.end(), [](const StageVariable& a, const StageVariable& b) {
        return std::tie(a.variable, a.member) < std::tie(b.variable, b.member);
      });
      return list;
    };
    const std::vector<StageVariable> left = sorted(own_, own), right = sorted(other_, other);
    const std::string before = where_;
    if (left.size() != right.size()) {
      where_ += what;
      compare("variables", left.size(), right.size());
    } else {
      for (std::size_t i = 0; i < left.size(); ++i) {
        const StageVariable &a = left[i], &b = right[i];
        where_ = before + what + str(a.name) + ": ";
        compare("variable", a.variable, b.variable);
        compare("member", a.member, b.member);
        compare("location", a.location, b.location);
        compare("component", a.component, b.component);
        compare("index", a.index, b.index);
        compare("builtin", a.builtin, b.builtin);
        compare("flat", a.flat, b.flat);
        compare("noperspective", a.no_perspective, b.no_perspective);
        compare("centroid", a.centroid, b.centroid);
        compare("sample", a.sample, b.sample);
        compare("patch", a.patch, b.patch);
        if (is_same_module_) compare("name", a.name, b.name);
      }
    }
    where_ = before;
  }
  void compare_constants() {
    where_.clear();
    for (const SpecConstant& own : own_.spec_constants()) {
      if (own.spec_id == airstrip::reflection::none) continue;
      where_ = "constant " + std::to_string(own.spec_id) + ": ";
      const SpecConstant* other = nullptr;
      for (const SpecConstant& c : other_.spec_constants())
        if (is_same_module_ ? c.id == own.id : c.spec_id == own.spec_id) other = &c;
      if (!other) {
        missing("it");
        continue;
      }
      compare("id", own.spec_id, other->spec_id);
      compare("size", own.size, other->size);
      compare("default", own.default_bits, other->default_bits);
      compare("value", own.bits, other->bits);
      if (is_same_module_) compare("name", own.name, other->name);
    }
  }

  const airstrip::Reflection& own_;
  const airstrip::Reflection& other_;
  bool is_same_module_;
  std::string where_;
  std::vector<std::string> differences_;
};

}  // namespace test
