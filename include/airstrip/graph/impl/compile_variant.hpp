// One variant of a program: passes and lowering here, memory in compile_memory.hpp, records in compile_records.hpp.
#pragma once

#include "../../kernel/interface.hpp"
#include "../compile.hpp"
#include "../lower.hpp"
#include "../memory_plan.hpp"
#include "elements.hpp"
#include "hazards.hpp"
#include "program_parts.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

class VariantCompiler {
public:
  VariantCompiler(const Graph& graph, const CompileTarget& target, const CompileOptions& options,
                  ProgramParts& parts)
      : g_(graph.clone()), target_(target), o_(options), parts_(parts), w_(parts.writer),
        sizes_(g_.sizes(), parts.writer) {}

  Result<void> run() {
    if (Result<void> r = prepare_graph(); !r) return r;
    if (Result<void> r = lower_all(OpenSizes::Parameters); !r) return r;
    if (o_.max_modules != 0)
      if (Result<void> r = bound_modules(); !r) return r;
    if (Result<void> r = plan(); !r) return r;
    if (!parts_.has_tensors) write_tensors();
    parts_.has_tensors = true;
    return write();
  }

private:
  using Memory = program::Memory;
  static constexpr std::uint32_t no_index = program::none;

  // One dispatch, in the order of the program: Phase::Prepare first.
  struct Dispatch {
    std::uint32_t lowered, step;
  };
  // Memory of a value, or of an operand of an operation's own.
  struct Place {
    Memory memory = Memory::Scratch;
    std::uint32_t tensor = no_index;
    std::uint64_t offset = 0, bytes = 0;
    SizeId size = {};
    std::uint32_t lifetime = no_index;
    std::uint32_t region = no_index;
    bool is_placed = false;
  };

  Diagnostic out_of_memory() const {
    return refuse(ErrorCode::OutOfMemory, "out of memory while compiling a graph");
  }

  Result<void> prepare_graph() {
    if (!target_.cooperative_matrices) target_.target.matrix_product_count = 0;
    if (!g_.ok()) return g_.error();
    if (Result<std::size_t> folded = fold(g_); !folded)
      return static_cast<Result<std::size_t>&&>(folded).error();
    if (Result<std::size_t> changed = canonicalize(g_); !changed)
      return static_cast<Result<std::size_t>&&>(changed).error();
    remove_dead(g_);
    FusionOptions fusion = o_.fusion;
    if (target_.float16) {
      Result<Float16Report> halved = to_float16(g_);
      if (!halved) return static_cast<Result<Float16Report>&&>(halved).error();
      report_ << halved->text;
      fusion.skip_half = true;
    }
    if (fusion.max_storage_buffers == 0 || fusion.max_storage_buffers > target_.target.max_storage_buffers)
      fusion.max_storage_buffers = target_.target.max_storage_buffers;
    Result<FusionReport> fused = fuse(g_, fusion);
    if (!fused) return static_cast<Result<FusionReport>&&>(fused).error();
    report_ << fused->text;
    return separate_outputs();
  }

  // The value whose memory a value is.
  ValueId root_of(ValueId value) const {
    for (;;) {
      const NodeId producer = g_.value(value).producer;
      if (producer == NodeId::Absent || !is_view(g_, g_.node(producer))) return value;
      value = g_.node(producer).inputs[0];
    }
  }

  // Each output of the graph gets memory of its own: what is an input, a constant or another output as well is copied.
  Result<void> separate_outputs() {
    Buffer<ValueId> taken;
    for (GraphOutput& output : g_.outputs_to_change()) {
      const ValueId root = root_of(output.value);
      bool shared = g_.value(root).is_input || g_.value(root).is_constant;
      for (const ValueId other : taken) shared = shared || other == root;
      if (shared) {
        tensor::CopyProblem copy;
        String name(Text(output.name));
        name << "_copy";
        const ValueId value = g_.add(copy, {output.value}, Text(name));
        if (!g_.ok()) return g_.error();
        output.value = value;
      }
      if (!taken.push_back(root_of(output.value))) return out_of_memory();
    }
    return {};
  }

  Result<void> lower_all(OpenSizes open) {
    lowered_.clear();
    dispatches_.clear();
    for (std::uint32_t i = 0; i < g_.nodes().size(); ++i) {
      if (is_view(g_, g_.nodes()[i])) continue;
      Result<LoweredNode> lowered = lower(g_, static_cast<NodeId>(i), target_.target, open);
      if (!lowered) return static_cast<Result<LoweredNode>&&>(lowered).error();
      if (!lowered_.push_back(static_cast<LoweredNode&&>(*lowered))) return out_of_memory();
    }
    for (const tensor::Phase phase : {tensor::Phase::Prepare, tensor::Phase::Run}) {
      for (std::uint32_t l = 0; l < lowered_.size(); ++l)
        for (std::uint32_t s = 0; s < lowered_[l].operation.steps().size(); ++s)
          if (lowered_[l].operation.steps()[s].phase == phase)
            if (!dispatches_.push_back({l, s})) return out_of_memory();
      if (phase == tensor::Phase::Prepare) prepares_ = dispatches_.size();
    }
    return {};
  }

  // As `write_module` tells them apart, but that words of the same hash are taken for the same.
  Result<std::uint32_t> count_modules() const {
    struct Known {
      std::uint64_t hash;
      std::uint32_t subgroup_size;
      bool full_subgroups;
    };
    Buffer<Known> all;
    for (const Dispatch& d : dispatches_) {
      const tensor::Operation& operation = lowered_[d.lowered].operation;
      const tensor::Step& step = operation.steps()[d.step];
      const Result<spirv::Module> module = operation.module(d.step, o_.names);
      if (!module) return module.error();
      const Known made = {spirv::hash_words(module->words()), step.subgroup_size,
                          step.kernel.options().subgroup.full};
      bool is_known = false;
      for (const Known& known : all)
        is_known = is_known || (known.hash == made.hash && known.subgroup_size == made.subgroup_size &&
                                known.full_subgroups == made.full_subgroups);
      if (!is_known && !all.push_back(made)) return out_of_memory();
    }
    return static_cast<std::uint32_t>(all.size());
  }

  // Where there are too many modules, kernels are given their sizes.
  Result<void> bound_modules() {
    const Result<std::uint32_t> apart = count_modules();
    if (!apart) return apart.error();
    if (*apart <= o_.max_modules) return {};
    if (Result<void> r = lower_all(OpenSizes::All); !r) return r;
    const Result<std::uint32_t> shared = count_modules();
    if (!shared) return shared.error();
    report_ << "kernels are given their sizes, so that there are " << *shared << " modules in place of "
            << *apart << '\n';
    if (*shared <= o_.max_modules) return {};
    String message("the variant ");
    message << target_.name << " has " << *shared << " modules (" << *apart
            << " with all sizes known), and max_modules permits " << o_.max_modules;
    return refuse(ErrorCode::LimitExceeded, static_cast<String&&>(message));
  }

  // --- memory
  Result<void> plan();

  Place& place_of(std::uint32_t lowered, std::size_t operand);
  void place_tensor(ValueId value, std::uint32_t tensor);
  SizeId bytes_of(const TensorType& type);
  std::uint64_t bound_bytes(SizeId size) const;

  Result<void> use(Place& place, const LoweredNode& lowered, std::uint32_t index, std::size_t operand,
                   std::uint32_t d, Buffer<Lifetime>& lifetimes);
  Result<void> too_large(Text operand, const Node& node) const;

  // --- formulas
  Result<void> translate_formulas(const SizeTable& table);
  SizeId formula(std::uint32_t lowered, SizeId id) const;

  // --- records
  void write_tensors();
  void write_tensor(Text name, ValueId id, program::Direction direction);

  Result<void> write();

  Result<void> write_dispatch(std::uint32_t d, HazardTracker& hazards);

  static constexpr SizeId no_size = static_cast<SizeId>(0xFFFFFFFF);
  SizeId size_called(const SizeTable& table, std::uint32_t lowered, Text name);

  std::uint32_t region_of(Place& place);

  Result<std::uint32_t> write_module(const spirv::Module& module, const tensor::Step& step,
                                     const kernel::KernelInterface& bound);

  // --- what a device must have
  Result<void> require(const spirv::Module& module);
  void put_requirement(program::RequirementRecord::Kind kind, Text name, std::uint64_t at_least);
  void write_requirements(program::VariantRecord& variant);

  struct OwnOperands {
    Buffer<Place> places;
    std::size_t translation_first = 0;
  };

  Graph g_;
  CompileTarget target_;
  const CompileOptions& o_;
  ProgramParts& parts_;
  program::ProgramWriter& w_;
  ProgramSizes sizes_;
  List<LoweredNode> lowered_;
  List<OwnOperands> own_;
  Buffer<Dispatch> dispatches_;
  std::size_t prepares_ = 0;
  Buffer<Place> values_;
  Buffer<SizeId> formulas_;
  Buffer<program::RequirementRecord> requirements_;
  std::uint64_t scratch_bytes_ = 0, scratch_lower_bound_ = 0, packed_bytes_ = 0, uniform_bytes_ = 0;
  std::uint32_t uses_addresses_ = 0;
  bool uses_subgroups_ = false;
  String report_;
};

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
