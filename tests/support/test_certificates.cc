#include "tests/support/test_certificates.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <absl/strings/str_cat.h>

#include "core/base/check.h"

namespace tremorcast {
namespace {

constexpr char kNewKey[] = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

}  // namespace

TestCertificates::TestCertificates() {
  std::string pattern = (std::filesystem::temp_directory_path() / "tremorcast-certificates.XXXXXX").string();
  TREMORCAST_CHECK(mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
}

TestCertificates::~TestCertificates() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void TestCertificates::Run(const std::string& command) const {
  const std::string log = absl::StrCat(folder_, "/openssl.log");
  if (std::system(absl::StrCat("openssl ", command, " > ", log, " 2>&1").c_str()) == 0) return;
  std::fprintf(stderr, "openssl %s failed:\n%s\n", command.c_str(), ContentOf(log).c_str());
  std::abort();
}

KeyPair TestCertificates::Authority(const std::string& name) {
  const std::string stem = absl::StrCat(folder_, "/", name);
  Run(absl::StrCat("req -x509 ", kNewKey, " -days 2 -subj /CN=", name, " -keyout ", stem, ".key -out ", stem, ".pem"));
  return {stem + ".pem", stem + ".key"};
}

KeyPair TestCertificates::Issue(const KeyPair& authority, const std::string& name,
                                const std::string& alternative_names) {
  const std::string stem = absl::StrCat(folder_, "/", name);
  std::ofstream(stem + ".ext") << (alternative_names.empty() ? "" : "subjectAltName=" + alternative_names + "\n");
  Run(absl::StrCat("req ", kNewKey, " -subj /CN=", name, " -keyout ", stem, ".key -out ", stem, ".csr"));
  Run(absl::StrCat("x509 -req -days 2 -in ", stem, ".csr -CA ", authority.certificate, " -CAkey ", authority.key,
                   " -CAcreateserial -extfile ", stem, ".ext -out ", stem, ".pem"));
  return {stem + ".pem", stem + ".key"};
}

std::string ContentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

void Replace(const std::string& path, const std::string& content) {
  {
    std::ofstream file(path + ".new", std::ios::binary | std::ios::trunc);
    file << content;
    TREMORCAST_CHECK(file.good());
  }
  TREMORCAST_CHECK(std::rename((path + ".new").c_str(), path.c_str()) == 0);
}

}  // namespace tremorcast
