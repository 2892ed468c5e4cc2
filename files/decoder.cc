#include "files/decoder.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

namespace tremorcast {
namespace {

const char* XzFault(lzma_ret code) {
  switch (code) {
    case LZMA_FORMAT_ERROR:
      return "this is not xz data";
    case LZMA_OPTIONS_ERROR:
      return "it uses options of xz that this liblzma does not know";
    case LZMA_MEMLIMIT_ERROR:
      return "its dictionary is larger than 256 MiB";
    case LZMA_MEM_ERROR:
      return "there is not enough memory";
    default:
      return "the data is damaged";
  }
}

class XzDecoder final : public Decoder {
 public:
  XzDecoder() : ready_(lzma_stream_decoder(&stream_, kDecoderMemory, LZMA_CONCATENATED)) {}
  ~XzDecoder() override { lzma_end(&stream_); }

  Step Decode(absl::string_view input, char* buffer, size_t size) override {
    if (ready_ != LZMA_OK) return {0, 0, XzFault(ready_)};
    stream_.next_in = reinterpret_cast<const uint8_t*>(input.data());
    stream_.avail_in = input.size();
    stream_.next_out = reinterpret_cast<uint8_t*>(buffer);
    stream_.avail_out = size;
    const lzma_ret code = lzma_code(&stream_, input.empty() ? LZMA_FINISH : LZMA_RUN);
    complete_ = code == LZMA_STREAM_END;
    // Without input LZMA_BUF_ERROR says that nothing more can be made, which the caller sees.
    const bool good = code == LZMA_OK || complete_ || (code == LZMA_BUF_ERROR && input.empty());
    return {input.size() - stream_.avail_in, size - stream_.avail_out, good ? "" : XzFault(code)};
  }
  // liblzma tells only when it knows that nothing follows, because padding may.
  bool complete() const override { return complete_; }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  const lzma_ret ready_;
  bool complete_ = false;
};

class GzipDecoder final : public Decoder {
 public:
  // 16 more than the largest window asks for the header of gzip, and takes no other.
  GzipDecoder() : ready_(inflateInit2(&stream_, MAX_WBITS + 16)) {}
  ~GzipDecoder() override { inflateEnd(&stream_); }

  Step Decode(absl::string_view input, char* buffer, size_t size) override {
    if (ready_ != Z_OK) return {0, 0, "zlib cannot be started"};
    if (complete_) {
      if (input.empty()) return {};
      inflateReset(&stream_);
      complete_ = false;
    }
    constexpr size_t kMost = std::numeric_limits<uInt>::max();
    const size_t in = std::min(input.size(), kMost), out = std::min(size, kMost);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(in);
    stream_.next_out = reinterpret_cast<Bytef*>(buffer);
    stream_.avail_out = static_cast<uInt>(out);
    const int code = inflate(&stream_, Z_NO_FLUSH);
    complete_ = code == Z_STREAM_END;
    const bool good = code == Z_OK || complete_ || (code == Z_BUF_ERROR && input.empty());
    return {in - stream_.avail_in, out - stream_.avail_out,
            good ? "" : (stream_.msg != nullptr ? stream_.msg : "the data is damaged")};
  }
  bool complete() const override { return complete_; }

 private:
  z_stream stream_ = {};
  const int ready_;
  bool complete_ = false;
};

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx(), &ZSTD_freeDCtx) {}

  Step Decode(absl::string_view input, char* buffer, size_t size) override {
    if (context_ == nullptr) return {0, 0, "there is not enough memory"};
    if (complete_ && input.empty()) return {};
    ZSTD_inBuffer in = {input.data(), input.size(), 0};
    ZSTD_outBuffer out = {buffer, size, 0};
    const size_t code = ZSTD_decompressStream(context_.get(), &out, &in);
    complete_ = code == 0;
    return {in.pos, out.pos, ZSTD_isError(code) != 0 ? ZSTD_getErrorName(code) : ""};
  }
  bool complete() const override { return complete_; }

 private:
  // libzstd itself refuses a window of more than 128 MiB.
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context_;
  bool complete_ = false;
};

}  // namespace

absl::string_view CompressedEnding(absl::string_view name) {
  for (const absl::string_view ending : kCompressedEndings) {
    if (absl::EndsWithIgnoreCase(name, ending)) return ending;
  }
  return "";
}

std::unique_ptr<Decoder> MakeDecoder(absl::string_view ending) {
  if (ending == ".xz") return std::make_unique<XzDecoder>();
  if (ending == ".gz") return std::make_unique<GzipDecoder>();
  if (ending == ".zst") return std::make_unique<ZstdDecoder>();
  return nullptr;
}

}  // namespace tremorcast
