#include "core/base/digest.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include <absl/strings/escaping.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "core/base/check.h"

namespace tremorcast {

struct Sha256Stream::State {
  State() : context(EVP_MD_CTX_new()) {
    TREMORCAST_CHECK(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }

  EVP_MD_CTX* context;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::Update(absl::string_view bytes) {
  TREMORCAST_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

void Sha256Stream::UpdateField(absl::string_view bytes) {
  std::array<char, 8> length;
  for (size_t i = 0; i < length.size(); ++i) {
    length[i] = static_cast<char>((static_cast<uint64_t>(bytes.size()) >> (8 * i)) & 0xff);
  }
  Update(absl::string_view(length.data(), length.size()));
  Update(bytes);
}

std::string Sha256Stream::Finish() {
  std::string digest(32, '\0');
  unsigned int size = 0;
  TREMORCAST_CHECK(EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(digest.data()), &size) == 1 &&
                   size == digest.size());
  return digest;
}

std::string Sha256(absl::string_view bytes) {
  Sha256Stream stream;
  stream.Update(bytes);
  return stream.Finish();
}

std::string Sha256Hex(absl::string_view bytes) { return HexOf(Sha256(bytes)); }

std::string HexOf(absl::string_view bytes) { return absl::BytesToHexString(bytes); }

bool EqualInConstantTime(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tremorcast
