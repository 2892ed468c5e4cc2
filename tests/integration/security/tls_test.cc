// TLS, client certificates, and their files changing under a running server.

#include <absl/strings/match.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "tests/fakes/log_lines.h"
#include "tests/integration/security/reflection_client.h"
#include "tests/integration/security/security_fixture.h"

namespace tremorcast {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto kOk = grpc::StatusCode::OK;
constexpr auto kUnavailable = grpc::StatusCode::UNAVAILABLE;  // no connection: the handshake failed

class TlsTest : public SecurityTest {
 protected:
  // New connections until one behaves so; the server looks at its files every second.
  bool Eventually(grpc::StatusCode wanted, const std::string& root, const KeyPair& own, const std::string& token) {
    for (const absl::Time end = absl::Now() + absl::Minutes(2); absl::Now() < end;) {
      if (CallEmpty(TlsChannel(root, own), kListRegions, token).error_code() == wanted) return true;
    }
    return false;
  }
  grpc::StatusCode CodeWith(const KeyPair& own, const std::string& token = "") {
    return CallEmpty(TlsChannel(authority_.certificate, own), kListRegions, token).error_code();
  }
};

TEST_F(TlsTest, SpeaksTlsAloneAndTakesTokensOverIt) {
  const std::string desk = Admit("desk", kReader);
  StartServer(TlsOptions());
  EXPECT_EQ(CodeWith({}, desk), kOk);
  EXPECT_EQ(CodeWith({}), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(CallEmpty(TlsChannel(authority_.certificate), kHealthCheck, "").error_code(), kOk);
  EXPECT_EQ(CallEmpty(PlainChannel(), kListRegions, desk).error_code(), kUnavailable);
  const KeyPair stranger = certificates_.Authority("stranger");
  EXPECT_EQ(CallEmpty(TlsChannel(stranger.certificate), kListRegions, desk).error_code(), kUnavailable)
      << "a client that trusts another authority";
}

TEST_F(TlsTest, AsksEveryClientForACertificateWhenThereAreNoTokens) {
  ServerOptions options = TlsOptions();
  options.grpc.access.access_file.clear();
  options.grpc.tls.client_ca = authority_.certificate;
  StartServer(options);
  const KeyPair stranger = certificates_.Authority("stranger");
  EXPECT_EQ(CodeWith(certificates_.Issue(authority_, "desk", "DNS:desk.example.org")), kOk);
  EXPECT_EQ(CodeWith({}), kUnavailable);
  EXPECT_EQ(CodeWith(certificates_.Issue(stranger, "foreign", "DNS:desk.example.org")), kUnavailable);
  EXPECT_THAT(ListServices(TlsChannel(authority_.certificate, certificates_.Issue(authority_, "grpcurl", "")), ""),
              Not(IsEmpty()))
      << "reflection over mutual TLS";
}

TEST_F(TlsTest, ReachesItsOwnPortWhateverItAsksOfOthers) {
  ServerOptions options = TlsOptions();
  options.grpc.access.access_file.clear();
  options.grpc.tls.client_ca = authority_.certificate;
  options.grpc.connections.max_connections = 1;
  options.grpc.listen.host = "0.0.0.0";  // as every interface too
  LogLines lines;
  log_ = lines.NewLog(LogLevel::kInfo);
  StartServer(options);
  // Of the packaged gRPC, whose version is below 1.60, where others can reach it.
  EXPECT_EQ(lines.With("cannot bound every flood of HTTP/2 frames").size(), 1u);
  // The first look was taken before the start was over.
  EXPECT_EQ(server_->readiness().state, Readiness::State::kDegraded) << "ready, without a model";
  StopServer();  // before its log
}

TEST_F(TlsTest, ReachesItsOwnPortOnAnyAddressOfTheMachine) {
  const std::string desk = Admit("desk", kReader);
  ServerOptions options = TlsOptions();  // with an access file
  options.grpc.listen.host = "127.0.0.2";
  StartServer(options);
  EXPECT_EQ(server_->readiness().state, Readiness::State::kDegraded) << "ready, without a model";
  EXPECT_EQ(CallEmpty(PlainChannel(), kHealthCheck, "").error_code(), kUnavailable) << "callers speak TLS";
  // Where gRPC would take no caller at all.
  options.grpc.tls = {};
  EXPECT_EQ(options.Validate().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(TlsTest, NamesTheCertificateInTheLedgerWhereThereAreNoPrincipals) {
  ServerOptions options = TlsOptions();
  options.grpc.access.access_file.clear();
  options.grpc.tls.client_ca = authority_.certificate;
  StartServer(options);
  const KeyPair own = certificates_.Issue(authority_, "desk", "DNS:desk.example.org");
  v1::PromoteModelRequest request;
  request.set_name("models/" + PublishModel(1));
  request.set_reason("a test");
  v1::PromoteModelResponse response;
  grpc::ClientContext context;
  SetDeadline(&context);
  const auto stub = v1::ModelService::NewStub(TlsChannel(authority_.certificate, own));
  const grpc::Status status = stub->PromoteModel(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.promotion().actor(), "desk.example.org");
}

TEST_F(TlsTest, GivesARoleToTheNameInACertificate) {
  AdmitCertificate("relay.example.org", "relay", kWriter, {"s1"});
  AdmitCertificate("spiffe://example.org/desk", "desk", kReader);
  AdmitCertificate("ops", "ops", kAdmin);
  const std::string token = Admit("by-token", kReader);
  ServerOptions options = TlsOptions();
  options.grpc.tls.client_ca = authority_.certificate;
  StartServer(options);
  const KeyPair relay = certificates_.Issue(authority_, "relay", "DNS:relay.example.org");
  v1::BatchVerdict verdict;
  const auto channel = TlsChannel(authority_.certificate, relay);
  EXPECT_TRUE(SendAs(channel, "", MakeBatch("s1", "b1", kWeek, 1), &verdict).ok());
  EXPECT_EQ(SendAs(channel, "", MakeBatch("s2", "b1", kWeek, 1), &verdict).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(CodeWith(relay), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(CodeWith(certificates_.Issue(authority_, "desk", "URI:spiffe://example.org/desk")), kOk);
  EXPECT_EQ(CodeWith(certificates_.Issue(authority_, "ops", "")), kOk) << "by its common name";
  EXPECT_EQ(CodeWith(certificates_.Issue(authority_, "nobody", "DNS:nobody.example.org")),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(CodeWith({}, token), kOk) << "a token will do instead of a certificate";
  EXPECT_EQ(CodeWith({}), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(CodeWith(certificates_.Issue(certificates_.Authority("stranger"), "ops", "")), kUnavailable);
  Expel("desk");
  EXPECT_EQ(CodeWith(certificates_.Issue(authority_, "desk", "URI:spiffe://example.org/desk")),
            grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(TlsTest, TakesTheCommonNameOnlyWhenThereIsNoOther) {
  AdmitCertificate("ops", "ops", kAdmin);
  AdmitCertificate("relay.example.org", "relay", kWriter, {"s1"});
  ServerOptions options = TlsOptions();
  options.grpc.tls.client_ca = authority_.certificate;
  StartServer(options);
  // An authority that checks alternative names may let anybody choose the common name.
  EXPECT_EQ(CodeWith(certificates_.Issue(authority_, "ops", "DNS:relay.example.org")),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(CodeWith(certificates_.Issue(authority_, "ops", "DNS:nobody.example.org")),
            grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(TlsTest, LetsATokenDecideAloneWhereBothAreShown) {
  AdmitCertificate("ops", "ops", kAdmin);
  const std::string relay = Admit("relay", kWriter, {"s1"});
  ServerOptions options = TlsOptions();
  options.grpc.tls.client_ca = authority_.certificate;
  StartServer(options);
  const KeyPair ops = certificates_.Issue(authority_, "ops", "");
  EXPECT_EQ(CodeWith(ops, relay), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(CodeWith(ops, MakeToken(std::string(36, 'x'))), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(TlsTest, TakesANewServerCertificateWithoutARestart) {
  const std::string desk = Admit("desk", kReader);
  StartServer(TlsOptions());
  const auto before = TlsChannel(authority_.certificate);
  ASSERT_EQ(CallEmpty(before, kListRegions, desk).error_code(), kOk);
  const KeyPair next = certificates_.Authority("next-authority");
  const KeyPair renewed = certificates_.IssueServer(next, "renewed");
  EXPECT_EQ(CallEmpty(TlsChannel(next.certificate), kListRegions, desk).error_code(), kUnavailable);
  Replace(server_pair_.key, ContentOf(renewed.key));
  Replace(server_pair_.certificate, ContentOf(renewed.certificate));
  EXPECT_TRUE(Eventually(kOk, next.certificate, {}, desk));
  EXPECT_EQ(CallEmpty(TlsChannel(authority_.certificate), kListRegions, desk).error_code(), kUnavailable);
  EXPECT_EQ(CallEmpty(before, kListRegions, desk).error_code(), kOk) << "an open connection goes on";
}

TEST_F(TlsTest, AReloadShowsTheNewCertificateToTheNextConnection) {
  const std::string desk = Admit("desk", kReader);
  const LogLines lines;
  log_ = lines.NewLog();
  ServerOptions options = TlsOptions();
  options.grpc.tls_reload_interval = absl::Hours(24);
  StartServer(options);
  const KeyPair next = certificates_.Authority("next-authority");
  const KeyPair renewed = certificates_.IssueServer(next, "renewed");
  const auto shows = [&](const KeyPair& authority) {
    return CallEmpty(TlsChannel(authority.certificate), kListRegions, desk).error_code();
  };
  // Half replaced: who connects meanwhile is shown what was there before.
  Replace(server_pair_.key, ContentOf(renewed.key));
  server_->Reload();
  const auto said = [&lines](const std::string& text) {
    const std::vector<std::string> found = lines.With("event=reload");
    return !found.empty() && absl::StrContains(found.back(), text);
  };
  EXPECT_TRUE(said("what they held before stays in force"));
  EXPECT_EQ(shows(authority_), kOk);
  Replace(server_pair_.certificate, ContentOf(renewed.certificate));
  EXPECT_EQ(shows(authority_), kOk) << "nobody has looked";
  server_->Reload();
  EXPECT_TRUE(said("fits its key; new connections get it"));
  // More connections than there are listeners.
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(shows(next), kOk);
    EXPECT_EQ(shows(authority_), kUnavailable);
  }
  StopServer();  // before its log
}

TEST_F(TlsTest, KeepsTheOldPairWhileTheFilesDoNotFitAndSaysSoOnce) {
  const std::string desk = Admit("desk", kReader);
  const LogLines lines;
  log_ = lines.NewLog();
  StartServer(TlsOptions());
  const std::string key = ContentOf(server_pair_.key);
  Replace(server_pair_.key, "no key\n");
  for (const absl::Time give_up = absl::Now() + absl::Minutes(1); lines.With("cannot be used").empty();) {
    ASSERT_EQ(CodeWith({}, desk), kOk);
    ASSERT_LT(absl::Now(), give_up);
  }
  EXPECT_EQ(CodeWith({}, desk), kOk);
  EXPECT_THAT(lines.With("no key"), IsEmpty());
  EXPECT_EQ(lines.With("what they held before stays in force").size(), 1u);
  Replace(server_pair_.key, key);
  EXPECT_EQ(CodeWith({}, desk), kOk);
  StopServer();
}

TEST_F(TlsTest, TakesANewAuthorityOfClientsWithoutARestart) {
  ServerOptions options = TlsOptions();
  options.grpc.access.access_file.clear();
  const std::string roots = certificates_.folder() + "/clients.pem";
  Replace(roots, ContentOf(authority_.certificate));
  options.grpc.tls.client_ca = roots;
  StartServer(options);
  const KeyPair old_client = certificates_.Issue(authority_, "old", "");
  const KeyPair next = certificates_.Authority("next-authority");
  const KeyPair new_client = certificates_.Issue(next, "new", "");
  EXPECT_EQ(CodeWith(old_client), kOk);
  EXPECT_EQ(CodeWith(new_client), kUnavailable);
  // As an operator rotates: both for a while, then the new one alone.
  Replace(roots, ContentOf(authority_.certificate) + ContentOf(next.certificate));
  EXPECT_TRUE(Eventually(kOk, authority_.certificate, new_client, ""));
  EXPECT_EQ(CodeWith(old_client), kOk);
  Replace(roots, ContentOf(next.certificate));
  EXPECT_TRUE(Eventually(kUnavailable, authority_.certificate, old_client, ""));
  EXPECT_EQ(CodeWith(new_client), kOk);
}

TEST_F(TlsTest, DoesNotStartWithFilesThatTlsCannotUse) {
  Admit("desk", kReader);
  const auto fault = [&](const std::string& certificate, const std::string& key, const std::string& client_ca) {
    ServerOptions options = TlsOptions();
    options.grpc.tls = {certificate, key, client_ca};
    const auto server = Server::Start(options, {&clock_, &loader_, log_.get()});
    EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(server.status().message());
  };
  const KeyPair other = certificates_.IssueServer(authority_, "other");
  const std::string text = certificates_.folder() + "/text";
  Replace(text, "no PEM\n");
  EXPECT_THAT(fault(server_pair_.certificate, other.key, ""), HasSubstr(other.key));
  EXPECT_THAT(fault(text, server_pair_.key, ""), HasSubstr(text + ": is no readable PEM certificate"));
  EXPECT_THAT(fault(server_pair_.certificate, "/nowhere/key.pem", ""), HasSubstr("/nowhere/key.pem"));
  EXPECT_THAT(fault(server_pair_.certificate, server_pair_.key, text), HasSubstr("holds no readable PEM certificates"));
}

}  // namespace
}  // namespace tremorcast
