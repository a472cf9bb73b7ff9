// Matrix products written by hand in GLSL: what the library's are compared with. C (m x n) = A (m x k) B (k x n), row-major,
// sizes multiples of every tile, no guards. B is packed ahead where a kernel wants it so, A by a dispatch that is timed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct GlslMatmul {
  enum class Kind {
    Naive,      ///< an element an invocation
    Shared,     ///< tiles of A and B through shared memory, 16 x 16 invocations
    Rows,       ///< no shared memory; A and B row-major, read as vec4
    PanelsOfB,  ///< A row-major, read as vec4; B in panels
    Panels,     ///< A and B in panels, K outside the rows of a tile
    Broadcast,  ///< as Panels, but the lanes of a subgroup read the rows of A together and pass them round
  };
  Kind kind = Kind::Panels;
  bool addresses = false;               ///< by device address; else storage buffers
  std::uint32_t rows = 4, columns = 4;  ///< of C, for an invocation; columns in fours where they are vectors
  std::uint32_t unroll = 4;             ///< steps of K in the loop's body
  std::uint32_t lanes = 8;              ///< invocations of a workgroup, along n
  bool fma = true;                      ///< fma() in place of a * b + c
  bool scalars = false;                 ///< A is read by floats in place of vec4, where it could be vec4
  std::uint32_t subgroup = 8;           ///< of the device, for Broadcast

  bool along_m = false;  ///< the next workgroup has the next rows; else the next columns
  bool vectors = false;  ///< B and C are vec4, of neighbours along n; always so of Rows

  std::string name() const;
  /// From a name. False where it is none.
  bool parse(const std::string& name);
  bool packs_a() const { return kind == Kind::Panels || kind == Kind::Broadcast; }
  bool packs_b() const { return kind == Kind::PanelsOfB || kind == Kind::Panels || kind == Kind::Broadcast; }
  /// Columns of a panel of B.
  std::uint32_t panel() const { return columns * lanes * (vectors ? 4 : 1); }
};

/// A module and its workgroups. Bindings 0, 1, 2 (or addresses at offsets 0, 8, 16 of the push constants): A, B, C; of
/// packing the source and the panels.
struct GlslKernel {
  std::string source;
  std::uint32_t groups_x = 1, groups_y = 1;
};
GlslKernel product(const GlslMatmul& tile, std::uint32_t m, std::uint32_t n, std::uint32_t k);
GlslKernel pack_a(const GlslMatmul& tile, std::uint32_t m, std::uint32_t k);
/// B as `product` wants it.
std::vector<float> pack_b(const GlslMatmul& tile, const std::vector<float>& b, std::uint32_t n,
                          std::uint32_t k);

}  // namespace bench
