// Bytes: the elements of a constant, owned together by all copies, or borrowed.
#pragma once

#include "../config.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"

#include <atomic>
#include <cstdint>
#include <new>

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

/// Bytes that nobody changes. Copies share them; threads may each have copies.
class Bytes {
public:
  Bytes() = default;
  /// Somebody else's, which outlive every copy: those of a model's file that is mapped into memory.
  static Bytes borrowed(Span<const unsigned char> bytes) {
    Bytes b;
    b.bytes_ = bytes;
    return b;
  }
  /// `out_of_memory()` tells whether that worked.
  static Bytes owned(Buffer<unsigned char>&& bytes) {
    Bytes b;
    if (bytes.out_of_memory()) {
      b.failed_ = true;
      return b;
    }
    b.shared_ = new (std::nothrow) Shared{static_cast<Buffer<unsigned char>&&>(bytes), {1}};
    if (b.shared_)
      b.bytes_ = {b.shared_->bytes.data(), b.shared_->bytes.size()};
    else
      b.failed_ = true;
    return b;
  }
  static Bytes copied(Span<const unsigned char> bytes) {
    Buffer<unsigned char> copy;
    copy.append(bytes);
    return owned(static_cast<Buffer<unsigned char>&&>(copy));
  }

  Bytes(const Bytes& other) : shared_(other.shared_), bytes_(other.bytes_), failed_(other.failed_) {
    if (shared_) shared_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  Bytes(Bytes&& other) noexcept : shared_(other.shared_), bytes_(other.bytes_), failed_(other.failed_) {
    other.shared_ = nullptr;
    other.bytes_ = {};
  }
  Bytes& operator=(Bytes other) noexcept {
    Shared* const shared = shared_;
    shared_ = other.shared_;
    bytes_ = other.bytes_;
    failed_ = other.failed_;
    other.shared_ = shared;
    return *this;
  }
  ~Bytes() {
    if (shared_ && shared_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete shared_;
  }

  Span<const unsigned char> span() const { return bytes_; }
  const unsigned char* data() const { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }
  bool out_of_memory() const { return failed_; }

private:
  struct Shared {
    Buffer<unsigned char> bytes;
    std::atomic<std::uint32_t> owners;
  };
  Shared* shared_ = nullptr;
  Span<const unsigned char> bytes_;
  bool failed_ = false;
};

AIRSTRIP_GRAPH_NAMESPACE_END
