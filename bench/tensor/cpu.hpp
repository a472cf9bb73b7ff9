// What the processor can do without Vulkan, with two threads: the peak of its fused multiply-adds, and OpenBLAS.
#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// Runs independent chains of fused multiply-adds in registers, with the widest vectors that the processor has.
struct FmaPeak {
  static double
  flops();  ///< of one `run`; 0 where the processor has no FMA, or this program is for another one
  static const char* width();  ///< "avx512", "avx2"
  static double run();         ///< seconds
};

/// cblas_sgemm of the library that is installed, found when first asked for.
class OpenBlas {
public:
  /// Empty, or why there is none.
  std::string open();
  /// C (m x n) = A (m x k) B (k x n), row-major.
  void sgemm(std::size_t m, std::size_t n, std::size_t k, const float* a, const float* b, float* c) const;
  std::string config() const;

private:
  void* sgemm_ = nullptr;
  void* config_ = nullptr;
};

}  // namespace bench
