// The end of a function and of a module: later-patched operands, interface lists, sections in their order.
#pragma once

#include "../emitter.hpp"

AIRSTRIP_SPIRV_NAMESPACE_BEGIN

AIRSTRIP_INLINE bool Emitter::finish_function(SourceLocation at) {
  function_open_ = block_open_ = false;
  current_function_ = FunctionId();
  if (locals_.words.empty() && edits_.empty()) return true;

  // Variables go right behind the first label (SPIR-V 2.4: "all OpVariable instructions in a function must be the first
  // instructions in the first block"), later operands at the end of their instruction. What lies between is copied as a
  // whole.
  SectionArena& functions = arena_of(Section::Function);
  if (!edits_.empty())
    std::qsort(edits_.data(), edits_.size(), sizeof(Edit), [](const void* a, const void* b) {
      const Edit &x = *static_cast<const Edit*>(a), &y = *static_cast<const Edit*>(b);
      // By instruction, then in the order of the calls: no two are equal, so the result is the same everywhere.
      if (x.offset != y.offset) return x.offset < y.offset ? -1 : 1;
      return x.first < y.first ? -1 : x.first > y.first;
    });
  rebuilt_.clear();
  std::uint32_t copied = function_begin_, inserted = 0;
  std::size_t record = function_first_location_;
  const std::size_t records = functions.locations.size();
  const auto copy_up_to = [&](std::size_t end) {
    rebuilt_.words.append({functions.words.data() + copied, end - copied});
    copied = static_cast<std::uint32_t>(end);
    std::size_t last = record;
    while (last < records && functions.locations[last].offset < end) ++last;
    LocationRecord* const to = rebuilt_.locations.extend(last - record);
    if (!to) return;
    for (std::size_t i = 0; i < last - record; ++i) {
      to[i] = functions.locations[record + i];
      to[i].offset += inserted;
    }
    record = last;
  };
  if (entry_label_ != 0 && !locals_.words.empty()) {
    copy_up_to(entry_label_ + (functions.words[entry_label_] >> 16));
    for (const LocationRecord& local : locals_.locations)
      rebuilt_.locations.push_back({local.file, local.line, copied + local.offset});
    rebuilt_.words.append({locals_.words.data(), locals_.words.size()});
    inserted += static_cast<std::uint32_t>(locals_.words.size());
  }
  for (std::size_t next = 0; next < edits_.size();) {
    const std::uint32_t offset = edits_[next].offset;
    const std::uint32_t first = functions.words[offset], old_length = first >> 16;
    copy_up_to(offset + old_length);
    std::size_t length = old_length;
    for (; next < edits_.size() && edits_[next].offset == offset; ++next) {
      rebuilt_.words.append({edit_words_.data() + edits_[next].first, edits_[next].count});
      length += edits_[next].count;
    }
    if (rebuilt_.words.out_of_memory() || rebuilt_.locations.out_of_memory()) return out_of_memory(at);
    if (length > 0xFFFF) {
      const LocationRecord& of = rebuilt_.locations.back();
      fail(ErrorCode::LimitExceeded, "the instruction has grown past 65,535 words", {of.file, of.line});
      return false;
    }
    rebuilt_.words[rebuilt_.words.size() - length] =
        static_cast<std::uint32_t>(length) << 16 | (first & 0xFFFF);
    inserted += static_cast<std::uint32_t>(length) - old_length;
  }
  copy_up_to(functions.words.size());
  if (rebuilt_.words.out_of_memory() || rebuilt_.locations.out_of_memory()) return out_of_memory(at);
  functions.words.truncate(function_begin_);
  functions.locations.truncate(function_first_location_);
  if (!functions.words.append({rebuilt_.words.data(), rebuilt_.words.size()}) ||
      !functions.locations.append({rebuilt_.locations.data(), rebuilt_.locations.size()}))
    return out_of_memory(at);
  return true;
}

AIRSTRIP_INLINE bool Emitter::check_end(SourceLocation at) {
  if (failed_) return false;
  for (const SectionArena& arena : arenas_)
    if (arena.words.out_of_memory() || arena.locations.out_of_memory()) return out_of_memory(at);
  if (variables_.out_of_memory() || spec_ids_.out_of_memory() || requirements_.out_of_memory())
    return out_of_memory(at);
  if (!options_.check_structure) return true;
  if (block_open_ || function_open_) {
    fail(ErrorCode::UnterminatedBlock,
         block_open_ ? "the module ends inside a block; terminate it and end the function"
                     : "the module ends inside a function; OpFunctionEnd is missing",
         at, nullptr, describe(block_open_ ? current_block_.number() : current_function_.number()));
    return false;
  }
  for (const Reserved& reserved : reserved_) {
    const IdInfo& known = info(reserved.id);
    if ((known.flags & defined) || !(known.flags & used_early)) continue;
    fail(ErrorCode::UndefinedId, "the id was reserved here and used, but no instruction defines it",
         reserved.where, nullptr, describe(reserved.id));
    return false;
  }
  return check_variables();
}

// Explicit layout where memory is shared with the host, and nowhere else (Vulkan VUID-StandaloneSpirv-None-10684 and
// -Uniform-… "must be explicitly laid out"): the most reported defect of emitters.
AIRSTRIP_INLINE bool Emitter::check_variables() {
  for (const GlobalVariable& variable : variables_) {
    const BoundedWords pointer = declaration(info(variable.id).type);
    if (pointer.size() < 4 || info(info(variable.id).type).op != Op::OpTypePointer) continue;
    std::uint32_t type = pointer[3];
    switch (variable.storage) {
      case StorageClass::Workgroup:
        if (requirements_.has(Capability::WorkgroupMemoryExplicitLayoutKHR)) continue;
        [[fallthrough]];
      case StorageClass::Private:
        if (!has_explicit_layout(type)) continue;
        fail(ErrorCode::WrongType,
             "a variable in Workgroup, Private or Function memory must not have a type with explicit layout "
             "(Offset, "
             "ArrayStride, MatrixStride); declare the type without layout for it",
             variable.where, "OpVariable", describe(variable.id));
        return false;
      case StorageClass::StorageBuffer:
      case StorageClass::Uniform:
      case StorageClass::PushConstant: {
        if (memory_model_ == MemoryModel::OpenCL) continue;
        for (unsigned i = 0;
             i < 64 && (info(type).op == Op::OpTypeArray || info(type).op == Op::OpTypeRuntimeArray); ++i)
          type = declaration(type)[2];  // arrays of descriptors
        const BoundedWords words = declaration(type);
        if (info(type).op == Op::OpTypeStruct && words.size() > 2 && !has_explicit_layout(type)) {
          fail(ErrorCode::WrongType,
               "a buffer's structure needs explicit layout; declare it with a layout rule, or decorate its "
               "members with "
               "Offset",
               variable.where, "OpVariable", describe(variable.id));
          return false;
        }
        if (info(type).op == Op::OpTypeStruct && !(info(type).flags & block)) {
          fail(ErrorCode::WrongType, "a buffer's structure must be decorated Block", variable.where,
               "OpVariable", describe(variable.id));
          return false;
        }
        continue;
      }
      default: continue;
    }
  }
  return true;
}

AIRSTRIP_INLINE bool Emitter::in_interface(std::uint32_t id) const {
  for (const std::uint32_t known : interface_)
    if (known == id) return true;
  return false;
}

// The global variables that a function's words and the functions it calls mention. A literal that looks like one may
// be counted too: the list must hold every variable of the static call tree, and may hold others.
AIRSTRIP_INLINE void Emitter::collect_interface(std::uint32_t function, unsigned depth) {
  for (const std::uint32_t known : visited_)
    if (known == function) return;
  visited_.push_back(function);
  if (depth > 256 || !(info(function).flags & defined)) return;  // SPIR-V forbids recursion in shaders
  const SectionArena& functions = arena_of(Section::Function);
  for (std::size_t at = info(function).definition; at < functions.words.size();) {
    const std::uint32_t* const words = functions.words.data() + at;
    const std::size_t length = words[0] >> 16;
    const auto op = static_cast<Op>(words[0] & 0xFFFF);
    if (op == Op::OpFunctionEnd) return;
    if (op == Op::OpFunctionCall) collect_interface(words[3], depth + 1);
    for (std::size_t i = 1; i < length; ++i) {
      const std::uint32_t word = words[i];
      if (word < ids_.size() && (info(word).flags & global) &&
          (info(word).op == Op::OpVariable || info(word).op == Op::OpUntypedVariableKHR) &&
          !in_interface(word))
        interface_.push_back(word);
    }
    at += length;
  }
}

AIRSTRIP_INLINE bool Emitter::assemble(Buffer<std::uint32_t>& words, Buffer<LocationRecord>* locations,
                                       SourceLocation at) {
  if (!check_end(at)) return false;
  words.clear();
  if (locations) locations->clear();
  std::size_t total = header_words + 3 + 3 * 64;
  for (const SectionArena& arena : arenas_) total += arena.words.size();
  if (!words.reserve(total)) return out_of_memory(at);
  const std::uint32_t header[header_words] = {magic_number,
                                              static_cast<std::uint32_t>(version_ >> 8) << 16 |
                                                  static_cast<std::uint32_t>(version_ & 0xFF) << 8,
                                              generator_magic << 16, bound(), 0};
  words.append(header);

  const auto copy = [&](Section section) {
    const SectionArena& arena = arena_of(section);
    const auto base = static_cast<std::uint32_t>(words.size());
    words.append({arena.words.data(), arena.words.size()});
    if (locations)
      for (const LocationRecord& record : arena.locations)
        locations->push_back({record.file, record.line, base + record.offset});
  };
  const auto deduced = [&] {  // what follows has no line of its own
    if (locations) locations->push_back({nullptr, 0, static_cast<std::uint32_t>(words.size())});
  };

  if (options_.check_structure) {
    deduced();
    requirements_.settle();
    for (const EnumerantInfo& capability : grammar::enumerants(OperandKind::Capability)) {
      if (!requirements_.declared(static_cast<Capability>(capability.value))) continue;
      const std::uint32_t instruction[] = {2u << 16 | static_cast<std::uint32_t>(Op::OpCapability),
                                           capability.value};
      words.append(instruction);
    }
    const auto extension = [&](Text name) {
      OperandList list(*this);
      list.add(name);
      const std::size_t count = scratch_.size() - list.begin_;
      words.push_back(static_cast<std::uint32_t>(count + 1) << 16 |
                      static_cast<std::uint32_t>(Op::OpExtension));
      for (std::size_t i = 0; i < count; ++i) words.push_back(scratch_[list.begin_ + i].word);
    };
    for (std::size_t i = 0; i < extension_count; ++i)
      if (requirements_.declared(static_cast<Extension>(i)))
        extension(grammar::name(static_cast<Extension>(i)));
    for (std::size_t i = 0; i < requirements_.foreign_extensions().size();) {
      const Text name(requirements_.foreign_extensions().data() + i);
      extension(name);
      i += name.size() + 1;
    }
  } else {
    copy(Section::Capability);
    copy(Section::Extension);
  }
  copy(Section::ExtInstImport);
  if (options_.check_structure) {
    deduced();
    const std::uint32_t model[] = {3u << 16 | static_cast<std::uint32_t>(Op::OpMemoryModel),
                                   static_cast<std::uint32_t>(addressing_),
                                   static_cast<std::uint32_t>(memory_model_)};
    words.append(model);
  } else {
    copy(Section::MemoryModel);
  }
  copy(Section::SamplerImageAddressingMode);

  if (options_.check_structure) {
    // Interface lists: what was given, then what SPIR-V asks for (3.56.3 OpEntryPoint): Input and Output before 1.4,
    // every global variable of the call tree from 1.4 on. One entry point may as well list all there are.
    const SectionArena& entries = arena_of(Section::EntryPoint);
    for (const LocationRecord& record : entries.locations) {
      const std::uint32_t* const entry = entries.words.data() + record.offset;
      const std::size_t length = entry[0] >> 16;
      if (locations)
        locations->push_back({record.file, record.line, static_cast<std::uint32_t>(words.size())});
      if (static_cast<Op>(entry[0] & 0xFFFF) != Op::OpEntryPoint) {  // an extension's own: as given
        words.append({entry, length});
        continue;
      }
      std::size_t name_words = 0;
      for (std::size_t i = 3; i < length && name_words == 0; ++i)
        for (unsigned shift = 0; shift < 32; shift += 8)
          if ((entry[i] >> shift & 0xFF) == 0) name_words = i - 2;
      interface_.clear();
      for (std::size_t i = 3 + name_words; i < length; ++i)
        if (!in_interface(entry[i])) interface_.push_back(entry[i]);
      const std::size_t given = interface_.size();
      visited_.clear();
      if (entries.locations.size() == 1) {
        for (const GlobalVariable& variable : variables_)
          if (!in_interface(variable.id)) interface_.push_back(variable.id);
      } else {
        collect_interface(entry[2], 0);
      }
      if (interface_.out_of_memory() || visited_.out_of_memory()) return out_of_memory(at);
      if (version_ < make_version(1, 4)) {
        std::size_t kept = given;
        for (std::size_t i = given; i < interface_.size(); ++i) {
          const BoundedWords variable = declaration(interface_[i]);
          const auto storage = static_cast<StorageClass>(variable[3]);
          if (storage == StorageClass::Input || storage == StorageClass::Output)
            interface_[kept++] = interface_[i];
        }
        interface_.truncate(kept);
      }
      const std::size_t total_words = 3 + name_words + interface_.size();
      if (total_words > 0xFFFF) {
        fail(ErrorCode::LimitExceeded, "the interface list has more than 65,535 words",
             {record.file, record.line}, "OpEntryPoint");
        return false;
      }
      words.push_back(static_cast<std::uint32_t>(total_words) << 16 | (entry[0] & 0xFFFF));
      words.append({entry + 1, 2 + name_words});
      words.append({interface_.data(), interface_.size()});
    }
  } else {
    copy(Section::EntryPoint);
  }
  for (auto i = static_cast<std::size_t>(Section::ExecutionMode); i < arena_count; ++i)
    copy(static_cast<Section>(i));
  if (words.out_of_memory() || (locations && locations->out_of_memory())) return out_of_memory(at);
  return true;
}

AIRSTRIP_SPIRV_NAMESPACE_END
