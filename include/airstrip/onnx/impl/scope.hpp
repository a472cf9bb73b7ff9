// Names of a graph, a subgraph or a function, and the values they stand for.
#pragma once

#include "../../graph/graph.hpp"
#include "../model.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// What a name stands for: a value of the graph, or nothing that could be made, because an operator is not supported.
struct NamedValue {
  Text name;
  graph::ValueId value = graph::ValueId::Absent;
  const Tensor* initializer = nullptr;  ///< not in the graph yet
  bool is_missing = false;
};

/// A table by name (open addressing). A subgraph sees the names around it.
class Scope {
public:
  explicit Scope(Scope* outer = nullptr) : outer_(outer) {}

  /// Null: the name is not there. Valid until the next `set`.
  NamedValue* find(Text name) {
    for (Scope* scope = this; scope; scope = scope->outer_)
      if (NamedValue* const found = scope->find_own(name)) return found;
    return nullptr;
  }
  /// Here, and not around.
  bool has_own(Text name) { return find_own(name) != nullptr; }
  /// A name that is there already is given the new value.
  bool set(const NamedValue& value) {
    if (2 * (entries_.size() + 1) > slots_.size() && !grow()) return false;
    std::size_t i = hash(value.name) & (slots_.size() - 1);
    for (; slots_[i] != 0; i = (i + 1) & (slots_.size() - 1))
      if (entries_[slots_[i] - 1].name == value.name) {
        entries_[slots_[i] - 1] = value;
        return true;
      }
    if (!entries_.push_back(value)) return false;
    slots_[i] = static_cast<std::uint32_t>(entries_.size());
    return true;
  }

private:
  NamedValue* find_own(Text name) {
    if (slots_.empty()) return nullptr;
    for (std::size_t i = hash(name) & (slots_.size() - 1); slots_[i] != 0; i = (i + 1) & (slots_.size() - 1))
      if (entries_[slots_[i] - 1].name == name) return &entries_[slots_[i] - 1];
    return nullptr;
  }
  static std::size_t hash(Text name) {
    std::uint64_t h = 0xCBF29CE484222325u;
    for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    return static_cast<std::uint32_t>(h ^ h >> 32);
  }
  bool grow() {
    const std::size_t size = slots_.empty() ? 64 : slots_.size() * 2;
    slots_.clear();
    if (!slots_.resize(size, 0)) return false;
    for (std::uint32_t e = 0; e < entries_.size(); ++e) {
      std::size_t i = hash(entries_[e].name) & (size - 1);
      while (slots_[i] != 0) i = (i + 1) & (size - 1);
      slots_[i] = e + 1;
    }
    return true;
  }

  Scope* outer_;
  Buffer<NamedValue> entries_;
  Buffer<std::uint32_t> slots_;  // number of an entry, from 1; a power of two of them
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
