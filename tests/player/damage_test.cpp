// Damaged programs: refused, or played without harm. The checksum is made anew, so that it is the records that are checked.
#include "fake_player.hpp"

using namespace airstrip;
using namespace airstrip::player;
using test::fake;
using test::fake_commands;

namespace {

void repair_checksum(std::vector<unsigned char>& bytes) {
  program::Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.weights_offset < sizeof header || header.weights_offset > bytes.size()) return;
  header.tables_checksum = program::checksum_of_tables(bytes.data(), header.weights_offset);
  std::memcpy(bytes.data(), &header, sizeof header);
}

// Whether it could be opened.
bool play(const std::vector<unsigned char>& bytes, const Device& device) {
  const Result<program::Program> program = program::Program::open({bytes.data(), bytes.size()});
  if (!program) {
    CHECK_FALSE(program.error().message.empty());
    return false;
  }
  for (const program::VariantRecord& v : program->variants()) {
    Result<Model> model = Model::make(device, *program, program->text(v.name));
    if (!model || !model->compile()) continue;
    const MemoryRequirements& needed = model->memory();
    if (needed.uniform.bytes > 1u << 20) continue;
    std::vector<unsigned char> uniform(needed.uniform.bytes);
    InstanceInfo info;
    info.weights = test::fake_memory(11, needed.weights.bytes);
    info.packed = test::fake_memory(12, needed.packed.bytes);
    info.scratch = test::fake_memory(13, needed.scratch.bytes);
    info.uniform = test::fake_memory(14, needed.uniform.bytes);
    info.uniform.mapped = uniform.data();
    Result<Instance> instance = Instance::make(*model, info);
    if (!instance) continue;
    for (const program::TensorRecord& t : program->tensors())
      (void)instance->bind(program->text(t.name), test::fake_memory(20, 1 << 16)).ok();
    std::vector<program::ParameterValue> values;
    for (const program::ParameterRecord& r : program->parameters())
      values.push_back({program->text(r.name), static_cast<double>(r.multiple)});
    (void)instance->set_parameters(values).ok();
    (void)instance->record_prepare(fake_commands).ok();
    (void)instance->record(fake_commands).ok();
    (void)instance->record_calibration(fake_commands, test::fake_handle<VkQueryPool>(9)).ok();
    for (int i = 0; i < 10; ++i)
      if (const Result<Progress> progress = instance->advance(fake_commands, 1); !progress || progress->done)
        break;
    (void)instance->longest_dispatch();
  }
  return true;
}

// Two variants, push constants and a uniform block, addresses, packed weights, images' records aside.
std::vector<unsigned char> small_program() {
  test::ProgramMaker m;
  const std::uint32_t n = m.size("n", 128, 2), all = m.writer.literal(64);
  const std::uint32_t f = m.number("f", kernel::Scalar::F64);
  const std::uint32_t x = m.tensor("x", program::Direction::Input, n, 128),
                      y = m.tensor("y", program::Direction::Output, n, 128);
  const std::vector<std::uint32_t> weights(64, 3);
  m.writer.weight("w", {reinterpret_cast<const unsigned char*>(weights.data()), 256});
  const std::uint32_t w = m.region(program::Memory::Weights, 0, 256),
                      p = m.region(program::Memory::Packed, 0, 256),
                      a = m.region(program::Memory::Scratch, 256, 256);
  kernel::WriteOptions uniform;
  uniform.parameters = kernel::ParameterPlacement::Uniform;
  const auto triple = m.module(test::make_triple()), other = m.module(test::make_triple(), uniform);
  // Words are no record; the fewer, the sooner the test is done.
  for (program::ModuleRecord& record : m.writer.modules) record.words.count = 8;
  m.writer.modules[0].parameter_bytes = 24;
  m.dispatch("pack", triple, m.groups(all), program::Barrier::Absent, {{"x", w}, {"y", p}}, {{"n", all}},
             program::Phase::Prepare);
  m.dispatch("a", other, m.groups(n), program::Barrier::Absent, {{"x", x}, {"y", a}}, {{"n", n}});
  m.dispatch("b", triple, m.groups(n), program::Barrier::Memory, {{"x", a}, {"y", y}}, {{"n", n}});
  m.writer.arguments.push_back({program::ArgumentRecord::Kind::Number, 16, f, 0});
  m.writer.arguments.push_back({program::ArgumentRecord::Kind::Address, 8, a, 0});
  m.writer.dispatches.back().arguments.count += 2;
  program::VariantRecord& first = m.variant("first");
  first.scratch_bytes = 512;
  first.packed_bytes = 256;
  m.require(first, program::RequirementRecord::Kind::Limit, "maxPushConstantsSize", 16);
  m.dispatch("c", triple, m.groups(n), program::Barrier::Absent, {{"x", x}, {"y", y}}, {{"n", n}});
  m.variant("second");
  return m.bytes();
}

}  // namespace

TEST_CASE("player: every byte of a program flipped") {
  fake.reset();
  std::vector<unsigned char> whole = small_program();
  program::Header header;
  std::memcpy(&header, whole.data(), sizeof header);
  const Device device = test::fake_device();
  REQUIRE(play(whole, device));
  unsigned opened = 0, refused = 0;
  const auto& words = header.tables[static_cast<std::uint32_t>(program::Table::Words)];
  for (std::size_t at = 0; at < header.weights_offset; ++at) {
    if (at >= words.offset && at < words.offset + words.count * 4u) continue;
    for (const unsigned with : {0x01u, 0x80u, 0xFFu}) {
      std::vector<unsigned char> damaged = whole;
      damaged[at] = static_cast<unsigned char>(damaged[at] ^ with);
      fake.call_count = 0;
      // As it is: the checksum sees what the header's first fields do not.
      CAPTURE(at);
      const bool as_is = program::Program::open({damaged.data(), damaged.size()}).ok();
      REQUIRE_FALSE(as_is);
      repair_checksum(damaged);
      ++(play(damaged, device) ? opened : refused);
    }
  }
  CHECK(opened > 100);
  CHECK(refused > 100);
  CHECK(fake.created == fake.destroyed);
}

TEST_CASE("player: every truncation of a program is refused") {
  const std::vector<unsigned char> whole = small_program();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::vector<unsigned char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    cut.resize(size + 8);  // never null, and what is beyond must not be read
    const Result<program::Program> as_is = program::Program::open({cut.data(), size});
    REQUIRE_FALSE(as_is.ok());
    if (size < sizeof(program::Header)) continue;
    // The same with a header that knows.
    program::Header header;
    std::memcpy(&header, cut.data(), sizeof header);
    header.bytes = size;
    header.weights_bytes = size > header.weights_offset ? size - header.weights_offset : 0;
    std::memcpy(cut.data(), &header, sizeof header);
    cut.resize(size);
    repair_checksum(cut);
    const Result<program::Program> known = program::Program::open({cut.data(), cut.size()});
    // The region in the weights tells that they are too few.
    REQUIRE_FALSE(known.ok());
  }
}
