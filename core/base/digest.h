#pragma once

// SHA-256, for batch contents, window contents, artifacts, data sets and tokens. Pure; OpenSSL does
// the work.

#include <memory>
#include <string>

#include <absl/strings/string_view.h>

namespace tremorcast {

// 32 raw bytes.
std::string Sha256(absl::string_view bytes);
// 64 lower-case hexadecimal digits.
std::string Sha256Hex(absl::string_view bytes);
std::string HexOf(absl::string_view bytes);
// Takes as long whatever the bytes are; only lengths may show.
bool EqualInConstantTime(absl::string_view a, absl::string_view b);

// Incremental form. Not thread safe. Finish() may be called once.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;

  void Update(absl::string_view bytes);
  // Length-prefixed, so that ("ab","c") and ("a","bc") differ.
  void UpdateField(absl::string_view bytes);
  std::string Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tremorcast
