// Loops with carried values, switches with continue, selections with values, calls and local variables, against the same
// program in C++, bit for bit.
#include "fixture.hpp"

using namespace airstrip::spirv;

namespace {

using Word = std::uint32_t;

// --- the twin

Word scramble(Word x, Word y) {
  if (x % 2 != 0) return x * 3 + y;
  return x >> 1 ^ y;
}
Word collatz(Word n) {
  Word steps = 0;
  while (n != 1 && steps < 200) {
    n = n % 2 != 0 ? 3 * n + 1 : n / 2;
    ++steps;
  }
  return steps;
}
Word twin(Word seed) {
  Word table[8];
  for (Word j = 0; j < 8; ++j) table[j] = scramble(seed + j, j);
  Word value = seed, skipped = 0;
  for (Word k = 0; k < 40; ++k) {
    switch (value % 6) {
      case 0:
        value = value * 5 + 1;
        ++skipped;
        continue;
      case 1:
      case 2: table[k % 8] = value; break;
      case 3:
        if ((value & 64) != 0) break;
        table[(k + 1) % 8] += collatz((value & 1023) | 1);
        break;
      case 4:
        for (Word j = 0; j < value % 8; ++j) {
          if (table[j] > value * 2) break;
          if (table[j] % 4 == 1) continue;
          table[j] ^= k << 20;
        }
        break;
      default: {
        Word x = value | 1;
        while (x < 0x10000) x = x * 7 + k;
        table[7] += x;
      }
    }
    Word next;
    if (table[k % 8] < value)
      next = scramble(value, table[k % 8]);
    else
      next = (value & 2) != 0 ? table[(k + 3) % 8] + 11 : value * 9 + k;
    if (next % 97 == 5) {
      skipped += 1000;
      break;
    }
    value = next;
  }
  Word sum = value ^ skipped << 16;
  for (Word j = 0; j < 8; ++j) sum = sum * 31 + table[j];
  return sum;
}

// --- the module

struct Emit {
  Builder& b;
  TypeId u32 = b.declare_uint32();
  FunctionId scramble = b.reserve_function(), collatz = b.reserve_function();

  ValueId word(Word value) { return b.constant(value); }
  ValueId mod(ValueId x, Word by) { return b.OpUMod(x, word(by)); }
  ValueId add(ValueId x, Word y) { return b.OpIAdd(x, word(y)); }
  ValueId has(ValueId x, Word bits) { return b.OpINotEqual(b.OpBitwiseAnd(x, word(bits)), word(0)); }

  void functions() {
    b.begin_function(scramble, u32, {u32, u32}, "scramble");
    ValueId x = b.parameter(0), y = b.parameter(1);
    b.if_(has(x, 1), [&] { b.OpReturnValue(b.OpIAdd(b.OpIMul(x, word(3)), y)); });
    b.OpReturnValue(b.OpBitwiseXor(b.OpShiftRightLogical(x, word(1)), y));
    b.end_function();

    b.begin_function(collatz, u32, {u32}, "collatz");
    ValueId steps;
    b.loop({b.parameter(0), word(0)}, [&](Loop& loop) {
      const ValueId n = loop[0];
      steps = loop[1];
      loop.break_if(b.OpIEqual(n, word(1)));
      loop.break_if(b.OpUGreaterThanEqual(steps, word(200)));
      const ValueId next = b.if_value(
          has(n, 1), [&] { return add(b.OpIMul(n, word(3)), 1); }, [&] { return b.OpUDiv(n, word(2)); });
      loop.continue_({next, add(steps, 1)});
    });
    b.OpReturnValue(steps);
    b.end_function();
  }

  void main() {
    const ValueId seeds = b.add_storage_array(u32, 0, 0), results = b.add_storage_array(u32, 0, 1);
    functions();
    const FunctionId main = b.begin_function(b.declare_void());
    const ValueId i = test::load_x(b, BuiltIn::GlobalInvocationId);
    const ValueId seed = b.load_at(seeds, {word(0), i});
    const ValueId table = b.add_local_variable(b.declare_array(u32, 8), {}, "table");
    b.for_(word(0), word(8), word(1), [&](ValueId j, Loop&) {
      b.store_at(table, {j}, b.OpFunctionCall(scramble, {b.OpIAdd(seed, j), j}));
    });
    const ValueId x = b.add_local_variable(u32, {}, "x");
    const ValueId skipped_in_the_end = b.add_local_variable(u32, word(0), "skipped");
    ValueId value;
    b.loop({word(0), seed, word(0)}, [&](Loop& loop) {
      const ValueId k = loop[0], skipped = loop[2];
      value = loop[1];
      b.OpStore(skipped_in_the_end, skipped);
      loop.break_if(b.OpUGreaterThanEqual(k, word(40)));
      b.switch_(mod(value, 6), [&](Switch& cases) {
        cases.case_(0, [&] {
          loop.continue_({add(k, 1), add(b.OpIMul(value, word(5)), 1), add(skipped, 1)});
        });
        cases.case_({1, 2}, [&] { b.store_at(table, {mod(k, 8)}, value); });
        cases.case_(3, [&] {
          b.if_(has(value, 64), [&] { cases.break_(); });
          const ValueId at = b.OpAccessChain(table, {mod(add(k, 1), 8)});
          const ValueId start = b.OpBitwiseOr(b.OpBitwiseAnd(value, word(1023)), word(1));
          b.OpStore(at, b.OpIAdd(b.OpLoad(at), b.OpFunctionCall(collatz, {start})));
        });
        cases.case_(4, [&] {
          b.for_(word(0), mod(value, 8), word(1), [&](ValueId j, Loop& inner) {
            const ValueId at = b.OpAccessChain(table, {j});
            const ValueId entry = b.OpLoad(at);
            inner.break_if(b.OpUGreaterThan(entry, b.OpIMul(value, word(2))));
            b.if_(b.OpIEqual(mod(entry, 4), word(1)), [&] { inner.continue_(); });
            b.OpStore(at, b.OpBitwiseXor(entry, b.OpShiftLeftLogical(k, word(20))));
          });
        });
        cases.default_([&] {
          b.OpStore(x, b.OpBitwiseOr(value, word(1)));
          b.while_([&] { return b.OpULessThan(b.OpLoad(x), word(0x10000)); },
                   [&](Loop&) { b.OpStore(x, b.OpIAdd(b.OpIMul(b.OpLoad(x), word(7)), k)); });
          b.store_at(table, {word(7)}, b.OpIAdd(b.load_at(table, {word(7)}), b.OpLoad(x)));
        });
      });
      const ValueId entry = b.load_at(table, {mod(k, 8)});
      const ValueId next = b.if_value(
          b.OpULessThan(entry, value),
          [&] {
            return b.OpFunctionCall(scramble, {value, entry});
          },
          [&] {
            return b.if_value(
                has(value, 2), [&] { return add(b.load_at(table, {mod(add(k, 3), 8)}), 11); },
                [&] { return b.OpIAdd(b.OpIMul(value, word(9)), k); });
          });
      b.if_(b.OpIEqual(mod(next, 97), word(5)), [&] {
        b.OpStore(skipped_in_the_end, add(skipped, 1000));
        loop.break_();
      });
      loop.continue_({add(k, 1), next, skipped});
    });
    const ValueId start = b.OpBitwiseXor(value, b.OpShiftLeftLogical(b.OpLoad(skipped_in_the_end), word(16)));
    ValueId sum;
    b.loop({word(0), start}, [&](Loop& loop) {
      sum = loop[1];
      loop.break_if(b.OpUGreaterThanEqual(loop[0], word(8)));
      loop.continue_({add(loop[0], 1), b.OpIAdd(b.OpIMul(sum, word(31)), b.load_at(table, {loop[0]}))});
    });
    b.store_at(results, {word(0), i}, sum);
    b.end_function();
    b.add_compute_entry_point(main, "main", 32);
  }
};

void compare(unsigned minor) {
  const test::DeviceRequest request{minor};
  Builder b({.target = test::target_of(request)});
  Emit{b}.main();
  const test::Ready ready = test::prepare(b, request);
  if (!ready) return;
  std::vector<Word> seeds(2048);
  for (Word i = 0; i < seeds.size(); ++i) seeds[i] = i < 512 ? i : i * 2654435761u;
  test::Buffer& results = ready.device->buffer(seeds.size() * sizeof(Word));
  if (!ready.run({.bindings = {ready.device->buffer(seeds), results}, .groups = {2048 / 32, 1, 1}})) return;
  const auto result = ready.device->read<Word>(results);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < seeds.size(); ++i) wrong += result[i] != twin(seeds[i]);
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("control flow as in C++, Vulkan 1.0") { compare(0); }
TEST_CASE("control flow as in C++, Vulkan 1.3") { compare(3); }

// Mesa 22.3's llvmpipe stops an invocation, silently, once it has been round 65,535 times in all its loops.
TEST_CASE("a loop goes round 65,534 times") {
  const test::DeviceRequest request{1};
  Builder b({.target = test::target_of(request)});
  const TypeId u32 = b.declare_uint32();
  const ValueId results = b.add_storage_array(u32, 0, 0);
  const FunctionId main = b.begin_function(b.declare_void());
  const ValueId i = test::load_x(b, BuiltIn::GlobalInvocationId);
  const ValueId end = b.OpIAdd(b.constant(65534u - 63u), i);
  ValueId value;
  b.loop({b.constant(0u), i}, [&](Loop& loop) {
    value = loop[1];
    loop.break_if(b.OpUGreaterThanEqual(loop[0], end));
    loop.continue_({b.OpIAdd(loop[0], b.constant(1u)),
                    b.OpIAdd(b.OpIMul(value, b.constant(1664525u)), b.constant(1013904223u))});
  });
  b.store_at(results, {b.constant(0u), i}, value);
  b.end_function();
  b.add_compute_entry_point(main, "main", 64);
  const test::Ready ready = test::prepare(b, request);
  if (!ready) return;
  test::Buffer& buffer = ready.device->buffer(64 * sizeof(Word));
  if (!ready.run({.bindings = {buffer}})) return;
  const auto result = ready.device->read<Word>(buffer);
  for (Word lane = 0; lane < 64; ++lane) {
    Word expected = lane;
    for (Word k = 0; k < 65534 - 63 + lane; ++k) expected = expected * 1664525 + 1013904223;
    CHECK(result[lane] == expected);
  }
}
