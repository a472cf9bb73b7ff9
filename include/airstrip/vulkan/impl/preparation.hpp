// Checks what is bound against what the module wants, then writes descriptors and push constants.
#pragma once

#include "../record.hpp"
#include "parameters.hpp"
#include "pipeline_body.hpp"

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

// Everything is checked before anything is changed.
class Preparation {
public:
  Preparation(Prepared& prepared, const Arguments& arguments, Frame& frame, SourceLocation at)
      : p_(prepared), arguments_(arguments), frame_(frame), at_(at) {}

  Diagnostic first(const Pipeline& pipeline);
  Diagnostic again();

private:
  using Kind = reflection::DescriptorKind;
  using Descriptor = detail::PipelineBody::Descriptor;

  Diagnostic wrong(ErrorCode code, String message) const {
    return detail::failure(code, static_cast<String&&>(message), at_);
  }
  Diagnostic wrong(const reflection::Binding& b, std::uint32_t element, Text what) const {
    String message(detail::name_of(b, element));
    message << ' ' << what;
    return wrong(ErrorCode::InvalidBinding, static_cast<String&&>(message));
  }
  Diagnostic out_of_memory() const {
    return wrong(ErrorCode::OutOfMemory, "out of memory while a dispatch was prepared");
  }
  const reflection::Binding& binding_of(const Descriptor& d) const { return body_->bindings()[d.binding]; }
  bool is_block(const reflection::Binding& b) const { return b.kind == Kind::UniformBuffer; }

  Diagnostic check();
  Diagnostic match();
  Diagnostic check_one(const reflection::Binding& b, std::uint32_t element, const Binding& given) const;
  Diagnostic check_buffer(const reflection::Binding& b, std::uint32_t element, const Binding& given) const;
  Diagnostic unused(const Slot& slot, bool is_parameter) const;
  Diagnostic fill_constants();
  Diagnostic check_blocks();
  VkDeviceSize place_block(const reflection::Binding& b, VkDeviceSize& used) const;
  Diagnostic allocate_sets();
  void write();
  void note_use(const Descriptor& d, const Binding& given, std::size_t at);

  Prepared& p_;
  const Arguments& arguments_;
  Frame& frame_;
  SourceLocation at_;
  const detail::PipelineBody* body_ = nullptr;
};

inline Diagnostic Preparation::first(const Pipeline& pipeline) {
  body_ = pipeline.body_;
  if (!body_) return wrong(ErrorCode::NotReady, "an empty pipeline cannot be prepared");
  const std::size_t count = body_->descriptors.size();
  std::size_t addresses = 0;
  for (const Binding& given : arguments_.bindings) addresses += given.kind == Binding::Kind::Address;
  const std::size_t uses =
      count + (addresses > body_->push_members().size() ? body_->push_members().size() : addresses);
  if (!p_.buffers_.resize(count) || !p_.images_.resize(count) || !p_.texels_.resize(count) ||
      !p_.writes_.resize(count) || !p_.uses_.reserve(uses) || !p_.given_.reserve(count) ||
      !p_.constants_.resize(body_->entry->push_constants.size, 0) ||
      !p_.new_constants_.resize(body_->entry->push_constants.size, 0))
    return out_of_memory();
  Diagnostic error = check();
  if (error.code == ErrorCode::Ok) error = allocate_sets();
  if (error.code != ErrorCode::Ok) return error;
  p_.body_ = body_;
  write();
  return {};
}

inline Diagnostic Preparation::again() {
  body_ = p_.body_;
  if (!body_) return wrong(ErrorCode::NotReady, "nothing was prepared that could be prepared again");
  Diagnostic error = check();
  if (error.code != ErrorCode::Ok) return error;
  write();
  return {};
}

inline Diagnostic Preparation::check() {
  Diagnostic error = match();
  for (std::size_t i = 0; error.code == ErrorCode::Ok && i < body_->descriptors.size(); ++i) {
    const Descriptor& d = body_->descriptors[i];
    if (p_.given_[i]) error = check_one(binding_of(d), d.element, *p_.given_[i]);
  }
  if (error.code == ErrorCode::Ok) error = fill_constants();
  if (error.code == ErrorCode::Ok) error = check_blocks();
  return error;
}

// Which argument is for which descriptor.
inline Diagnostic Preparation::match() {
  const std::size_t count = body_->descriptors.size();
  if (!p_.given_.resize(count, nullptr)) return out_of_memory();
  for (std::size_t i = 0; i < count; ++i) p_.given_[i] = nullptr;
  for (const Binding& given : arguments_.bindings) {
    bool found = false;
    if (given.kind == Binding::Kind::Address) {
      // Into the push constants or a block: see fill_constants and check_blocks.
      found = detail::find_member(*body_, given.slot).is_found();
    }
    for (std::size_t i = 0; i < count && !found; ++i) {
      const reflection::Binding& b = binding_of(body_->descriptors[i]);
      if (!detail::is_at(given.slot, b) || given.slot.element != body_->descriptors[i].element) continue;
      found = true;
      if (p_.given_[i]) return wrong(b, given.slot.element, "is bound twice");
      p_.given_[i] = &given;
    }
    if (!found && !arguments_.ignore_unused) return unused(given.slot, false);
  }
  for (const Parameter& given : arguments_.parameters)
    if (!arguments_.ignore_unused && !detail::find_member(*body_, given.slot).is_found())
      return unused(given.slot, true);
  return {};
}

inline Diagnostic Preparation::unused(const Slot& slot, bool is_parameter) const {
  String message("the module has no ");
  message << Text(is_parameter ? "parameter" : "resource") << ' ' << Text(detail::name_of(slot))
          << "; it has";
  const std::size_t before = message.size();
  const auto list = [&](Text name) {
    if (name.empty()) return;
    message << Text(message.size() == before ? " " : ", ") << name;
  };
  if (!is_parameter)
    for (const reflection::Binding& b : body_->bindings()) list(detail::name_of(b));
  for (const reflection::Member& member : body_->push_members()) list(member.name);
  for (const reflection::Binding& b : body_->bindings())
    if (is_block(b))
      for (const reflection::Member& member : body_->members_of(b.type)) list(member.name);
  if (message.size() == before) message << " none that has a name";
  return wrong(ErrorCode::InvalidBinding, static_cast<String&&>(message));
}

inline Diagnostic Preparation::check_one(const reflection::Binding& b, std::uint32_t element,
                                         const Binding& given) const {
  using Given = Binding::Kind;
  static constexpr const char* names[] = {
      "a buffer",  "an image without a sampler", "an image with a sampler", "a sampler", "a texel buffer",
      "an address"};
  bool fits = false;
  switch (b.kind) {
    case Kind::StorageBuffer:
    case Kind::UniformBuffer: fits = given.kind == Given::Buffer; break;
    case Kind::StorageImage:
    case Kind::SampledImage: fits = given.kind == Given::Image; break;
    case Kind::CombinedImageSampler: fits = given.kind == Given::SampledImage; break;
    case Kind::Sampler: fits = given.kind == Given::Sampler; break;
    case Kind::UniformTexelBuffer:
    case Kind::StorageTexelBuffer: fits = given.kind == Given::TexelBuffer; break;
    default: break;
  }
  if (!fits) {
    String what("is ");
    what << Text(detail::descriptor_name(b.kind)) << " in the module, and "
         << Text(names[static_cast<unsigned>(given.kind)]) << " was bound";
    return wrong(b, element, what);
  }
  const auto lacks = [&](VkFlags usage) { return given.usage != 0 && (given.usage & usage) == 0; };
  switch (given.kind) {
    case Given::Buffer: return check_buffer(b, element, given);
    case Given::TexelBuffer:
      if (!given.texels) return wrong(b, element, "was bound as VK_NULL_HANDLE");
      if (lacks(b.kind == Kind::StorageTexelBuffer ? VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT
                                                   : VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT))
        return wrong(b, element, "was bound to a buffer that lacks the usage for it");
      return {};
    case Given::Sampler:
      return given.sampler ? Diagnostic() : wrong(b, element, "was bound as VK_NULL_HANDLE");
    default: break;
  }
  if (!given.view) return wrong(b, element, "was bound without an image view");
  if (given.kind == Given::SampledImage && !given.sampler)
    return wrong(b, element, "was bound without a sampler");
  const bool is_storage = b.kind == Kind::StorageImage;
  if (lacks(is_storage ? VK_IMAGE_USAGE_STORAGE_BIT : VK_IMAGE_USAGE_SAMPLED_BIT))
    return wrong(b, element,
                 is_storage ? "was bound to an image without the usage STORAGE"
                            : "was bound to an image without the usage SAMPLED");
  // VkDescriptorImageInfo: a storage image is in GENERAL (or SHARED_PRESENT), one that is read in a layout for reading.
  if (is_storage && given.layout != VK_IMAGE_LAYOUT_GENERAL &&
      given.layout != VK_IMAGE_LAYOUT_SHARED_PRESENT_KHR)
    return wrong(b, element, "is a storage image, which has to be in the layout GENERAL");
  if (given.layout == VK_IMAGE_LAYOUT_UNDEFINED || given.layout == VK_IMAGE_LAYOUT_PREINITIALIZED ||
      given.layout == VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL ||
      given.layout == VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL ||
      given.layout == VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL)
    return wrong(b, element, "was bound in a layout in which a shader cannot read it");
  return {};
}

inline Diagnostic Preparation::check_buffer(const reflection::Binding& b, std::uint32_t element,
                                            const Binding& given) const {
  const VkPhysicalDeviceLimits& limits = body_->context.describe().limits;
  const bool uniform = b.kind == Kind::UniformBuffer;
  if (!given.buffer) return wrong(b, element, "was bound as VK_NULL_HANDLE");
  if (given.usage != 0 && (given.usage & (uniform ? VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT
                                                  : VK_BUFFER_USAGE_STORAGE_BUFFER_BIT)) == 0)
    return wrong(b, element,
                 uniform ? "was bound to a buffer without the usage UNIFORM_BUFFER"
                         : "was bound to a buffer without the usage STORAGE_BUFFER");
  if (given.size == VK_WHOLE_SIZE)
    return wrong(b, element,
                 "was bound with VK_WHOLE_SIZE; say how many bytes there are, so that they can be checked");
  if (given.size == 0 || given.size < b.minimum_bytes) {
    String what("was bound to ");
    what << given.size << " bytes, and the module needs " << (b.minimum_bytes ? b.minimum_bytes : 1)
         << " at least";
    return wrong(b, element, what);
  }
  const VkDeviceSize alignment =
      uniform ? limits.minUniformBufferOffsetAlignment : limits.minStorageBufferOffsetAlignment;
  if (alignment != 0 && given.offset % alignment != 0) {
    String what("was bound at the offset ");
    what << given.offset << ", and the device needs a multiple of " << alignment
         << Text(uniform ? " (minUniformBufferOffsetAlignment)" : " (minStorageBufferOffsetAlignment)");
    return wrong(b, element, what);
  }
  const std::uint32_t most = uniform ? limits.maxUniformBufferRange : limits.maxStorageBufferRange;
  if (given.size > most) {
    String what("was bound to ");
    what << given.size << " bytes, and the device takes " << most
         << Text(uniform ? " at most (maxUniformBufferRange)" : " at most (maxStorageBufferRange)");
    return wrong(b, element, what);
  }
  return {};
}

// --- push constants and blocks of parameters -------------------------------------------------------------------------

inline Diagnostic Preparation::fill_constants() {
  const reflection::PushConstants& push = body_->entry->push_constants;
  detail::BlockWriter writer(*body_, p_.new_constants_.data(), push.size, push.offset, body_->push_members(),
                             arguments_, at_);
  const Span<const unsigned char> raw = arguments_.push_constants;
  if (raw.size() > push.size) {
    String message("push constants of ");
    message << raw.size() << " bytes were given, and the module has " << push.size;
    return wrong(ErrorCode::InvalidBinding, static_cast<String&&>(message));
  }
  if (push.size != 0) std::memset(p_.new_constants_.data(), 0, push.size);
  if (!raw.empty()) std::memcpy(p_.new_constants_.data(), raw.data(), raw.size());
  return writer.run(static_cast<std::uint32_t>(raw.size()), true);
}

inline VkDeviceSize Preparation::place_block(const reflection::Binding& b, VkDeviceSize& used) const {
  const VkDeviceSize alignment = body_->context.describe().limits.minUniformBufferOffsetAlignment;
  const VkDeviceSize at = alignment > 1 ? (used + alignment - 1) / alignment * alignment : used;
  used = at + b.minimum_bytes;
  return at;
}

// A uniform buffer that is not bound is a block of parameters, which goes into the frame's memory. What was bound and is
// missing otherwise is found here, too.
inline Diagnostic Preparation::check_blocks() {
  VkDeviceSize used = frame_.uniforms_used;
  for (std::size_t i = 0; i < body_->descriptors.size(); ++i) {
    const Descriptor& d = body_->descriptors[i];
    const reflection::Binding& b = binding_of(d);
    if (p_.given_[i]) continue;
    if (!is_block(b) || !frame_.uniforms || !frame_.uniforms_mapped) {
      String message(detail::name_of(b, d.element));
      message << ", " << Text(detail::descriptor_name(b.kind)) << ", is not bound";
      if (is_block(b)) message << "; bind a buffer, or give the frame memory for parameters";
      return wrong(ErrorCode::MissingBinding, static_cast<String&&>(message));
    }
    place_block(b, used);
    if (used > frame_.uniforms_size) {
      String what("takes ");
      what << b.minimum_bytes << " bytes, for which the frame's memory for parameters has no room";
      return wrong(b, d.element, what);
    }
    // The values are checked now and written with the descriptors.
    detail::BlockWriter writer(*body_, nullptr, static_cast<std::uint32_t>(b.minimum_bytes), 0,
                               body_->members_of(b.type), arguments_, at_);
    Diagnostic error = writer.run(0, true);
    if (error.code != ErrorCode::Ok) return error;
  }
  return {};
}

// --- what is changed -------------------------------------------------------------------------------------------------

inline Diagnostic Preparation::allocate_sets() {
  const std::size_t count = body_->set_layouts.size();
  if (!p_.sets_.resize(count, VK_NULL_HANDLE)) return out_of_memory();
  if (body_->pool_sets == 0) return {};
  if (!frame_.pool)
    return wrong(ErrorCode::MissingBinding, "the module's descriptors need a pool, and the frame has none");
  std::uint32_t last = reflection::none;
  Buffer<VkDescriptorSetLayout> layouts;
  Buffer<VkDescriptorSet> made;
  Buffer<std::uint32_t> numbers;
  for (const reflection::Binding& b : body_->bindings()) {
    if (body_->is_pushed(b.set) || b.set == last) continue;
    last = b.set;
    if (!layouts.push_back(body_->set_layouts[b.set]) || !made.push_back(VK_NULL_HANDLE) ||
        !numbers.push_back(b.set))
      return out_of_memory();
    const bool follows = !p_.runs_.empty() && p_.runs_.back().first + p_.runs_.back().count == b.set;
    if (follows)
      ++p_.runs_.back().count;
    else if (!p_.runs_.push_back({b.set, 1}))
      return out_of_memory();
  }
  auto info =
      detail::make_structure<VkDescriptorSetAllocateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO);
  info.descriptorPool = frame_.pool;
  info.descriptorSetCount = static_cast<std::uint32_t>(layouts.size());
  info.pSetLayouts = layouts.data();
  const VkResult result =
      body_->context.functions().vkAllocateDescriptorSets(body_->context.device(), &info, made.data());
  if (result < 0) return detail::failed_call("vkAllocateDescriptorSets", result, at_);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    p_.sets_[numbers[i]] = made[i];
    body_->context.set_name(VK_OBJECT_TYPE_DESCRIPTOR_SET, detail::handle_bits(made[i]), body_->label);
  }
  return {};
}

inline void Preparation::note_use(const Descriptor& d, const Binding& given, std::size_t i) {
  const reflection::Binding& b = binding_of(d);
  ResourceUse use;
  use.kind = b.kind;
  use.set = b.set;
  use.binding = b.binding;
  use.element = d.element;
  use.buffer = given.buffer;
  use.offset = given.offset;
  use.size = given.size;
  use.view = given.view;
  use.texels = given.texels;
  use.layout = given.layout;
  if (b.kind == Kind::UniformBuffer)
    use.access = VK_ACCESS_UNIFORM_READ_BIT;
  else if (b.kind != Kind::Sampler)
    use.access = (b.used.read || b.used.atomic ? VkAccessFlags{VK_ACCESS_SHADER_READ_BIT} : 0) |
                 (b.used.write || b.used.atomic ? VkAccessFlags{VK_ACCESS_SHADER_WRITE_BIT} : 0);
  p_.access_ |= use.access;
  p_.uses_.push_back(use);
  (void)i;
}

inline void Preparation::write() {
  p_.uses_.clear();
  p_.access_ = 0;
  for (std::size_t i = 0; i < body_->descriptors.size(); ++i) {
    const Descriptor& d = body_->descriptors[i];
    const reflection::Binding& b = binding_of(d);
    Binding block{Slot(b.set, b.binding)};
    const Binding* given = p_.given_[i];
    if (!given) {
      block.buffer = frame_.uniforms;
      block.offset = place_block(b, frame_.uniforms_used);
      block.size = b.minimum_bytes;
      auto* const to = static_cast<unsigned char*>(frame_.uniforms_mapped) + block.offset;
      std::memset(to, 0, block.size);
      detail::BlockWriter writer(*body_, to, static_cast<std::uint32_t>(b.minimum_bytes), 0,
                                 body_->members_of(b.type), arguments_, at_);
      (void)writer.run(0, true);
      given = &block;
    }
    p_.buffers_[i] = {given->buffer, given->offset, given->size};
    p_.images_[i] = {given->sampler, given->view, given->layout};
    p_.texels_[i] = given->texels;
    auto write = detail::make_structure<VkWriteDescriptorSet>(VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET);
    write.dstSet = body_->is_pushed(b.set) ? VK_NULL_HANDLE : p_.sets_[b.set];
    write.dstBinding = b.binding;
    write.dstArrayElement = d.element;
    write.descriptorCount = 1;
    write.descriptorType = static_cast<VkDescriptorType>(b.kind);
    write.pBufferInfo = &p_.buffers_[i];
    write.pImageInfo = &p_.images_[i];
    write.pTexelBufferView = &p_.texels_[i];
    p_.writes_[i] = write;
    note_use(d, *given, i);
  }
  for (const Binding& given : arguments_.bindings) {
    if (given.kind != Binding::Kind::Address || !detail::find_member(*body_, given.slot).is_found()) continue;
    ResourceUse use;
    use.address = given.address;
    use.size = given.size;
    // What the shader does behind an address is not known.
    use.access = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT;
    p_.access_ |= use.access;
    p_.uses_.push_back(use);
  }
  p_.pushed_ = body_->pushed;
  const std::size_t count = p_.writes_.size() - p_.pushed_;
  if (count != 0)
    body_->context.functions().vkUpdateDescriptorSets(body_->context.device(),
                                                      static_cast<std::uint32_t>(count),
                                                      p_.writes_.data() + p_.pushed_, 0, nullptr);
  if (!p_.constants_.empty())
    std::memcpy(p_.constants_.data(), p_.new_constants_.data(), p_.constants_.size());
}

AIRSTRIP_VULKAN_NAMESPACE_END
