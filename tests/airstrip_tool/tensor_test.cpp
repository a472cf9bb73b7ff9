#include "io/compare.hpp"
#include "io/random.hpp"
#include "io/tensor_file.hpp"
#include "samples.hpp"

#include <cmath>
#include <cstdio>
#include <doctest/doctest.h>
#include <limits>

using namespace tool;

TEST_CASE("random: texts") {
  CHECK_FALSE(parse_random("x.npy"));
  CHECK_FALSE(parse_random("randomly.npy"));
  CHECK(parse_random("random")->seed == 0);
  CHECK(parse_random("random:18446744073709551615")->seed == 18446744073709551615u);
  CHECK(parse_random("random:7:normal")->is_normal);
  const RandomSource source = *parse_random("random:7:uniform:-2.5:1e3");
  CHECK(source.first == -2.5);
  CHECK(source.second == 1000);
  for (const char* const text : {"random:", "random:-1", "random:x", "random:1:other", "random:1:uniform:1",
                                 "random:1:uniform:1:x", "random:1:uniform:1:2:3", "random:1.5"})
    CHECK_MESSAGE(test::ending([&] { parse_random(text); }) == ExitCode::Usage, text);
}

TEST_CASE("random: the same numbers everywhere, in their bounds") {
  const HostTensor x = random_tensor("x", Scalar::F32, {3, 1000}, {7, false, {}, {}});
  // The first of std::mt19937_64 with seed 7, whose 53 upper bits are a fraction.
  CHECK(load<float>(x, 0) ==
        static_cast<float>(-1 + 2 * (static_cast<double>(std::mt19937_64(7)() >> 11) * 0x1p-53)));
  CHECK(x.bytes == random_tensor("y", Scalar::F32, {3000}, {7, false, {}, {}}).bytes);
  CHECK(x.bytes != random_tensor("x", Scalar::F32, {3, 1000}, {8, false, {}, {}}).bytes);
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double value = static_cast<double>(load<float>(x, i));
    CHECK((value >= -1 && value <= 1));
    sum += value;
  }
  CHECK(std::fabs(sum / 3000) < 0.1);
  const HostTensor n = random_tensor("x", Scalar::F64, {10000}, {1, true, 3, 2});
  sum = 0;
  for (std::size_t i = 0; i < n.size(); ++i) {
    sum += load<double>(n, i);
    squares += load<double>(n, i) * load<double>(n, i);
  }
  CHECK(std::fabs(sum / 10000 - 3) < 0.1);
  CHECK(std::fabs(squares / 10000 - 13) < 0.5);
}

TEST_CASE("random: integers and booleans") {
  const HostTensor indices = random_tensor("i", Scalar::I64, {1000}, {1, false, 2, 5});
  bool seen[8] = {};
  for (std::size_t i = 0; i < 1000; ++i) {
    const std::int64_t value = load<std::int64_t>(indices, i);
    REQUIRE((value >= 2 && value <= 5));
    seen[value] = true;
  }
  CHECK((seen[2] && seen[3] && seen[4] && seen[5]));
  for (const std::byte b : random_tensor("b", Scalar::Boolean, {100}, {}).bytes) CHECK(b <= std::byte(1));
  CHECK(random_tensor("f", Scalar::F16, {5}, {}).bytes.size() == 10);
  CHECK(test::ending([] { random_tensor("i", Scalar::I32, {1}, {1, true, {}, {}}); }) == ExitCode::Usage);
  CHECK(test::ending([] { random_tensor("i", Scalar::U8, {1}, {1, false, 0, 256}); }) == ExitCode::Usage);
  CHECK(test::ending([] { random_tensor("i", Scalar::U8, {1}, {1, false, 0.5, 2}); }) == ExitCode::Usage);
  CHECK(test::ending([] { random_tensor("i", Scalar::F32, {1}, {1, false, 2, 1}); }) == ExitCode::Usage);
  CHECK(test::ending([] {
          random_tensor("i", Scalar::F64, {1}, {1, false, -1e308, 1e308});
        }) == ExitCode::Usage);
  CHECK(test::ending([] { random_tensor("i", Scalar::F32, {1, -1}, {}); }) == ExitCode::BadInput);
  CHECK(test::ending([] { random_tensor("i", Scalar::F32, {1 << 20, 1 << 20}, {}); }) == ExitCode::BadInput);
}

TEST_CASE("compare: figures") {
  const HostTensor expected = test::floats({4}, {1, 2, 0, -4});
  const Comparison same = compare(expected, expected, {});
  CHECK(same.ok());
  CHECK_FALSE(same.psnr);
  const Comparison c = compare(test::floats({4}, {1, 2.5f, 0.25f, -4}), expected, {0.3, 0.05});
  CHECK(c.max_absolute == 0.5);
  CHECK(c.worst == 1);
  CHECK(c.max_relative == 0.25);
  CHECK(c.outside == 1);  // 0.5 > 0.3 + 0.1; 0.25 is within
  CHECK(*c.psnr == doctest::Approx(20 * std::log10(4.0) - 10 * std::log10((0.25 + 0.0625) / 4)));
  CHECK(*compare(test::floats({1}, {0.5f}), test::floats({1}, {0.25f}), {}, 1).psnr ==
        doctest::Approx(-10 * std::log10(0.0625)));
  CHECK(test::ending([&] { compare(test::floats({2, 2}, {}), expected, {}); }) == ExitCode::Negative);
}

TEST_CASE("compare: NaN, infinities, large integers") {
  const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  const Comparison c = compare(test::floats({6}, {nan, nan, 1, infinity, infinity, 3}),
                               test::floats({6}, {nan, 1, nan, infinity, -infinity, 3}), {1e9, 1e9});
  CHECK(c.not_comparable == 3);
  CHECK(c.outside == 3);
  CHECK(c.max_absolute == 0);
  HostTensor a = make_tensor("a", Scalar::I64, {2}), b = a;
  store(a, 0, std::int64_t{1} << 60);
  store(b, 0, (std::int64_t{1} << 60) + 1);
  store(a, 1, std::numeric_limits<std::int64_t>::min());
  store(b, 1, std::numeric_limits<std::int64_t>::max());
  CHECK(compare(a, b, {}).outside == 2);
  CHECK(compare(a, b, {1, 0}).outside == 1);
  CHECK(compare(a, b, {}).max_absolute == 0x1p64);
}

TEST_CASE("files: the format of a tensor is found") {
  const std::string base = std::string(TEST_BIN_DIR) + "/airstrip_tool_test";
  const HostTensor x = test::floats({1, 1, 2, 2}, {0, 1, 0.2f, 0.4f});
  for (const char* const end : {".npy", ".png"}) {
    write_tensor(base + end, x);
    const HostTensor again = read_tensor(base + end);
    CHECK(again.dims == x.dims);
    CHECK(compare(again, x, {1e-6, 0}).ok());
    std::remove((base + end).c_str());
  }
  CHECK(test::ending([&] { write_tensor(base + ".bmp", x); }) == ExitCode::Usage);
  CHECK(test::ending([&] { write_tensor("/nowhere/x.npy", x); }) == ExitCode::CannotWrite);
  CHECK(test::ending([&] { read_tensor("/nowhere/x.npy"); }) == ExitCode::BadInput);
  CHECK(test::ending([&] { read_tensor(TEST_BIN_DIR); }) == ExitCode::BadInput);
  CHECK(test::ending([&] { read_tensor(TEST_SOURCE_DIR "/README.md"); }) == ExitCode::BadInput);
  CHECK(test::ending([&] { read_file(TEST_SOURCE_DIR "/README.md", 10); }) == ExitCode::BadInput);
}
