#pragma once

// A server that asks who calls, its principals with their tokens, and clients as anybody could
// write them: through GenericStub, so that one function calls every method there is.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include "core/operation/access_list.h"
#include "tests/integration/server/server_fixture.h"
#include "tests/support/test_certificates.h"

namespace tremorcast {

class SecurityTest : public ServerTest {
 protected:
  void SetUp() override;

  // A new principal with a token; its line is in the access file from now on. Returns the token.
  std::string Admit(const std::string& name, RoleSet roles, const std::vector<std::string>& stations = {});
  // A new principal with a certificate name.
  void AdmitCertificate(const std::string& certificate, const std::string& name, RoleSet roles,
                        const std::vector<std::string>& stations = {});
  // Takes every line of the principal out of the file.
  void Expel(const std::string& name);

  // Loopback in plain text, with the access file.
  ServerOptions AskingOptions() const;
  // TLS with a certificate of `authority_`, and the access file.
  ServerOptions TlsOptions();

  std::shared_ptr<grpc::Channel> PlainChannel() const;
  // A connection of its own. `root`: PEM file that the server's certificate must come from. `own`:
  // may be empty.
  std::shared_ptr<grpc::Channel> TlsChannel(const std::string& root, const KeyPair& own = {}) const;

  // Calls the method with an empty request and reads at most one answer. OK when something was
  // answered.
  static grpc::Status CallEmpty(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                                const std::string& token, const std::map<std::string, std::string>& metadata = {});
  // One batch of the station by the unary call.
  static grpc::Status SendAs(const std::shared_ptr<grpc::Channel>& channel, const std::string& token,
                             const v1::ObservationBatch& batch, v1::BatchVerdict* verdict);

  std::string access_file() const { return certificates_.folder() + "/access"; }
  void WriteAccessFile();

  TestCertificates certificates_;
  KeyPair authority_, server_pair_;
  std::vector<Principal> principals_;
  int tokens_ = 0;
};

inline constexpr char kListRegions[] = "/tremorcast.v1.NetworkService/ListRegions";
inline constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";

}  // namespace tremorcast
