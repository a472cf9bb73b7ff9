#include "glsl_matmul.hpp"

#include <cstdio>

namespace bench {
namespace {

using Kind = GlslMatmul::Kind;

const char* const kind_names[] = {"naive", "shared", "rows", "panels_of_b", "panels", "broadcast"};

std::string text(std::uint64_t number) { return std::to_string(number); }

// A text with $NAME replaced.
std::string fill(std::string from, const std::vector<std::pair<std::string, std::uint64_t>>& values) {
  for (const auto& [name, value] : values)
    for (std::size_t at = 0; (at = from.find("$" + name, at)) != std::string::npos;)
      from.replace(at, name.size() + 1, text(value));
  return from;
}

// Resources called `names`, as arrays of `type`; the last one is written.
std::string header(bool addresses, const std::vector<std::pair<std::string, std::string>>& resources) {
  std::string result = "#version 450\n#extension GL_EXT_control_flow_attributes : enable\n"
                       "#extension GL_KHR_shader_subgroup_ballot : enable\n";
  if (!addresses) {
    for (std::size_t i = 0; i < resources.size(); ++i)
      result += "layout(set = 0, binding = " + text(i) + ", std430) " +
                (i + 1 < resources.size() ? "readonly " : "writeonly ") + "buffer B" + text(i) + " { " +
                resources[i].second + " " + resources[i].first + "[]; };\n";
    return result;
  }
  result += "#extension GL_EXT_buffer_reference : require\n";
  std::string block = "layout(push_constant) uniform P {\n";
  for (std::size_t i = 0; i < resources.size(); ++i) {
    const std::string name = "R" + text(i);
    result += "layout(buffer_reference, std430, buffer_reference_align = 16) " +
              std::string(i + 1 < resources.size() ? "readonly " : "writeonly ") + "buffer " + name + " { " +
              resources[i].second + " d[]; };\n";
    block += "  " + name + " p" + text(i) + ";\n";
  }
  result += block + "};\n";
  for (std::size_t i = 0; i < resources.size(); ++i)
    result += "#define " + resources[i].first + " p" + text(i) + ".d\n";
  return result;
}

GlslKernel naive(const GlslMatmul& t, std::uint32_t m, std::uint32_t n, std::uint32_t k) {
  GlslKernel kernel;
  kernel.source = header(t.addresses, {{"a", "float"}, {"b", "float"}, {"c", "float"}}) +
                  fill(R"(layout(local_size_x = $X) in;
void main() {
  uint column = gl_GlobalInvocationID.x, row = gl_WorkGroupID.y;
  float sum = 0.0;
  for (uint k = 0; k < $K; ++k) sum += a[row * $K + k] * b[k * $N + column];
  c[row * $N + column] = sum;
}
)",
                       {{"X", t.lanes}, {"N", n}, {"K", k}});
  kernel.groups_x = n / t.lanes;
  kernel.groups_y = m;
  return kernel;
}

GlslKernel shared(const GlslMatmul& t, std::uint32_t m, std::uint32_t n, std::uint32_t k) {
  GlslKernel kernel;
  kernel.source = header(t.addresses, {{"a", "float"}, {"b", "float"}, {"c", "float"}}) +
                  fill(R"(layout(local_size_x = 16, local_size_y = 16) in;
shared float sa[$U][16 * $R];
shared float sb[$U][16 * $C];
void main() {
  uint x = gl_LocalInvocationID.x, y = gl_LocalInvocationID.y, i = y * 16 + x;
  uint row0 = gl_WorkGroupID.y * 16 * $R, column0 = gl_WorkGroupID.x * 16 * $C;
  float acc[$R][$C];
  [[unroll]] for (uint r = 0; r < $R; ++r) [[unroll]] for (uint q = 0; q < $C; ++q) acc[r][q] = 0.0;
  for (uint k0 = 0; k0 < $K; k0 += $U) {
    [[unroll]] for (uint e = 0; e < $U * $R * 16; e += 256) {
      uint j = e + i;
      sa[j % $U][j / $U] = a[(row0 + j / $U) * $K + k0 + j % $U];
    }
    [[unroll]] for (uint e = 0; e < $U * $C * 16; e += 256) {
      uint j = e + i;
      sb[j / (16 * $C)][j % (16 * $C)] = b[(k0 + j / (16 * $C)) * $N + column0 + j % (16 * $C)];
    }
    barrier();
    [[unroll]] for (uint u = 0; u < $U; ++u) {
      float ra[$R], rb[$C];
      [[unroll]] for (uint r = 0; r < $R; ++r) ra[r] = sa[u][r * 16 + y];
      [[unroll]] for (uint q = 0; q < $C; ++q) rb[q] = sb[u][q * 16 + x];
      [[unroll]] for (uint r = 0; r < $R; ++r)
        [[unroll]] for (uint q = 0; q < $C; ++q) acc[r][q] = fma(ra[r], rb[q], acc[r][q]);
    }
    barrier();
  }
  [[unroll]] for (uint r = 0; r < $R; ++r)
    [[unroll]] for (uint q = 0; q < $C; ++q) c[(row0 + r * 16 + y) * $N + column0 + q * 16 + x] = acc[r][q];
}
)",
                       {{"R", t.rows}, {"C", t.columns}, {"U", t.unroll}, {"N", n}, {"K", k}});
  kernel.groups_x = n / (16 * t.columns);
  kernel.groups_y = m / (16 * t.rows);
  return kernel;
}

// Every statement of the loop's body is written out, so that nothing depends on how a driver unrolls.
GlslKernel unrolled(const GlslMatmul& t, std::uint32_t m, std::uint32_t n, std::uint32_t k) {
  const bool rows_kind = t.kind == Kind::Rows;
  const bool broadcast = t.kind == Kind::Broadcast;
  const std::string vector = t.vectors ? "vec4" : "float";
  // In elements of `vector`.
  const std::uint32_t panel = t.columns * t.lanes;
  const auto accumulate = [&](std::uint32_t r, std::uint32_t c, const std::string& a, const std::string& b) {
    const std::string acc = "s" + text(r) + "_" + text(c);
    return t.fma ? acc + " = fma(" + (t.vectors ? "vec4(" + a + ")" : a) + ", " + b + ", " + acc + ");\n"
                 : acc + " += " + a + " * " + b + ";\n";
  };
  std::string s =
      header(t.addresses, {{"a", broadcast || t.scalars ? "float" : "vec4"}, {"b", vector}, {"c", vector}});
  s += "layout(local_size_x = " + text(t.lanes) + ") in;\nvoid main() {\n" +
       "uint lane = gl_LocalInvocationID.x, " +
       (t.along_m ? "q = gl_WorkGroupID.x, p = gl_WorkGroupID.y;\n"
                  : "p = gl_WorkGroupID.x, q = gl_WorkGroupID.y;\n");
  if (broadcast) s += "uint sub = gl_SubgroupInvocationID;\n";
  for (std::uint32_t r = 0; r < t.rows; ++r)
    for (std::uint32_t c = 0; c < t.columns; ++c)
      s += vector + " s" + text(r) + "_" + text(c) + " = " + vector + "(0.0);\n";
  s += "for (uint k = 0; k < " + text(k / t.unroll) + "; ++k) {\n";
  if (rows_kind) {
    const std::uint32_t n4 = n / 4, k4 = k / 4;
    s += "uint ia = q * " + text(t.rows * k4) + " + k * " + text(t.unroll / 4) + ", ib = k * " +
         text(t.unroll * n4) + " + p * " + text(panel) + " + lane;\n";
    for (std::uint32_t u = 0; u < t.unroll; u += 4) {
      for (std::uint32_t r = 0; r < t.rows; ++r)
        s += "vec4 a" + text(u) + "_" + text(r) + " = a[ia + " + text(r * k4 + u / 4) + "];\n";
      for (std::uint32_t v = 0; v < 4; ++v) {
        for (std::uint32_t c = 0; c < t.columns; ++c)
          s += "vec4 b" + text(u + v) + "_" + text(c) + " = b[ib + " + text((u + v) * n4 + c * t.lanes) +
               "];\n";
        for (std::uint32_t r = 0; r < t.rows; ++r)
          for (std::uint32_t c = 0; c < t.columns; ++c)
            s += accumulate(r, c, "a" + text(u) + "_" + text(r) + "." + "xyzw"[v],
                            "b" + text(u + v) + "_" + text(c));
      }
    }
  } else if (t.kind == Kind::PanelsOfB) {
    // A vec4 of A is four steps of K.
    const std::uint32_t k4 = k / 4;
    s += "uint ia = q * " + text(t.rows * k4) + " + k * " + text(t.unroll / 4) + ", ib = p * " +
         text(k * panel) + " + k * " + text(t.unroll * panel) + " + lane;\n";
    for (std::uint32_t u = 0; u < t.unroll; u += 4) {
      for (std::uint32_t r = 0; r < t.rows; ++r)
        s += "vec4 a" + text(u) + "_" + text(r) + " = a[ia + " + text(r * k4 + u / 4) + "];\n";
      for (std::uint32_t v = 0; v < 4; ++v) {
        const std::string at = text(u + v) + "_";
        for (std::uint32_t c = 0; c < t.columns; ++c)
          s += vector + " b" + at + text(c) + " = b[ib + " + text((u + v) * panel + c * t.lanes) + "];\n";
        for (std::uint32_t r = 0; r < t.rows; ++r)
          for (std::uint32_t c = 0; c < t.columns; ++c)
            s += accumulate(r, c, "a" + text(u) + "_" + text(r) + "." + "xyzw"[v], "b" + at + text(c));
      }
    }
  } else {
    const std::uint32_t per = broadcast || t.scalars ? t.rows : t.rows / 4;
    s += "uint ia = q * " + text(k * per) + " + k * " + text(t.unroll * per) + (broadcast ? " + sub" : "") +
         ", ib = p * " + text(k * panel) + " + k * " + text(t.unroll * panel) + " + lane;\n";
    for (std::uint32_t u = 0; u < t.unroll; ++u) {
      const std::string at = text(u) + "_";
      if (broadcast)
        for (std::uint32_t r = 0; r < t.rows; r += t.subgroup)
          s += "float a" + at + text(r) + " = a[ia + " + text(u * t.rows + r) + "];\n";
      else if (t.scalars)
        for (std::uint32_t r = 0; r < t.rows; ++r)
          s += "float x" + at + text(r) + " = a[ia + " + text(u * per + r) + "];\n";
      else
        for (std::uint32_t r = 0; r < t.rows; r += 4)
          s += "vec4 a" + at + text(r) + " = a[ia + " + text(u * per + r / 4) + "];\n";
      for (std::uint32_t c = 0; c < t.columns; ++c)
        s += vector + " b" + at + text(c) + " = b[ib + " + text(u * panel + c * t.lanes) + "];\n";
      for (std::uint32_t r = 0; r < t.rows; ++r) {
        std::string a = "a" + at + text(r / 4 * 4) + "." + "xyzw"[r % 4];
        if (broadcast || t.scalars) a = "x" + at + text(r);
        if (broadcast) {
          s += "float " + a + " = subgroupBroadcast(a" + at + text(r / t.subgroup * t.subgroup) + ", " +
               text(r % t.subgroup) + ");\n";
        }
        for (std::uint32_t c = 0; c < t.columns; ++c) s += accumulate(r, c, a, "b" + at + text(c));
      }
    }
  }
  s += "}\n";
  const std::uint32_t row = t.vectors ? n / 4 : n;
  s += "uint ic = q * " + text(t.rows * row) + " + p * " + text(panel) + " + lane;\n";
  for (std::uint32_t r = 0; r < t.rows; ++r)
    for (std::uint32_t c = 0; c < t.columns; ++c)
      s += "c[ic + " + text(r * row + c * t.lanes) + "] = s" + text(r) + "_" + text(c) + ";\n";
  s += "}\n";
  GlslKernel kernel;
  kernel.source = s;
  kernel.groups_x = t.along_m ? m / t.rows : n / t.panel();
  kernel.groups_y = t.along_m ? n / t.panel() : m / t.rows;
  return kernel;
}

}  // namespace

std::string GlslMatmul::name() const {
  std::string result = std::string(addresses ? "address_" : "buffer_") + kind_names[static_cast<int>(kind)];
  if (kind == Kind::Naive) return result + "/x" + std::to_string(lanes);
  result += "/" + std::to_string(rows) + "x" + std::to_string(columns) + (vectors ? "v4" : "") + "_u" +
            std::to_string(unroll);
  if (kind != Kind::Shared) result += "_x" + std::to_string(lanes);
  return result + (scalars ? "_scalar" : "") + (along_m ? "_m" : "") + (fma ? "" : "_mul");
}

bool GlslMatmul::parse(const std::string& from) {
  const std::size_t slash = from.find('/');
  if (slash == std::string::npos) return false;
  const std::string head = from.substr(0, slash), tail = from.substr(slash + 1);
  addresses = head.rfind("address_", 0) == 0;
  bool known = false;
  for (int i = 0; i < 6; ++i)
    if (head == std::string(addresses ? "address_" : "buffer_") + kind_names[i]) {
      kind = static_cast<Kind>(i);
      known = true;
    }
  if (kind == Kind::Naive) return known && std::sscanf(tail.c_str(), "x%u", &lanes) == 1;
  vectors = tail.find("v4") != std::string::npos;
  const int read = vectors ? std::sscanf(tail.c_str(), "%ux%uv4_u%u_x%u", &rows, &columns, &unroll, &lanes)
                           : std::sscanf(tail.c_str(), "%ux%u_u%u_x%u", &rows, &columns, &unroll, &lanes);
  fma = tail.find("_mul") == std::string::npos;
  along_m = tail.find("_m") != std::string::npos && tail.find("_mul") == std::string::npos;
  scalars = tail.find("_scalar") != std::string::npos;
  return known && read >= (kind == Kind::Shared ? 3 : 4);
}

GlslKernel product(const GlslMatmul& t, std::uint32_t m, std::uint32_t n, std::uint32_t k) {
  if (t.kind == Kind::Naive) return naive(t, m, n, k);
  if (t.kind == Kind::Shared) return shared(t, m, n, k);
  return unrolled(t, m, n, k);
}

GlslKernel pack_a(const GlslMatmul& t, std::uint32_t m, std::uint32_t k) {
  // Panels of `rows` rows: element (r, k) of a panel at k * rows + r. An invocation moves 4 x 4 elements, in registers.
  GlslKernel kernel;
  kernel.source = header(t.addresses, {{"a", "vec4"}, {"p", "vec4"}}) +
                  fill(R"(layout(local_size_x = $X) in;
void main() {
  uint k = gl_GlobalInvocationID.x, r = gl_WorkGroupID.y;
  uint from = r * 4 * $L + k;
  vec4 w = a[from], x = a[from + $L], y = a[from + 2 * $L], z = a[from + 3 * $L];
  uint to = (r / $P) * $K * $P + k * 4 * $P + r % $P;
  p[to] = vec4(w.x, x.x, y.x, z.x);
  p[to + $P] = vec4(w.y, x.y, y.y, z.y);
  p[to + 2 * $P] = vec4(w.z, x.z, y.z, z.z);
  p[to + 3 * $P] = vec4(w.w, x.w, y.w, z.w);
}
)",
                       {{"X", 64}, {"L", k / 4}, {"K", k}, {"P", t.rows / 4}});
  kernel.groups_x = k / 4 / 64;
  kernel.groups_y = m / 4;
  return kernel;
}

std::vector<float> pack_b(const GlslMatmul& t, const std::vector<float>& b, std::uint32_t n,
                          std::uint32_t k) {
  if (!t.packs_b()) return b;
  std::vector<float> packed(b.size());
  const std::uint32_t width = t.panel();
  for (std::uint32_t p = 0; p < n / width; ++p)
    for (std::uint32_t i = 0; i < k; ++i)
      for (std::uint32_t c = 0; c < width; ++c) packed[(p * k + i) * width + c] = b[i * n + p * width + c];
  return packed;
}

}  // namespace bench
