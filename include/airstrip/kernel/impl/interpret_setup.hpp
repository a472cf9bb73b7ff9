// Before anything runs: what is bound is checked against the kernel; and what a workgroup begins with.
#pragma once

#include "interpret_machine.hpp"
#include "interpret_report.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

namespace detail::interpreter {

inline void Machine::fail(ErrorCode code, String message) {
  if (!ok()) return;
  error_.code = code;
  error_.message = static_cast<String&&>(message);
}

inline void Machine::check_options() {
  const SubgroupReliance& reliance = kernel_.options().subgroup;
  size_ = options_.subgroup_size;
  String message;
  if (size_ < 4 || size_ > max_lanes || (size_ & (size_ - 1)) != 0) {
    message << "a subgroup size of " << size_ << " is no power of two from 4 to 128";
    fail(ErrorCode::InvalidOperand, static_cast<String&&>(message));
  } else if (reliance.size != 0 && reliance.size != size_) {
    message << "the kernel " << kernel_.name() << " works with subgroups of " << reliance.size
            << " alone and was run with " << size_ << "; set InterpretOptions::subgroup_size";
    fail(ErrorCode::InvalidOperand, static_cast<String&&>(message));
  } else if (reliance.full && workgroup_invocations_ % size_ != 0) {
    message << "the kernel " << kernel_.name() << " relies on full subgroups, but the last of a workgroup of "
            << workgroup_invocations_ << " invocations has " << workgroup_invocations_ % size_ << " of "
            << size_;
    fail(ErrorCode::InvalidOperand, static_cast<String&&>(message));
  }
  const FloatEnvironment& floats = kernel_.options().floats;
  for (const Rounding rounding : {floats.rounding_16, floats.rounding_32, floats.rounding_64})
    if (rounding == Rounding::TowardZero)
      fail(ErrorCode::InvalidOperand,
           "the kernel rounds toward zero, and the interpreter to nearest even alone");
  reconvergence_ =
      reliance.reconvergence > options_.reconvergence ? reliance.reconvergence : options_.reconvergence;
  const std::uint64_t groups = std::uint64_t{dispatch_.groups[0]} * dispatch_.groups[1] * dispatch_.groups[2];
  if (groups * workgroup_invocations_ >= 0xFFFFFFFFu || groups > 0xFFFFFFFFu)
    fail(ErrorCode::LimitExceeded, "a dispatch of 2^32 invocations or more; run a part of it");
}

/// The size of the workgroup, and the bits of parameters and specialisation constants.
inline void Machine::find_values() {
  for (unsigned d = 0; d < 3; ++d) {
    workgroup_[d] = kernel_.options().workgroup[d];
    const std::uint32_t number = kernel_.options().workgroup_spec[d];
    for (const Resources::Specialized& s : resources_.spec_constants())
      if (number != 0 && s.number == number) workgroup_[d] = static_cast<std::uint32_t>(s.bits);
  }
  const std::uint64_t invocations = std::uint64_t{workgroup_[0]} * workgroup_[1] * workgroup_[2];
  if (invocations == 0 || invocations > 4096) {
    fail(ErrorCode::LimitExceeded, "a workgroup has from 1 to 4096 invocations");
    return;
  }
  workgroup_invocations_ = static_cast<std::uint32_t>(invocations);
  for (const SpecConstantInfo& info : kernel_.spec_constants()) {
    std::uint64_t bits = info.value;
    for (const Resources::Specialized& s : resources_.spec_constants())
      if (s.number == info.number) bits = s.bits;
    spec_bits_.push_back(bits & evaluation::mask_of(info.type.width()));
  }
  for (const ParameterInfo& info : kernel_.parameters()) {
    const Text name = kernel_.text(info.name);
    const Resources::Set* given = nullptr;
    for (const Resources::Set& set : resources_.parameters())
      if (resources_.text(set.name, set.name_size) == name) given = &set;
    if (given && given->type == info.type) {
      parameter_bits_.append({given->bits, 4});
      continue;
    }
    String message("the parameter ");
    message << name << " is " << to_string(info.type);
    if (given)
      message << " and was set to " << to_string(given->type);
    else
      message << " and was not set; call Resources::set";
    fail(given ? ErrorCode::WrongType : ErrorCode::UndefinedId, static_cast<String&&>(message));
    return;
  }
}

/// Memory that the caller owns.
inline bool Machine::bind(std::uint32_t index) {
  const Resource& resource = kernel_.resource(index);
  const Text name = kernel_.resource_name(index);
  Memory& m = memories_[index];
  const auto matches = [&](const auto& bound) {
    return bound.resource == index ||
           (bound.resource == Resources::no_index && resources_.text(bound.name, bound.name_size) == name);
  };
  String message;
  if (resource.kind == ResourceKind::Buffer) {
    const Resources::Buffered* given = nullptr;
    for (const Resources::Buffered& b : resources_.buffers())
      if (matches(b)) given = &b;
    if (given && given->read_only && can_write(resource.access)) {
      message << "the kernel may write to the buffer " << Text(name_of(index))
              << ", and constant memory is bound to it";
      fail(ErrorCode::WrongType, static_cast<String&&>(message));
    } else if (!given || (!given->data && given->bytes != 0)) {
      message << "no memory is bound to the buffer " << Text(name_of(index)) << "; call Resources::bind";
      fail(ErrorCode::UndefinedId, static_cast<String&&>(message));
    } else {
      m.bytes = static_cast<std::uint8_t*>(given->data);
      m.size = given->bytes;
    }
    return ok();
  }
  const Resources::Pictured* given = nullptr;
  for (const Resources::Pictured& p : resources_.images())
    if (matches(p)) given = &p;
  const bool several = resource.dim == ImageDim::Dim2DArray;
  if (!given || !given->image.texels) {
    message << "no texels are bound to the image " << Text(name_of(index)) << "; call Resources::bind_image";
    fail(ErrorCode::UndefinedId, static_cast<String&&>(message));
  } else if (given->image.width == 0 || given->image.height == 0 || given->image.layers == 0 ||
             given->image.levels == 0 || (!several && given->image.layers != 1)) {
    message << "the image " << Text(name_of(index)) << " needs a width, a height, "
            << (several ? "layers" : "one layer") << " and levels";
    fail(ErrorCode::InvalidOperand, static_cast<String&&>(message));
  } else {
    m.image = given->image;
    m.bytes = static_cast<std::uint8_t*>(given->image.texels);
    std::uint64_t texels = 0;
    for (std::uint32_t level = 0; level < m.image.levels; ++level) {
      const std::uint64_t w = level < 32 && m.image.width >> level ? m.image.width >> level : 1;
      const std::uint64_t h = level < 32 && m.image.height >> level ? m.image.height >> level : 1;
      texels += w * h * m.image.layers;
    }
    m.size = texels * 16;
  }
  return ok();
}

/// Constants, once and for all subgroups.
inline void Machine::preset() {
  for (std::uint32_t s = 0; s < subgroup_count_; ++s) {
    std::uint64_t* const registers =
        all_registers_.data() + static_cast<std::size_t>(s) * program_.slots * size_;
    for (const Preset& p : program_.presets) {
      const Node& node = kernel_.node(p.node);
      for (unsigned c = 0; c < node.type.components() && !node.type.is_matrix(); ++c) {
        std::uint64_t bits = 0;
        switch (node.op) {
          case Op::Constant: bits = kernel_.constant_bits(p.node); break;
          case Op::ConstantVector: bits = kernel_.constant_bits(kernel_.operands(p.node)[c]); break;
          case Op::Parameter: bits = parameter_bits_[node.immediate * 4 + c]; break;
          case Op::SpecConstant: bits = spec_bits_[node.immediate]; break;
          default: continue;  // Undefined stays 0, built-ins come with the workgroup
        }
        for (unsigned lane = 0; lane < size_; ++lane) registers[(p.slot + c) * size_ + lane] = bits;
      }
    }
  }
}

inline void Machine::set_builtin(const Preset& preset, Subgroup& subgroup, std::uint64_t* registers) {
  const Node& node = kernel_.node(preset.node);
  const auto which = static_cast<BuiltIn>(node.immediate);
  const auto index = static_cast<std::uint32_t>(&subgroup - subgroups_.data());
  for (unsigned c = 0; c < node.type.components(); ++c) {
    std::uint64_t* const row = registers + (preset.slot + c) * size_;
    for (unsigned lane = 0; lane < size_; ++lane) {
      const std::uint32_t linear = subgroup.first_invocation + lane;
      const std::uint32_t local = c == 0   ? linear % workgroup_[0]
                                  : c == 1 ? linear / workgroup_[0] % workgroup_[1]
                                           : linear / workgroup_[0] / workgroup_[1];
      switch (which) {
        case BuiltIn::GlobalInvocationId: row[lane] = workgroup_id_[c] * workgroup_[c] + local; break;
        case BuiltIn::LocalInvocationId: row[lane] = local; break;
        case BuiltIn::LocalInvocationIndex: row[lane] = linear; break;
        case BuiltIn::WorkgroupId: row[lane] = workgroup_id_[c]; break;
        case BuiltIn::NumWorkgroups: row[lane] = dispatch_.groups[c]; break;
        case BuiltIn::WorkgroupSize: row[lane] = workgroup_[c]; break;
        case BuiltIn::SubgroupId: row[lane] = index; break;
        case BuiltIn::NumSubgroups: row[lane] = subgroup_count_; break;
        case BuiltIn::SubgroupSize: row[lane] = size_; break;
        case BuiltIn::SubgroupInvocationId: row[lane] = lane; break;
      }
    }
  }
}

inline void Machine::begin_workgroup(std::uint32_t index) {
  workgroup_index_ = index;
  workgroup_id_[0] = index % dispatch_.groups[0];
  workgroup_id_[1] = index / dispatch_.groups[0] % dispatch_.groups[1];
  workgroup_id_[2] = index / dispatch_.groups[0] / dispatch_.groups[1];
  workgroup_start_ = tick();
  for (std::uint32_t& stamp : barrier_stamp_) stamp = workgroup_start_;
  acquired_.clear();
  for (std::uint32_t& fence : fences_) fence = 0;
  if (!local_.empty()) std::memset(local_.data(), 0, local_.size());
  if (!written_.empty()) std::memset(written_.data(), 0, written_.size());
  for (Mask& mask : variable_written_) mask = Mask();
  order_.clear();
  for (std::uint32_t s = 0; s < subgroup_count_; ++s) {
    Subgroup& subgroup = subgroups_[s];
    subgroup = Subgroup();
    subgroup.first_invocation = s * size_;
    const std::uint32_t left = workgroup_invocations_ - s * size_;
    subgroup.all = Mask::first(left < size_ ? left : size_);
    subgroup.live = subgroup.active = subgroup.all;
    subgroup.pc = entry_;
    subgroup.frames = 1;
    for (std::uint32_t& stamp : subgroup.barrier_stamp) stamp = workgroup_start_;
    Frame& frame = frames_[s * program_.depth];
    frame = Frame();
    frame.entry = subgroup.all;
    frame.whole = true;
    order_.push_back(s);
    std::uint64_t* const registers =
        all_registers_.data() + static_cast<std::size_t>(s) * program_.slots * size_;
    for (const Preset& p : program_.presets)
      if (kernel_.op(p.node) == Op::BuiltInValue) set_builtin(p, subgroup, registers);
  }
  if (options_.seed != 0) shuffle(order_, random_);
}

}  // namespace detail::interpreter

AIRSTRIP_KERNEL_NAMESPACE_END
