#include "cpu.hpp"

#include "../support/measure.hpp"

#include <cstdlib>
#include <thread>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define BENCH_HAS_FMA 1
#endif
#if !defined(_WIN32)
#include <dlfcn.h>
#endif

namespace bench {
namespace {

constexpr unsigned threads = 2;
constexpr long iterations = 2000000;

#ifdef BENCH_HAS_FMA
// Twelve chains: the latency of one is hidden by the others. The results are used, so that nothing is left out.
__attribute__((target("avx512f"))) float chains512(long count) {
  __m512 s[12], a = _mm512_set1_ps(0.999f), b = _mm512_set1_ps(0.001f);
  for (int i = 0; i < 12; ++i) s[i] = _mm512_set1_ps(0.1f * static_cast<float>(i));
  for (long n = 0; n < count; ++n) {
#pragma GCC unroll 12
    for (int i = 0; i < 12; ++i) s[i] = _mm512_fmadd_ps(s[i], a, b);
  }
  float sum = 0;
  for (int i = 0; i < 12; ++i) sum += _mm512_reduce_add_ps(s[i]);
  return sum;
}
__attribute__((target("avx2,fma"))) float chains256(long count) {
  __m256 s[12], a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(0.001f);
  for (int i = 0; i < 12; ++i) s[i] = _mm256_set1_ps(0.1f * static_cast<float>(i));
  for (long n = 0; n < count; ++n) {
#pragma GCC unroll 12
    for (int i = 0; i < 12; ++i) s[i] = _mm256_fmadd_ps(s[i], a, b);
  }
  float lanes[8], sum = 0;
  for (int i = 0; i < 12; ++i) {
    _mm256_storeu_ps(lanes, s[i]);
    for (const float lane : lanes) sum += lane;
  }
  return sum;
}
bool has_avx512() { return __builtin_cpu_supports("avx512f"); }
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#else
float chains512(long) { return 0; }
float chains256(long) { return 0; }
bool has_avx512() { return false; }
bool has_avx2() { return false; }
#endif

volatile float sink;

}  // namespace

double FmaPeak::flops() {
  const double lanes = has_avx512() ? 16 : has_avx2() ? 8 : 0;
  return 2.0 * 12 * lanes * threads * static_cast<double>(iterations);
}
const char* FmaPeak::width() { return has_avx512() ? "avx512" : "avx2"; }
double FmaPeak::run() {
  float sums[threads];
  const double start = now();
  std::thread others[threads - 1];
  const auto work = [&](unsigned i) {
    sums[i] = has_avx512() ? chains512(iterations) : chains256(iterations);
  };
  for (unsigned i = 1; i < threads; ++i) others[i - 1] = std::thread(work, i);
  work(0);
  for (std::thread& other : others) other.join();
  const double seconds = now() - start;
  for (const float sum : sums) sink = sum;
  return seconds;
}

std::string OpenBlas::open() {
#if defined(_WIN32)
  return "OpenBLAS is looked for on systems with dlopen only";
#else
  // Its own guess is wrong on processors that are newer than it is. Its threads would wait busily for the next call, in
  // the time of what is measured next.
  setenv("OPENBLAS_CORETYPE", has_avx512() ? "SkylakeX" : "Haswell", 0);
  setenv("OPENBLAS_NUM_THREADS", std::to_string(threads).c_str(), 0);
  setenv("OPENBLAS_THREAD_TIMEOUT", "4", 0);
  void* library = nullptr;
  for (const char* name : {"libopenblas.so.0", "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0"})
    if (!library) library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) return "libopenblas.so.0 is not installed";
  sgemm_ = dlsym(library, "cblas_sgemm");
  config_ = dlsym(library, "openblas_get_config");
  return sgemm_ ? std::string() : "libopenblas.so.0 has no cblas_sgemm";
#endif
}

void OpenBlas::sgemm(std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b,
                     float* c) const {
  using Sgemm =
      void (*)(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*, int);
  constexpr int row_major = 101, no_transpose = 111;
  const auto size = [](std::size_t value) { return static_cast<int>(value); };
  reinterpret_cast<Sgemm>(sgemm_)(row_major, no_transpose, no_transpose, size(m), size(n), size(k), 1, a,
                                  size(k), b, size(n), 0, c, size(n));
}

std::string OpenBlas::config() const {
  using Config = char* (*)();
  return config_ ? reinterpret_cast<Config>(config_)() : "";
}

}  // namespace bench
