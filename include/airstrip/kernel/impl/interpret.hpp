#pragma once

#include "../interpret.hpp"
#include "interpret_control.hpp"
#include "interpret_execute.hpp"
#include "interpret_image.hpp"
#include "interpret_layout.hpp"
#include "interpret_lowering.hpp"
#include "interpret_machine.hpp"
#include "interpret_matrix.hpp"
#include "interpret_memory.hpp"
#include "interpret_report.hpp"
#include "interpret_setup.hpp"
#include "interpret_shadow.hpp"
#include "interpret_subgroup.hpp"
#include "interpret_values.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

AIRSTRIP_INLINE std::uint32_t Resources::keep(Text name) {
  const auto at = static_cast<std::uint32_t>(text_.size());
  text_.append({name.data(), name.size()});
  return at;
}
AIRSTRIP_INLINE void Resources::add_buffer(Text name, std::uint32_t resource, void* data, std::size_t bytes,
                                           bool read_only) {
  const std::uint32_t at = keep(name);
  buffers_.push_back({at, static_cast<std::uint32_t>(name.size()), resource, read_only, data, bytes});
}
AIRSTRIP_INLINE void Resources::add_image(Text name, std::uint32_t resource, const ImageBinding& image) {
  const std::uint32_t at = keep(name);
  images_.push_back({at, static_cast<std::uint32_t>(name.size()), resource, image});
}
AIRSTRIP_INLINE void Resources::set_bits(Text name, Type type, Span<const std::uint64_t> components) {
  Set set{keep(name), static_cast<std::uint32_t>(name.size()), type, {}};
  for (std::size_t i = 0; i < components.size() && i < 4; ++i) set.bits[i] = components[i];
  parameters_.push_back(set);
}
AIRSTRIP_INLINE void Resources::specialize(std::uint32_t number, std::uint64_t bits) {
  spec_constants_.push_back({number, bits});
}
AIRSTRIP_INLINE bool Resources::out_of_memory() const {
  return buffers_.out_of_memory() || images_.out_of_memory() || parameters_.out_of_memory() ||
         spec_constants_.out_of_memory() || text_.out_of_memory();
}

namespace detail::interpreter {

inline Result<Report> Machine::run() {
  find_values();
  if (ok()) check_options();
  if (!ok()) return static_cast<Diagnostic&&>(error_);
  if (resources_.out_of_memory())
    fail(ErrorCode::OutOfMemory, "out of memory while the resources were bound");
  subgroup_count_ = (workgroup_invocations_ + size_ - 1) / size_;
  Lowering lowering(kernel_, size_, options_, program_);
  if (!lowering.run()) return static_cast<Diagnostic&&>(program_.error);
  entry_ = lowering.entry();

  const std::size_t resources = kernel_.resources().size();
  memories_.resize(resources, Memory());
  if (memories_.size() == resources) {
    measure_cells();
    for (std::size_t r = 0; r < resources && ok(); ++r) {
      const ResourceKind kind = kernel_.resource(r).kind;
      if (kind == ResourceKind::Buffer || kind == ResourceKind::StorageImage ||
          kind == ResourceKind::SampledImage)
        bind(static_cast<std::uint32_t>(r));
    }
    if (ok()) lay_out_shadow();
  }
  if (!ok()) return static_cast<Diagnostic&&>(error_);
  all_registers_.resize(static_cast<std::size_t>(subgroup_count_) * program_.slots * size_, 0);
  subgroups_.resize(subgroup_count_, Subgroup());
  frames_.resize(static_cast<std::size_t>(subgroup_count_) * program_.depth, Frame());
  variable_written_.resize(subgroup_count_ * resources, Mask());
  fences_.resize(workgroup_invocations_, 0);
  Buffer<std::uint32_t> workgroups;
  const std::uint32_t count = dispatch_.groups[0] * dispatch_.groups[1] * dispatch_.groups[2];
  for (std::uint32_t w = 0; w < count && options_.seed != 0; ++w) workgroups.push_back(w);
  order_.reserve(subgroup_count_);
  if (memories_.out_of_memory() || all_registers_.out_of_memory() || subgroups_.out_of_memory() ||
      frames_.out_of_memory() || variable_written_.out_of_memory() || fences_.out_of_memory() ||
      workgroups.out_of_memory() || order_.out_of_memory() || local_.out_of_memory() ||
      written_.out_of_memory() || cells_.out_of_memory() || parameter_bits_.out_of_memory() ||
      spec_bits_.out_of_memory()) {
    fail(ErrorCode::OutOfMemory,
         "out of memory in the interpreter; a smaller dispatch or binding needs less");
    return static_cast<Diagnostic&&>(error_);
  }
  preset();
  random_ = options_.seed;
  if (options_.seed != 0) shuffle(workgroups, random_);
  for (std::uint32_t w = 0; w < count && !stopped_ && ok(); ++w) {
    run_workgroup(options_.seed != 0 ? workgroups[w] : w);
    report_.invocations += workgroup_invocations_;
  }
  if (links_.out_of_memory() || sync_cells_.out_of_memory() || acquired_.out_of_memory() ||
      to_visit_.out_of_memory() || report_.findings_to_fill().out_of_memory() ||
      report_.text_to_fill().out_of_memory())
    fail(ErrorCode::OutOfMemory, "out of memory in the sanitizer; a smaller dispatch needs less");
  if (!ok()) return static_cast<Diagnostic&&>(error_);
  return static_cast<Report&&>(report_);
}

}  // namespace detail::interpreter

AIRSTRIP_INLINE Result<Report> interpret(const Kernel& kernel, const Dispatch& dispatch,
                                         const Resources& resources, const InterpretOptions& options) {
  if (!kernel.ok()) return kernel.error();
  if (kernel.functions().empty()) {
    Diagnostic error;
    error.code = ErrorCode::UndefinedId;
    error.message = "an empty kernel cannot be run; build one first";
    return error;
  }
  detail::interpreter::Machine machine(kernel, dispatch, resources, options);
  return machine.run();
}

AIRSTRIP_KERNEL_NAMESPACE_END
