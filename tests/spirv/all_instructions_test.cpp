// Every method of instructions.hpp against words that tests/tools/encode_reference.py encoded independently.
// generated/all_instructions.inc makes the calls, generated/all_instructions_words.inc says what must come out.
#include <airstrip/spirv/instructions.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <cstring>
#include <string>

using namespace airstrip;
using namespace airstrip::spirv;

namespace {

constexpr std::uint32_t RESULT_ID = 0xFFFFFFFF;  // stands for the id that the builder gives

struct Reference {
  const char* name;
  std::uint32_t words[40];
  std::size_t size() const { return words[0] >> 16; }
};

const Reference references[] = {
#define REFERENCE(name, ...) {name, {__VA_ARGS__}},
#include "generated/all_instructions_words.inc"
#undef REFERENCE
};
constexpr std::size_t reference_count = sizeof references / sizeof references[0];

// A builder that writes exactly what it is told, and compares it with the next reference.
class Probe : public Instructions {
public:
  Probe() : Instructions(options()) { restart(); }

  // The first id is a type, so that it can be a result type.
  void restart() {
    reset();
    tag_ = reserve_type().tag();
    for (unsigned n = 1; n < 8; ++n) reserve_value(TypeId());
  }
  Id id(std::uint32_t number) const { return Id(number, tag_); }

  void begin(const char* name) {
    name_ = name;
    for (std::size_t n = 0; n < section_count; ++n)
      before_[n] = section_words(static_cast<Section>(n)).size();
    next_id_ = bound();
  }
  void end(Id result) {
    REQUIRE(at_ < reference_count);
    const Reference& expected = references[at_++];
    INFO("variant ", std::string(name_));
    REQUIRE(std::strcmp(name_, expected.name) == 0);
    if (failed()) {
      FAIL_CHECK("the builder failed: ", std::string(error().message));
      restart();
      return;
    }
    // One section has grown, by one instruction.
    const InstructionInfo* const info =
        grammar::find(static_cast<Op>(static_cast<std::uint16_t>(expected.words[0] & 0xFFFF)));
    REQUIRE(info);
    std::size_t grown = section_count;
    for (std::size_t n = 0; n < section_count; ++n) {
      if (section_words(static_cast<Section>(n)).size() == before_[n]) continue;
      CHECK(grown == section_count);
      grown = n;
    }
    REQUIRE(grown < section_count);
    if (info->section <= Section::Graph) CHECK(static_cast<Section>(grown) == info->section);
    const Span<const std::uint32_t> all = section_words(static_cast<Section>(grown));
    std::string got, wanted;
    bool has_result = false;
    for (std::size_t n = before_[grown]; n < all.size(); ++n) got += std::to_string(all[n]) + ' ';
    for (std::size_t n = 0; n < expected.size(); ++n) {
      const bool here = expected.words[n] == RESULT_ID;
      has_result = has_result || here;
      wanted += std::to_string(here ? next_id_ : expected.words[n]) + ' ';
    }
    CHECK(got == wanted);
    CHECK(result.number() == (has_result ? next_id_ : 0));
    words_ += expected.size();
  }

  std::size_t compared() const { return at_; }
  std::size_t words() const { return words_; }

private:
  static ModuleOptions options() {
    ModuleOptions out;
    out.check_types = false;
    out.check_structure = false;
    return out;
  }
  static constexpr std::size_t section_count = static_cast<std::size_t>(Section::Graph) + 1;

  std::uint32_t tag_ = 0;
  std::uint32_t next_id_ = 0;
  const char* name_ = "";
  std::size_t before_[section_count] = {};
  std::size_t at_ = 0;
  std::size_t words_ = 0;
};

Probe* probe = nullptr;
Id i(std::uint32_t number) { return probe->id(number); }
ValueId v(std::uint32_t number) { return ValueId(i(number)); }
TypeId t(std::uint32_t number) { return TypeId(i(number)); }
LabelId l(std::uint32_t number) { return LabelId(i(number)); }
FunctionId f(std::uint32_t number) { return FunctionId(i(number)); }
ExtInstSetId x(std::uint32_t number) { return ExtInstSetId(i(number)); }
StringId s(std::uint32_t number) { return StringId(i(number)); }

#define RESULT(name, ...) b.begin(name), b.end(__VA_ARGS__);
#define NO_RESULT(name, ...) b.begin(name), __VA_ARGS__, b.end(Id());
#include "generated/all_instructions.inc"
#undef RESULT
#undef NO_RESULT

}  // namespace

TEST_CASE("every instruction method writes the words of the independent encoder") {
  Probe b;
  probe = &b;
  for (auto* const part : parts) part(b);
  CHECK(b.compared() == reference_count);
  std::printf("%zu variants of %zu instructions, %zu words, equal to the reference encoder's\n", b.compared(),
              instruction_count, b.words());
}
