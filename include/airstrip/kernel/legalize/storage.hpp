// 8- and 16-bit values in storage buffers, through 32-bit words.
#pragma once

#include "../../config.hpp"
#include "rewriter.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// How a value that fills only a part of a word is stored.
enum class NarrowStores : std::uint8_t {
  /// An atomic exclusive-or with the difference to what is there: right however many invocations write to a word, as
  /// long as each byte has one writer. The buffer's loads become atomic too.
  Atomic,
  /// Load, change, store: the kernel promises that one invocation at a time writes to a word, and that no other reads
  /// from it meanwhile. The interpreter's race detector on the legalised kernel checks that.
  OneWriterAWord,
};

struct StorageOptions {
  bool storage8 = true, storage16 = true;  ///< the target's storage buffers hold 8-bit, 16-bit values
  NarrowStores narrow_stores = NarrowStores::Atomic;
};

/// Loads and stores of 8- or 16-bit values in buffers that the target cannot do become loads of words, shifts and
/// bitcasts; stores of whole words (u8x4 or f16x2 at an alignment of 4) become stores of words. The buffers are arrays of
/// u32 then: what is bound to them has to be a multiple of 4 bytes, rounded up; ArrayLength counts the elements of the
/// rounded range. Write-only buffers that get parts of words are read and written afterwards.
///
/// Where an address is known at generation time, or its alignment is 4, shifts are constants. Values keep their small
/// type in registers: `widen_types` replaces that.
void narrow_storage(Kernel& kernel, const StorageOptions& options);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/storage.hpp"
#endif
