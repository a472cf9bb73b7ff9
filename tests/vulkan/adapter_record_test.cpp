// Recording: nothing is allocated, frames overlap, threads have devices and pipelines of their own, barriers are data.
#include "adapter_fixture.hpp"
#include "fake_driver.hpp"

#include "support/count_allocations.hpp"

#include <airstrip/tensor/matmul.hpp>
#include <airstrip/tensor/reduce.hpp>
#include <airstrip/vulkan_tensor.hpp>
#include <thread>

using namespace airstrip;
using namespace airstrip::kernel;
using namespace airstrip::vulkan;
using test::fake;
using test::fake_handle;

namespace {

constexpr u32 count = 4096;

spirv::Module named_module(const Kernel& kernel, WriteOptions options = {}) {
  options.names = true;
  Result<spirv::Module> module = write_spirv(kernel, spirv::Target::vulkan(1, 1), options);
  REQUIRE(test::is_ok(module));
  return static_cast<spirv::Module&&>(*module);
}

// b = a + 1.
Kernel make_add_one() {
  return make_kernel("add one", {.workgroup = {64}}, [](KernelBuilder& k) {
    const auto a = k.input<u32>("a");
    const auto b = k.output<u32>("b");
    const auto i = k.global_id().x;
    b[i] = a[i] + 1;
  });
}

}  // namespace

TEST_CASE("adapter: recording, and preparing again, allocate nothing") {
#if COUNTS_ALLOCATIONS
  fake.reset();
  for (const bool push : {false, true}) {
    ContextInfo info = test::fake_info();
    const char* const extensions[] = {"VK_KHR_push_descriptor"};
    info.extensions = extensions;
    info.debug_utils = push;
    const Result<Context> context = Context::make(info);
    REQUIRE(test::is_ok(context));
    const spirv::Module module = named_module(test::make_saxpy());
    Result<Pipeline> pipeline =
        Pipeline::make(*context, {.words = module.words(), .push_descriptors = push, .label = "saxpy"});
    REQUIRE(test::is_ok(pipeline));
    REQUIRE(test::is_ok(pipeline->compile()));
    Frame frame;
    frame.pool = fake_handle<VkDescriptorPool>(7);
    const Binding bindings[] = {bind_buffer("x", fake_handle<VkBuffer>(1), 400),
                                bind_buffer("y", fake_handle<VkBuffer>(2), 400)};
    const Parameter parameters[] = {{"n", count}, {"a", 2.0f}}, others[] = {{"n", count}, {"a", 3.0f}};
    Result<Prepared> prepared = prepare(*pipeline, {.bindings = bindings, .parameters = parameters}, frame);
    REQUIRE(test::is_ok(prepared));
    fake.call_count = 0;
    test::allocations = 0;
    test::counting = true;
    const VkCommandBuffer commands = fake_handle<VkCommandBuffer>(5);
    const MemoryState transfer{VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT};
    record(*context, commands, barrier_before(*prepared, transfer));
    const bool recorded = record(commands, *prepared, {64}).ok();
    const bool again = prepare_again(*prepared, {.bindings = bindings, .parameters = others}, frame).ok() &&
                       record_indirect(commands, *prepared, fake_handle<VkBuffer>(3), 16).ok();
    test::counting = false;
    CHECK(recorded);
    CHECK(again);
    CHECK(test::allocations == 0);
    float a = 0;
    std::memcpy(&a, fake.pushed + 4, sizeof a);
    CHECK(a == 3.0f);
    if (push) {
      CHECK(prepared->sets()[0] == VkDescriptorSet{});
      CHECK(pipeline->pool_sets() == 0);
      REQUIRE(fake.call_count == 13);
      CHECK(Text(fake.calls[1]) == Text("vkCmdBeginDebugUtilsLabelEXT"));
      CHECK(Text(fake.calls[3]) == Text("vkCmdPushDescriptorSetKHR"));
      CHECK(Text(fake.calls[6]) == Text("vkCmdEndDebugUtilsLabelEXT"));
    } else {
      REQUIRE(fake.call_count == 10);
      CHECK(Text(fake.calls[5]) == Text("vkUpdateDescriptorSets"));
    }
  }
#else
  test::skip("a sanitizer has the allocator");
#endif
}

TEST_CASE("adapter: an allocation that fails is an error, wherever it happens, and leaks nothing") {
#if COUNTS_ALLOCATIONS
  fake.reset();
  const spirv::Module module = named_module(test::make_saxpy());
  bool done = false;
  for (unsigned number = 0; !done; ++number) {
    REQUIRE(number < 1000);
    test::failing = number;
    test::allocations = 0;
    test::counting = true;
    {
      Frame frame;
      frame.pool = fake_handle<VkDescriptorPool>(7);
      Result<Context> context = Context::make(test::fake_info());
      ErrorCode code = context.error().code;
      if (context.ok()) {
        Result<Pipeline> pipeline = Pipeline::make(*context, {.words = module.words()});
        code = pipeline.error().code;
        if (pipeline.ok()) code = pipeline->compile().error().code;
        if (code == ErrorCode::Ok) {
          const Binding bindings[] = {bind_buffer("x", fake_handle<VkBuffer>(1), 400),
                                      bind_buffer("y", fake_handle<VkBuffer>(2), 400)};
          const Parameter parameters[] = {{"n", count}, {"a", 2.0f}};
          Result<Prepared> prepared =
              prepare(*pipeline, {.bindings = bindings, .parameters = parameters}, frame);
          code = prepared.error().code;
          if (prepared.ok()) code = record(fake_handle<VkCommandBuffer>(5), *prepared, {1}).error().code;
        }
      }
      test::counting = false;
      CAPTURE(number);
      // An allocation that fails while an error's text is written leaves the code.
      done = code == ErrorCode::Ok && test::allocations <= number;
      if (!done) CHECK((code == ErrorCode::OutOfMemory || code == ErrorCode::Ok));
    }
    CHECK(fake.created == fake.destroyed);
  }
  test::failing = ~0u;
#else
  test::skip("a sanitizer has the allocator");
#endif
}

TEST_CASE("adapter: modules that are damaged make an error or a pipeline, and nothing worse") {
  fake.reset();
  const Result<Context> context = Context::make(test::fake_info());
  REQUIRE(test::is_ok(context));
  WriteOptions uniform;
  uniform.parameters = ParameterPlacement::Uniform;
  unsigned made = 0;
  for (const WriteOptions& options : {WriteOptions(), uniform}) {
    const spirv::Module module = named_module(test::make_saxpy(), options);
    std::uint32_t state = 12345;
    const auto random = [&state] {
      state = state * 1664525u + 1013904223u;
      return state >> 8;
    };
    for (int round = 0; round < 4000; ++round) {
      std::vector<std::uint32_t> words(module.words().begin(), module.words().end());
      for (unsigned i = 1 + random() % 3; i-- > 0;) {
        std::uint32_t& word = words[5 + random() % (words.size() - 5)];
        word = random() % 2 ? word ^ (1u << random() % 32) : random() % 4 ? random() % 64 : ~0u;
      }
      if (random() % 8 == 0) words.resize(random() % words.size());
      Result<Pipeline> pipeline = Pipeline::make(*context, {.words = words});
      if (!pipeline) continue;
      ++made;
      unsigned char memory[4096];
      Frame frame;
      frame.pool = fake_handle<VkDescriptorPool>(7);
      frame.uniforms = fake_handle<VkBuffer>(3);
      frame.uniforms_mapped = memory;
      frame.uniforms_size = sizeof memory;
      const Binding bindings[] = {bind_buffer("x", fake_handle<VkBuffer>(1), 400),
                                  bind_buffer("y", fake_handle<VkBuffer>(2), 400)};
      const Parameter parameters[] = {{"n", count}, {"a", 2.0f}};
      (void)prepare(*pipeline, {.bindings = bindings, .parameters = parameters, .ignore_unused = true}, frame)
          .ok();
    }
  }
  CHECK(made > 1000);
  CHECK(fake.created == fake.destroyed);
}

TEST_CASE("adapter: a batch of pipelines is one call, and one that fails leaves the others") {
  fake.reset();
  {
    const Result<Context> context = Context::make(test::fake_info());
    REQUIRE(test::is_ok(context));
    const spirv::Module module = named_module(test::make_saxpy());
    std::vector<Pipeline> pipelines;
    std::vector<Pipeline*> all;
    for (int i = 0; i < 4; ++i) {
      Result<Pipeline> made = Pipeline::make(*context, {.words = module.words()});
      REQUIRE(test::is_ok(made));
      pipelines.push_back(static_cast<Pipeline&&>(*made));
    }
    for (Pipeline& p : pipelines) all.push_back(&p);
    fake.create_pipelines = VK_ERROR_UNKNOWN;
    fake.failing_pipeline = 2;
    const Result<void> failed = compile(all);
    CHECK(failed.error().code == ErrorCode::VulkanFailed);
    CHECK(fake.batches == 1);
    CHECK(fake.pipelines == 3);
    CHECK(pipelines[0].is_ready());
    CHECK(pipelines[2].state() == PipelineState::Failed);
    fake.create_pipelines = VK_SUCCESS;
    CHECK(test::is_ok(compile(all)));
    CHECK(fake.pipelines == 4);
    CHECK(test::is_ok(compile(all)));
    CHECK(fake.batches == 2);
  }
  CHECK(fake.created == fake.destroyed);
}

TEST_CASE("adapter: barriers as data") {
  fake.reset();
  const Result<Context> context = Context::make(test::fake_info());
  REQUIRE(test::is_ok(context));
  const spirv::Module module = named_module(make_add_one());
  Result<Pipeline> pipeline = Pipeline::make(*context, {.words = module.words()});
  REQUIRE(test::is_ok(pipeline));
  Frame frame;
  frame.pool = fake_handle<VkDescriptorPool>(7);
  const auto step = [&](std::uint64_t from, std::uint64_t to, VkDeviceSize offset = 0) {
    Result<Prepared> made = prepare(*pipeline,
                                    {.bindings = {bind_buffer("a", fake_handle<VkBuffer>(from), 256),
                                                  bind_buffer("b", fake_handle<VkBuffer>(to), 256, offset)}},
                                    frame);
    REQUIRE(test::is_ok(made));
    return static_cast<Prepared&&>(*made);
  };
  const Prepared first = step(1, 2), second = step(2, 3), apart = step(1, 4), over = step(5, 1),
                 beside = step(5, 2, 256);
  // read after write
  MemoryBarrier b = barrier_between(first, second);
  CHECK(b.source_stages == VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT);
  CHECK(b.source_access == VK_ACCESS_SHADER_WRITE_BIT);
  CHECK(b.destination_access == VK_ACCESS_SHADER_READ_BIT);
  // both only read what they share, or have nothing in common
  CHECK(barrier_between(first, apart).is_empty());
  CHECK(barrier_between(first, beside).is_empty());
  // write after read: execution alone
  b = barrier_between(first, over);
  CHECK(b.source_stages == VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT);
  CHECK(b.source_access == 0);
  CHECK(b.destination_access == 0);
  // write after write
  CHECK(barrier_between(first, first).destination_access == VK_ACCESS_SHADER_WRITE_BIT);

  const MemoryState upload{VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT};
  b = barrier_before(first, upload);
  CHECK(b.source_access == VK_ACCESS_TRANSFER_WRITE_BIT);
  CHECK(b.destination_access == (VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT));
  b = barrier_after(first, {VK_PIPELINE_STAGE_VERTEX_INPUT_BIT, VK_ACCESS_VERTEX_ATTRIBUTE_READ_BIT});
  CHECK(b.destination_stages == VK_PIPELINE_STAGE_VERTEX_INPUT_BIT);
  CHECK(b.destination_access == VK_ACCESS_VERTEX_ATTRIBUTE_READ_BIT);
  const VkBufferMemoryBarrier owner = buffer_barrier(
      first.uses()[1], {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT, {}, 1},
      {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT, {}, 0});
  CHECK(owner.srcQueueFamilyIndex == 1);
  CHECK(owner.dstQueueFamilyIndex == 0);
  CHECK(owner.size == 256);
  fake.call_count = 0;
  record(*context, fake_handle<VkCommandBuffer>(5), MemoryBarrier());
  CHECK(fake.call_count == 0);
}

TEST_CASE("adapter: what two dispatches share is waited for, without the caller knowing what") {
  test::AdapterDevice d;
  if (!d.is_open) return;
  Pipeline pipeline = d.pipeline(make_add_one());
  REQUIRE(test::is_ok(pipeline.compile()));
  const DeviceBuffer buffers[] = {d.buffer(std::vector<u32>(count, 5)), d.buffer(std::vector<u32>(count)),
                                  d.buffer(std::vector<u32>(count))};
  const Result<Frame*> frame = d.device.frame(pipeline, 3);
  REQUIRE(test::is_ok(frame));
  std::vector<Prepared> steps;
  for (const auto& [from, to] : {std::pair(0, 1), std::pair(1, 2), std::pair(2, 0)}) {
    Result<Prepared> made =
        prepare(pipeline, {.bindings = {bind("a", buffers[from]), bind("b", buffers[to])}}, **frame);
    REQUIRE(test::is_ok(made));
    steps.push_back(static_cast<Prepared&&>(*made));
  }
  const Result<VkCommandBuffer> commands = d.device.begin();
  REQUIRE(test::is_ok(commands));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (i > 0) record(d.device.context(), *commands, barrier_between(steps[i - 1], steps[i]));
    CHECK(test::is_ok(record(*commands, steps[i], {count / 64})));
  }
  record(d.device.context(), *commands,
         barrier_after(steps.back(), {VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT}));
  REQUIRE(test::is_ok(d.device.submit()));
  CHECK(d.read<u32>(buffers[0]) == std::vector<u32>(count, 8));
}

TEST_CASE("adapter: the tests would notice a barrier that is missing, and a write beyond a buffer") {
  test::AdapterDevice d;
  if (!d.is_open) return;
  DeviceOptions options;
  options.name = d.device.describe().device_name;
  options.validation = true;
  options.guard_bytes = 256;
  Result<Device> device = Device::open(options);  // whose messages and guards nobody checks
  REQUIRE(test::is_ok(device));
  const auto pipeline_of = [&](const Kernel& kernel, WriteOptions write) {
    write.names = true;
    const Result<spirv::Module> module = write_spirv(kernel, device->describe().target, write);
    REQUIRE(test::is_ok(module));
    Result<Pipeline> made = Pipeline::make(device->context(), {.words = module->words()});
    REQUIRE(test::is_ok(made));
    REQUIRE(test::is_ok(made->compile()));
    return static_cast<Pipeline&&>(*made);
  };
  Pipeline pipeline = pipeline_of(make_add_one(), {});
  Result<DeviceBuffer> a = device->make_buffer(4 * count), b = device->make_buffer(4 * count);
  REQUIRE(test::is_ok(a));
  REQUIRE(test::is_ok(b));
  if (device->has_validation_layer()) {
    const Result<Frame*> frame = device->frame(pipeline, 2);
    REQUIRE(test::is_ok(frame));
    Result<Prepared> there = prepare(pipeline, {.bindings = {bind("a", *a), bind("b", *b)}}, **frame);
    Result<Prepared> back = prepare(pipeline, {.bindings = {bind("a", *b), bind("b", *a)}}, **frame);
    REQUIRE(test::is_ok(there));
    REQUIRE(test::is_ok(back));
    const Result<VkCommandBuffer> commands = device->begin();
    REQUIRE(test::is_ok(commands));
    CHECK(test::is_ok(record(*commands, *there, {count / 64})));
    CHECK(device->messages() == 0);
    CHECK(test::is_ok(record(*commands, *back, {count / 64})));
    CHECK(device->messages() > 0);
    CHECK(test::is_ok(device->submit()));
  }
  CHECK(test::is_ok(device->check_guards()));
  if (!device->describe().has_device_addresses) return;
  Pipeline by_address = pipeline_of(make_add_one(), {.layout = BindingLayout::DeviceAddresses});
  Result<DeviceBuffer> small = device->make_buffer(4 * (count - 4));
  REQUIRE(test::is_ok(small));
  CHECK(test::is_ok(device->run(by_address, {.bindings = {bind_address("a", *a), bind_address("b", *small)}},
                                {count / 64})));
  const Result<void> guards = device->check_guards();
  CHECK(guards.error().code == ErrorCode::InvalidBinding);
  CHECK(guards.error().message.contains("behind a buffer of 16368 bytes"));
}

TEST_CASE("adapter: two frames in flight on one queue") {
  test::AdapterDevice d;
  if (!d.is_open) return;
  const Context& context = d.device.context();
  const VkDevice device = context.device();
#define GET(name) reinterpret_cast<PFN_##name>(context.functions().vkGetDeviceProcAddr(device, #name))
  Pipeline pipeline = d.pipeline(test::make_saxpy());
  REQUIRE(test::is_ok(pipeline.compile()));
  // The input is shared and only read; each frame has an output, a pool, a command buffer and a fence of its own.
  constexpr int rounds = 6;
  std::vector<float> xs(count);
  for (u32 i = 0; i < count; ++i) xs[i] = static_cast<float>(i % 100);
  const DeviceBuffer x = d.buffer(xs);
  struct InFlight {
    DeviceBuffer y;
    VkDescriptorPool pool = {};
    VkCommandPool command_pool = {};
    VkCommandBuffer commands = {};
    VkFence fence = {};
    Frame frame;
    Prepared prepared;
  } frames[2];
  for (InFlight& f : frames) {
    f.y = d.buffer(std::vector<float>(count, 1));
    VkDescriptorPoolCreateInfo pool{};
    pool.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    pool.maxSets = pipeline.pool_sets();
    pool.poolSizeCount = static_cast<std::uint32_t>(pipeline.pool_sizes().size());
    pool.pPoolSizes = pipeline.pool_sizes().data();
    REQUIRE(GET(vkCreateDescriptorPool)(device, &pool, nullptr, &f.pool) == VK_SUCCESS);
    VkCommandPoolCreateInfo command_pool{};
    command_pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    command_pool.queueFamilyIndex = d.device.queue_family();
    REQUIRE(GET(vkCreateCommandPool)(device, &command_pool, nullptr, &f.command_pool) == VK_SUCCESS);
    VkCommandBufferAllocateInfo buffer{};
    buffer.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    buffer.commandPool = f.command_pool;
    buffer.commandBufferCount = 1;
    REQUIRE(GET(vkAllocateCommandBuffers)(device, &buffer, &f.commands) == VK_SUCCESS);
    VkFenceCreateInfo fence{};
    fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
    fence.flags = VK_FENCE_CREATE_SIGNALED_BIT;
    REQUIRE(GET(vkCreateFence)(device, &fence, nullptr, &f.fence) == VK_SUCCESS);
    f.frame.pool = f.pool;
  }
  for (int round = 0; round < rounds; ++round) {
    InFlight& f = frames[round % 2];
    REQUIRE(GET(vkWaitForFences)(device, 1, &f.fence, VK_TRUE, ~std::uint64_t{0}) == VK_SUCCESS);
    GET(vkResetFences)(device, 1, &f.fence);
    GET(vkResetCommandPool)(device, f.command_pool, 0);
    const Binding bindings[] = {bind("x", x), bind("y", f.y)};
    const Parameter parameters[] = {{"n", count}, {"a", static_cast<float>(round)}};
    const Arguments arguments{.bindings = bindings, .parameters = parameters};
    if (f.prepared.is_empty()) {
      Result<Prepared> made = prepare(pipeline, arguments, f.frame);
      REQUIRE(test::is_ok(made));
      f.prepared = static_cast<Prepared&&>(*made);
    } else {
      REQUIRE(test::is_ok(prepare_again(f.prepared, arguments, f.frame)));
    }
    VkCommandBufferBeginInfo begin{};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    GET(vkBeginCommandBuffer)(f.commands, &begin);
    // What the frame before last wrote in y.
    record(context, f.commands, barrier_between(f.prepared, f.prepared));
    CHECK(test::is_ok(record(f.commands, f.prepared, {count / 64})));
    record(context, f.commands,
           barrier_after(f.prepared, {VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT}));
    GET(vkEndCommandBuffer)(f.commands);
    VkSubmitInfo submit{};
    submit.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    submit.commandBufferCount = 1;
    submit.pCommandBuffers = &f.commands;
    REQUIRE(GET(vkQueueSubmit)(d.device.queue(), 1, &submit, f.fence) == VK_SUCCESS);
  }
  for (int i = 0; i < 2; ++i) {
    InFlight& f = frames[i];
    REQUIRE(GET(vkWaitForFences)(device, 1, &f.fence, VK_TRUE, ~std::uint64_t{0}) == VK_SUCCESS);
    float factor = 0;
    for (int round = i; round < rounds; round += 2) factor += static_cast<float>(round);
    const std::vector<float> ys = d.read<float>(f.y);
    bool same = true;
    for (u32 j = 0; j < count; ++j) same = same && ys[j] == factor * xs[j] + 1;
    CHECK(same);
    GET(vkDestroyFence)(device, f.fence, nullptr);
    GET(vkDestroyCommandPool)(device, f.command_pool, nullptr);
    GET(vkDestroyDescriptorPool)(device, f.pool, nullptr);
  }
#undef GET
}

TEST_CASE("adapter: two instances on two threads, and pipelines compiled on others") {
  {
    test::AdapterDevice d;  // skips where there is none
    if (!d.is_open) return;
  }
  bool same[2] = {false, false};
  const auto work = [&same](int number) {
    // doctest's assertions stay with the main thread.
    Result<Device> device = Device::open({.name = test::device_name(), .guard_bytes = 256});
    if (!device) return;
    WriteOptions options;
    options.names = true;
    const Result<spirv::Module> module = write_spirv(test::make_saxpy(), device->describe().target, options);
    Result<Pipeline> pipeline = Pipeline::make(device->context(), {.words = module->words()});
    if (!pipeline) return;
    std::thread compiler([&pipeline] { (void)pipeline->compile().ok(); });
    Result<DeviceBuffer> x = device->make_buffer(4 * count), y = device->make_buffer(4 * count);
    std::vector<float> xs(count, static_cast<float>(number)), ys(count, 1);
    bool ok = x && y && device->upload(*x, xs.data(), 4 * count).ok();
    compiler.join();
    ok = ok && pipeline->is_ready();
    for (int round = 0; ok && round < 20; ++round) {
      ok = device->upload(*y, ys.data(), 4 * count).ok() &&
           device
               ->run(*pipeline,
                     {.bindings = {bind("x", *x), bind("y", *y)},
                      .parameters = {{"n", count}, {"a", static_cast<float>(round)}}},
                     {count / 64})
               .ok();
      std::vector<float> found(count);
      ok = ok && device->download(*y, found.data(), 4 * count).ok() && device->check_guards().ok();
      for (const float f : found) ok = ok && f == static_cast<float>(round * number + 1);
    }
    same[number] = ok;
  };
  std::thread first(work, 0), second(work, 1);
  first.join();
  second.join();
  CHECK(same[0]);
  CHECK(same[1]);
}

namespace {

// The sum of 2^20 numbers, in rounds: more than one step.
tensor::Operation make_sum(const tensor::Target& target) {
  tensor::ReduceProblem problem;
  problem.x = {tensor::Scalar::F32, {1 << 20}};
  Result<tensor::Operation> operation = tensor::reduce(problem, target);
  REQUIRE(test::is_ok(operation));
  return static_cast<tensor::Operation&&>(*operation);
}

// The product of two matrices, whose buffers are bound or given by their addresses.
tensor::Operation make_product(const tensor::Target& target, bool addresses) {
  tensor::MatmulProblem problem;
  problem.m = problem.n = problem.k = 64;
  tensor::MatmulSchedule schedule = tensor::default_schedule(problem, target);
  schedule.device_addresses = addresses;
  Result<tensor::Operation> operation = tensor::matmul(problem, schedule, target);
  REQUIRE(test::is_ok(operation));
  return static_cast<tensor::Operation&&>(*operation);
}

// Memory for every operand, of `missing` bytes less than it needs for the one of that name.
std::vector<OperandMemory> memory_for(const tensor::Operation& operation, const tensor::OperationSizes& sizes,
                                      Text smaller = {}, std::uint64_t missing = 0) {
  std::vector<OperandMemory> memory;
  for (std::size_t i = 0; i < operation.operands().size(); ++i) {
    const Text name(operation.operands()[i].name);
    const std::uint64_t bytes = sizes.bytes(i) - (name == smaller ? missing : 0);
    memory.push_back(operand(name, fake_handle<VkBuffer>(11 + i), bytes, 0, 4096 * (i + 1)));
  }
  return memory;
}

}  // namespace

TEST_CASE("adapter: an operand's memory that is smaller than its tensor is refused") {
  fake.reset();
  ContextInfo info = test::fake_info();
  info.api_version = VK_API_VERSION_1_3;
  const Text enabled[] = {"bufferDeviceAddress", "shaderInt64"};
  info.feature_names = enabled;
  const Result<Context> context = Context::make(info);
  REQUIRE(test::is_ok(context));
  for (const bool addresses : {false, true}) {
    CAPTURE(addresses);
    const tensor::Operation operation = make_product(tensor_target(context->describe()), addresses);
    const Result<tensor::OperationSizes> sizes = operation.resolve();
    REQUIRE(test::is_ok(sizes));
    const Result<OperationPipelines> pipelines = OperationPipelines::make(*context, operation);
    REQUIRE(test::is_ok(pipelines));
    Frame frame;
    frame.pool = fake_handle<VkDescriptorPool>(7);
    const auto error_of = [&](const std::vector<OperandMemory>& memory) {
      const Result<PreparedOperation> prepared = prepare(*pipelines, *sizes, memory, {}, frame);
      return prepared.ok() ? std::string() : std::string(prepared.error().message);
    };
    std::vector<OperandMemory> memory = memory_for(operation, *sizes);
    CHECK(error_of(memory) == "");
    CHECK(error_of(memory_for(operation, *sizes, "b", 4)) ==
          "the operand b is too small: it needs 16384 bytes, and has 16380");
    // What has no address, or is no buffer, is told before.
    memory[operation.find("b")].address = 0;
    CHECK(error_of(memory) ==
          (addresses ? "the operand b is accessed by its address; give that as well" : ""));
    memory[operation.find("b")] = operand(bind_image("b", fake_handle<VkImageView>(13)));
    CHECK(error_of(memory).find("too small") == std::string::npos);
    CHECK(error_of(memory) != "");
  }
}

TEST_CASE("adapter: sizes are those of the operation, operands are given once") {
  fake.reset();
  const Result<Context> context = Context::make(test::fake_info());
  REQUIRE(test::is_ok(context));
  const tensor::Operation product = make_product(tensor_target(context->describe()), false),
                          sum = make_sum(tensor_target(context->describe()));
  const Result<tensor::OperationSizes> sizes = product.resolve(), others = sum.resolve();
  REQUIRE(test::is_ok(sizes));
  REQUIRE(test::is_ok(others));
  const Result<OperationPipelines> pipelines = OperationPipelines::make(*context, product);
  REQUIRE(test::is_ok(pipelines));
  Frame frame;
  frame.pool = fake_handle<VkDescriptorPool>(7);
  const auto error_of = [&](const std::vector<OperandMemory>& memory, Span<const Parameter> parameters,
                            const tensor::OperationSizes& with) {
    const Result<PreparedOperation> prepared = prepare(*pipelines, with, memory, parameters, frame);
    if (prepared.ok()) return std::string();
    CHECK(prepared.error().where.line != 0);
    return std::string(prepared.error().message);
  };
  const std::vector<OperandMemory> memory = memory_for(product, *sizes);
  CHECK(error_of(memory, {}, *sizes) == "");
  CHECK(error_of(memory, {}, *others) == "the sizes are those of another operation; resolve this one");
  std::vector<OperandMemory> more = memory;
  more.push_back(operand("gain", fake_handle<VkBuffer>(40), 16));
  CHECK(error_of(more, {}, *sizes) == "");
  more[product.find("b")].binding.slot.name = "B";
  CHECK(error_of(more, {}, *sizes) ==
        "the operand b has no memory; give it some under that name (B is no operand) (gain is no operand)");
  more = memory;
  more.push_back(memory[0]);
  CHECK(error_of(more, {}, *sizes) == "the operand a is given twice");
  const Parameter unknown[] = {{"alpha", 1.0f}};
  CHECK(error_of(memory, unknown, *sizes) == "");
}

TEST_CASE("adapter: between two operations of which one reads what the other writes there is a barrier") {
  fake.reset();
  const Result<Context> context = Context::make(test::fake_info());
  REQUIRE(test::is_ok(context));
  const tensor::Operation product = make_product(tensor_target(context->describe()), false);
  const Result<tensor::OperationSizes> sizes = product.resolve();
  REQUIRE(test::is_ok(sizes));
  const Result<OperationPipelines> pipelines = OperationPipelines::make(*context, product);
  REQUIRE(test::is_ok(pipelines));
  Frame frame;
  frame.pool = fake_handle<VkDescriptorPool>(7);
  const std::vector<OperandMemory> first = memory_for(product, *sizes);
  std::vector<OperandMemory> second, apart;
  for (std::size_t i = 0; i < product.operands().size(); ++i) {
    const Text name(product.operands()[i].name);
    const OperandMemory own = operand(name, fake_handle<VkBuffer>(31 + i), sizes->bytes(i));
    apart.push_back(own);
    second.push_back(name == "a" ? operand(name, first[product.find("c")].binding.buffer, sizes->bytes(i))
                                 : own);
  }
  const auto barrier_to = [&](const std::vector<OperandMemory>& memory) {
    const Result<PreparedOperation> before = prepare(*pipelines, *sizes, first, {}, frame),
                                    after = prepare(*pipelines, *sizes, memory, {}, frame);
    REQUIRE(test::is_ok(before));
    REQUIRE(test::is_ok(after));
    return barrier_between(*before, *after);
  };
  CHECK(!barrier_to(second).is_empty());
  CHECK(barrier_to(apart).is_empty());
}

TEST_CASE("adapter: an allocation that fails in preparing an operation is an error, wherever it happens") {
#if COUNTS_ALLOCATIONS
  fake.reset();
  const Result<Context> context = Context::make(test::fake_info());
  REQUIRE(test::is_ok(context));
  const tensor::Operation operation = make_sum(tensor_target(context->describe()));
  REQUIRE(operation.steps().size() > 1);
  const Result<tensor::OperationSizes> sizes = operation.resolve();
  REQUIRE(test::is_ok(sizes));
  const Result<OperationPipelines> pipelines = OperationPipelines::make(*context, operation);
  REQUIRE(test::is_ok(pipelines));
  const std::vector<OperandMemory> memory = memory_for(operation, *sizes);
  const auto run = [&](unsigned first, unsigned last) {
    Frame frame;
    frame.pool = fake_handle<VkDescriptorPool>(7);
    test::failing = first;
    test::last_failing = last;
    test::allocations = 0;
    test::counting = true;
    Result<PreparedOperation> prepared = prepare(*pipelines, *sizes, memory, {}, frame);
    test::counting = false;
    test::failing = test::last_failing = ~0u;
    return prepared;
  };
  CHECK(test::is_ok(run(~0u, ~0u)));
  const unsigned total = test::allocations;
  CHECK(total > 3);
  for (unsigned number = 0; number < total; ++number)
    for (const bool memory_comes_back : {false, true}) {
      CAPTURE(number);
      const Result<PreparedOperation> prepared = run(number, memory_comes_back ? number : ~0u);
      if (prepared.ok())
        CHECK(prepared->dispatches().size() == operation.steps().size());
      else
        CHECK_MESSAGE(prepared.error().code == ErrorCode::OutOfMemory, test::text_of(prepared.error()));
    }
#else
  test::skip("a sanitizer has the allocator");
#endif
}
