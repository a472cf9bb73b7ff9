#include "io/npy.hpp"

#include "samples.hpp"

#include <doctest/doctest.h>

using namespace tool;

namespace {

// As NumPy writes it, put together by hand.
Bytes npy(int major, std::string header, std::string_view data) {
  const std::size_t prefix = major == 1 ? 10 : 12;
  while ((prefix + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string text("\x93NUMPY", 6);
  text += static_cast<char>(major);
  text += '\0';
  for (std::size_t i = 0; i < prefix - 8; ++i) text += static_cast<char>(header.size() >> 8 * i & 0xFF);
  return test::bytes_of(text + header + std::string(data));
}
Bytes npy(std::string header, std::string_view data = {}) { return npy(1, std::move(header), data); }

HostTensor read(const Bytes& bytes) { return read_npy("x.npy", bytes); }

}  // namespace

TEST_CASE("npy: versions 1.0 to 3.0") {
  for (const int major : {1, 2, 3}) {
    const HostTensor x = read(npy(major, "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }",
                                  std::string_view("\1\0\2\0\3\0\4\0\5\0\xFF\xFF", 12)));
    CHECK(x.scalar == Scalar::I16);
    CHECK(x.dims == Dims{2, 3});
    CHECK(load<std::int16_t>(x, 3) == 4);
    CHECK(load<std::int16_t>(x, 5) == -1);
    CHECK(x.name == "x.npy");
  }
  CHECK(test::ending([] { read(npy(4, "{'descr': '<i2', 'fortran_order': False, 'shape': ()}", "")); }) ==
        ExitCode::Unsupported);
}

TEST_CASE("npy: Fortran's order becomes C's") {
  // Element (i, j, k) of [2, 3, 2] is 100 i + 10 j + k.
  std::string data;
  for (int k = 0; k < 2; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) data += static_cast<char>(100 * i + 10 * j + k);
  const HostTensor x = read(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2), }", data));
  std::size_t at = 0;
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 2; ++k) CHECK(load<std::uint8_t>(x, at++) == 100 * i + 10 * j + k);
}

TEST_CASE("npy: booleans, one element, none") {
  const HostTensor b =
      read(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", std::string_view("\0\1\7", 3)));
  CHECK(b.scalar == Scalar::Boolean);
  CHECK(load<std::uint8_t>(b, 2) == 1);
  const HostTensor one = read(npy("{'descr': '<f8', 'fortran_order': True, 'shape': (), }", "12345678"));
  CHECK(one.dims.empty());
  CHECK(one.size() == 1);
  CHECK(read(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 0, 9223372036854775807)}")).size() ==
        0);
}

TEST_CASE("npy: what is written is read again") {
  std::mt19937_64 random(test::seed());
  for (const Scalar scalar : {Scalar::Boolean, Scalar::I8, Scalar::U8, Scalar::I16, Scalar::U16, Scalar::I32,
                              Scalar::U32, Scalar::I64, Scalar::U64, Scalar::F16, Scalar::F32, Scalar::F64})
    for (const Dims& dims : {Dims{}, Dims{5}, Dims{2, 3}, Dims{1, 2, 3, 4}, Dims{0}}) {
      HostTensor x = make_tensor("x", scalar, dims);
      for (std::byte& b : x.bytes)
        b = static_cast<std::byte>(scalar == Scalar::Boolean ? random() % 2 : random());
      const Bytes file = write_npy(x);
      CHECK((file.size() - x.bytes.size()) % 64 == 0);
      const HostTensor again = read(file);
      CHECK(again.scalar == x.scalar);
      CHECK(again.dims == x.dims);
      CHECK(again.bytes == x.bytes);
    }
  CHECK(test::ending([] { write_npy(make_tensor("x", Scalar::BF16, {1})); }) == ExitCode::Unsupported);
}

TEST_CASE("npy: what is no array of numbers is refused with its reason") {
  const auto ending = [](const std::string& header, std::string_view data = {}) {
    const Bytes file = npy(header, data);
    return test::ending([&] { read(file); });
  };
  CHECK(ending("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", "1234") == ExitCode::Unsupported);
  CHECK(ending("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "12345678") ==
        ExitCode::Unsupported);
  CHECK(ending("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}") == ExitCode::Unsupported);
  CHECK(ending("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}") == ExitCode::Unsupported);
  for (const char* const header :
       {"", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f4', 'fortran_order': no, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}", "{'descr': '<f4, 'fortran_order': False}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"})  // and 4 bytes
    CHECK_MESSAGE(ending(header, "1234") == ExitCode::BadInput, header);
  CHECK(ending("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "12345") == ExitCode::BadInput);
  CHECK(test::ending([] { read(test::bytes_of("PK")); }) == ExitCode::BadInput);
}

TEST_CASE("npy: every prefix, and damaged files") {
  const Bytes whole =
      npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", "123456781234567812345678");
  for (std::size_t n = 0; n < whole.size(); ++n)
    CHECK(test::ending([&] { read(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n))); }) ==
          ExitCode::BadInput);
  const std::uint64_t seed = test::seed();
  MESSAGE("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20000; ++i) {
    const Bytes bytes = test::damaged(whole, random);
    const ExitCode end = test::ending([&] {
      const HostTensor x = read(bytes);
      REQUIRE(x.bytes.size() <= bytes.size());
    });
    REQUIRE((end == ExitCode::Ok || end == ExitCode::BadInput || end == ExitCode::Unsupported));
  }
}
