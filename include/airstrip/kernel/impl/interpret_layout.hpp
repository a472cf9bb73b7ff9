// Where workgroup and private memory and the shadow of all memory lie.
#pragma once

#include "interpret_machine.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

/// How finely each resource is watched: by the smallest component that the kernel reads or writes there. And whether
/// it is written at all: what is only read has no races.
inline void Machine::measure_cells() {
  const std::size_t count = memories_.size();
  for (std::size_t r = 0; r < count; ++r) {
    const Resource& resource = kernel_.resource(r);
    Memory& m = memories_[r];
    m.kind = resource.kind;
    const bool image =
        resource.kind == ResourceKind::StorageImage || resource.kind == ResourceKind::SampledImage;
    m.component = resource.element.is_boolean() ? 1 : resource.element.width() / 8;
    m.element = m.component * resource.element.components();
    if (resource.kind == ResourceKind::Buffer) m.element = resource.stride ? resource.stride : m.element;
    if (image) m.element = 16;
    if (m.element == 0) m.element = 1;
    m.storage_index = resource.kind == ResourceKind::Workgroup ? 1 : image ? 2 : 0;
    m.storage = static_cast<std::uint8_t>(1u << m.storage_index);
    m.cell_shift = image ? 4 : 3;
  }
  const auto narrow = [](Memory& m, std::uint32_t bytes) {
    while (m.cell_shift > 0 && (std::uint32_t{1} << m.cell_shift) > bytes) --m.cell_shift;
  };
  for (const Instruction& i : program_.code) {
    if (i.code == Code::Image) {
      if (i.op == Op::ImageStore) memories_[i.immediate].watched = true;
      continue;
    }
    const bool matrix = i.code == Code::Matrix && (i.op == Op::MatrixLoad || i.op == Op::MatrixStore);
    if (i.code != Code::Memory && i.code != Code::Atomic && !matrix) continue;
    const MemoryAccess& access = kernel_.access(i.immediate);
    Memory& m = memories_[access.resource];
    const bool takes_value = i.op != Op::Load && i.op != Op::MatrixLoad && i.op != Op::AtomicLoad;
    const Type type = takes_value ? operand(i, 0).type : i.type;
    narrow(m, component_bytes(m, type));
    if (takes_value) m.watched = true;
  }
}

/// Where the shadow of each resource lies. Buffers that share memory share their cells.
inline void Machine::lay_out_shadow() {
  const std::size_t count = memories_.size();
  std::uint64_t local = 0, flags = 0, cells = 0;
  for (std::size_t r = 0; r < count; ++r) {
    Memory& m = memories_[r];
    const Resource& resource = kernel_.resource(r);
    if (resource.kind != ResourceKind::Workgroup && resource.kind != ResourceKind::Private) continue;
    m.size = std::uint64_t{resource.count} * m.element;
    const bool each = resource.kind == ResourceKind::Private;
    m.lane_stride = each ? m.size : 0;
    const std::uint64_t copies = each ? workgroup_invocations_ : 1;
    if (m.size > (std::uint64_t{1} << 32) / copies) {
      fail(ErrorCode::LimitExceeded, "workgroup or private memory of more than 4 GiB");
      return;
    }
    m.cell_bias = local;  // until the memory is there
    local += (m.size * copies + 7) / 8 * 8;
    if (!options_.sanitize.uninitialized) continue;
    m.tracks_written = true;
    m.first_written = flags;
    const std::uint64_t per_copy = (m.size + (std::uint64_t{1} << m.cell_shift) - 1) >> m.cell_shift;
    m.written_stride = each ? per_copy : 0;
    flags += per_copy * copies;
  }
  local_.resize(local, 0);
  written_.resize(flags, 0);
  if (local_.size() != local || written_.size() != flags) return;
  for (std::size_t r = 0; r < count; ++r) {
    Memory& m = memories_[r];
    if (m.kind != ResourceKind::Workgroup && m.kind != ResourceKind::Private) continue;
    m.bytes = local_.data() + m.cell_bias;
    m.cell_bias = 0;
  }
  const auto is_global = [](const Memory& m) {
    return m.kind == ResourceKind::Buffer || m.kind == ResourceKind::StorageImage ||
           m.kind == ResourceKind::SampledImage;
  };
  Buffer<std::uint32_t> group;  // by resource: the first that it shares memory with, itself at least
  for (std::size_t r = 0; r < count; ++r) group.push_back(static_cast<std::uint32_t>(r));
  if (group.size() != count) {
    fail(ErrorCode::OutOfMemory, "out of memory in the interpreter");
    return;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t a = 0; a < count; ++a)
      for (std::size_t b = a + 1; b < count; ++b) {
        const Memory &x = memories_[a], &y = memories_[b];
        if (!is_global(x) || !is_global(y) || group[a] == group[b]) continue;
        const auto x0 = reinterpret_cast<std::uintptr_t>(x.bytes),
                   y0 = reinterpret_cast<std::uintptr_t>(y.bytes);
        if (x0 + x.size <= y0 || y0 + y.size <= x0) continue;
        const std::uint32_t lower = group[a] < group[b] ? group[a] : group[b];
        const std::uint32_t upper = group[a] < group[b] ? group[b] : group[a];
        for (std::uint32_t& g : group)
          if (g == upper) g = lower;
        changed = true;
      }
  }
  for (std::size_t leader = 0; leader < count; ++leader) {
    if (group[leader] != leader) continue;
    std::uintptr_t begin = ~std::uintptr_t{0}, end = 0;
    bool written = false;
    std::uint32_t shift = 4;
    for (std::size_t r = 0; r < count; ++r) {
      if (group[r] != leader) continue;
      const Memory& m = memories_[r];
      const auto from = reinterpret_cast<std::uintptr_t>(m.bytes);
      begin = from < begin ? from : begin;
      end = from + m.size > end ? from + m.size : end;
      written = written || m.watched;
      shift = m.cell_shift < shift ? m.cell_shift : shift;
    }
    const bool watched = written && options_.sanitize.races && end > begin &&
                         (is_global(memories_[leader]) || memories_[leader].kind == ResourceKind::Workgroup);
    const std::uintptr_t aligned = begin >> shift << shift;
    for (std::size_t r = 0; r < count; ++r) {
      if (group[r] != leader) continue;
      Memory& m = memories_[r];
      m.watched = watched;
      m.first_cell = cells;
      if (is_global(m)) {
        m.cell_shift = shift;
        m.cell_bias = reinterpret_cast<std::uintptr_t>(m.bytes) - aligned;
      }
    }
    if (watched) cells += ((end - aligned) >> shift) + 1;
  }
  if (cells > (std::uint64_t{1} << 31)) {
    fail(ErrorCode::LimitExceeded,
         "the buffers that the kernel writes to are too large to be watched for races; bind less, or switch "
         "Sanitize::races off");
    return;
  }
  cells_.resize(cells, Cell());
}

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
