#pragma once

// The compressed formats that we read, behind one interface: .xz (liblzma), .gz (zlib) and .zst
// (libzstd). A decoder holds the state of one stream and knows neither files nor names. Use by one
// thread at a time; nothing here blocks.
//
// A stream may consist of several members one after the other, as `cat a.gz b.gz` makes them; their
// texts follow each other. Memory is bounded, however much text a few bytes stand for and whatever
// window their header asks for: see kDecoderMemory.

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include <absl/strings/string_view.h>

namespace tremorcast {

// A stream that needs a larger window than this is refused. The strongest preset of xz needs 65
// MiB, that of zstd 128.
inline constexpr size_t kDecoderMemory = size_t{256} << 20;

class Decoder {
 public:
  struct Step {
    size_t taken = 0;   // bytes of the input that are used up
    size_t made = 0;    // bytes of text that were written
    std::string fault;  // why the stream cannot be read further; "" while it can
  };

  virtual ~Decoder() = default;
  // Continues with `input`, which must be the part of the stream that no earlier step took, and
  // writes up to `size` bytes, at least one, to `buffer`. An empty input says that the stream has
  // no more bytes; the rest of the text comes out by further steps until one makes nothing. A step
  // with room for text and without a fault either takes or makes something, unless its input was
  // empty.
  virtual Step Decode(absl::string_view input, char* buffer, size_t size) = 0;
  // After a step without input that made nothing: whether the stream ended where a member ends. An
  // empty one did not.
  virtual bool complete() const = 0;
};

inline constexpr std::array<absl::string_view, 3> kCompressedEndings = {".xz", ".gz", ".zst"};
// The one of them that a file's name has, in whatever case, or "" when the file is read as it is.
absl::string_view CompressedEnding(absl::string_view name);
// A decoder for one of them, and null for anything else.
std::unique_ptr<Decoder> MakeDecoder(absl::string_view ending);

}  // namespace tremorcast
