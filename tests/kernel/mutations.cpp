// Mutations of good kernels and modules: a barrier, a bound's guard, a capability or a decoration is taken away, an
// operand is exchanged, and some check has to notice every one.
#include "example_kernels.hpp"
#include "module_reader.hpp"

#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/print.hpp>
#include <airstrip/kernel/verify.hpp>
#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/validate.hpp>

#include "support/skip.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::kernel;
using spirv::Target;

namespace {

using Words = std::vector<std::uint32_t>;

/// What a dispatch of a kernel gives.
struct Outcome {
  std::string findings;  // or an error
  Words words;           // of what it wrote
};

struct Subject {
  const char* name;
  Kernel kernel;
  std::function<Outcome(const Kernel&)> run;
};

Outcome run(const Kernel& kernel, const Dispatch& dispatch, Resources& resources, const Words& written) {
  InterpretOptions options;
  options.subgroup_size = 8;
  options.max_iterations = 10000;
  const Result<Report> report = interpret(kernel, dispatch, resources, options);
  if (!report.ok()) return {std::string(report.error().to_string()), {}};
  return {std::string(report->to_string()), written};
}
Words numbers(std::size_t count, bool floats = true) {
  Words words(count);
  for (std::size_t i = 0; i < count; ++i) {
    const float f = static_cast<float>(i * 7 % 23) - 3;
    if (floats)
      std::memcpy(&words[i], &f, sizeof f);
    else
      words[i] = static_cast<std::uint32_t>(i * 2654435761u);
  }
  return words;
}

// Sizes that are no multiple of the workgroup, where the kernel guards its edges.
std::vector<Subject> subjects() {
  std::vector<Subject> list;
  using namespace example_kernels;
  list.push_back({"saxpy", saxpy(), [](const Kernel& k) {
                    const Words x = numbers(100);
                    Words y = numbers(100);
                    Resources r;
                    r.set<u32>("n", 100);
                    r.set<f32>("a", 2);
                    r.bind("x", x);
                    r.bind("y", y);
                    return run(k, {{2}}, r, y);
                  }});
  list.push_back({"reduction", reduction(), [](const Kernel& k) {
                    const Words x = numbers(1000);
                    Words y(2);
                    Resources r;
                    r.set<u32>("n", 1000);
                    r.bind("x", x);
                    r.bind("y", y);
                    return run(k, {{2}}, r, y);
                  }});
  list.push_back({"histogram", histogram(), [](const Kernel& k) {
                    const Words pixels = numbers(300, false);
                    Words bins(256);
                    Resources r;
                    r.set<u32>("n", 300);
                    r.bind("pixels", pixels);
                    r.bind("bins", bins);
                    return run(k, {{2}}, r, bins);
                  }});
  list.push_back({"image_filter", image_filter(), [](const Kernel& k) {
                    Words source = numbers(10 * 11 * 4), result(10 * 11 * 4);
                    Resources r;
                    r.set<f32>("amount", 0.5f);
                    ImageBinding in, out;
                    in.width = out.width = 10;
                    in.height = out.height = 11;
                    in.texels = source.data();
                    out.texels = result.data();
                    r.bind_image("source", in);
                    r.bind_image("result", out);
                    return run(k, {{2, 2}}, r, result);
                  }});
  list.push_back({"matmul", matmul(), [](const Kernel& k) {
                    const Words a = numbers(32 * 48), b = numbers(48 * 32);
                    Words c(32 * 32);
                    Resources r;
                    r.set<u32>("n", 32);
                    r.set<u32>("depth", 48);
                    r.bind("a", a);
                    r.bind("b", b);
                    r.bind("c", c);
                    return run(k, {{2, 2}}, r, c);
                  }});
  list.push_back({"softmax", softmax(), [](const Kernel& k) {
                    const Words x = numbers(3 * 100);
                    Words y(3 * 100);
                    Resources r;
                    r.set<u32>("columns", 100);
                    r.bind("x", x);
                    r.bind("y", y);
                    return run(k, {{3}}, r, y);
                  }});
  list.push_back({"conv", conv(), [](const Kernel& k) {
                    const Words in = numbers(10 * 11), weights = numbers(9);
                    Words out(10 * 11);
                    Resources r;
                    r.set<i32x2>("size", i32x2{10, 11});
                    r.bind("in", in);
                    r.bind("weights", weights);
                    r.bind("out", out);
                    return run(k, {{2, 2}}, r, out);
                  }});
  list.push_back({"transpose", transpose(), [](const Kernel& k) {
                    const Words in = numbers(20 * 35, false);
                    Words out(20 * 35);
                    Resources r;
                    r.set<u32>("rows", 20);
                    r.set<u32>("columns", 35);
                    r.bind("in", in);
                    r.bind("out", out);
                    return run(k, {{3, 2}}, r, out);
                  }});
  list.push_back({"scan", scan(), [](const Kernel& k) {
                    Words x = numbers(256, false);
                    Resources r;
                    r.bind("x", x);
                    return run(k, {{2}}, r, x);
                  }});
  return list;
}

/// The nodes of an operation, in all functions.
std::vector<NodeId> nodes_of(const Kernel& kernel, Op op) {
  std::vector<NodeId> nodes;
  for (const Function& f : kernel.functions())
    for_each_node(kernel, f.body, [&](NodeId id) {
      if (kernel.op(id) == op) nodes.push_back(id);
    });
  return nodes;
}

bool touches_memory(const Kernel& kernel, RegionId region) {
  bool touches = false;
  for_each_node(kernel, region, [&](NodeId id) {
    switch (kernel.op(id)) {
      case Op::Load:
      case Op::Store:
      case Op::AtomicAdd:
      case Op::ImageStore: touches = true; break;
      default: break;
    }
  });
  return touches;
}

}  // namespace

TEST_CASE("mutations: without one of its barriers, a kernel is found to race or to read what nothing wrote") {
  std::size_t barriers = 0;
  for (const Subject& s : subjects()) {
    CAPTURE(std::string(s.name));
    REQUIRE(s.kernel.ok());
    CHECK(s.run(s.kernel).findings == "");
    for (const NodeId barrier : nodes_of(s.kernel, Op::Barrier)) {
      Kernel mutant = s.kernel.clone();
      mutant.unlink(barrier);
      ++barriers;
      CAPTURE(std::string(mutant.location_text(s.kernel.node(barrier).location)));
      CHECK(s.run(mutant).findings != "");
    }
  }
  std::printf("mutations: %zu barriers removed\n", barriers);
  CHECK(barriers >= 20);
}

TEST_CASE("mutations: a barrier that orders other memory than it should is found") {
  for (const Subject& s : subjects())
    for (const NodeId barrier : nodes_of(s.kernel, Op::Barrier)) {
      CAPTURE(std::string(s.name));
      SyncScope sync = SyncScope::unpack(s.kernel.node(barrier).immediate);
      sync.storage = memory::buffers;
      Kernel mutant = s.kernel.clone();
      mutant.node(barrier).immediate = sync.pack();
      CHECK(s.run(mutant).findings != "");
      sync.storage = memory::all;
      sync.memory = MemoryScope::Subgroup;
      mutant.node(barrier).immediate = sync.pack();
      CHECK(s.run(mutant).findings != "");
    }
}

TEST_CASE(
    "mutations: without one of its guards, a kernel is found to leave its memory, or gives something else") {
  std::size_t guards = 0;
  for (const Subject& s : subjects()) {
    CAPTURE(std::string(s.name));
    const Outcome good = s.run(s.kernel);
    CHECK(good.findings == "");
    for (const NodeId guard : nodes_of(s.kernel, Op::If)) {
      if (!touches_memory(s.kernel, s.kernel.regions(guard)[0])) continue;
      Kernel mutant = s.kernel.clone();
      const NodeId always = mutant.constant(Type(Scalar::Boolean), 1);
      mutant.operands(guard)[0] = always;
      REQUIRE(verify(mutant).ok());
      ++guards;
      CAPTURE(std::string(mutant.location_text(s.kernel.node(guard).location)));
      const Outcome bad = s.run(mutant);
      CHECK((bad.findings != "" || bad.words != good.words));
    }
  }
  std::printf("mutations: %zu guards removed\n", guards);
  CHECK(guards >= 25);
}

TEST_CASE("mutations: without one of its capabilities, decorations or modes a module is invalid") {
  std::size_t removed = 0, unknown = 0;
  for (const example_kernels::Example& e : example_kernels::all_examples()) {
    CAPTURE(std::string(e.name));
    const Result<spirv::Module> module = write_spirv(e.kernel, e.target);
    REQUIRE(module.ok());
    const Result<Validation> good = validate(*module);
    if (!good.ok()) {
      CHECK(good.error().code == ErrorCode::ValidatorTooOld);
      ++unknown;
      continue;
    }
    const Words words(module->words().begin(), module->words().end());
    for (std::size_t at = spirv::header_words; at < words.size(); at += words[at] >> 16) {
      const auto op = static_cast<spirv::Op>(words[at] & 0xFFFF);
      bool needed = op == spirv::Op::OpCapability || op == spirv::Op::OpExecutionMode ||
                    op == spirv::Op::OpMemoryModel || op == spirv::Op::OpEntryPoint ||
                    op == spirv::Op::OpMemberDecorate || op == spirv::Op::OpExtension;
      if (op == spirv::Op::OpDecorate) switch (static_cast<spirv::Decoration>(words[at + 2])) {
          // How memory is used: without these a module is valid, and slower or less certain.
          case spirv::Decoration::NonWritable:
          case spirv::Decoration::NonReadable:
          case spirv::Decoration::Aliased:
          case spirv::Decoration::Coherent:
          case spirv::Decoration::NoContraction: break;
          // An input that is nothing: no version of spirv-val misses it.
          case spirv::Decoration::BuiltIn: break;
          default: needed = true;
        }
      // Of the elements of a cooperative matrix in memory spirv-val does not ask it.
      if (op == spirv::Op::OpCapability &&
          words[at + 1] == static_cast<std::uint32_t>(spirv::Capability::StorageBuffer16BitAccess))
        needed = std::string(e.name) != "matrix_tile";
      // Every type, constant, label and value is there because something uses it.
      needed = needed || spirv::grammar::result_position(static_cast<std::uint16_t>(op)) != 0;
      // The value of an atomic operation or a call may be unused.
      if (op == spirv::Op::OpAtomicIAdd || op == spirv::Op::OpAtomicXor || op == spirv::Op::OpFunctionCall)
        needed = false;
      if (!needed) continue;
      Words mutant = words;
      mutant.erase(mutant.begin() + static_cast<std::ptrdiff_t>(at),
                   mutant.begin() + static_cast<std::ptrdiff_t>(at + (words[at] >> 16)));
      const Result<Validation> bad =
          validate(Span<const std::uint32_t>(mutant.data(), mutant.size()), e.target);
      ++removed;
      CAPTURE(at);
      CAPTURE(int(op));
      CAPTURE(words[at + 1]);
      CHECK_FALSE(bad.ok());
    }
  }
  std::printf("mutations: %zu instructions removed from modules\n", removed);
  CHECK(removed > 1000);
  if (unknown != 0) test::skip("mutations: a module that the validator at hand does not know");
}

TEST_CASE("mutations: an operand of another type is found by verify") {
  std::size_t exchanged = 0;
  for (const example_kernels::Example& e : example_kernels::all_examples()) {
    CAPTURE(std::string(e.name));
    REQUIRE(verify(e.kernel).ok());
    Kernel mutant = e.kernel.clone();
    const NodeId strange = mutant.constant(Type(Scalar::F64), 0);
    const std::uint32_t end = mutant.node_bound();
    for (NodeId id = 1; id < end; ++id) {
      const Op op = mutant.op(id);
      if (mutant.node(id).region == no_region || op == Op::Argument || op == Op::Result) continue;
      if (op == Op::Convert || op == Op::ConvertSaturate) continue;  // from every number
      for (std::size_t i = 0; i < mutant.operands(id).size(); ++i) {
        const NodeId old = mutant.operands(id)[i];
        if (mutant.type(old).is_matrix()) continue;
        if (op == Op::Store && i == 0) continue;  // a buffer takes every number
        mutant.operands(id)[i] = strange;
        ++exchanged;
        CAPTURE(std::string(info_of(op).name));
        CHECK_FALSE(verify(mutant).ok());
        mutant.operands(id)[i] = old;
      }
    }
    CHECK(verify(mutant).ok());
  }
  std::printf("mutations: %zu operands exchanged\n", exchanged);
  CHECK(exchanged > 500);
}

TEST_CASE("mutations: a node that is taken out of its place is found by verify") {
  std::size_t removed = 0;
  for (const example_kernels::Example& e : example_kernels::all_examples()) {
    CAPTURE(std::string(e.name));
    std::vector<NodeId> nodes;
    for (const Function& f : e.kernel.functions())
      for_each_node(e.kernel, f.body, [&](NodeId id) {
        // What nothing depends on may go.
        const Op op = e.kernel.op(id);
        const bool terminator = has_flag(op, op_flag::terminator);
        bool used = terminator;
        for (NodeId user = 1; user < e.kernel.node_bound(); ++user) {
          if (e.kernel.op(user) == Op::Constant || e.kernel.node(user).region == no_region) continue;
          for (const NodeId operand : e.kernel.operands(user)) used = used || operand == id;
        }
        if (used) nodes.push_back(id);
      });
    for (const NodeId id : nodes) {
      Kernel mutant = e.kernel.clone();
      mutant.unlink(id);
      ++removed;
      CAPTURE(std::string(info_of(e.kernel.op(id)).name));
      CHECK_FALSE(verify(mutant).ok());
    }
  }
  std::printf("mutations: %zu nodes removed\n", removed);
  CHECK(removed > 300);
}
