#include "tests/support/packed_text.h"

#include <cstddef>
#include <cstdint>

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "core/base/check.h"

namespace tremorcast {
namespace {

std::string PackedXz(absl::string_view text) {
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  size_t size = 0;
  TREMORCAST_CHECK(lzma_easy_buffer_encode(/*preset=*/0, LZMA_CHECK_CRC64, /*allocator=*/nullptr,
                                           reinterpret_cast<const uint8_t*>(text.data()), text.size(),
                                           reinterpret_cast<uint8_t*>(out.data()), &size, out.size()) == LZMA_OK);
  out.resize(size);
  return out;
}

std::string PackedGzip(absl::string_view text) {
  z_stream stream = {};
  TREMORCAST_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) ==
                   Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  TREMORCAST_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string PackedZstd(absl::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  TREMORCAST_CHECK(context != nullptr);
  // As the program does it, and the library does not unless it is asked to.
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  const size_t size = ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size());
  ZSTD_freeCCtx(context);
  TREMORCAST_CHECK(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

}  // namespace

std::string Packed(absl::string_view ending, absl::string_view text) {
  if (ending == ".xz") return PackedXz(text);
  if (ending == ".gz") return PackedGzip(text);
  TREMORCAST_CHECK(ending == ".zst");
  return PackedZstd(text);
}

}  // namespace tremorcast
