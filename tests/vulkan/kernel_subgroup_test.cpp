// Subgroup operations on a device and in the interpreter, at the device's width; subgroup_test.cpp runs this program
// again at 4, 8 and 16.
#include "check_kernel.hpp"

using namespace airstrip::kernel;

namespace {

constexpr u32 workgroup = 64, groups = 3, count = workgroup * groups;

// Whole numbers small enough for sums over a subgroup to be exact in every type, in any order.
template <class T>
std::vector<T> numbers(unsigned seed) {
  std::vector<T> list(count);
  for (T& number : list) {
    seed = seed * 1664525u + 1013904223u;
    if constexpr (std::is_same_v<T, f16>)
      number = f16(static_cast<double>(seed >> 27) - 9);
    else
      number = static_cast<T>(static_cast<T>(seed >> 24 & 127) - (std::is_signed_v<T> ? T(50) : T(0)));
  }
  return list;
}

// False: the test case has failed, or says that it was skipped.
template <class T>
bool check_arithmetic(const test::DeviceRequest& request) {
  constexpr bool is_integer = std::is_integral_v<T>;
  const Kernel kernel = make_kernel("arithmetic", {.workgroup = {workgroup}}, [](KernelBuilder& k) {
    const auto in = k.input<T>("in");
    const auto out = k.output<T>("out");
    const auto i = k.global_id().x;
    const auto x = in[i].value();
    u32 slot = 0;
    const auto put = [&](const Value<T>& value) { out[i * 32 + slot++] = value; };
    put(subgroup_add(x));
    put(subgroup_min(x));
    put(subgroup_max(x));
    put(subgroup_inclusive_add(x));
    put(subgroup_inclusive_min(x));
    put(subgroup_inclusive_max(x));
    put(subgroup_exclusive_add(x));
    // The identities of exclusive minima and maxima are infinities and extreme integers.
    put(subgroup_exclusive_min(x));
    put(subgroup_exclusive_max(x));
    // Powers of two, so that products are exact.
    const auto power = select(x < 20, Value<T>(k.constant<T>(2)), 1);
    put(subgroup_mul(power));
    put(subgroup_inclusive_mul(power));
    put(subgroup_exclusive_mul(power));
    if constexpr (is_integer) {
      put(subgroup_and(x | 1));
      put(subgroup_or(x));
      put(subgroup_xor(x));
      put(subgroup_inclusive_and(x));
      put(subgroup_exclusive_or(x));
      put(subgroup_exclusive_xor(x));
      put(subgroup_exclusive_and(x));
    }
    // Some invocations only.
    const auto some = k.var<T>(0);
    k.if_(x < 30, [&] { some = subgroup_add(x) + subgroup_exclusive_add(x); });
    put(some);
  });
  test::Given given;
  given.buffer("in", numbers<T>(11)).buffer("out", std::vector<T>(count * 32)).workgroups(groups);
  return check_kernel(kernel, given, request);
}

constexpr std::uint32_t operations = test::subgroup_basic | test::subgroup_arithmetic;

}  // namespace

TEST_CASE("kernel subgroups: reductions and scans of words and floats") {
  for (const unsigned minor : {1u, 3u}) {
    const test::DeviceRequest request{minor, {}, operations};
    if (!check_arithmetic<u32>(request) || !check_arithmetic<i32>(request) || !check_arithmetic<f32>(request))
      return;
  }
}

TEST_CASE("kernel subgroups: reductions and scans of other widths, native") {
  const char* const extended = "shaderSubgroupExtendedTypes";
  const test::DeviceRequest bytes{3, {extended, "shaderInt8", "storageBuffer8BitAccess"}, operations};
  const test::DeviceRequest halves{3, {extended, "shaderInt16", "storageBuffer16BitAccess"}, operations};
  if (check_arithmetic<u8>(bytes) && check_arithmetic<i8>(bytes) && check_arithmetic<u16>(halves))
    check_arithmetic<i16>(halves);
}

TEST_CASE("kernel subgroups: reductions and scans of 64 bits, native") {
  const char* const extended = "shaderSubgroupExtendedTypes";
  const test::DeviceRequest request{3, {extended, "shaderInt64"}, operations};
  if (check_arithmetic<u64>(request)) check_arithmetic<i64>(request);
}

TEST_CASE("kernel subgroups: half precision, native") {
  check_arithmetic<f16>(
      {3, {"shaderSubgroupExtendedTypes", "shaderFloat16", "storageBuffer16BitAccess"}, operations});
}

TEST_CASE("kernel subgroups: votes and ballots") {
  const Kernel kernel = make_kernel("votes", {.workgroup = {workgroup}}, [](KernelBuilder& k) {
    const auto in = k.input<u32>("in");
    const auto out = k.output<u32>("out");
    const auto i = k.global_id().x, lane = k.subgroup_invocation();
    const auto x = in[i].value();
    u32 slot = 0;
    const auto put = [&](const Value<u32>& value) { out[i * 32 + slot++] = value; };
    const auto put_flag = [&](const Value<bool>& value) { put(convert<u32>(value)); };
    put(k.subgroup_size());
    put(k.subgroup_count());
    put(k.subgroup_id());
    put(lane);
    put_flag(k.subgroup_elect());
    put_flag(subgroup_all(x < 120));
    put_flag(subgroup_any(x > 120));
    put_flag(subgroup_all_equal(x >> 6));
    put_flag(subgroup_all_equal(i / 4));
    const auto ballot = subgroup_ballot((x & 1) != 0);
    put(ballot.x);
    put(ballot.y | ballot.z | ballot.w);
    put_flag(subgroup_inverse_ballot(ballot));
    put_flag(subgroup_ballot_bit(ballot, (lane + 1) % k.subgroup_size()));
    put(subgroup_ballot_count(ballot));
    put(subgroup_ballot_count(ballot, GroupKind::Inclusive));
    put(subgroup_ballot_count(ballot, GroupKind::Exclusive));
    const auto not_empty = subgroup_ballot((x & 1) != 0 || lane == 2);
    put(subgroup_ballot_lsb(not_empty));
    put(subgroup_ballot_msb(not_empty));
    put(subgroup_broadcast(x, 2));
    put(subgroup_broadcast_first(x));
    // Among those that are there.
    const auto some = k.var<u32>(0);
    k.if_(lane % 3 == 1, [&] {
      const auto present = subgroup_ballot(k.constant<bool>(true));
      some = present.x * 100 + subgroup_broadcast_first(x) + convert<u32>(k.subgroup_elect());
    });
    put(some);
  });
  test::Given given;
  given.buffer("in", numbers<u32>(5)).buffer("out", std::vector<u32>(count * 32)).workgroups(groups);
  for (const unsigned minor : {1u, 3u})
    if (!check_kernel(kernel, given,
                      {minor, {}, test::subgroup_basic | test::subgroup_vote | test::subgroup_ballot}))
      return;
}

TEST_CASE("kernel subgroups: shuffles and quads, of scalars and vectors") {
  const Kernel kernel = make_kernel("shuffles", {.workgroup = {workgroup}}, [](KernelBuilder& k) {
    const auto in = k.input<u32>("in");
    const auto out = k.output<u32>("out");
    const auto i = k.global_id().x, lane = k.subgroup_invocation(), size = k.subgroup_size();
    const auto x = in[i].value();
    u32 slot = 0;
    const auto put = [&](const Value<u32>& value) { out[i * 16 + slot++] = value; };
    put(subgroup_shuffle(x, x % size));
    put(subgroup_shuffle_xor(x, 3));
    const auto moved = subgroup_shuffle(vec<u32x3>(x, lane, x * x), size - 1 - lane);
    put(moved.x + moved.y * 1000 + moved.z);
    put(bitcast<u32>(subgroup_shuffle(convert<f32>(x) * 0.5f, lane ^ 1)));
    // Beyond the ends there is nobody: those lanes' own instead.
    const auto down = subgroup_shuffle_down(x, 1), up = subgroup_shuffle_up(x, 2);
    put(select(lane + 1 < size, down, 1));
    put(select(lane >= 2, up, 2));
    put(quad_broadcast(x, 3));
    put(quad_swap(x, QuadDirection::Horizontal));
    put(quad_swap(x, QuadDirection::Vertical));
    put(quad_swap(x, QuadDirection::Diagonal));
  });
  test::Given given;
  given.buffer("in", numbers<u32>(6)).buffer("out", std::vector<u32>(count * 16)).workgroups(groups);
  given.sanitizes_subgroups = false;  // that the results of the lanes at the ends go unused, it does not see
  for (const unsigned minor : {1u, 3u})
    if (!check_kernel(kernel, given,
                      {minor,
                       {},
                       test::subgroup_basic | test::subgroup_shuffle | test::subgroup_shuffle_relative |
                           test::subgroup_quad}))
      return;
}

TEST_CASE("kernel subgroups: clusters") {
  const Kernel kernel = make_kernel("clusters", {.workgroup = {workgroup}}, [](KernelBuilder& k) {
    const auto in = k.input<u32>("in");
    const auto out = k.output<u32>("out");
    const auto i = k.global_id().x;
    const auto x = in[i].value();
    out[i * 4] = subgroup_clustered_add(x, 2);
    out[i * 4 + 1] = subgroup_clustered_max(x, 4);
    out[i * 4 + 2] = subgroup_clustered_xor(x, 4);
    out[i * 4 + 3] = bitcast<u32>(subgroup_clustered_min(convert<f32>(x), 2));
  });
  test::Given given;
  given.buffer("in", numbers<u32>(7)).buffer("out", std::vector<u32>(count * 4)).workgroups(groups);
  for (const unsigned minor : {1u, 3u})
    if (!check_kernel(kernel, given, {minor, {}, test::subgroup_basic | test::subgroup_clustered})) return;
}
