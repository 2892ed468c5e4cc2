#pragma once

// Integers in big-endian byte order, as PostgreSQL's binary forms have them. Pure.

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>

#include <absl/strings/string_view.h>

namespace tremorcast {

static_assert(std::endian::native == std::endian::little, "binary forms are built on little-endian machines");

constexpr uint16_t SwapBytes(uint16_t v) { return __builtin_bswap16(v); }
constexpr uint32_t SwapBytes(uint32_t v) { return __builtin_bswap32(v); }
constexpr uint64_t SwapBytes(uint64_t v) { return __builtin_bswap64(v); }

template <std::unsigned_integral T>
inline char* PutBigEndian(char* out, T value) {
  const T swapped = SwapBytes(value);
  std::memcpy(out, &swapped, sizeof(T));
  return out + sizeof(T);
}

template <std::unsigned_integral T>
inline void AppendBigEndian(std::string* out, T value) {
  const T swapped = SwapBytes(value);
  out->append(reinterpret_cast<const char*>(&swapped), sizeof(T));
}

template <std::unsigned_integral T>
inline T GetBigEndian(absl::string_view bytes) {
  T value = 0;
  if (bytes.size() >= sizeof(T)) std::memcpy(&value, bytes.data(), sizeof(T));
  return SwapBytes(value);
}

}  // namespace tremorcast
