#pragma once

// Certificates made by the openssl program in a temporary folder, removed by the destructor. One
// thread at a time.

#include <string>

namespace tremorcast {

struct KeyPair {
  std::string certificate, key;  // paths of PEM files
};

class TestCertificates {
 public:
  // Stops the program when there is no openssl: these tests cannot do without.
  TestCertificates();
  ~TestCertificates();
  TestCertificates(const TestCertificates&) = delete;
  TestCertificates& operator=(const TestCertificates&) = delete;

  const std::string& folder() const { return folder_; }
  // A self-signed authority, "NAME.pem" and "NAME.key" in the folder.
  KeyPair Authority(const std::string& name);
  // Signed by `authority`. `alternative_names` as openssl writes them ("IP:127.0.0.1",
  // "DNS:a.example"); empty: none, then the common name, which is `name`, is all there is.
  KeyPair Issue(const KeyPair& authority, const std::string& name, const std::string& alternative_names);
  // For 127.0.0.1.
  KeyPair IssueServer(const KeyPair& authority, const std::string& name) {
    return Issue(authority, name, "IP:127.0.0.1,DNS:localhost");
  }

 private:
  void Run(const std::string& command) const;
  std::string folder_;
};

std::string ContentOf(const std::string& path);
// Whole or not at all, as an administrator's `mv` does it.
void Replace(const std::string& path, const std::string& content);

}  // namespace tremorcast
