// The IR carries what a WGSL writer needs: three kernels printed by wgsl_printer.hpp, read by a WGSL compiler (naga).
#include "../support/skip.hpp"
#include "../support/spirv_val.hpp"
#include "wgsl_printer.hpp"

#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/passes.hpp>
#include <airstrip/kernel/passes/lower_addresses.hpp>
#include <airstrip/kernel/passes/order.hpp>
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

using namespace airstrip::kernel;
using airstrip::Result;
using airstrip::Span;

namespace {

// --- the compiler ------------------------------------------------------------------------------------------------------

// The one that AIRSTRIP_NAGA names, or that on the PATH. Empty: none.
const std::string& naga() {
  static const std::string found = [] {
    const char* const named = std::getenv("AIRSTRIP_NAGA");
    const std::string command = named && *named ? named : "naga";
    int status = 0;
    test::output_of(command + " --version", status);
    return status == 0 ? command : std::string();
  }();
  return found;
}
constexpr const char* no_naga = "naga was not found on the PATH, nor named by AIRSTRIP_NAGA";

struct Compiled {
  bool accepted = false;
  std::string said;
  std::vector<std::uint32_t> words;  // naga's own SPIR-V
};

// naga parses, types and validates the text, and translates it. It does not look at barriers in divergent control flow
// (naga 30 accepts them), as browsers do: that is for the IR's own uniformity, below.
Compiled compile(const std::string& wgsl) {
  Compiled result;
  std::string folder = std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp";
  folder += "/airstrip-wgsl-XXXXXX";
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  const std::string in = folder + "/kernel.wgsl", out = folder + "/kernel.spv";
  std::FILE* file = std::fopen(in.c_str(), "wb");
  REQUIRE(file != nullptr);
  const bool written = std::fwrite(wgsl.data(), 1, wgsl.size(), file) == wgsl.size();
  REQUIRE((std::fclose(file) == 0 && written));
  int status = 0;
  result.said = test::output_of(naga() + " " + in + " " + out, status);
  result.accepted = status == 0;
  if ((file = std::fopen(out.c_str(), "rb"))) {
    std::uint32_t word;
    while (std::fread(&word, sizeof word, 1, file) == 1) result.words.push_back(word);
    std::fclose(file);
  }
  unlink(in.c_str());
  unlink(out.c_str());
  rmdir(folder.c_str());
  return result;
}

// As a writer prepares a kernel: without legalisation, since WGSL has its own packed dot products.
Kernel lowered(const Kernel& kernel) {
  Kernel copy = kernel.clone();
  run_passes(copy);
  lower_addresses(copy);
  run_passes(copy);
  order(copy);
  return copy;
}

std::string wgsl_of(const Kernel& kernel) {
  REQUIRE_MESSAGE(kernel.ok(), kernel.error().to_string().c_str());
  const Kernel ready = lowered(kernel);
  test::WgslPrinter printer(ready);
  const std::string text = printer.print();
  REQUIRE_MESSAGE(printer.error() == "", printer.error());
  return text;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}
std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

void check_accepted(const std::string& wgsl) {
  const Compiled compiled = compile(wgsl);
  CHECK_MESSAGE(compiled.accepted, wgsl, compiled.said);
  const airstrip::spirv::Target target = airstrip::spirv::Target::vulkan(1, 1);
  const test::Verdict verdict = test::validate(compiled.words, target);
  if (verdict.ran) CHECK_MESSAGE(verdict.valid, wgsl, verdict.text);
}
void check_rejected(const std::string& wgsl, const char* because) {
  const Compiled compiled = compile(wgsl);
  CHECK_FALSE(compiled.accepted);
  CHECK_MESSAGE(compiled.said.find(because) != std::string::npos, compiled.said);
}

// --- the kernels -------------------------------------------------------------------------------------------------------

constexpr std::uint32_t tile = 8;

// C = A · B, tile by tile through workgroup memory, for any size.
Kernel matmul() {
  return make_kernel("matmul", {.workgroup = {tile, tile}}, [](KernelBuilder& k) {
    const auto rows = k.param<u32>("rows"), columns = k.param<u32>("columns"), depth = k.param<u32>("depth");
    const auto scale = k.param<f32>("scale");
    const auto a = k.input<f32>("a"), b = k.input<f32>("b");
    const auto c = k.output<f32>("c");
    const auto a_tile = k.workgroup_array<f32>(tile * tile, "a tile");
    const auto b_tile = k.workgroup_array<f32>(tile * tile, "b tile");
    const auto local = k.local_id();
    const auto row = k.global_id().y, column = k.global_id().x;
    const auto here = local.y * tile + local.x;
    auto sum = k.var<f32>(0);
    k.for_(0, (depth + (tile - 1)) / tile, [&](Value<u32> t) {
      const auto ka = t * tile + local.x, kb = t * tile + local.y;
      a_tile[here] = k.if_value(
          row < rows && ka < depth, [&] { return a[row * depth + ka].value(); },
          [&] { return k.constant<f32>(0); });
      b_tile[here] = k.if_value(
          kb < depth && column < columns, [&] { return b[kb * columns + column].value(); },
          [&] { return k.constant<f32>(0); });
      k.barrier(memory::workgroup);
      k.for_range<u32>(0, tile, 1,
                       [&](Value<u32> i) { sum += a_tile[local.y * tile + i] * b_tile[i * tile + local.x]; });
      k.barrier(memory::workgroup);
    });
    k.if_(row < rows && column < columns, [&] { c[row * columns + column] = sum * scale; });
  });
}

// How often each of 64 values occurs: in workgroup memory first, then in the buffer, both by atomics.
Kernel histogram() {
  return make_kernel("histogram", {.workgroup = {64}}, [](KernelBuilder& k) {
    const auto n = k.param<u32>("n");
    const auto values = k.input<i32>("values");
    const auto bins = k.inout<u32>("bins");
    const auto local_bins = k.workgroup_array<u32>(64, "local bins");
    const auto lane = k.local_index();
    local_bins[lane] = 0;
    k.barrier(memory::workgroup);
    const auto first = k.global_id().x, step = k.workgroup_count().x * 64;
    k.for_(first, n, step, [&](Value<u32> i) {
      // Signed: the shift is arithmetic, the clamp has a negative bound.
      const auto bin = clamp(values[i] >> 2, -32, 31) + 32;
      atomic_add(local_bins[convert<u32>(bin)], 1);
    });
    k.barrier(memory::workgroup);
    const auto found = local_bins[lane].value();
    k.if_(found != 0, [&] { atomic_add(bins[lane], found); });
  });
}

// y = quantised(A · x): signed bytes, four a word; the results are packed again, four rows an invocation.
Kernel packed_int8() {
  return make_kernel("matvec_int8", {.workgroup = {32}}, [](KernelBuilder& k) {
    const auto rows = k.param<u32>("rows"), words = k.param<u32>("words");
    const auto shift = k.param<i32>("shift");
    const auto a = k.input<u32>("a"), x = k.input<u32>("x");
    const auto y = k.output<u32>("y");
    const auto checksum = k.output<u32>("checksum");
    const auto first = k.global_id().x * 4;
    k.if_(first >= rows, [&] { k.return_(); });
    auto packed = k.var<u32>(0);
    auto sums = k.var<u32>(0);
    k.for_range<u32>(0, 4, 1, [&](Value<u32> r) {
      auto sum = k.var<i32>(0);
      k.for_(0, words, [&](Value<u32> w) {
        const auto mine = a[(first + r) * words + w].value();
        const auto other = x[w].value();
        sum += dot_packed_signed(mine, other);
        sums += dot_packed_unsigned(mine, other);
      });
      const auto byte = clamp(sum >> shift, -128, 127);
      packed = bit_field_insert(packed, bitcast<u32>(byte), r * 8, 8);
    });
    y[k.global_id().x] = packed;
    checksum[k.global_id().x] = sums;
  });
}

}  // namespace

TEST_CASE("wgsl: a loop with barriers and workgroup memory") {
  const std::string wgsl = wgsl_of(matmul());
  CHECK(count(wgsl, "workgroupBarrier();") == 2);
  CHECK(count(wgsl, "var<workgroup> a_tile_") == 1);
  CHECK(count(wgsl, "var<storage, read> ") == 2);
  CHECK(count(wgsl, "var<storage, read_write> ") == 1);
  CHECK(count(wgsl, "loop {") == 2);
  if (naga().empty()) return test::skip(no_naga);
  check_accepted(wgsl);
  // naga sees what the IR says: a store to read-only memory, a type that does not fit.
  check_rejected(replaced(wgsl, "var<storage, read_write>", "var<storage, read>"), "kernel.wgsl");
  check_rejected(replaced(wgsl, "array<f32, 64>", "array<u32, 64>"), "kernel.wgsl");
}

TEST_CASE("wgsl: atomics in workgroup and storage memory") {
  const std::string wgsl = wgsl_of(histogram());
  CHECK(count(wgsl, "array<atomic<u32>>") == 1);
  CHECK(count(wgsl, "array<atomic<u32>, 64>") == 1);
  CHECK(count(wgsl, "array<i32>") == 1);  // signed, and not atomic
  CHECK(count(wgsl, "atomicAdd(&") == 2);
  // Plain accesses of what is atomic elsewhere.
  CHECK(count(wgsl, "atomicStore(&local_bins_") == 1);
  CHECK(count(wgsl, "atomicLoad(&local_bins_") == 1);
  if (naga().empty()) return test::skip(no_naga);
  check_accepted(wgsl);
  check_rejected(replaced(wgsl, "atomic<u32>", "u32"), "atomic");
}

TEST_CASE("wgsl: packed signed and unsigned bytes") {
  const std::string wgsl = wgsl_of(packed_int8());
  CHECK(count(wgsl, "dot4I8Packed(") == 1);
  CHECK(count(wgsl, "dot4U8Packed(") == 1);
  CHECK(count(wgsl, "insertBits(") == 1);
  CHECK(count(wgsl, ": i32 = ") >= 3);
  if (naga().empty()) return test::skip(no_naga);
  check_accepted(wgsl);
  check_rejected(replaced(wgsl, "dot4I8Packed", "dot4U8Packed"), "kernel.wgsl");
}

TEST_CASE("wgsl: the printer says what it does not print") {
  const Kernel kernel = make_kernel("other", {.workgroup = {32}}, [](KernelBuilder& k) {
    k.output<f32>("y")[k.global_id().x] = subgroup_add(convert<f32>(k.local_index()));
  });
  const Kernel ready = lowered(kernel);
  test::WgslPrinter printer(ready);
  CHECK(printer.print() == "");
  CHECK(printer.error().find("'subgroup_add' is not printed") != std::string::npos);
}

TEST_CASE("wgsl: a barrier in divergent control flow is not printed") {
  const Kernel kernel = make_kernel("divergent", {.workgroup = {32}}, [](KernelBuilder& k) {
    const auto y = k.inout<u32>("y");
    k.if_(y[k.local_index()] != 0, [&] { k.barrier(); });
    y[k.local_index()] = 1;
  });
  const Kernel ready = lowered(kernel);
  test::WgslPrinter printer(ready);
  CHECK(printer.print() == "");
  CHECK(printer.error().find("uniform control flow") != std::string::npos);
}
